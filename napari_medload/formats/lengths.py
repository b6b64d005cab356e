"""Units of length that headers name."""

from __future__ import annotations

_NAMES = {
    1e-6: "nm nanometer nanometers nanometre nanometres",
    1e-3: "um µm μm micron microns micrometer micrometers micrometre micrometres",
    1.0: "mm millimeter millimeters millimetre millimetres",
    10.0: "cm centimeter centimeters centimetre centimetres",
    25.4: "in inch inches",
    1000.0: "m meter meters metre metres",
}

MM_PER: dict[str, float] = {name: mm for mm, names in _NAMES.items() for name in names.split()}
"""Millimetres that a unit has, by its name in lower case."""
