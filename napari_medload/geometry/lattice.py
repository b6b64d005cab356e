"""How the voxels of one grid are met in the numbering of another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.affine import FloatArray, apply, inverse

if TYPE_CHECKING:
    from napari_medload.geometry.grid import Grid

WHOLE_VOXEL = 0.01
"""Two lattices coincide where no voxel lies further than this from its twin, in voxels."""


def index_map(display: Grid, source: Grid) -> FloatArray:
    """Affine from voxel indices of `display` to (fractional) voxel indices of `source`.

    Where only one geometry is known, the two are aligned by index: the identity. Where neither
    is, their affines say how the arrays are drawn.

    Raises
    ------
    AffineError
        If the source grid is singular.
    """
    if display.known != source.known:
        return np.eye(4)
    mapping = inverse(source.affine) @ display.affine
    mapping[3] = (0.0, 0.0, 0.0, 1.0)
    return np.asarray(mapping, dtype=np.float64)


@dataclass(frozen=True)
class AxisView:
    """Display voxel (i, j, k) is a source voxel: a permutation, flips and a whole-voxel shift.

    Parameters
    ----------
    axes : tuple of three ints
        Source axis that each display axis runs along.
    signs : tuple of three ±1
        Direction along that source axis.
    starts : tuple of three ints
        Source index, along that source axis, of display index 0.
    """

    axes: tuple[int, int, int]
    signs: tuple[int, int, int]
    starts: tuple[int, int, int]


def axis_view(mapping: FloatArray, display_shape: tuple[int, int, int]) -> AxisView | None:
    """Read an index map as an `AxisView`, or None where voxels fall between voxels."""
    linear = np.rint(mapping[:3, :3])
    if not (
        np.array_equal(np.abs(linear).sum(axis=0), (1, 1, 1))
        and np.array_equal(np.abs(linear).sum(axis=1), (1, 1, 1))
    ):
        return None
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = linear, np.rint(mapping[:3, 3])
    corners = np.array(list(product(*((0, size - 1) for size in display_shape))))
    if np.abs(apply(mapping, corners) - apply(whole, corners)).max() > WHOLE_VOXEL:
        return None
    axes = np.abs(linear).argmax(axis=0)
    a, b, c = (int(axis) for axis in axes)
    signs = [int(linear[source, shown]) for shown, source in enumerate(axes)]
    starts = [int(whole[source, 3]) for source in axes]
    return AxisView((a, b, c), (signs[0], signs[1], signs[2]), (starts[0], starts[1], starts[2]))


def covers(view: AxisView, display_shape: tuple[int, int, int], source: Grid) -> bool:
    """Whether every display voxel lies inside the source array."""
    for axis, sign, start, size in zip(
        view.axes, view.signs, view.starts, display_shape, strict=True
    ):
        last = start + sign * (size - 1)
        if min(start, last) < 0 or max(start, last) >= source.shape[axis]:
            return False
    return True
