import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.demo.deformation import rotation
from napari_medload.demo.sampling import itk_image, sample, smooth_noise
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import apply, from_parts, scaling

OBLIQUE = Grid(
    (30, 26, 22),
    from_parts(rotation(np.array((1.0, 2.0, 3.0)), 12.0) @ np.diag((-1.5, 2.0, 3.0)), (20, -9, 4)),
)


def _ramp(grid):
    """R + 2 A + 3 S, which linear interpolation keeps."""
    return apply(grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1)) @ (1.0, 2.0, 3.0)


@pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), (3.0, -2.0, 1.0)])
def test_sample_reads_each_point_of_the_world_through_the_transform(offset):
    image = itk_image(_ramp(OBLIQUE).astype(np.float32), OBLIQUE)
    inner = Grid((5, 6, 7), from_parts(np.diag((1.0, -1.0, 1.2)), OBLIQUE.centre))
    found = sample(image, sitk.TranslationTransform(3, offset), inner)
    assert found.dtype == np.float32
    assert found.shape == inner.shape
    assert np.allclose(found, _ramp(inner) + np.dot(offset, (1, 2, 3)), atol=1e-3)


def test_sample_is_zero_outside():
    image = itk_image(np.ones(OBLIQUE.shape, np.float32), OBLIQUE)
    away = Grid((3, 3, 3), scaling((1.0, 1.0, 1.0), (900.0, 0.0, 0.0)))
    assert not sample(image, sitk.Transform(3, sitk.sitkIdentity), away).any()


def test_smooth_noise_is_normalised_smooth_and_repeatable():
    grid = Grid((40, 40, 40), scaling((2.0, 2.0, 2.0)))
    noise = smooth_noise(np.random.default_rng(0), grid, 2, 8.0)
    assert noise.shape == (40, 40, 40, 2)
    assert noise.mean(axis=(0, 1, 2)) == pytest.approx((0, 0), abs=1e-4)
    assert noise.std(axis=(0, 1, 2)) == pytest.approx((1, 1), abs=1e-4)
    assert np.abs(np.diff(noise, axis=0)).mean() < 0.25
    assert not np.allclose(noise[..., 0], noise[..., 1])
    assert np.array_equal(noise, smooth_noise(np.random.default_rng(0), grid, 2, 8.0))
