"""Array-likes on a display grid, read plane by plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_medload.formats.contract import Array, Scaling
from napari_medload.images.array_like import ArrayLike, full_key
from napari_medload.images.itk import ItkCopy, resample_lattice, resample_warped

if TYPE_CHECKING:
    import SimpleITK as sitk

    from napari_medload.geometry import FloatArray, Grid


class Block(Protocol):
    """Part of a volume on the display grid, asked for by slices along (i, j, k)."""

    def read(self, box: tuple[slice, slice, slice]) -> Array:
        """Read the stored numbers of a box."""
        ...


@dataclass(frozen=True, eq=False)
class ViewBlock:
    """Planes that are views of the stored array."""

    view: Array

    def read(self, box: tuple[slice, slice, slice]) -> Array:
        """Return a view of a box."""
        return self.view[box]


@dataclass(frozen=True, eq=False)
class ReslicedBlock:
    """Planes interpolated out of an ITK copy.

    Parameters
    ----------
    copy : ItkCopy
        The source.
    mapping : array, shape (4, 4)
        Display index to source index.
    nearest : bool
        For labels: the value of the nearest voxel.
    outside : float
        Stored number of places that the source does not cover.
    """

    copy: ItkCopy
    mapping: FloatArray
    nearest: bool
    outside: float

    def read(self, box: tuple[slice, slice, slice]) -> Array:
        """Interpolate a box."""
        start = [part.start for part in box]
        size = [part.stop - part.start for part in box]
        return resample_lattice(
            self.copy.image, self.mapping, start, size, self.nearest, self.outside
        )


@dataclass(frozen=True, eq=False)
class WarpedBlock:
    """Planes interpolated out of an ITK copy where a transform leads.

    Parameters
    ----------
    copy : ItkCopy
        The source.
    transform : SimpleITK.Transform
        Display index to source index.
    nearest, outside
        As in `ReslicedBlock`.
    """

    copy: ItkCopy
    transform: sitk.Transform
    nearest: bool
    outside: float

    def read(self, box: tuple[slice, slice, slice]) -> Array:
        """Interpolate a box."""
        start = [part.start for part in box]
        size = [part.stop - part.start for part in box]
        return resample_warped(
            self.copy.image, self.transform, start, size, self.nearest, self.outside
        )


class DisplayArray(ArrayLike):
    """An array-like on a display grid, axes (k, j, i), read plane by plane.

    With i, j, k running to R, A, S these are the axes (S, A, R) of the canvas. Values are
    scaled; nothing is kept of what was read.

    Parameters
    ----------
    block : Block
        Where the stored numbers come from.
    grid : Grid
        The display grid.
    dtype : numpy dtype
        Of what is returned.
    scaling : Scaling
        From stored numbers to values.
    """

    def __init__(
        self, block: Block, grid: Grid, dtype: np.dtype[Any], scaling: Scaling | None = None
    ) -> None:
        self.block = block
        self.grid = grid
        self.scaling = scaling or Scaling()
        self.dtype = dtype

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes along k, j, i."""
        i, j, k = self.grid.shape
        return k, j, i

    def __getitem__(self, key: Any) -> Array:
        """Read planes.

        Parameters
        ----------
        key : int, slice, Ellipsis or a tuple of them
            Along (k, j, i); slices may have steps.
        """
        parts = full_key(key, self.ndim)
        box: list[slice] = []
        finish: list[slice | int] = []
        for part, size in zip(parts, self.shape, strict=True):
            if isinstance(part, slice):
                start, stop, step = part.indices(size)
                if step < 0:
                    raise IndexError(f"a display array is read forwards, found step {step}")
                box.append(slice(start, max(stop, start)))
                finish.append(slice(None, None, step))
            else:
                index = int(part) + (size if int(part) < 0 else 0)
                if not 0 <= index < size:
                    raise IndexError(f"index {part} outside an axis of size {size}")
                box.append(slice(index, index + 1))
                finish.append(0)
        if any(part.start == part.stop for part in box):
            sizes = [part.stop - part.start for part in box]
            return np.zeros(sizes, self.dtype)[tuple(finish)]
        stored = self.block.read((box[2], box[1], box[0])).T[tuple(finish)]
        return np.asarray(self.scaling.apply(stored), dtype=self.dtype)
