"""Planes of an image as pictures: which way is up, and how wide a voxel is.

Rows run from superior or anterior downwards, and columns from the patient's right or from
anterior to the right of the picture, as radiologists look at a patient. An oblique grid is drawn
along its own axes, under the names of the directions nearest to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.orientation import LETTERS, nearest_world_axes

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid

_NAMES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True)
class View:
    """How the planes across one voxel axis are drawn.

    Parameters
    ----------
    name : str
        ``"sagittal"``, ``"coronal"`` or ``"axial"``.
    axis : int
        Voxel axis that runs through the planes.
    onward : bool
        Whether its index grows towards right, anterior or superior.
    rows, columns : int
        Voxel axes that run down and to the right of the picture.
    flip_rows, flip_columns : bool
        Whether they run from the last index to the first.
    ends : tuple of four str
        Letters at the left, right, top and bottom of the picture; empty where none are stated.
    mm : tuple of two floats
        Height and width of a voxel in the picture.
    """

    name: str
    axis: int
    onward: bool
    rows: int
    columns: int
    flip_rows: bool
    flip_columns: bool
    ends: tuple[str, str, str, str]
    mm: tuple[float, float]

    def draw(self, voxels: Array) -> Array:
        """Turn voxels, shape (C, W, H, D), into pictures, shape (planes, rows, columns, C)."""
        pictures = voxels.transpose(1 + self.axis, 1 + self.rows, 1 + self.columns, 0)
        down = slice(None, None, -1 if self.flip_rows else 1)
        right = slice(None, None, -1 if self.flip_columns else 1)
        return pictures[:, down, right]


def view_of(grid: Grid, normal: int, radiological: bool = True) -> View:
    """View along a world axis.

    Parameters
    ----------
    grid : Grid
    normal : int
        0 for sagittal planes, 1 for coronal, 2 for axial.
    radiological : bool
        Whether the patient's right is at the left of the picture.
    """
    found = _directions(grid)
    across, down = (world for world in range(3) if world != normal)
    (axis, onward), (columns, right), (rows, up) = (found[w] for w in (normal, across, down))
    mirrored = across == 0 and not radiological
    left_end = LETTERS[across][0 if mirrored else 1]
    right_end = LETTERS[across][1 if mirrored else 0]
    ends = (left_end, right_end, LETTERS[down][1], LETTERS[down][0])
    return View(
        _NAMES[normal],
        axis,
        onward,
        rows,
        columns,
        flip_rows=up,
        flip_columns=right != mirrored,
        ends=ends if grid.oriented else ("", "", "", ""),
        mm=(grid.spacing[rows] or 1.0, grid.spacing[columns] or 1.0),
    )


def views(grid: Grid, radiological: bool = True) -> list[View]:
    """Sagittal, coronal and axial view; of a grid of one plane only the view across it."""
    found = [view_of(grid, normal, radiological) for normal in range(3)]
    return [view for view in found if view.axis == 2] if grid.shape[2] == 1 else found


def view_across(grid: Grid, axis: int, radiological: bool = True) -> View:
    """View whose planes lie across a voxel axis."""
    found = (view_of(grid, normal, radiological) for normal in range(3))
    return next(view for view in found if view.axis == axis)


def middle(grid: Grid, view: View) -> int:
    """Index of the middle plane; of two the one that lies further right, anterior or superior."""
    size = grid.shape[view.axis]
    return size // 2 if view.onward else (size - 1) // 2


def _directions(grid: Grid) -> list[tuple[int, bool]]:
    """Voxel axis along each world axis, and whether its index grows with it.

    An axis without direction takes a place that is left.
    """
    nearest = nearest_world_axes(grid.affine)
    left = [world for world in range(3) if all(f is None or f[0] != world for f in nearest)]
    found = [(0, True)] * 3
    for axis, direction in enumerate(nearest):
        world, sign = direction or (left.pop(0), 1)
        found[world] = axis, sign > 0
    return found


def true_size(shape: tuple[int, int], mm: tuple[float, float]) -> tuple[int, int]:
    """Rows and columns of a picture with square pixels as small as its smaller voxel side."""
    finest = min(mm)
    rows, columns = (
        max(1, int(np.rint(size * step / finest))) for size, step in zip(shape, mm, strict=True)
    )
    return rows, columns
