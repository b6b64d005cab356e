"""Files that a function of the user's reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_medload.formats.contract import cut, whole_box
from napari_medload.geometry import Grid
from napari_medload.images.family.arrays import as_numbers, checked_affine
from napari_medload.images.family.pixels import Voxels

if TYPE_CHECKING:
    from napari_medload.formats import Box
    from napari_medload.formats.contract import Array

Reader: TypeAlias = Callable[[Path], tuple[npt.ArrayLike, "npt.ArrayLike | None"]]
"""From a path to an array and an affine (4, 4), or None where the file has no geometry."""


@dataclass(frozen=True, eq=False)
class ReaderPixels:
    """A file that a function of the user's reads.

    Parameters
    ----------
    path : path
    reader : callable
        From the path to an array and an affine or None.
    """

    path: Path
    reader: Reader
    lazy = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    @property
    def grid(self) -> Grid:
        """Where the reader puts the voxels."""
        return self.read().grid

    @property
    def channels(self) -> int:
        """Channels that the reader finds."""
        return int(self.read().array.shape[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type that the reader finds."""
        return self.read().array.dtype

    @property
    def is_plain(self) -> bool:
        """Nobody knows how a reader reads."""
        return False

    def read(self, box: Box | None = None) -> Voxels:
        """Call the reader.

        Raises
        ------
        ValueError, TypeError
            If it returns anything but an array of numbers of two to five axes and an affine.
        """
        array, affine = self.reader(self.path)
        found = four_axes(as_numbers(array), self.path)
        shape = (found.shape[1], found.shape[2], found.shape[3])
        grid = Grid.unknown(shape) if affine is None else Grid(shape, checked_affine(affine))
        return _part(Voxels(found, grid), box)

    def forget(self) -> None:
        """Nothing is kept."""


def _part(voxels: Voxels, box: Box | None) -> Voxels:
    if box is None or box == whole_box(voxels.grid.shape):
        return voxels
    spatial_first = np.moveaxis(voxels.array, 0, 3)
    return Voxels(np.moveaxis(cut(spatial_first, box), 3, 0), voxels.grid.cropped(box))


def four_axes(array: Array, path: Path) -> Array:
    """Array (C, W, H, D) from what readers return.

    (W, H) has one channel; (W, H, D) too, unless its last or first size is 3, which makes it RGB;
    (W, H, D, 1, C) is NIfTI's vector.

    Raises
    ------
    ValueError
        For other numbers of axes, or a vector with time.
    """
    if array.ndim == 4:
        return array
    if array.ndim == 2:
        return array[np.newaxis, :, :, np.newaxis]
    if array.ndim == 3 and array.shape[2] == 3:
        return np.moveaxis(array, 2, 0)[..., np.newaxis]
    if array.ndim == 3:
        return array[..., np.newaxis] if array.shape[0] == 3 else array[np.newaxis]
    if array.ndim == 5 and array.shape[3] == 1:
        return np.moveaxis(array[:, :, :, 0], 3, 0)
    raise ValueError(
        f"{path}: its reader returned an array of shape {array.shape}; expected (C, W, H, D), "
        "(W, H), (W, H, D), RGB, or (W, H, D, 1, C)"
    )
