"""The card of an image in a notebook: its facts, and a small picture of its middle planes."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from napari_medload.images.pictures.painting import (
    clamped,
    coloured,
    percentile_range,
    resized,
    stretched,
)
from napari_medload.images.pictures.planes import View, middle, views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid
    from napari_medload.labels import LabelTable

_SIDE = 200
_GAP = 18
_LETTER = 12
_LIMITS = (1.0, 99.5)
_THINNEST = 2


def picture(
    grid: Grid,
    read_plane: Callable[[int, int], Array],
    table: LabelTable | None,
    radiological: bool = True,
) -> Pillow.Image:
    """Middle planes beside one another, in one scale and true proportions.

    Parameters
    ----------
    grid : Grid
    read_plane : callable
        From a voxel axis and an index along it to voxels (C, W, H, D), that axis of size 1.
    table : LabelTable, optional
        Colours, for labels.
    radiological : bool
        Whether the patient's right is at the left.
    """
    chosen = views(grid, radiological)
    planes = [
        _one_or_rgb(view.draw(read_plane(view.axis, middle(grid, view)))[0]) for view in chosen
    ]
    scale = _SIDE / max(
        side * mm
        for plane, view in zip(planes, chosen, strict=True)
        for side, mm in zip(plane.shape[:2], view.mm, strict=True)
    )
    limits = percentile_range(planes, *_LIMITS)
    tiles = [
        _tile(plane, view, scale, limits, table) for plane, view in zip(planes, chosen, strict=True)
    ]
    return _beside(tiles)


def html(title: str, facts: Mapping[str, str], picture: Pillow.Image | None, remark: str) -> str:
    """Card as HTML, all texts escaped.

    Parameters
    ----------
    title : str
    facts : mapping of str to str
    picture : PIL image, optional
    remark : str
        Below the facts; such as why there is no picture.
    """
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left;white-space:pre-wrap">{escape(fact)}</td></tr>'
        for name, fact in facts.items()
    )
    below = f"<div>{escape(remark)}</div>" if remark else ""
    shown = "" if picture is None else _image_tag(picture, f"Middle planes of the {title}")
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">{shown}'
        f"<div><strong>{escape(title)}</strong><table>{rows}</table>{below}</div></div>"
    )


def _image_tag(picture: Pillow.Image, text: str) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{content}"/>'


def _one_or_rgb(plane: Array) -> Array:
    """Colours where bytes come in threes; else the first channel alone."""
    is_rgb = plane.shape[2] in (3, 4) and plane.dtype == np.uint8
    return plane[..., :3] if is_rgb else plane[..., 0]


def _tile(
    plane: Array,
    view: View,
    scale: float,
    limits: tuple[float, float],
    table: LabelTable | None,
) -> Pillow.Image:
    """Plane in its size on the screen, with letters at its edges."""
    painted = None if table is None or plane.ndim == 3 else coloured(plane, table)
    nearest = painted is not None
    if painted is None:
        painted = clamped(plane) if plane.ndim == 3 else stretched(plane, *limits)
    rows, columns = (
        max(_THINNEST, round(side * mm * scale))
        for side, mm in zip(plane.shape[:2], view.mm, strict=True)
    )
    blocks = rows >= 2 * plane.shape[0]  # few voxels are shown as what they are
    drawn = Pillow.fromarray(resized(painted, rows, columns, nearest, blocks)).convert("RGB")
    margin = _LETTER + 2 if any(view.ends) else 0
    tile = Pillow.new("RGB", (columns + 2 * margin, rows + 2 * margin))
    tile.paste(drawn, (margin, margin))
    _write_ends(tile, view, margin)
    return tile


def _write_ends(tile: Pillow.Image, view: View, margin: int) -> None:
    if not margin:
        return
    pen, font = ImageDraw.Draw(tile), ImageFont.load_default(_LETTER)
    width, height = tile.size
    places = (
        (margin / 2, height / 2),
        (width - margin / 2, height / 2),
        (width / 2, margin / 2),
        (width / 2, height - margin / 2),
    )
    for letter, place in zip(view.ends, places, strict=True):
        pen.text(place, letter, fill=(230, 230, 230), font=font, anchor="mm")


def _beside(tiles: Sequence[Pillow.Image]) -> Pillow.Image:
    width = sum(tile.width for tile in tiles) + _GAP * (len(tiles) - 1)
    height = max(tile.height for tile in tiles)
    canvas, left = Pillow.new("RGB", (width, height)), 0
    for tile in tiles:
        canvas.paste(tile, (left, (height - tile.height) // 2))
        left += tile.width + _GAP
    return canvas
