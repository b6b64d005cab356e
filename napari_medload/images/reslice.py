"""Volumes on another grid: plane by plane, on demand.

Where the voxels of the display grid are voxels of the source, a plane is a view of the stored
array. Elsewhere it is interpolated by SimpleITK, linear for images and nearest for labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.itk_border import for_itk
from napari_medload.geometry.affine import apply
from napari_medload.geometry.lattice import AxisView, axis_view, covers, index_map
from napari_medload.images.display_array import DisplayArray, ReslicedBlock, ViewBlock
from napari_medload.images.itk import ItkCopy, resample_lattice

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array, Scaling
    from napari_medload.geometry import FloatArray, Grid


@dataclass(frozen=True, eq=False)
class Reslicer:
    """One frame of a volume, ready to be drawn on any grid.

    Parameters
    ----------
    array : array, shape (i, j, k)
        Stored numbers.
    grid : Grid
        Where they lie.
    scaling : Scaling
        From stored numbers to values.
    nearest : bool
        For labels.
    outside : float
        Value of places without a voxel.
    """

    array: Array
    grid: Grid
    scaling: Scaling
    nearest: bool
    outside: float = 0.0

    @cached_property
    def copy(self) -> ItkCopy:
        """The copy that interpolation works on; empty until used."""
        return ItkCopy(self.array)

    @property
    def nbytes(self) -> int:
        """Memory that interpolation has taken beside the array."""
        return self.copy.nbytes if "copy" in self.__dict__ else 0

    @property
    def _outside(self) -> float:
        """Stored number for places without a voxel, as near as the type comes."""
        wanted = (self.outside - self.scaling.intercept) / self.scaling.slope
        if self.array.dtype.kind in "iu":
            bounds = np.iinfo(self.array.dtype)
            return float(np.clip(round(wanted), bounds.min, bounds.max))
        return float(wanted)

    def mapping(self, display: Grid) -> FloatArray:
        """Display index to source index."""
        return index_map(display, self.grid)

    def exact_view(self, display: Grid) -> AxisView | None:
        """How display voxels are source voxels, or None where planes are interpolated."""
        view = axis_view(self.mapping(display), display.shape)
        return view if view and covers(view, display.shape, self.grid) else None

    def is_exact_on(self, display: Grid) -> bool:
        """Whether every display voxel that the source covers is one of its voxels."""
        return axis_view(self.mapping(display), display.shape) is not None

    def value_at(self, display: Grid, index: FloatArray) -> float | None:
        """Value of the voxel nearest to a (fractional) display index, or None outside."""
        voxel = np.rint(apply(self.mapping(display), index)).astype(int)
        if (voxel < 0).any() or (voxel >= self.array.shape).any():
            return None
        return float(self.scaling.apply(self.array[tuple(voxel)]))

    def on(self, display: Grid) -> DisplayArray:
        """Draw on a grid. Prepares the ITK copy where planes will need it."""
        view = self.exact_view(display)
        if view is not None:
            return DisplayArray(
                ViewBlock(viewed(self.array, view, display.shape)),
                display,
                self._dtype(resliced=False),
                self.scaling,
            )
        mapping = self.mapping(display)
        # whole-voxel shifts that leave the source need no blending either
        nearest = self.nearest or axis_view(mapping, display.shape) is not None
        _ = self.copy.image
        return DisplayArray(
            ReslicedBlock(self.copy, mapping, nearest, self._outside),
            display,
            self._dtype(resliced=not nearest),
            self.scaling,
        )

    def coarse(self, display: Grid, at_most: int) -> tuple[Array, FloatArray, float]:
        """Whole volume on a display grid, thinned to at most `at_most` voxels a side.

        Returns
        -------
        array, shape (k, j, i)
            Values.
        array, shape (3,)
            Display index (i, j, k) of the first sample.
        float
            Distance between samples, in display voxels.
        """
        view = self.exact_view(display)
        step = max(1.0, max(display.shape) / at_most)
        if view is not None:  # thinning needs no copy for ITK
            whole = int(np.ceil(step))
            cut = tuple(slice(min(whole // 2, size - 1), None, whole) for size in display.shape)
            stored = viewed(self.array, view, display.shape)[cut]
            start, step = np.array([part.start for part in cut], dtype=np.float64), float(whole)
        else:
            sizes = [max(1, int(np.ceil(size / step - 1e-9))) for size in display.shape]
            start = (np.array(display.shape) - 1) / 2 - step * (np.array(sizes) - 1) / 2
            stored = resample_lattice(
                self.copy.image,
                self.mapping(display),
                start.tolist(),
                sizes,
                self.nearest,
                self._outside,
                (step, step, step),
            )
        values = self.scaling.apply(stored.T)
        return np.ascontiguousarray(values, values.dtype.newbyteorder("=")), start, step

    def _dtype(self, resliced: bool) -> np.dtype[Any]:
        stored = for_itk(self.array[:1, :1, :1]).dtype
        if not self.scaling.is_identity:
            return np.dtype(np.float64)
        if resliced and (stored.itemsize >= 8 or stored.char in "iIlL"):
            return np.dtype(np.float32)
        return stored


def viewed(array: Array, view: AxisView, shape: tuple[int, int, int]) -> Array:
    """Display axes of an array, without copying; axes after the third stay.

    Parameters
    ----------
    array : array, shape (i, j, k, ...)
        As stored.
    view : AxisView
        Every display voxel must be one of the array's.
    shape : tuple of three ints
        Of the display.
    """
    cut = []
    for source in range(3):
        shown = view.axes.index(source)
        start, sign = view.starts[shown], view.signs[shown]
        stop = start + sign * shape[shown]
        cut.append(slice(start, None if stop < 0 else stop, sign))
    return array[tuple(cut)].transpose((*view.axes, *range(3, array.ndim)))
