"""Images as SimpleITK's, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from napari_medload.formats.itk_border import from_itk, to_itk

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_UPRIGHT = (-1.0, 0.0, 0.0, -1.0)
"""Direction of pictures in LPS+: that of the identity in RAS+."""


def as_sitk(
    voxels: Array, affine: FloatArray, force_3d: bool = False, force_4d: bool = False
) -> sitk.Image:
    """Copy an image.

    Parameters
    ----------
    voxels : array, shape (C, W, H, D)
        Channels become the components of a vector.
    affine : array, shape (4, 4)
    force_3d : bool
        Whether an image of depth 1 stays in three dimensions; else it loses its orientation.
    force_4d : bool
        Whether channels become the fourth dimension.

    Raises
    ------
    ValueError
        If the affine is singular.
    """
    if force_4d:
        return sitk.JoinSeries([to_itk(channel, affine) for channel in voxels])
    image = to_itk(np.moveaxis(voxels, 0, 3), affine)
    if voxels.shape[3] > 1 or force_3d:
        return image
    image.SetDirection(np.eye(3).ravel())  # ITK might find no plane in another
    flat = image[:, :, 0]
    flat.SetDirection(_UPRIGHT)
    return flat


def from_sitk(image: sitk.Image) -> tuple[Array, FloatArray]:
    """Copy a SimpleITK image.

    Returns
    -------
    array, shape (C, W, H, D)
        The components of a vector are channels, and so is the fourth dimension.
    affine : array, shape (4, 4)
    """
    array, affine = from_itk(image)
    spatial = array.shape[:3]
    return np.moveaxis(array.reshape((*spatial, -1), order="F"), 3, 0), affine
