"""Plans of whatever holds an image, or of its shape alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from numbers import Integral
from typing import Any, TypeAlias

from napari_medload.geometry import Grid
from napari_medload.regions.errors import RegionError
from napari_medload.regions.patches import RandomPatches, RegularPatches, default_count
from napari_medload.regions.place import check_grid, checked_grid_axes, grid_shape
from napari_medload.regions.plan import check_shape
from napari_medload.regions.specs import ints, sizes
from napari_medload.regions.stack import ImageStack
from napari_medload.regions.tiling import TilePlan

Overlap: TypeAlias = int | Sequence[int]


def tile_plan(
    image: Any,
    patch_size: Sequence[int],
    overlap: Overlap = 0,
    *,
    axes: str | None = None,
    grid: Grid | None = None,
    data_idx: int = 0,
) -> TilePlan:
    """Plan overlapping tiles whose crops cover an image.

    Parameters
    ----------
    image : Grid, shape, or anything that `ImageStack.of` takes
        No pixels are read. A shape is (Z)YX, or SC(Z)YX with two sizes more than `patch_size`.
    patch_size : sequence of 2 or 3 ints
        Voxels of a tile along (Z)YX. Of a volume that is k, j, i.
    overlap : int or sequence of ints
        Voxels that neighbours share, along each axis or along (Z)YX.
    axes : str, optional
        Names of the image's axes; see `ImageStack.of`. Of a grid those of i, j, k: ``"XYZ"``
        unless given, ``"XYS"`` for 2D tiles of the slices of a volume.
    grid : Grid, optional
        Where the image lies, if it does not say so itself.
    data_idx : int
        Number of the image among several.

    Raises
    ------
    RegionError
        If the sizes do not fit the image, or a tile is no larger than its overlap.
    """
    size = sizes(patch_size, "patch_size")
    image_parts = _parts(image, size, axes, grid)
    return TilePlan(*image_parts, data_idx=data_idx, overlap=_each(overlap, size))


def patch_plan(
    image: Any,
    patch_size: Sequence[int],
    count: int | None = None,
    seed: int | None = 0,
    *,
    axes: str | None = None,
    grid: Grid | None = None,
    data_idx: int = 0,
) -> RandomPatches:
    """Plan patches at random places inside an image, the same ones for the same seed.

    Parameters
    ----------
    image, patch_size, axes, grid, data_idx
        As for `tile_plan`.
    count : int, optional
        Number of patches; as many as would cover the image side by side unless given.
    seed : int or None
        None draws one, which the plan keeps.

    Raises
    ------
    RegionError
        If the sizes do not fit the image, or the count is not positive.
    """
    size = sizes(patch_size, "patch_size")
    image_parts = _parts(image, size, axes, grid)
    return RandomPatches(
        *image_parts,
        data_idx=data_idx,
        length=default_count(image_parts[0], size) if count is None else count,
        seed=secrets.randbits(32) if seed is None else seed,
    )


def regular_patch_plan(
    image: Any,
    patch_size: Sequence[int],
    overlap: Overlap = 0,
    *,
    pad: bool = False,
    axes: str | None = None,
    grid: Grid | None = None,
    data_idx: int = 0,
) -> RegularPatches:
    """Plan patches side by side that cover an image.

    Parameters
    ----------
    image, patch_size, overlap, axes, grid, data_idx
        As for `tile_plan`.
    pad : bool
        Whether the last patch along an axis may reach beyond the image, or is moved back.

    Raises
    ------
    RegionError
        As for `tile_plan`.
    """
    size = sizes(patch_size, "patch_size")
    image_parts = _parts(image, size, axes, grid)
    return RegularPatches(*image_parts, data_idx=data_idx, overlap=_each(overlap, size), pad=pad)


def _parts(
    image: Any, patch_size: tuple[int, ...], axes: str | None, grid: Grid | None
) -> tuple[tuple[int, ...], tuple[int, ...], Grid, str]:
    """Shape SC(Z)YX, patch size, grid and its axes, as the plans take them."""
    if isinstance(image, Grid):
        shape, grid_axes = _shape_of_grid(image, patch_size, axes)
        return shape, patch_size, image, grid_axes
    if isinstance(image, tuple | list) and all(isinstance(size, Integral) for size in image):
        shape = ints(image, "the shape of an image")
        shape = (1, 1, *shape) if len(shape) == len(patch_size) else shape
        check_shape(shape, patch_size)
        return shape, patch_size, *_placed(shape, axes, grid)
    stack = ImageStack.of(image, axes, grid)
    return stack.data_shape, patch_size, stack.placed_grid, stack.grid_axes


def _placed(shape: tuple[int, ...], axes: str | None, grid: Grid | None) -> tuple[Grid, str]:
    grid_axes = checked_grid_axes(axes or "XYZ")
    if grid is None:
        return Grid.unknown(grid_shape(shape, grid_axes)), grid_axes
    check_grid(grid, shape, grid_axes)
    return grid, grid_axes


def _shape_of_grid(
    grid: Grid, patch_size: tuple[int, ...], axes: str | None
) -> tuple[tuple[int, ...], str]:
    grid_axes = checked_grid_axes(axes or "XYZ")
    size = dict(zip(grid_axes, grid.shape, strict=True))
    if len(patch_size) == 3 and "Z" not in size:
        raise RegionError(
            f"patches of size {patch_size} of slices that are samples (grid axes {grid_axes}); "
            "expected sizes along Y and X alone."
        )
    if len(patch_size) == 2 and size.get("Z", 1) != 1:
        raise RegionError(
            f"patches of size {patch_size} in a volume of shape {grid.shape}; expected sizes along "
            "Z, Y and X. Where slices are samples, say so with axes='XYS'."
        )
    spatial = [size.get(letter, 1) for letter in "ZYX"[-len(patch_size) :]]
    return (size.get("S", size.get("T", 1)), 1, *spatial), grid_axes


def _each(overlap: Overlap, patch_size: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(overlap, Integral):
        return (int(overlap),) * len(patch_size)
    return ints(overlap, "overlap")
