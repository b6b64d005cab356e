"""Volumes on another grid: plane by plane, on demand.

Where the voxels of the display grid are voxels of the source, a plane is a view of the stored
array. Elsewhere it is interpolated by SimpleITK, linear for images and nearest for labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.itk_border import for_itk
from napari_medload.formats.transforms import through
from napari_medload.geometry.affine import apply, inverse
from napari_medload.geometry.lattice import AxisView, axis_view, covers, index_map
from napari_medload.images.display_array import (
    DisplayArray,
    ReslicedBlock,
    ViewBlock,
    WarpedBlock,
)
from napari_medload.images.itk import ItkCopy, resample_lattice, resample_warped

if TYPE_CHECKING:
    from collections.abc import Sequence

    import SimpleITK as sitk

    from napari_medload.formats.contract import Array, Scaling
    from napari_medload.formats.transforms import Transform
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
    transform : Transform, optional
        From places of the display to places of this volume; else both are in one world.
    shared : ItkCopy, optional
        Copy of the same array, made for another reslicer of it.
    """

    array: Array
    grid: Grid
    scaling: Scaling
    nearest: bool
    outside: float = 0.0
    transform: Transform | None = None
    shared: ItkCopy | None = None

    @cached_property
    def copy(self) -> ItkCopy:
        """The copy that interpolation works on; empty until used."""
        return self.shared if self.shared is not None else ItkCopy(self.array)

    @property
    def nbytes(self) -> int:
        """Memory that interpolation has taken beside the array."""
        return self.copy.nbytes if "copy" in self.__dict__ else 0

    def through(self, transform: Transform | None) -> Reslicer:
        """Return a reslicer of the same voxels, moved by a transform; both share one copy."""
        return replace(self, transform=transform, shared=self.copy)

    @property
    def _outside(self) -> float:
        """Stored number for places without a voxel, as near as the type comes."""
        wanted = (self.outside - self.scaling.intercept) / self.scaling.slope
        if self.array.dtype.kind in "iu":
            bounds = np.iinfo(self.array.dtype)
            return float(np.clip(round(wanted), bounds.min, bounds.max))
        return float(wanted)

    def mapping(self, display: Grid) -> FloatArray | None:
        """Display index to source index, or None where a transform bends space between them."""
        plain = index_map(display, self.grid)
        if self.transform is None:
            return plain
        matrix = self.transform.matrix
        if matrix is None:
            return None
        return self._to_source @ matrix @ self._to_world(display)

    @property
    def _to_source(self) -> FloatArray:
        """World, in mm, to source index."""
        return inverse(self.grid.affine)

    def _to_world(self, display: Grid) -> FloatArray:
        """Display index to the world, in mm.

        Raises
        ------
        ValueError
            If the display or the source has no place in the world, where a transform counts.
        """
        if not (display.known and self.grid.known):
            raise ValueError(
                "a transform counts in mm of the world; expected geometry in the files of both "
                "images. Write it into their headers."
            )
        return display.affine

    def exact_view(self, display: Grid) -> AxisView | None:
        """How display voxels are source voxels, or None where planes are interpolated."""
        view = self._axis_view(display)
        return view if view and covers(view, display.shape, self.grid) else None

    def is_exact_on(self, display: Grid) -> bool:
        """Whether every display voxel that the source covers is one of its voxels."""
        return self._axis_view(display) is not None

    def _axis_view(self, display: Grid) -> AxisView | None:
        mapping = self.mapping(display)
        return None if mapping is None else axis_view(mapping, display.shape)

    def source_index(self, display: Grid, index: FloatArray) -> FloatArray:
        """(Fractional) indices of the source for (fractional) display indices, shape (..., 3)."""
        mapping = self.mapping(display)
        if mapping is not None:
            return apply(mapping, index)
        assert self.transform is not None  # noqa: S101
        places = apply(self._to_world(display), index)
        return apply(self._to_source, self.transform.apply(places).reshape(places.shape))

    def value_at(self, display: Grid, index: FloatArray) -> float | None:
        """Value of the voxel nearest to a (fractional) display index, or None outside."""
        voxel = np.rint(self.source_index(display, index)).astype(int)
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
        nearest = self.nearest or self.is_exact_on(display)
        _ = self.copy.image
        if mapping is None:
            return DisplayArray(
                WarpedBlock(self.copy, self._warp(display), nearest, self._outside),
                display,
                self._dtype(resliced=not nearest),
                self.scaling,
            )
        return DisplayArray(
            ReslicedBlock(self.copy, mapping, nearest, self._outside),
            display,
            self._dtype(resliced=not nearest),
            self.scaling,
        )

    def _warp(self, display: Grid) -> sitk.Transform:
        """Display index to source index, for ITK."""
        assert self.transform is not None  # noqa: S101
        return through(self._to_world(display), self.transform, self._to_source)

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
            stored = self._sampled(display, start.tolist(), sizes, step)
        values = self.scaling.apply(stored.T)
        return np.ascontiguousarray(values, values.dtype.newbyteorder("=")), start, step

    def _sampled(
        self, display: Grid, start: Sequence[float], size: Sequence[int], step: float
    ) -> Array:
        mapping, image, steps = self.mapping(display), self.copy.image, (step, step, step)
        if mapping is None:
            warp = self._warp(display)
            return resample_warped(image, warp, start, size, self.nearest, self._outside, steps)
        return resample_lattice(image, mapping, start, size, self.nearest, self._outside, steps)

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
