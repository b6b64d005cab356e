"""Where regions lie in the world, and which region a place in the world is in.

Regions count voxels along (Z)YX; a grid counts them along the axes i, j, k of a stored array.
*Grid axes* name what these are: ``"XYZ"`` for a volume as the house stores it, so that Z, Y, X
are k, j, i; ``"XY"`` for an image of one slice; ``"XYS"`` (or ``"XYT"``) for a volume whose
slices are taken for samples, each a 2D image. Any other order of the letters will do.
"""

from __future__ import annotations

from itertools import product
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_medload.geometry.affine import apply, from_parts
from napari_medload.geometry.grid import Grid
from napari_medload.regions.errors import RegionError
from napari_medload.regions.specs import PatchSpecs, TileSpecs, box_of, crop_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Box

_SAMPLES = "ST"
_ROUNDING = 1e-6


def checked_grid_axes(grid_axes: str) -> str:
    """Check the names of a grid's axes and return them, as three letters, in upper case.

    Raises
    ------
    RegionError
        If they do not name X, Y and at most one of Z, S and T.
    """
    found = grid_axes.upper() if isinstance(grid_axes, str) else ""
    # a lone slice needs no name
    letters = f"{found}Z" if sorted(found) == ["X", "Y"] else found
    if sorted(letters) not in (["X", "Y", "Z"], ["S", "X", "Y"], ["T", "X", "Y"]):
        raise RegionError(
            f"grid axes {grid_axes!r}; expected the letters X, Y and one of Z (volume), S or T "
            "(slices are samples), in the order of the grid's i, j, k, such as 'XYZ'."
        )
    return letters


def grid_shape(data_shape: Sequence[int], grid_axes: str) -> tuple[int, int, int]:
    """Shape that the grid of an image must have.

    Parameters
    ----------
    data_shape : sequence of ints
        Of the image, SC(Z)YX.
    grid_axes : str
        Names of i, j, k; see the module.

    Raises
    ------
    RegionError
        If an axis Z is not among the grid's.
    """
    letters = checked_grid_axes(grid_axes)
    size = dict(zip("ZYX"[5 - len(data_shape) :], data_shape[2:], strict=True))
    third = next(letter for letter in letters if letter not in "XY")
    if third in _SAMPLES and "Z" in size:
        raise RegionError(
            f"an image of shape {tuple(data_shape)} (SCZYX) on a grid of axes {grid_axes}; "
            "expected Z among them. Slices are samples only of 2D images."
        )
    size.setdefault(third, data_shape[0] if third in _SAMPLES else 1)
    i, j, k = (int(size[letter]) for letter in letters)
    return i, j, k


def check_grid(grid: Grid, data_shape: Sequence[int], grid_axes: str) -> None:
    """Raise `RegionError` where a grid is not that of an image of a shape SC(Z)YX."""
    expected = grid_shape(data_shape, grid_axes)
    if grid.shape != expected:
        raise RegionError(
            f"a grid of shape {grid.shape} with axes {grid_axes} for an image of shape "
            f"{tuple(data_shape)} (SC(Z)YX); expected a grid of shape {expected}."
        )


def region_grid(spec: PatchSpecs, grid: Grid, grid_axes: str = "XYZ") -> Grid:
    """Grid of the voxels of a region, padding included.

    Parameters
    ----------
    spec : PatchSpecs or TileSpecs
    grid : Grid
        Of the image.
    grid_axes : str
        Names of i, j, k; see the module.

    Returns
    -------
    Grid
        Its i, j, k run along those of the image; its corners and bounds are the box in RAS+ mm.

    Raises
    ------
    RegionError
        If the region does not fit the axes, such as a 2D one in a volume of several slices.
    """
    coords, size = box_of(spec)
    return grid.cropped(_box(coords, size, spec["sample_idx"], grid, grid_axes))


def crop_grid(spec: TileSpecs, grid: Grid, grid_axes: str = "XYZ") -> Grid:
    """Grid of the voxels of a tile that are put back into the image; see `region_grid`."""
    coords, size = crop_of(spec)
    return grid.cropped(_box(coords, size, spec["sample_idx"], grid, grid_axes))


def data_grid(spec: PatchSpecs, grid: Grid, grid_axes: str = "XYZ") -> Grid:
    """Grid of a region with i along X, j along Y and k along Z (or the slices) of its pixels.

    That is the transpose of the pixels, whatever the order in which the image is stored.
    """
    found = region_grid(spec, grid, grid_axes)
    letters = checked_grid_axes(grid_axes)
    x, y = letters.index("X"), letters.index("Y")
    order = [x, y, 3 - x - y]
    shape = found.shape
    return Grid(
        (shape[order[0]], shape[order[1]], shape[order[2]]),
        from_parts(found.affine[:3, order], found.affine[:3, 3]),
        found.known,
        oriented=found.oriented,
    )


def region_of_box(
    box: npt.ArrayLike,
    grid: Grid,
    grid_axes: str = "XYZ",
    *,
    data_idx: int = 0,
    sample_idx: int = 0,
    inside: bool = False,
) -> PatchSpecs:
    """Smallest region that holds a box of the world.

    Parameters
    ----------
    box : array-like, shape (2, 3)
        Smallest and largest R, A, S in mm, as `Grid.bounds`.
    grid : Grid
        Of the image.
    grid_axes : str
        Names of i, j, k; see the module.
    data_idx, sample_idx : int
        As in the region. Where slices are samples, `sample_idx` is the slice in the middle of
        the box instead.
    inside : bool
        Whether to leave out what lies beyond the image.

    Returns
    -------
    PatchSpecs
        2D for an image of one slice without Z among its `grid_axes`, or where slices are samples.

    Raises
    ------
    RegionError
        If the grid is unknown, the box is none, or nothing of it lies inside where it must.
    AffineError
        If the grid is singular.
    """
    low, high = _voxels(_checked_box(box), grid)
    if inside:
        low, high = np.maximum(low, 0), np.minimum(high, grid.shape)
        if (low >= high).any():
            raise RegionError(
                f"the box {np.asarray(box).tolist()} mm lies outside the image, whose bounds are "
                f"{grid.bounds.tolist()} mm; expected a box that meets them."
            )
    letters = checked_grid_axes(grid_axes)
    third = next(letter for letter in letters if letter not in "XY")
    if third in _SAMPLES:
        k = letters.index(third)
        sample_idx = min(max((low[k] + high[k]) // 2, 0), grid.shape[k] - 1)
    spatial = [letters.index(a) for a in "ZYX" if a in letters and a in grid_axes.upper()]
    return PatchSpecs(
        data_idx=data_idx,
        sample_idx=int(sample_idx),
        coords=tuple(int(low[axis]) for axis in spatial),
        patch_size=tuple(int(high[axis] - low[axis]) for axis in spatial),
    )


def _box(
    coords: Sequence[int], size: Sequence[int], sample: int, grid: Grid, grid_axes: str
) -> Box:
    letters = checked_grid_axes(grid_axes)
    along = dict(zip("ZYX"[-len(size) :], zip(coords, size, strict=True), strict=True))
    third = next(letter for letter in letters if letter not in "XY")
    if third in _SAMPLES:
        if "Z" in along:
            raise RegionError(
                f"a 3D region of size {tuple(size)} in a volume of 2D samples (grid axes "
                f"{grid_axes}); expected Y and X alone. Name the third axis Z, or give 2D regions."
            )
        along[third] = (int(sample), 1)
    elif "Z" not in along:
        if grid.shape[letters.index("Z")] != 1:
            raise RegionError(
                f"a 2D region of size {tuple(size)} in a volume of shape {grid.shape}; expected "
                "Z, Y and X. Where slices are samples, say so with axes such as 'XYS'."
            )
        along["Z"] = (0, 1)
    i, j, k = (slice(along[a][0], along[a][0] + along[a][1]) for a in letters)
    return i, j, k


def _checked_box(box: npt.ArrayLike) -> npt.NDArray[np.float64]:
    found = np.asarray(box, dtype=np.float64)
    if found.shape != (2, 3) or not np.isfinite(found).all() or (found[0] > found[1]).any():
        raise RegionError(
            f"a box is {found.tolist()}; expected its smallest and its largest R, A, S in mm, "
            "shape (2, 3), as Grid.bounds."
        )
    return found


def _voxels(
    box: npt.NDArray[np.float64], grid: Grid
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First voxel, and the one after the last, of the grid's box around a box of the world."""
    if not grid.known:
        raise RegionError(
            "a box in mm has no region in an image whose source states no geometry; expected a "
            "known grid. Give coords and patch_size in voxels."
        )
    corners = apply(grid.world_to_index(), list(product(*box.T))) + 0.5  # edges at whole numbers
    # an edge that coincides with a voxel's must not take in the next one by rounding
    low = [floor(edge + _ROUNDING) for edge in corners.min(axis=0)]
    high = [ceil(edge - _ROUNDING) for edge in corners.max(axis=0)]
    first = np.array(low, dtype=np.int64)
    return first, np.maximum(np.array(high, dtype=np.int64), first + 1)
