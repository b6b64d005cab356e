"""Coarse copies of images and labels: read once, small, and quick to sample anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from napari_medload.checks.similarity import Codes, levels, value_range
from napari_medload.formats.itk_border import for_itk
from napari_medload.images.itk import ItkCopy
from napari_medload.images.statistics import whole_numbers

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.images import Volume

_MOST_LABELS = 255


@dataclass(frozen=True, eq=False)
class CoarseImage:
    """A thinned image or label.

    Parameters
    ----------
    values : array, shape (i, j, k)
        Block means, NaN where they are not finite; of labels, one voxel of each block.
    grid : Grid
        Of the file.
    to_file : array, shape (4, 4)
        Index of a coarse voxel to the (fractional) voxel index in the file.
    """

    values: Array
    grid: Grid
    to_file: FloatArray

    @property
    def nbytes(self) -> int:
        """Memory, with the copy that interpolation works on."""
        return 2 * self.values.nbytes

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Values between which it is sorted into grey levels."""
        return value_range(self.values)

    @cached_property
    def levels(self) -> Codes:
        """Its grey levels."""
        return levels(self.values, self.limits)

    @cached_property
    def labels(self) -> Array:
        """Return the label values that occur, sorted, without the background."""
        found = np.unique(self.values)
        return np.asarray(found[found != 0])

    @cached_property
    def _copy(self) -> ItkCopy:
        return ItkCopy(self.values)

    def every_other(self) -> CoarseImage:
        """Return every second voxel along each axis."""
        placed = self.to_file.copy()
        placed[:3, :3] *= 2
        return CoarseImage(np.asfortranarray(self.values[::2, ::2, ::2]), self.grid, placed)

    def sampled_on(self, other: CoarseImage, mapping: FloatArray) -> Array:
        """Sample at the voxels of another coarse image.

        Parameters
        ----------
        mapping : array, shape (4, 4)
            Voxel index in the file of `other` to the voxel index in the own file.

        Returns
        -------
        array, shape `other.values.shape`
            Images linear, with NaN outside; labels nearest, with 0 outside.
        """
        onto = np.linalg.inv(self.to_file) @ mapping @ other.to_file
        nearest = self.values.dtype.kind in "iu"
        resample = sitk.ResampleImageFilter()
        resample.SetNumberOfThreads(1)  # done sooner than a second one would begin
        resample.SetSize(other.values.shape)
        resample.SetTransform(sitk.AffineTransform(onto[:3, :3].ravel().tolist(), onto[:3, 3]))
        resample.SetInterpolator(sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear)
        resample.SetDefaultPixelValue(0.0 if nearest else float("nan"))
        found: Array = sitk.GetArrayFromImage(resample.Execute(self._copy.image)).T
        return found


def thin_image(volume: Volume, at_most: int) -> CoarseImage:
    """Take the mean of blocks of voxels, of the first frame."""
    blocks = _blocks(volume.grid, at_most)
    counts = [size // block for size, block in zip(volume.grid.shape, blocks, strict=True)]
    starts = [
        (size - count * block) // 2
        for size, count, block in zip(volume.grid.shape, counts, blocks, strict=True)
    ]
    means = _block_means(volume.array[..., 0], starts, counts, blocks)
    scaling = volume.scaling
    if not scaling.is_identity:
        means = means * np.float32(scaling.slope) + np.float32(scaling.intercept)
    means[~np.isfinite(means)] = np.nan
    middle = np.array(starts) + (np.array(blocks) - 1) / 2
    return CoarseImage(means, volume.grid, _placed(blocks, middle))


def _block_means(
    array: Array, starts: list[int], counts: list[int], blocks: tuple[int, int, int]
) -> Array:
    """Mean of each block, float32 in Fortran order; a block's planes at a time."""
    means = np.empty(counts, np.float32, order="F")
    i, j = (
        slice(start, start + count * block)
        for start, count, block in zip(starts[:2], counts[:2], blocks[:2], strict=True)
    )
    wide = np.float32 if array.dtype.itemsize < 8 else np.float64
    with np.errstate(all="ignore"):  # what is not finite is left out later
        for k in range(counts[2]):
            first = starts[2] + k * blocks[2]
            slab = array[i, j, first : first + blocks[2]]
            total = np.add.reduce(slab, axis=2, dtype=wide)
            total = sum(total[:, part :: blocks[1]] for part in range(blocks[1]))
            total = sum(total[part :: blocks[0]] for part in range(blocks[0]))
            means[:, :, k] = total / float(np.prod(blocks))
    return means


def thin_label(volume: Volume, at_most: int) -> CoarseImage | None:
    """Take the middle voxel of each block; None where values are fractions or far too many."""
    blocks = _blocks(volume.grid, at_most)
    middle = [min(block // 2, n - 1) for block, n in zip(blocks, volume.grid.shape, strict=True)]
    cut = tuple(slice(start, None, block) for start, block in zip(middle, blocks, strict=True))
    values = whole_numbers(volume.scaling.apply(np.asarray(volume.array[cut])))
    if values is None:
        return None
    if values.shape[3] > 1 and values.min() >= 0 and values.max() <= 1:
        one_hot = values.argmax(axis=3) + 1  # where channels share a voxel, the first counts
        codes = np.where(values.any(axis=3), one_hot, 0).astype(np.uint16)
    else:
        codes = values[..., 0]
    codes = for_itk(np.asfortranarray(codes))
    made = CoarseImage(codes, volume.grid, _placed(blocks, np.array(middle, dtype=np.float64)))
    return made if made.labels.size <= _MOST_LABELS else None


def _blocks(grid: Grid, at_most: int) -> tuple[int, int, int]:
    """Voxels of a block along each axis, so that blocks are as cubic as they can be."""
    step = max(grid.extent) / at_most
    i, j, k = (
        min(max(1, round(step / spacing)), size)
        for spacing, size in zip(grid.spacing, grid.shape, strict=True)
    )
    return i, j, k


def _placed(blocks: tuple[int, int, int], first: FloatArray) -> FloatArray:
    """Coarse index to index in the file: the first block lies at `first`."""
    to_file = np.diag((*blocks, 1.0)).astype(np.float64)
    to_file[:3, 3] = first
    return to_file
