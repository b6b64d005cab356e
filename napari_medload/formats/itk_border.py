"""The border to ITK: pixels and geometry to and from `SimpleITK.Image`.

ITK's world is LPS+ mm, and its arrays run (k, j, i) in memory order. A direction matrix may be
sheared, but not singular. Nothing here goes through a file, so nothing is rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from napari_medload.geometry import AffineError
from napari_medload.geometry.affine import as_affine, from_parts, is_singular, voxel_spacing
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_ITK_DTYPES = frozenset("bBhHiIlLqQfd")
_OBJECTS = (sitk.sitkLabelUInt8, sitk.sitkLabelUInt16, sitk.sitkLabelUInt32, sitk.sitkLabelUInt64)
_NOT_MIXED = 1e-6


def for_itk(array: Array) -> Array:
    """Array of a type that ITK takes: native byte order, no bool, no float16."""
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    native = array.dtype.newbyteorder("=")
    if native.char not in _ITK_DTYPES:
        return array.astype(np.float64)
    return array.astype(native, copy=False)


def to_itk(array: Array, affine: FloatArray) -> sitk.Image:
    """Copy voxels into an ITK image.

    Parameters
    ----------
    array : array, shape (i, j, k) or (i, j, k, channels)
        bool becomes uint8, float16 becomes float32; the byte order becomes the machine's.
        Two channels and more become the components of a vector image.
    affine : array, shape (4, 4)
        Voxel indices to RAS+ mm.

    Returns
    -------
    SimpleITK.Image
        In three dimensions, with its geometry in LPS+ mm. A sheared affine gives a sheared
        direction matrix.

    Raises
    ------
    ValueError
        If the array has another number of axes, or holds no real numbers, or if the affine is
        singular, so that no direction matrix can hold it.
    """
    if array.ndim not in (3, 4) or 0 in array.shape:
        raise ValueError(
            f"an array of shape {array.shape}; expected (i, j, k) or (i, j, k, channels) with a "
            "voxel at least"
        )
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"voxels of type {array.dtype}; ITK images of ours hold integers and real numbers"
        )
    affine = as_affine(affine)
    if is_singular(affine):
        raise AffineError(
            "the affine is singular (an axis has no length or two axes coincide), which an ITK "
            f"direction matrix cannot hold: {affine[:3].tolist()}. Set an affine of three "
            "independent axes first"
        )
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    order = (2, 1, 0, 3)[: array.ndim]
    plain = np.ascontiguousarray(for_itk(array).transpose(order))
    image = sitk.GetImageFromArray(plain, isVector=array.ndim == 4)
    lps, spacing = flip_ras_lps(affine), voxel_spacing(affine)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    return image


def from_itk(image: sitk.Image) -> tuple[Array, FloatArray]:
    """Copy the voxels of an ITK image.

    Parameters
    ----------
    image : SimpleITK.Image
        In two, three or four dimensions, of one or more components.

    Returns
    -------
    array : array, shape (i, j, k), then (time,) in four dimensions, then (components,) of vectors
        Of the type it has in ITK; k is 1 for an image in two dimensions.
    affine : array, shape (4, 4)
        Voxel indices to RAS+ mm. The third axis of an image in two dimensions has length 1.

    Raises
    ------
    ValueError
        If its time runs through space, or it holds label objects instead of voxels.
    """
    axes = image.GetDimension()
    if axes > 4 or image.GetPixelIDValue() in _OBJECTS:  # whose voxels abort the whole process
        raise ValueError(
            f"an ITK image of {axes} dimensions with pixels of {image.GetPixelIDTypeAsString()}; "
            "expected voxels in two to four dimensions (LabelMapToLabel makes voxels of label "
            "objects)"
        )
    stored = sitk.GetArrayFromImage(image)
    array: Array = stored.transpose((*reversed(range(axes)), *range(axes, stored.ndim)))
    if axes == 2:
        array = array[:, :, np.newaxis]
    return array, _affine_of(image, axes)


def _affine_of(image: sitk.Image, axes: int) -> FloatArray:
    """Affine of the first three axes, in RAS+ mm."""
    direction = np.reshape(image.GetDirection(), (axes, axes))
    if axes == 4 and np.abs([*direction[3, :3], *direction[:3, 3]]).max() > _NOT_MIXED:
        raise ValueError(
            f"an ITK image whose fourth axis runs through space: direction {direction.tolist()}; "
            "expected time along the fourth axis alone"
        )
    linear, origin, spatial = np.eye(3), np.zeros(3), min(axes, 3)
    linear[:spatial, :spatial] = (direction * image.GetSpacing())[:spatial, :spatial]
    origin[:spatial] = image.GetOrigin()[:spatial]
    return as_affine(flip_ras_lps(from_parts(linear, origin)))
