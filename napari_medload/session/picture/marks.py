"""What is drawn over a plane: directions, crosshair, curtain, and how long a centimetre is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import ImageDraw

from napari_medload.session.picture.lettering import (
    BLACK,
    WHITE,
    YELLOW,
    line_height,
    width_of,
    write_letter,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from napari_medload.session.picture.cut import PlaneView
    from napari_medload.session.scene.scene import Scene

    Point = tuple[float, float, float]

_GAP = {True: 4, False: 7}
_LETTERS = {True: 11, False: 15}
"""Half of the gap of the crosshair, and size of the letters, in small pictures and others."""

_EDGE = 1.6
"""What the crosshair leaves free for letters at the edges, in sizes of these."""

_FAINT = 190
"""Opacity of the crosshair of 255, so that what lies under it is guessed."""

_ROOM = 4
"""Letters that must fit beside each other into a plane, for any to be drawn."""

_BAR = 0.35
"""Length of the scale bar at most, as a part of the width."""


def draw_marks(picture: Image, scene: Scene, view: PlaneView, canvas: Point, small: bool) -> None:
    """Draw letters, crosshair, curtain and scale bar over a plane.

    Parameters
    ----------
    picture : PIL.Image.Image
        The plane, of any size; drawn into.
    scene : Scene
    view : PlaneView
        Of this scene.
    canvas : tuple of three floats
        Place of the crosshair, (S, A, R).
    small : bool
        Whether letters are to be small.
    """
    draw = ImageDraw.Draw(picture, "RGBA")
    size = _LETTERS[small]
    lettered = min(picture.size) >= _ROOM * size
    free = round(_EDGE * size) if lettered and any(view.letters) else 0
    if scene.mode == "curtain" and scene.compared is not None:
        at = scene.options.curtain * picture.width
        ends = (at, free, at, picture.height - 1 - free)
        draw.line(ends, fill=WHITE, width=1 if small else 2)
    if scene.display is not None and scene.display.contains(scene.display.to_ras(canvas)):
        place = crosshair_at(view, canvas, picture.size)
        _draw_cross(draw, picture.size, place, _GAP[small], free)
    if lettered:
        _draw_letters(draw, picture.size, view, size)


def crosshair_at(view: PlaneView, canvas: Point, size: tuple[int, int]) -> tuple[float, float]:
    """Tell where a canvas point lies in a picture of a plane.

    Parameters
    ----------
    view : PlaneView
    canvas : tuple of three floats
        (S, A, R).
    size : tuple of two int
        Width and height of the picture.

    Returns
    -------
    tuple of two floats
        From the left and from the top, in pixels; the corner of the picture is (0, 0).
    """
    x, y = (
        (axis.pixel_at(canvas[axis.axis]) + 0.5) * pixels / axis.size
        for axis, pixels in zip((view.across, view.down), size, strict=True)
    )
    return x, y


def _draw_cross(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    place: tuple[float, float],
    gap: int,
    free: int,
) -> None:
    """Draw both lines of the crosshair, which leave the place itself and the edges free."""
    x, y = (math.floor(at) for at in place)
    wide, high = size[0] - 1 - free, size[1] - 1 - free
    for ends in (
        (free, y, x - gap, y),
        (x + gap, y, wide, y),
        (x, free, x, y - gap),
        (x, y + gap, x, high),
    ):
        if ends[0] <= ends[2] and ends[1] <= ends[3]:
            draw.line(ends, fill=(*YELLOW, _FAINT))


def _draw_letters(
    draw: ImageDraw.ImageDraw, size: tuple[int, int], view: PlaneView, letters: int
) -> None:
    wide, high = size
    left, right, top, bottom = view.letters
    edge = letters * 0.35
    for letter, place, anchor in (
        (left, (edge, high / 2), "lm"),
        (right, (wide - edge, high / 2), "rm"),
        (top, (wide / 2, edge), "mt"),
        (bottom, (wide / 2, high - edge), "mb"),
    ):
        if letter:
            write_letter(draw, place, letter, letters, anchor)


def draw_bar(picture: Image, scene: Scene, view: PlaneView, small: bool) -> None:
    """Draw how long some round length is, in the lower left corner of a plane with room for it.

    Parameters
    ----------
    picture, scene, view, small
        As of `draw_marks`.
    """
    if min(picture.size) < _ROOM * _LETTERS[small]:
        return
    draw = ImageDraw.Draw(picture)
    wide, high = picture.size
    scale, size = wide / view.across.extent, _LETTERS[small] - 2
    length = _round_length(view.across.extent * _BAR)
    text = f"{length:g} {'mm' if scene.known else 'voxels'}"
    if max(length * scale, width_of(text, size)) > wide * 0.42:
        return  # it would run into the letter below
    left, bottom = size * 0.6, high - size * 0.6
    right = left + length * scale
    draw.rectangle((left - 1, bottom - 3, right + 1, bottom + 1), fill=BLACK)
    draw.line((left, bottom - 1, right, bottom - 1), fill=WHITE, width=2)
    write_letter(draw, (left, bottom - line_height(size) * 0.35), text, size, "lb")


def _round_length(most: float) -> float:
    """Return the largest of 1, 2, 5, 10, … that is not above a length."""
    ten = 10.0 ** math.floor(math.log10(most))
    return max(n * ten for n in (1, 2, 5) if n * ten <= most * (1 + 1e-9))
