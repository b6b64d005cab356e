"""How far apart two grids lie, in mm and in voxels.

None where the question has no answer: an unknown geometry, or shapes that differ.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.affine import FloatArray, apply, inverse

if TYPE_CHECKING:
    from napari_medload.geometry.grid import Grid

_SAMPLES = 4096


def corner_displacement_mm(a: Grid, b: Grid) -> float | None:
    """Largest distance between the same outer corner of two grids of one shape, in mm."""
    if a.shape != b.shape or not (a.known and b.known):
        return None
    return float(np.linalg.norm(a.corners - b.corners, axis=1).max())


def corner_displacement_voxels(a: Grid, b: Grid) -> float | None:
    """Largest displacement of a corner along a voxel axis of `a`, in voxels of `a`."""
    if a.shape != b.shape or not (a.known and b.known) or a.is_singular:
        return None
    ends = list(product(*((-0.5, size - 0.5) for size in a.shape)))
    there = apply(inverse(a.affine), apply(b.affine, ends))
    return float(np.abs(there - np.array(ends)).max())


def centre_offset_mm(a: Grid, b: Grid) -> FloatArray | None:
    """From the centre of `a` to the centre of `b`: R, A, S in mm, shape (3,)."""
    if not (a.known and b.known):
        return None
    return np.asarray(b.centre - a.centre, dtype=np.float64)


def overlap_fraction(a: Grid, b: Grid) -> float | None:
    """Part of the smaller field of view that lies inside the larger one, 0 to 1.

    Sampled at 4096 points, so exact to about a percent, for oblique boxes too.
    """
    if not (a.known and b.known) or a.is_singular or b.is_singular:
        return None
    small, large = sorted((a, b), key=_volume_mm3)
    points = apply(small.affine, _unit_points() * small.shape - 0.5)
    there = apply(inverse(large.affine), points)
    inside = (there >= -0.5) & (there <= np.array(large.shape) - 0.5)
    return float(inside.all(axis=1).mean())


def _volume_mm3(grid: Grid) -> float:
    return float(abs(np.linalg.det(grid.affine[:3, :3])) * np.prod(grid.shape))


@lru_cache(maxsize=1)
def _unit_points() -> FloatArray:
    """Points spread evenly over the unit cube, shape (n, 3).

    A Kronecker sequence on powers of the root of x⁴ = x + 1: unlike a mesh it has as many
    distinct positions along each axis as points, so a flat cut is measured as well as a tilted one.
    """
    root = 1.2207440846057596
    steps = np.arange(_SAMPLES)[:, np.newaxis] * root ** -np.arange(1.0, 4.0)
    points: FloatArray = (0.5 + steps) % 1.0
    points.flags.writeable = False
    return points
