"""Volumes on another grid: plane by plane, on demand.

Where the voxels of the display grid are voxels of the source, a plane is a view of the stored
array. Elsewhere it is interpolated by SimpleITK, linear for images and nearest for labels. The
ITK image carries no geometry; the map between the two index spaces is an affine transform,
which can hold shear, unlike an ITK direction matrix.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import SimpleITK as sitk

from napari_medload.formats.contract import Array, Scaling
from napari_medload.geometry.affine import apply
from napari_medload.geometry.lattice import AxisView, axis_view, covers, index_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.geometry import FloatArray, Grid

_NUMPY_TYPES = {
    sitk.sitkInt8: np.int8,
    sitk.sitkUInt8: np.uint8,
    sitk.sitkInt16: np.int16,
    sitk.sitkUInt16: np.uint16,
}
_ITK_DTYPES = frozenset("bBhHiIlLqQfd")


class Block(Protocol):
    """Part of a volume on the display grid, asked for by slices along (i, j, k)."""

    def read(self, box: tuple[slice, slice, slice]) -> Array:
        """Read the stored numbers of a box."""
        ...


class ItkCopy:
    """A frame of a volume in ITK's memory, made when it is first asked for.

    Parameters
    ----------
    array : array, shape (i, j, k)
        Stored numbers.
    """

    def __init__(self, array: Array) -> None:
        self._array = array
        self._lock = threading.Lock()
        self._image: sitk.Image | None = None

    @property
    def nbytes(self) -> int:
        """Memory that the copy holds at present."""
        return 0 if self._image is None else int(self._array.size) * _itk_itemsize(self._array)

    @property
    def image(self) -> sitk.Image:
        """The ITK image, without geometry."""
        with self._lock:
            if self._image is None:
                self._image = sitk.GetImageFromArray(np.ascontiguousarray(_for_itk(self._array).T))
            return self._image


def _itk_itemsize(array: Array) -> int:
    return max(array.dtype.itemsize, 4) if array.dtype.kind == "f" else array.dtype.itemsize


def _for_itk(array: Array) -> Array:
    """Array of a type that ITK takes: native byte order, no bool, no float16."""
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    native = array.dtype.newbyteorder("=")
    if native.char not in _ITK_DTYPES:
        return array.astype(np.float64)
    return array.astype(native, copy=False)


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


def resample_lattice(
    image: sitk.Image,
    mapping: FloatArray,
    start: Sequence[float],
    size: Sequence[int],
    nearest: bool,
    outside: float,
    step: Sequence[float] = (1.0, 1.0, 1.0),
) -> Array:
    """Sample an ITK image without geometry at a box of display indices.

    Parameters
    ----------
    mapping : array, shape (4, 4)
        Display index to source index.
    start, step : three floats
        First display index and the distance between samples.
    size : three ints
        Number of samples.

    Returns
    -------
    array, shape `size`
    """
    shift = mapping[:3, :3] @ np.asarray(start, dtype=np.float64) + mapping[:3, 3]
    transform = sitk.AffineTransform((mapping[:3, :3] @ np.diag(step)).ravel().tolist(), shift)
    interpolator = sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear
    stored, blended = image.GetPixelID(), _blended_type(image)
    sampled = sitk.Resample(
        image,
        [int(s) for s in size],
        transform,
        interpolator,
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0),
        np.eye(3).ravel().tolist(),
        float(outside),
        stored if nearest else sitk.sitkFloat32,
    )
    found: Array = np.asarray(sitk.GetArrayViewFromImage(sampled)).T
    if nearest or blended == sitk.sitkFloat32:
        return found.copy(order="F")
    # ITK itself would cut decimals off and so darken by half a step
    rounded: Array = np.rint(found).astype(_NUMPY_TYPES[blended], order="F")
    return rounded


def _blended_type(image: sitk.Image) -> int:
    """Type of interpolated values: as stored where integers suffice for the eye, else float."""
    wide = {sitk.sitkFloat64, sitk.sitkInt64, sitk.sitkUInt64, sitk.sitkInt32, sitk.sitkUInt32}
    kind = image.GetPixelID()
    return int(sitk.sitkFloat32 if kind in wide else kind)


class DisplayArray:
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

    ndim = 3

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes along k, j, i."""
        i, j, k = self.grid.shape
        return k, j, i

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes of the whole, were it read at once."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:, :, :], dtype=dtype)

    def __getitem__(self, key: Any) -> Array:
        """Read planes.

        Parameters
        ----------
        key : int, slice, Ellipsis or a tuple of them
            Along (k, j, i); slices may have steps.
        """
        parts = _full_key(key)
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


def _full_key(key: Any) -> tuple[Any, ...]:
    parts = key if isinstance(key, tuple) else (key,)
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        missing = 3 - (len(parts) - 1)
        parts = (*parts[:at], *([slice(None)] * missing), *parts[at + 1 :])
    if len(parts) > 3:
        raise IndexError(f"a display array has three axes, found {len(parts)} indices")
    return (*parts, *([slice(None)] * (3 - len(parts))))


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
    """

    array: Array
    grid: Grid
    scaling: Scaling
    nearest: bool

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
        """Stored number for places without a voxel: the value nearest to zero."""
        if self.scaling.is_identity:
            return 0.0
        wanted = -self.scaling.intercept / self.scaling.slope
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
                ViewBlock(_viewed(self.array, view, display.shape)),
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
            stored = _viewed(self.array, view, display.shape)[cut]
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
        stored = _for_itk(self.array[:1, :1, :1]).dtype
        if not self.scaling.is_identity:
            return np.dtype(np.float64)
        if resliced and (stored.itemsize >= 8 or stored.char in "iIlL"):
            return np.dtype(np.float32)
        return stored


def _viewed(array: Array, view: AxisView, shape: tuple[int, int, int]) -> Array:
    """Display axes of an array, without copying."""
    cut = []
    for source in range(3):
        shown = view.axes.index(source)
        start, sign, size = view.starts[shown], view.signs[shown], shape[shown]
        last = start + sign * (size - 1)
        cut.append(slice(start, None if sign < 0 and last == 0 else last + sign, sign))
    return array[tuple(cut)].transpose(view.axes)
