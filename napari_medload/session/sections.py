"""Boxes of voxels, and the outlines that a plane cuts out of them.

All in indices (i, j, k) of the stored array, where boxes lie along the axes whatever the affine.
A voxel reaches half an index to either side of its centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.regions.specs import box_of, crop_of, is_tile
from napari_medload.regions.tiling import TilePlan

if TYPE_CHECKING:
    from napari_medload.geometry import FloatArray
    from napari_medload.regions.plan import RegionPlan

LISTED_AT_MOST = 1_000_000

_CORNERS = np.array(list(product((0.0, 1.0), repeat=3)))
_EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1])


@dataclass(frozen=True, eq=False)
class Boxes:
    """The regions of a plan.

    Parameters
    ----------
    plan : RegionPlan
        Of a volume.
    first : array, shape (n, 3)
        First voxel (i, j, k) of each region; empty for a plan that is too long to be listed.
    """

    plan: RegionPlan[Any]
    first: FloatArray

    @property
    def size(self) -> FloatArray:
        """Voxels of every region along (i, j, k)."""
        return np.array(self.plan.patch_size[::-1], dtype=np.float64)

    def one(self, number: int) -> tuple[FloatArray, FloatArray]:
        """First voxel and size of a region, shape (3,) each."""
        return _reversed(box_of(self.plan[number]))

    def kept(self, number: int) -> tuple[FloatArray, FloatArray] | None:
        """First voxel and size of what is kept of a tile; None for a patch."""
        spec = self.plan[number]
        return _reversed(crop_of(spec)) if is_tile(spec) else None

    def some(self, numbers: Any) -> tuple[FloatArray, FloatArray]:
        """First voxels and sizes of regions, shape (n, 3) each."""
        first = self.first[numbers]
        return first, np.broadcast_to(self.size, first.shape)

    def met_by(self, normal: FloatArray, offset: float) -> Any:
        """Numbers of the regions that the plane ``normal · index = offset`` meets."""
        reach = float(np.abs(normal) @ self.size) / 2
        middle = self.first @ normal + float(normal @ (self.size - 1)) / 2
        return np.flatnonzero(np.abs(middle - offset) <= reach)


def boxes_of(plan: RegionPlan[Any]) -> Boxes:
    """List the regions of a plan; of tiles without working each one out."""
    if len(plan) > LISTED_AT_MOST:
        return Boxes(plan, np.zeros((0, 3)))
    if isinstance(plan, TilePlan) and plan.samples == 1:
        along = [[axis[n].coord for n in range(axis.count)] for axis in plan.along]
        zyx = np.stack(np.meshgrid(*along, indexing="ij"), axis=-1).reshape(-1, len(along))
    else:
        zyx = np.array([plan[number]["coords"] for number in range(len(plan))])
    return Boxes(plan, zyx[:, ::-1].astype(np.float64))


def _reversed(box: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[FloatArray, FloatArray]:
    first, size = (np.array(part[::-1], dtype=np.float64) for part in box)
    return first, size


def outlines(first: FloatArray, size: FloatArray, normal: FloatArray, offset: float) -> FloatArray:
    """Cut boxes by a plane ``normal · index = offset``.

    Parameters
    ----------
    first, size : array, shape (n, 3)
        First voxel of each box, and voxels along (i, j, k).

    Returns
    -------
    array, shape (m, 2, 3)
        Line segments around what the plane cuts out, box by box; nothing for a box it misses.
    """
    corners = (first - 0.5)[:, np.newaxis] + _CORNERS * size[:, np.newaxis]  # (n, 8, 3)
    height = corners @ normal - offset
    begin, end = height[:, _EDGES[:, 0]], height[:, _EDGES[:, 1]]  # (n, 12)
    crossed = (begin > 0) != (end > 0)
    share = np.divide(begin, begin - end, out=np.zeros_like(begin), where=crossed)
    from_, to = corners[:, _EDGES[:, 0]], corners[:, _EDGES[:, 1]]
    points = from_ + share[..., np.newaxis] * (to - from_)
    return _closed(points, crossed, normal)


def _closed(points: FloatArray, crossed: Any, normal: FloatArray) -> FloatArray:
    """Segments around the crossed points of each box, in the order of their angle."""
    hit = crossed.sum(axis=1) >= 3
    points, crossed = points[hit], crossed[hit]
    if not len(points):
        return np.zeros((0, 2, 3))
    across, up = _in_plane(normal)
    count = crossed.sum(axis=1)
    middle = (points * crossed[..., np.newaxis]).sum(axis=1) / count[:, np.newaxis]
    away = points - middle[:, np.newaxis]
    angle = np.where(crossed, np.arctan2(away @ up, away @ across), np.inf)
    order = np.argsort(angle, axis=1)[:, :6]  # a plane meets at most six edges of a box
    ring = np.take_along_axis(points, order[..., np.newaxis], axis=1)
    place = np.arange(6)
    following = np.where(place + 1 < count[:, np.newaxis], place + 1, 0)
    ends = np.take_along_axis(ring, following[..., np.newaxis], axis=1)
    drawn = place < count[:, np.newaxis]
    return np.stack((ring[drawn], ends[drawn]), axis=1)


def _in_plane(normal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two directions in a plane, at right angles to each other."""
    unit = normal / np.linalg.norm(normal)
    across = np.cross(unit, np.eye(3)[int(np.argmin(np.abs(unit)))])
    across /= np.linalg.norm(across)
    return across, np.cross(unit, across)
