"""Pixels that are cut by slices like an array, and read only where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from napari_medload.formats import Header, read_array

if TYPE_CHECKING:
    import numpy as np

    from napari_medload.formats.contract import Array
    from napari_medload.images import Image


class Pixels(Protocol):
    """An array, a memory map, an HDF5 dataset or anything else that is cut by slices."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""
        ...

    @property
    def dtype(self) -> Any:
        """Type of its numbers."""
        ...

    def __getitem__(self, place: Any) -> Any: ...


@dataclass(frozen=True, eq=False)
class FilePixels:
    """The array of a file, of which only boxes are read.

    Parameters
    ----------
    header : Header
    shape : tuple of ints
        i, j, k, then frames, joined or as stored; trailing sizes of one may be left out.
    """

    header: Header
    shape: tuple[int, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the stored numbers."""
        return self.header.dtype

    def __getitem__(self, place: tuple[int | slice, ...]) -> Array:
        parts = (*place, 0, 0, 0)[: max(3, len(place))]
        i, j, k = (slice(part, part + 1) if isinstance(part, int) else part for part in parts[:3])
        stored = read_array(self.header, (i, j, k))
        inner = [0 if isinstance(part, int) else slice(None) for part in parts[:3]]
        sizes = [part.stop - part.start for part in (i, j, k)]
        return stored.reshape((*sizes, *self.shape[3:]), order="F")[(*inner, *parts[3:])]

    def held(self) -> Array:
        """Read all of it."""
        return read_array(self.header).reshape(self.shape, order="F")


@dataclass(frozen=True, eq=False)
class ImagePixels:
    """The voxels of an `Image`, of which only boxes are read unless it is loaded.

    Parameters
    ----------
    image : Image
    shape : tuple of ints
        C, W, H, D; trailing sizes of one may be left out.
    """

    image: Image
    shape: tuple[int, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.image.dtype

    def __getitem__(self, place: tuple[int | slice, ...]) -> Array:
        if self.image.is_loaded:
            return self.held()[place]
        c, i, j, k = (*place, 0, 0)[:4]
        inner = [0 if isinstance(part, int) else slice(None) for part in (i, j, k)]
        part: Array = self.image[i, j, k].data[(c, *inner)]
        return part

    def held(self) -> Array:
        """Load the image."""
        return self.image.data.reshape(self.shape)
