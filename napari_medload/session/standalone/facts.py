"""The facts of a layer on the canvas: what its file states, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.contract import shape_text
from napari_medload.geometry import Grid
from napari_medload.images.facts import header_facts
from napari_medload.session.standalone.content import lies_as_read, ras_affine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.session.standalone.content import DrawnLayer
    from napari_medload.session.standalone.files import FileLayer

_UNKNOWN = "unknown"
_DIGITS = 4
_CHANGED = "Moved or cut since it was read: shape and place are those on the canvas."


def file_of(layer: DrawnLayer) -> FileLayer | None:
    """File of a layer that still shows the whole of it where it lies, else None."""
    origin = layer.origin
    return origin if origin is not None and lies_as_read(layer, origin) else None


def layer_grid(layer: DrawnLayer) -> Grid:
    """Grid of the stored array behind a layer; of the canvas where it is not the whole of a file.

    Raises
    ------
    ValueError
        If the layer has no place in space; see `layer_content.ras_affine`.
    """
    origin = file_of(layer)
    if origin is not None:
        return origin.volume.grid
    spatial: list[int] = list(layer.data.shape[: -1 if layer.colours else None][-3:])
    k, j, i = (*[1] * (3 - len(spatial)), *spatial)
    return Grid((i, j, k), ras_affine(layer), layer.known)


def layer_facts(layer: DrawnLayer) -> dict[str, str]:
    """Write the facts of a layer as label and text; lengths in mm, places in RAS+ mm.

    Raises
    ------
    ValueError
        If it has no place in space.
    """
    grid, origin = layer_grid(layer), file_of(layer)
    facts: dict[str, str] = {}
    if layer.origin is not None:
        facts["file"] = layer.origin.header.source.file
    if origin is not None:
        facts |= _stated(header_facts(origin.header))
    else:
        facts["shape"] = f"{shape_text(grid.shape)} (i×j×k)"
        facts["type"] = str(np.dtype(layer.data.dtype))
    facts |= _placed(grid)
    notes = () if layer.origin is None else (_CHANGED,) if origin is None else origin.notes
    for number, note in enumerate(notes):
        facts["note" if number == 0 else f"note {number + 1}"] = note
    return facts


def _stated(found: dict[str, Any]) -> dict[str, str]:
    facts = {"shape": f"{shape_text(found['shape'])} as stored", "type": str(found["dtype"])}
    if found["sform_code"] is not None:
        facts["forms"] = f"sform {found['sform_code']}, qform {found['qform_code']}"
    return facts


def _placed(grid: Grid) -> dict[str, str]:
    oriented, known = grid.oriented, grid.known
    tilt = f", oblique by {grid.oblique_degrees:.1f}°" if grid.is_oblique else ""
    rows = "\n".join(_numbers(row) for row in grid.affine[:3].tolist())
    return {
        "spacing": f"{_numbers(grid.spacing)} mm" if known else _UNKNOWN,
        "orientation": grid.orientation + tilt if oriented else _UNKNOWN,
        "extent": f"{_numbers(grid.extent)} mm" if known else _UNKNOWN,
        "origin R, A, S": f"{_numbers(grid.origin)} mm" if oriented else _UNKNOWN,
        "centre R, A, S": f"{_numbers(grid.centre.tolist())} mm" if oriented else _UNKNOWN,
        "affine": f"\n{rows}" if oriented else _UNKNOWN,
    }


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{round(value, _DIGITS) + 0.0:.5g}" for value in values)  # no -0
