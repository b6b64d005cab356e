"""Maps of the template, sampled on any grid through a subject's deformation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

if TYPE_CHECKING:
    from napari_medload.demo.template import FloatVolume
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid


def itk_image(array: Array, grid: Grid) -> sitk.Image:
    """Copy an array, shape (i, j, k) or (i, j, k, 3), into an ITK image that lies on a grid.

    Its coordinates are RAS mm. ITK gives its axes no meaning, so as long as every image and
    transform of the demo says RAS, nothing needs to be turned into LPS.
    """
    vectors = array.ndim == 4
    turned = array.transpose(2, 1, 0, 3) if vectors else array.T
    image = sitk.GetImageFromArray(np.ascontiguousarray(turned), isVector=vectors)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(_direction(grid))
    return image


def sample(image: sitk.Image, transform: sitk.Transform, grid: Grid) -> FloatVolume:
    """Interpolate an image linearly on a grid; 0 outside the image.

    Parameters
    ----------
    transform : sitk.Transform
        From world points of `grid` to world points of `image`, RAS mm.

    Returns
    -------
    array of float32, shape `grid.shape`
    """
    sampled = sitk.Resample(
        image,
        grid.shape,
        transform,
        sitk.sitkLinear,
        grid.origin,
        grid.spacing,
        _direction(grid),
        0.0,
        sitk.sitkFloat32,
    )
    return np.asarray(sitk.GetArrayFromImage(sampled), dtype=np.float32).T


def smooth_noise(
    rng: np.random.Generator, grid: Grid, channels: int, length_mm: float
) -> FloatVolume:
    """Gaussian noise smoothed over a length, of mean 0 and variance 1 in every channel.

    Returns
    -------
    array of float32, shape (i, j, k, channels)
    """
    smoothed = [
        sitk.SmoothingRecursiveGaussian(itk_image(_white(rng, grid), grid), length_mm)
        for _ in range(channels)
    ]
    noise = np.stack([sitk.GetArrayFromImage(image).T for image in smoothed], axis=-1)
    within = (0, 1, 2)
    normal: FloatVolume = (noise - noise.mean(axis=within)) / noise.std(axis=within)
    return normal


def _white(rng: np.random.Generator, grid: Grid) -> FloatVolume:
    return rng.standard_normal(grid.shape, dtype=np.float32)


def _direction(grid: Grid) -> Any:
    return (grid.affine[:3, :3] / np.asarray(grid.spacing)).ravel().tolist()
