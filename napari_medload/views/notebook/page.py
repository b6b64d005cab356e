"""The page: one module and one stylesheet, joined from the parts that lie beside this file."""

from __future__ import annotations

from importlib.resources import files

MODULE = (
    "wire.js",
    "raster.js",
    "slices.js",
    "plane.js",
    "marks.js",
    "pointing.js",
    "tools.js",
    "planes.js",
    "dom.js",
    "list.js",
    "facts.js",
    "compare.js",
    "verdict.js",
    "sheets.js",
    "panel.js",
    "keys.js",
    "browser.js",
)
"""Parts of the module, in the order in which they are joined; the last one exports."""

STYLES = ("planes.css", "browser.css")


def module() -> str:
    """Return the module that draws the browser, as one ES module without imports."""
    return _joined(MODULE)


def styles() -> str:
    """Return the stylesheet; it asks for nothing from elsewhere."""
    return _joined(STYLES)


def _joined(names: tuple[str, ...]) -> str:
    folder = files(__package__) / "static"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
