"""Colours that people with any colour vision tell apart.

The first eight are those of Okabe and Ito, *Color Universal Design* (2008), without black and
grey, which vanish on an image; further ones walk the hue circle by the golden angle.
"""

from __future__ import annotations

import colorsys
from typing import TypeAlias

Colour: TypeAlias = tuple[float, float, float]

OKABE_ITO: tuple[Colour, ...] = (
    (0.902, 0.624, 0.000),  # orange
    (0.337, 0.706, 0.914),  # sky blue
    (0.000, 0.620, 0.451),  # bluish green
    (0.941, 0.894, 0.259),  # yellow
    (0.000, 0.447, 0.698),  # blue
    (0.835, 0.369, 0.000),  # vermillion
    (0.800, 0.475, 0.655),  # reddish purple
    (1.000, 1.000, 1.000),  # white
)

_GOLDEN_ANGLE = 0.381966
_PALENESS = 0.5


def colour_of(value: int) -> Colour:
    """Colour of a label value: the palette in turn, then hues; 0 is black."""
    if value == 0:
        return (0.0, 0.0, 0.0)
    position = (value - 1) if value > 0 else -value
    if position < len(OKABE_ITO):
        return OKABE_ITO[position]
    hue = (position * _GOLDEN_ANGLE) % 1.0
    saturation, brightness = ((0.65, 1.0), (1.0, 0.85), (0.45, 0.9))[position % 3]
    return colorsys.hsv_to_rgb(hue, saturation, brightness)


def mix(colours: list[Colour]) -> Colour:
    """Mean of some colours, for a voxel that several labels share."""
    count = len(colours)
    red, green, blue = (sum(c[channel] for c in colours) / count for channel in range(3))
    return red, green, blue


def pale(colour: Colour) -> Colour:
    """Lighter shade of a colour, for the same label of another image."""
    red, green, blue = (channel + (1.0 - channel) * _PALENESS for channel in colour)
    return red, green, blue
