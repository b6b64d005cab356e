"""ITK at the border: stored numbers in its memory, sampled at a box of indices.

The ITK image carries no geometry; the map between the two index spaces is an affine transform,
which can hold shear, unlike an ITK direction matrix.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from napari_medload.formats.itk_border import for_itk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_NUMPY_TYPES = {
    sitk.sitkInt8: np.int8,
    sitk.sitkUInt8: np.uint8,
    sitk.sitkInt16: np.int16,
    sitk.sitkUInt16: np.uint16,
}


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
                self._image = sitk.GetImageFromArray(np.ascontiguousarray(for_itk(self._array).T))
            return self._image


def _itk_itemsize(array: Array) -> int:
    return max(array.dtype.itemsize, 4) if array.dtype.kind == "f" else array.dtype.itemsize


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
    return _sampled(image, transform, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), size, nearest, outside)


def resample_warped(
    image: sitk.Image,
    transform: sitk.Transform,
    start: Sequence[float],
    size: Sequence[int],
    nearest: bool,
    outside: float,
    step: Sequence[float] = (1.0, 1.0, 1.0),
) -> Array:
    """Sample an ITK image without geometry where a transform leads from display indices.

    Parameters
    ----------
    transform : SimpleITK.Transform
        Display index to source index.
    start, step, size
        As in `resample_lattice`.

    Returns
    -------
    array, shape `size`
    """
    return _sampled(image, transform, start, step, size, nearest, outside)


def _sampled(
    image: sitk.Image,
    transform: sitk.Transform,
    start: Sequence[float],
    step: Sequence[float],
    size: Sequence[int],
    nearest: bool,
    outside: float,
) -> Array:
    interpolator = sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear
    stored, blended = image.GetPixelID(), _blended_type(image)
    sampled = sitk.Resample(
        image,
        [int(s) for s in size],
        transform,
        interpolator,
        [float(s) for s in start],
        [float(s) for s in step],
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
