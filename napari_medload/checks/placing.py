"""Where moving is looked for when it is compared with fixed: as stored, or otherwise.

A place is an affine, shape (4, 4), from the voxel index in the file of the fixed image to that in
the file of the moving image.
"""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.affine import inverse
from napari_medload.geometry.lattice import index_map
from napari_medload.geometry.orientation import nearest_world_axes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.checks.matching import Side
    from napari_medload.geometry import FloatArray, Grid

_WORLD_AXES = ("left-right", "anterior-posterior", "superior-inferior")
_DIRECTIONS = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))


def as_stored(fixed: Side, moving: Side) -> FloatArray:
    """Place by the headers; by index where only one of them states a geometry.

    Raises
    ------
    AffineError
        If the moving grid is singular.
    """
    return index_map(fixed.image.grid, moving.image.grid)


def flipped(grid: Grid, axes: Sequence[int]) -> FloatArray:
    """Index of each voxel in an array that is reversed along some axes, shape (4, 4)."""
    turned = np.eye(4)
    for axis in axes:
        turned[axis, axis], turned[axis, 3] = -1.0, grid.shape[axis] - 1
    return turned


def flip_name(grid: Grid, axes: Sequence[int]) -> str:
    """Name of a flip for people, such as "left-right"; by array axes where no side is known."""
    worlds = nearest_world_axes(grid.affine)
    named = []
    for axis in axes:
        world = worlds[axis]
        known = grid.oriented and world is not None
        named.append(_WORLD_AXES[world[0]] if known and world else f"{'ijk'[axis]}-axis")
    return " and ".join(
        sorted(named, key=lambda n: _WORLD_AXES.index(n) if n in _WORLD_AXES else 9)
    )


def flips() -> Iterator[tuple[int, ...]]:
    """Array axes to reverse: one, two, then all three."""
    for count in (1, 2, 3):
        yield from combinations(range(3), count)


def swaps() -> Iterator[tuple[int, int, int]]:
    """Orders of three axes other than that as stored: two exchanged, then all turned round."""
    orders = [(a, b, c) for a, b, c in permutations(range(3)) if (a, b, c) != (0, 1, 2)]
    yield from sorted(orders, key=lambda order: -sum(a == b for a, b in enumerate(order)))


def swapped(order: tuple[int, int, int]) -> FloatArray:
    """Index in the stored array of each voxel of one whose axes are reordered, shape (4, 4).

    Axis a of the reordered array is axis ``order[a]`` of the stored one, as in `numpy.transpose`.
    """
    turned = np.zeros((4, 4))
    turned[3, 3] = 1.0
    for axis, stored in enumerate(order):
        turned[stored, axis] = 1.0
    return turned


def moved(fixed: Side, moving: Side, mm: FloatArray, degrees: FloatArray) -> FloatArray:
    """Place moving where it lies too far by `mm` (R, A, S) and is turned by `degrees`.

    Parameters
    ----------
    mm, degrees : array, shape (3,)
        Turned about the middle of the fixed image, around R, then A, then S.
    """
    x, y, z = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    turn, centre = about_z @ about_y @ about_x, fixed.image.grid.centre
    world = np.eye(4)
    world[:3, :3], world[:3, 3] = turn, centre + mm - turn @ centre
    to_moving = moving.image.grid.world_to_index()
    return np.asarray(to_moving @ world @ fixed.image.grid.affine, dtype=np.float64)


def world_move(fixed: Side, moving: Side, place: FloatArray) -> FloatArray:
    """Turn a place of moving into the move of it in the world that leads there.

    Parameters
    ----------
    place : array, shape (4, 4)
        Voxel index of fixed to that of moving.

    Returns
    -------
    array, shape (4, 4)
        To be applied to world points of moving as it is drawn by its header, RAS+ mm; the
        identity for `as_stored`. Where only one of both states a geometry, it counts in that one.
    """
    here, there = fixed.image.grid, moving.image.grid
    affine = there.affine if there.known and not here.known else here.affine
    moved = affine @ inverse(place) @ as_stored(fixed, moving) @ inverse(affine)
    return np.asarray(moved, dtype=np.float64)


def direction_text(mm: FloatArray) -> str:
    """Write where something lies that is off by `mm` (R, A, S), the longest part first."""
    least = max(0.5, 0.25 * float(np.abs(mm).max()))
    parts = [(abs(part), _DIRECTIONS[axis][part > 0]) for axis, part in enumerate(mm.tolist())]
    parts.sort(reverse=True)
    return ", ".join(f"{length:.0f} mm {side}" for length, side in parts if length > least)
