"""Tiles: where they begin along each axis, and which part of each is put back.

Neighbours overlap, and each gives up half of the overlap, so that what a model makes of voxels
near the edge of a tile is not kept. The numbers are those of CAREamics 0.3 (BSD-3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

from napari_medload.regions.errors import RegionError
from napari_medload.regions.plan import RegionPlan, Spec
from napari_medload.regions.specs import TileSpecs, ints


class AxisTile(NamedTuple):
    """One tile along one axis, in voxels.

    Parameters
    ----------
    coord : int
        First voxel of the tile in the image.
    crop : int
        First voxel of the crop in the tile.
    kept : int
        Voxels of the crop.
    stitch : int
        First voxel of the crop in the image.
    """

    coord: int
    crop: int
    kept: int
    stitch: int


@dataclass(frozen=True)
class AxisTiling:
    """All tiles along one axis.

    Tiles begin every ``patch - overlap`` voxels, the last one where it ends with the image. The
    first crop has ``patch - overlap // 2`` voxels, the next ones ``patch - overlap``, the last
    one what is left. An axis that is no longer than a tile has one, of which the crop is the axis.
    An odd overlap makes the first two crops share a voxel; `Stitcher` gives it to the second.

    Parameters
    ----------
    size : int
        Voxels of the image.
    patch : int
        Voxels of a tile.
    overlap : int
        Voxels that neighbours share.

    Raises
    ------
    RegionError
        If a tile does not reach beyond its overlap, or the overlap is negative.
    """

    size: int
    patch: int
    overlap: int

    def __post_init__(self) -> None:
        if self.overlap < 0:
            raise RegionError(f"overlap: found {self.overlap}; expected zero or more voxels.")
        if self.overlap >= self.patch:
            raise RegionError(
                f"overlap {self.overlap} of tiles of {self.patch} voxels; expected fewer than the "
                "tile has. Choose larger tiles or a smaller overlap."
            )

    @property
    def step(self) -> int:
        """Voxels from one tile to the next."""
        return self.patch - self.overlap

    @property
    def count(self) -> int:
        """Number of tiles."""
        if self.size <= self.patch:
            return 1
        return -(-(self.size - self.overlap) // self.step)

    def __getitem__(self, number: int) -> AxisTile:
        half, coord = self.overlap // 2, number * self.step
        if self.count == 1:
            return AxisTile(0, 0, self.size, 0)
        if number == 0:
            return AxisTile(0, 0, self.patch - half, 0)
        if number < self.count - 1:
            return AxisTile(coord, half, self.step, coord + half)
        last = self.size - self.patch
        # from where the crop before ends: the first one, or one inside
        stitch = self.patch - half if number == 1 else coord + half
        return AxisTile(last, stitch - last, self.size - stitch, stitch)


@dataclass(frozen=True)
class OverlappingPlan(RegionPlan[Spec]):
    """Regions in rows along each axis of a sample; X runs fastest, then Y, Z and S.

    Parameters
    ----------
    overlap : tuple of 2 or 3 ints
        Voxels that neighbours share along (Z)YX.
    """

    overlap: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "overlap", overlaps(self.overlap, self.patch_size))
        _ = self.along  # an overlap that is too large is said now

    @cached_property
    def along(self) -> tuple[AxisTiling, ...]:
        """The regions along each of (Z)YX."""
        parts = zip(self.spatial_shape, self.patch_size, self.overlap, strict=True)
        return tuple(AxisTiling(size, patch, overlap) for size, patch, overlap in parts)

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        return tuple(axis.count for axis in self.along)

    def __len__(self) -> int:
        return prod(self._counts) * self.samples


class TilePlan(OverlappingPlan[TileSpecs]):
    """Overlapping tiles whose crops cover each sample."""

    def _at(self, number: int) -> TileSpecs:
        places = []
        for axis, count in zip(self.along[::-1], self._counts[::-1], strict=True):
            number, place = divmod(number, count)
            places.append(axis[place])
        coords, crop, kept, stitch = zip(*places[::-1], strict=True)
        return TileSpecs(
            data_idx=self.data_idx,
            sample_idx=number,
            coords=coords,
            patch_size=self.patch_size,
            crop_coords=crop,
            crop_size=kept,
            stitch_coords=stitch,
            total_tiles=len(self),
        )


def overlaps(overlap: object, patch_size: tuple[int, ...]) -> tuple[int, ...]:
    """Check overlaps along (Z)YX; none at all where nothing is given.

    Raises
    ------
    RegionError
        If they are no whole numbers, or not as many as there are axes.
    """
    found = ints(overlap, "overlap") or (0,) * len(patch_size)
    if len(found) != len(patch_size):
        raise RegionError(
            f"overlap {found} of patches of size {patch_size}; expected one number, or one for "
            "each size."
        )
    return found
