"""Colours of the layers of a scene, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.labels.palette import pale

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.labels.palette import Colour
    from napari_medload.session.scene.layer import Layer

RGB: TypeAlias = tuple[int, int, int]

_PLAIN: dict[str, RGB] = {
    "gray": (255, 255, 255),
    "green": (0, 255, 0),
    "magenta": (255, 0, 255),
}

_ANCHORS = {
    "inferno": (
        "000004 02020c 050417 0a0722 10092d 160b39 1e0c45 260c51 2f0a5b 380962 400a67 490b6a "
        "510e6c 59106e 61136e 69166e 71196e 781c6d 801f6c 88226a 902568 982766 a02a63 a82e5f "
        "b0315b b73557 bf3952 c63d4d cc4248 d34743 d94d3d df5337 e45a31 e9612b ed6925 f1711f "
        "f47918 f78212 f98b0b fa9407 fb9d07 fca60c fcb014 fbba1f fac42a f8cd37 f6d746 f4e156 "
        "f2ea69 f2f27d f5f992 fcffa4"
    )
}
"""Every fifth of 256 colours, from which the others are interpolated to a step of 8 bits.

Inferno is by van der Walt and Smith, *A better default colormap for matplotlib* (SciPy 2015), in
the public domain (CC0).
"""


def colormap_rgb(name: str) -> RGB | None:
    """Colour that a colormap gives to white, 0 to 255, where all others are darker shades of it.

    None for a colormap that is no ramp of one colour; see `colormap_table`.

    Parameters
    ----------
    name : str
        As of `Layer.colormap`: ``"gray"``, ``"green"``, ``"#ff8000"``, …

    Raises
    ------
    ValueError
        If the name is not known.
    """
    if name in _ANCHORS:
        return None
    if name in _PLAIN:
        return _PLAIN[name]
    digits = name.removeprefix("#")
    if name.startswith("#") and len(digits) == 6:
        red, green, blue = bytes.fromhex(digits)
        return red, green, blue
    known = ", ".join((*_PLAIN, *_ANCHORS))
    raise ValueError(f"no colormap {name!r}; known are {known} and hexadecimal colours")


@lru_cache(maxsize=16)
def colormap_table(name: str) -> Array:
    """Return 256 colours from black to white of a colormap, uint8, shape (256, 3), read-only.

    Raises
    ------
    ValueError
        If the name is not known.
    """
    brightest = colormap_rgb(name)
    steps = np.arange(256)
    if brightest is not None:
        exact = np.outer(steps / 255, brightest)
    else:
        anchors = np.array([tuple(bytes.fromhex(one)) for one in _ANCHORS[name].split()])
        places = np.linspace(0, 255, len(anchors))
        exact = np.stack([np.interp(steps, places, channel) for channel in anchors.T], axis=1)
    table: Array = np.rint(exact).astype(np.uint8)
    table.flags.writeable = False
    return table


@dataclass(frozen=True)
class LabelEntry:
    """One code of a label layer, and how it is drawn.

    Parameters
    ----------
    index : int
        Its number in ``(0, *layer.values)``, as `encode_labels` stores it.
    code : int
        What the layer's data hold.
    value : int
        Value that people know it by, as in the legend.
    name : str
    rgb : tuple of three int
        0 to 255.
    hidden : bool
        Whether it is left out of the picture.
    """

    index: int
    code: int
    value: int
    name: str
    rgb: RGB
    hidden: bool


def label_entries(layer: Layer) -> tuple[LabelEntry, ...]:
    """List the codes that occur in a label layer; empty for images.

    Parameters
    ----------
    layer : Layer
    """
    entries = []
    for index, code in enumerate(layer.values, 1):
        label = layer.table.label(code)
        colour = pale(label.colour) if layer.pale else label.colour
        hidden = code in layer.hidden
        entries.append(LabelEntry(index, code, label.value, label.name, rgb_of(colour), hidden))
    return tuple(entries)


def rgb_of(colour: Colour) -> RGB:
    """Colour of a palette in steps of 8 bits."""
    red, green, blue = (round(255 * min(1.0, max(0.0, channel))) for channel in colour)
    return red, green, blue
