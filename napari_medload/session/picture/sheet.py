"""Pictures that stand by themselves: three planes of a sample, and sheets of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from napari_medload.session.picture.caption import mode_text, problem_lines
from napari_medload.session.picture.composing import compose
from napari_medload.session.picture.cut import index_at, plane_views
from napari_medload.session.picture.lettering import (
    AMBER,
    BLACK,
    GREY,
    WHITE,
    line_height,
    wrapped,
    write,
    write_letter,
)
from napari_medload.session.picture.marks import draw_bar, draw_marks
from napari_medload.session.scene.readout import read_out, short_name, slice_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_medload.session.picture.colours import RGB
    from napari_medload.session.picture.cut import PlaneView
    from napari_medload.session.scene.layer import Side
    from napari_medload.session.scene.scene import Scene

    Point = tuple[float, float, float]

SIZE = 960
"""Width of a picture in pixels."""

_SMALLEST = 160
_SMALL = 560
"""Width below which letters are smaller."""

_SIZES = {True: (13, 12), False: (18, 14)}
"""Sizes of the heading and of other text, in a small picture and in others."""

_TALLEST = 0.5
"""Height of a row of planes at most, as a part of the width."""

_EMPTY = 0.28
"""Height of a picture in which nothing can be drawn at least, as a part of the width."""

_NOTE_LINES = 4
_BETWEEN = "   "  # what `read_out` puts between what it says
_RULE: RGB = (60, 60, 60)


@dataclass(frozen=True)
class Box:
    """Where a plane lies in a picture, in pixels."""

    view: PlaneView
    left: int
    top: int
    wide: int
    high: int


@dataclass(frozen=True)
class _Line:
    """One line of text and how it is set."""

    text: str
    size: int
    colour: RGB


def picture(scene: Scene, position: Point | None = None, size: int = SIZE) -> Image.Image:
    """Draw three planes of a sample, and write what they are.

    Axial, coronal and sagittal planes lie beside each other at one scale, true to millimetres.
    Where the scene compares two images side by side, there is a row of planes for each. Text
    says which sample it is, how it is drawn, what lies under the crosshair and what is to be
    known. Of a sample that cannot be drawn, the reasons stand in place of a picture.

    Parameters
    ----------
    scene : Scene
    position : tuple of three floats, optional
        Place of the crosshair, RAS+ mm (in indices where the scene has no place in a patient);
        the middle of the display grid if not given.
    size : int
        Width in pixels; the height follows.

    Returns
    -------
    PIL.Image.Image
        RGB, on black.
    """
    size = max(_SMALLEST, size)
    if not plane_views(scene):
        return message(scene.sample_id, _why_empty(scene), size)
    assert scene.display is not None  # noqa: S101
    place = scene.display.grid.centre.tolist() if position is None else position
    canvas = scene.display.to_canvas(place)
    heading, footing = _heading(scene, size), _footing(scene, canvas, size)
    rows = [_planes(scene, canvas, side, size) for side in _sides(scene)]
    return _stacked([_text(heading, size), *rows, _text(footing, size)], size)


def message(title: str, reasons: Iterable[str], size: int = SIZE) -> Image.Image:
    """Draw a tile that says why there is no picture.

    Parameters
    ----------
    title : str
        Such as the sample's id.
    reasons : iterable of str
        Broken into lines; none is cut.
    size : int
        Width in pixels.
    """
    size = max(_SMALLEST, size)
    large, small = _SIZES[size < _SMALL]
    lines = _lines(title, size, large, WHITE)
    for reason in reasons:
        lines += _lines(reason, size, small, AMBER)
    whole = _stacked([_text(lines, size)], size)
    if whole.height >= size * _EMPTY:
        return whole
    taller = Image.new("RGB", (size, round(size * _EMPTY)), BLACK)
    taller.paste(whole)
    return taller


def contact_sheet(pictures: Sequence[Image.Image], columns: int = 3) -> Image.Image:
    """Lay pictures out in rows, from left to right.

    Parameters
    ----------
    pictures : sequence of PIL.Image.Image
        Best of one width.
    columns : int
        Pictures in a row at most.

    Raises
    ------
    ValueError
        If there are no pictures, or no columns.
    """
    if not pictures or columns < 1:
        raise ValueError(f"a sheet needs pictures and columns, found {len(pictures)} and {columns}")
    rows = [pictures[n : n + columns] for n in range(0, len(pictures), columns)]
    wide, rule = max(one.width for one in pictures), 1
    high = [max(one.height for one in row) for row in rows]
    count = len(rows[0])
    whole = (count * (wide + rule) - rule, sum(high) + rule * (len(rows) - 1))
    sheet = Image.new("RGB", whole, _RULE)
    top = 0
    for row, height in zip(rows, high, strict=True):
        for column in range(count):
            tile = Image.new("RGB", (wide, height), BLACK)
            if column < len(row):
                tile.paste(row[column], ((wide - row[column].width) // 2, 0))
            sheet.paste(tile, (column * (wide + rule), top))
        top += height + rule
    return sheet


# --- planes ------------------------------------------------------------------------------


def _sides(scene: Scene) -> tuple[Side, ...]:
    return ("left", "right") if scene.halved else ("",)


def _margin(size: int) -> int:
    return max(6, size // 80)


def _planes(scene: Scene, canvas: Point, side: Side, size: int) -> Image.Image:
    """Draw all planes at one scale."""
    small, margin = size < _SMALL, _margin(size)
    boxes = arranged(plane_views(scene), size, margin)
    block = Image.new("RGB", (size, max(box.top + box.high for box in boxes)), BLACK)
    for box in boxes:
        view = box.view
        plane = compose(scene, view, index_at(view, canvas), side, (box.high, box.wide))
        drawn = Image.fromarray(plane)
        draw_marks(drawn, scene, view, canvas, small)
        if view.name == "axial" and side != "right":
            draw_bar(drawn, scene, view, small)
        block.paste(drawn, (box.left, box.top))
    if side and scene.compared is not None:
        name = short_name(scene.compared[side == "right"])
        write_letter(ImageDraw.Draw(block), (margin, 0), name, _SIZES[small][1], "la")
    return block


def arranged(views: Sequence[PlaneView], size: int, margin: int) -> list[Box]:
    """Lay three planes out at one scale, as large as there is room.

    They stand in a row; where they are flat, the second and third one stand under each other.

    Parameters
    ----------
    views : sequence of PlaneView
        Three of them.
    size : int
        Width of the picture in pixels.
    margin : int
        Pixels between planes, and beside them.

    Returns
    -------
    list of Box
        In the order of `views`.
    """
    wide = [view.across.extent for view in views]
    high = [view.down.extent for view in views]
    tallest = size * _TALLEST
    row = min((size - 4 * margin) / sum(wide), tallest / max(high))
    beside = (size - 3 * margin) / (wide[0] + max(wide[1:]))
    stack = min(beside, tallest / high[0], (tallest - margin) / sum(high[1:]))
    sizes = [_pixels(view, max(row, stack)) for view in views]
    columns = [[0], [1], [2]] if row >= stack else [[0], [1, 2]]
    whole = [sum(sizes[n][1] for n in column) + margin * (len(column) - 1) for column in columns]
    widths = [max(sizes[n][0] for n in column) for column in columns]
    left = (size - sum(widths) - margin * (len(columns) - 1)) // 2
    boxes: list[Box] = []
    for column, tall, width in zip(columns, whole, widths, strict=True):
        top = (max(whole) - tall) // 2
        for n in column:
            boxes.append(Box(views[n], left + (width - sizes[n][0]) // 2, top, *sizes[n]))
            top += sizes[n][1] + margin
        left += width + margin
    return boxes


def _pixels(view: PlaneView, scale: float) -> tuple[int, int]:
    """Width and height of a plane."""
    return max(1, round(view.across.extent * scale)), max(1, round(view.down.extent * scale))


def _stacked(parts: Sequence[Image.Image], size: int) -> Image.Image:
    """Lay pictures of one width under each other."""
    margin = _margin(size)
    parts = [part for part in parts if part.height]
    whole = Image.new("RGB", (size, sum(p.height + margin for p in parts) + margin), BLACK)
    top = margin
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height + margin
    return whole


# --- text --------------------------------------------------------------------------------


def _heading(scene: Scene, size: int) -> list[_Line]:
    large, small = _SIZES[size < _SMALL]
    lines = _lines(scene.sample_id, size, large, WHITE)
    how, convention = mode_text(scene), ""
    if scene.oriented:
        convention = "radiological" if scene.options.radiological else "neurological"
    frame = "" if scene.frames < 2 else f"frame {scene.options.frame + 1} of {scene.frames}"
    lines += _lines(", ".join(filter(None, (how, convention, frame))), size, small, GREY)
    if scene.as_if is not None:
        lines += _lines(scene.as_if.mark, size, small, AMBER)
    return lines


def _footing(scene: Scene, canvas: Point, size: int) -> list[_Line]:
    small = _SIZES[size < _SMALL][1]
    under = [*read_out(scene, canvas).split(_BETWEEN), slice_text(scene, canvas)]
    lines = _lines(" · ".join(filter(None, under)), size, small, WHITE)
    for said in problem_lines(scene):
        lines += _lines(said, size, small, AMBER, _NOTE_LINES)
    for note in scene.notes:
        lines += _lines(note, size, small, GREY, _NOTE_LINES)
    return lines


def _why_empty(scene: Scene) -> list[str]:
    if scene.options.volume and scene.layers:
        return ["drawn in 3D, which has no planes"]
    return problem_lines(scene) or ["nothing to draw"]


def _lines(text: str, size: int, letters: int, colour: RGB, most: int | None = None) -> list[_Line]:
    room = size - 2 * _margin(size)
    return [_Line(line, letters, colour) for line in wrapped(text, room, letters, most) if line]


def _text(lines: Sequence[_Line], size: int) -> Image.Image:
    """Write lines under each other."""
    block = Image.new("RGB", (size, sum(line_height(line.size) for line in lines)), BLACK)
    draw, top = ImageDraw.Draw(block), 0
    for line in lines:
        write(draw, (_margin(size), top), line.text, line.size, line.colour)
        top += line_height(line.size)
    return block
