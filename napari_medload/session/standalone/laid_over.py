"""Layers that were made on the canvas of a file: a segmentation that a person paints over a scan.

The canvas shows a file with its axes turned, or resliced where it is tilted. What was drawn over
it belongs to the file all the same, so it is written on the file's own grid, and the two can be
stacked voxel by voxel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Content
from napari_medload.geometry.affine import apply, inverse, scaling
from napari_medload.geometry.lattice import AxisView, axis_view, index_map
from napari_medload.session.standalone.content import as_stored, carry, content_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats import Box
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid
    from napari_medload.session.standalone.content import DrawnLayer
    from napari_medload.session.standalone.files import FileLayer

_IN_TIME = 4
_STRAIGHT = AxisView((0, 1, 2), (1, 1, 1), (0, 0, 0))


@dataclass(frozen=True, eq=False)
class _Fit:
    """A file whose canvas a layer covers: voxel by voxel, from the start to the stop of a box."""

    file: FileLayer
    box: Box
    exact: bool


def content_over(layer: DrawnLayer, files: Sequence[FileLayer]) -> tuple[Content, str]:
    """Tell what to write of a layer that may have been made over a file.

    A layer that came from a file itself goes back to that; see `layer_content.content_of`. Any
    other is written on the grid of the one file on whose canvas it lies: voxel by voxel, or, for
    labels, covering more with nothing painted outside. Labels that are the same in all frames
    are written without frames. What lies over no file, or over files of different grids, is
    written where it lies on the canvas.

    Parameters
    ----------
    layer : DrawnLayer
    files : sequence of FileLayer
        That lie on the same canvas, where they were read.

    Returns
    -------
    Content
    str
        What a person should know of how it came onto its grid; empty where nothing.

    Raises
    ------
    ValueError
        As of `content_of`.
    """
    content, note = content_of(layer)
    if layer.origin is not None or not files:
        return content, note
    fits = _fitting(content, files)
    if not fits:
        return content, _NO_FILE if content.is_label else ""
    chosen = fits[0]
    others = [fit.file for fit in fits if not _one_grid(fit.file, chosen.file)]
    if others:
        return content, _ambiguous(chosen.file, others)
    return _on_grid_of(chosen, content)


_NO_FILE = (
    "saved on the grid of the canvas: what is painted lies on the grid of no file here. To save "
    "labels on the grid of an image, make them while this image alone is selected."
)


def _ambiguous(chosen: FileLayer, others: Sequence[FileLayer]) -> str:
    names = ", ".join(dict.fromkeys(file.name for file in (chosen, *others)))
    return (
        f"saved on the grid of the canvas: it lies over files of different grids ({names}). To "
        "save it on the grid of one, remove the others from the canvas first."
    )


def _fitting(content: Content, files: Sequence[FileLayer]) -> list[_Fit]:
    """Files that a layer may be meant for; those that it fits exactly before all others.

    An image stands before labels that lie on the same grid, for labels are named after it.
    """
    found = [fit for file in files if (fit := _fit(content, file)) is not None]
    exact = [fit for fit in found if fit.exact]
    if not exact:
        found = [fit for fit in found if content.is_label and _is_empty_outside(content, fit.box)]
    return sorted(exact or found, key=lambda fit: fit.file.kind != "image")


def _fit(content: Content, file: FileLayer) -> _Fit | None:
    """Find the voxels of a file's canvas among those of a layer; None where it lacks some."""
    display, size = file.display, content.grid.shape
    canvas = scaling(display.scale[::-1], display.translate[::-1])
    view = axis_view(inverse(canvas) @ content.grid.affine, size)
    if view is None or replace(view, starts=_STRAIGHT.starts) != _STRAIGHT:
        return None
    i, j, k = (
        slice(-start, -start + wide)
        for start, wide in zip(view.starts, display.grid.shape, strict=True)
    )
    ends = zip((i, j, k), size, strict=True)
    if not all(0 <= part.start and part.stop <= wide for part, wide in ends):
        return None
    return _Fit(file, (i, j, k), display.grid.shape == size)


def _is_empty_outside(content: Content, box: Box) -> bool:
    return bool(np.count_nonzero(content.array) == np.count_nonzero(content.array[box]))


def _one_grid(first: FileLayer, second: FileLayer) -> bool:
    """Whether the voxels of two files are the same ones in the same order."""
    one, other = first.volume.grid, second.volume.grid
    if (one.shape, one.known) != (other.shape, other.known):
        return False
    return axis_view(index_map(one, other), one.shape) == _STRAIGHT


def _on_grid_of(fit: _Fit, content: Content) -> tuple[Content, str]:
    """Bring what lies along the canvas of a file onto the grid of the file."""
    file, shown, said = fit.file, content.array[fit.box], ""
    if content.is_label and shown.ndim == _IN_TIME:
        frames = shown.shape[3]
        if all(np.array_equal(shown[..., 0], shown[..., n]) for n in range(1, frames)):
            shown = shown[..., 0]
            said = f", once for all {frames} frames, which are equal" if frames > 1 else ""
        else:
            said = f", with {frames} frames, which differ"
    grid: Grid = file.volume.grid
    if file.view is not None:
        stored = as_stored(shown, file)
    elif content.is_label:
        stored = _carried(shown, file)
        said += "; it is tilted, so each stroke was brought to the nearest stored voxels"
        if lost := _painted_beyond(shown, file):
            said += f", and {lost:,} painted voxels of the canvas that lie beyond it are left out"
    else:
        return content, f"saved on the grid of the canvas, because {file.name} itself is tilted"
    written = Content.like(file.header, stored, grid, content.is_label)
    return written, f"saved on the grid of {file.name}{said}"


def _painted_beyond(shown: Array, file: FileLayer) -> int:
    """Count painted voxels of the canvas that lie in no voxel of a tilted file."""
    grid = file.volume.grid
    places = np.argwhere(shown)[:, :3]
    voxels = np.rint(apply(index_map(file.display.grid, grid), places))
    return int(np.count_nonzero(((voxels < 0) | (voxels >= grid.shape)).any(axis=1)))


def _carried(shown: Array, file: FileLayer) -> Array:
    """Labels in the stored voxels of a tilted file; nothing where nothing was painted."""
    stored = np.zeros((*file.volume.grid.shape, *shown.shape[3:]), shown.dtype, order="F")
    single = shown.ndim < _IN_TIME
    there, here = (array[..., np.newaxis] if single else array for array in (stored, shown))
    carry(here, here != 0, there, file)
    return stored
