"""A volume: the array as stored, and where its voxels lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Header, Scaling, Source, read_array, read_header

if TYPE_CHECKING:
    from napari_medload.formats import Box
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid


@dataclass(frozen=True, eq=False)
class Volume:
    """Pixels on a grid, immutable.

    Parameters
    ----------
    array : array, shape (i, j, k, frames)
        Stored numbers; always 4D, with one frame for a 3D image.
    grid : Grid
        Of the first three axes.
    scaling : Scaling
        From stored numbers to values.
    header : Header
        What the file said.
    """

    array: Array
    grid: Grid
    scaling: Scaling
    header: Header

    @property
    def frames(self) -> int:
        """Number of 3D arrays."""
        return int(self.array.shape[3])

    @property
    def nbytes(self) -> int:
        """Memory of the array; nothing where it is mapped from disk."""
        return 0 if isinstance(self.array, np.memmap) else self.array.nbytes

    def values(self) -> Array:
        """Values of all voxels, shape (i, j, k, frames)."""
        return self.scaling.apply(self.array)

    def with_array(self, array: Array) -> Volume:
        """Return the same volume with its numbers held elsewhere."""
        return replace(self, array=array)


def read_volume(source: Source | Header, box: Box | None = None) -> Volume:
    """Read an array from disk.

    Trailing axes of a stored array (time, channels) are counted as frames.

    Parameters
    ----------
    source : Source or Header
    box : tuple of three slices, optional
        Only these voxels, from start to stop along i, j and k; the grid is theirs.

    Raises
    ------
    UnreadableFileError
        If the file does not hold what its header says.
    OSError
        If the file cannot be opened.
    """
    header = source if isinstance(source, Header) else read_header(source)
    stored = read_array(header, box)
    grid = header.grid if box is None else header.grid.cropped(box)
    array = stored.reshape((*grid.shape, header.frames), order="F")
    return Volume(array, grid, header.scaling, header)
