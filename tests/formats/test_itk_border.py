from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats.itk_border import from_itk, to_itk
from napari_medload.geometry import AffineError
from tests.phantoms import ORIENTATIONS, affine_of, noise

SHAPE = (4, 5, 6)
OBLIQUE = affine_of("PIR", SHAPE, (1, 2, 3), centre=(10, -20, 30), tilt=(5, 10, 15))
SHEARED = affine_of("LAS", SHAPE, (1, 2, 3), centre=(1, 2, 3), tilt=(5, 10, 15), shear=0.3)
_EVERY = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
          "float16", "float32", "float64", ">i2", ">f4", ">u8")  # fmt: skip
_CHANGED = {"bool": "uint8", "float16": "float32"}


def lps(point):
    return (-point[0], -point[1], point[2])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_T19_every_voxel_is_where_itk_finds_it(orientation):
    affine = affine_of(orientation, SHAPE, (1, 2, 3), centre=(10, -20, 30), tilt=(5, 10, 15))
    array = noise(SHAPE, np.float32)
    image = to_itk(array, affine)
    for voxel in ((0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 5), (1, 2, 3)):
        place = image.TransformIndexToPhysicalPoint(voxel)
        np.testing.assert_allclose(place, lps(affine @ (*voxel, 1)), atol=1e-9)
        assert image[voxel] == array[voxel]


@pytest.mark.parametrize("dtype", _EVERY)
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,)])
def test_T19_values_and_channels_come_back(dtype, channels):
    array = noise((*SHAPE, *channels), dtype)
    image = to_itk(array, OBLIQUE)
    assert image.GetSize() == SHAPE
    assert image.GetNumberOfComponentsPerPixel() == (channels or (1,))[0]
    back, affine = from_itk(image)
    np.testing.assert_array_equal(back, array[..., 0] if channels == (1,) else array)
    assert back.dtype == np.dtype(_CHANGED.get(dtype, dtype)).newbyteorder("=")
    np.testing.assert_allclose(affine, OBLIQUE, atol=1e-12)


@pytest.mark.parametrize("suffix", [".mha", ".nii.gz"])
def test_T19_itks_own_files_hold_the_same_image(tmp_path, suffix):
    array = noise(SHAPE)
    sitk.WriteImage(to_itk(array, OBLIQUE), tmp_path / f"a{suffix}")
    back, affine = from_itk(sitk.ReadImage(tmp_path / f"a{suffix}"))
    np.testing.assert_array_equal(back, array)
    np.testing.assert_allclose(affine, OBLIQUE, atol=1e-5)


def test_T21_shear_survives_and_places_voxels_for_itk():
    image = to_itk(noise(SHAPE), SHEARED)
    place = image.TransformIndexToPhysicalPoint((3, 4, 5))
    np.testing.assert_allclose(place, lps(SHEARED @ (3, 4, 5, 1)), atol=1e-9)
    np.testing.assert_allclose(from_itk(image)[1], SHEARED, atol=1e-12)


@pytest.mark.parametrize("fault", ["no length", "coincide"])
def test_T24_a_singular_affine_is_an_error_that_says_so(fault):
    affine = np.diag((1.0, 2.0, 0.0, 1.0))
    if fault == "coincide":
        affine[:3, 2] = affine[:3, 1]
    with pytest.raises(AffineError, match="singular"):
        to_itk(noise(SHAPE), affine)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (noise((4, 5)), r"\(4, 5\)"),
        (noise((4, 5, 6, 2, 3)), r"\(4, 5, 6, 2, 3\)"),
        (np.zeros((4, 0, 6)), "a voxel at least"),
        (np.zeros(SHAPE, complex), "complex128"),
    ],
)
def test_T19_what_itk_cannot_hold_is_an_error(array, message):
    with pytest.raises(ValueError, match=message):
        to_itk(array, OBLIQUE)


def test_T19_an_image_of_itk_in_two_dimensions_gets_depth_one():
    image = sitk.GetImageFromArray(noise((5, 4), np.float32))
    image.SetSpacing((2, 3))
    image.SetOrigin((10, 20))
    image.SetDirection((0, -1, 1, 0))
    array, affine = from_itk(image)
    assert array.shape == (4, 5, 1)
    assert array[3, 1, 0] == image[3, 1]
    x, y = image.TransformIndexToPhysicalPoint((3, 1))
    np.testing.assert_allclose(affine @ (3, 1, 0, 1), (-x, -y, 0, 1))


def test_T19_time_of_itk_becomes_frames():
    stored = noise((2, 6, 5, 4), np.float32)
    image = sitk.GetImageFromArray(stored, isVector=False)
    image.SetSpacing((1, 2, 3, 1.5))
    image.SetOrigin((10, 20, 30, 7))
    array, affine = from_itk(image)
    np.testing.assert_array_equal(array, stored.transpose(3, 2, 1, 0))
    np.testing.assert_allclose(affine @ (1, 1, 1, 1), (-11, -22, 33, 1))
    image.SetDirection((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.8, 0.6, 0, 0, -0.6, 0.8))
    with pytest.raises(ValueError, match="fourth axis"):
        from_itk(image)


def test_T19_label_objects_are_no_voxels():
    objects = sitk.LabelImageToLabelMap(sitk.GetImageFromArray(noise((6, 5, 4), np.uint8)))
    with pytest.raises(ValueError, match="LabelMapToLabel"):
        from_itk(objects)


def test_T23_nan_stays_nan_through_itk():
    array = noise(SHAPE, np.float32)
    array[1, 2, 3] = np.nan
    back, _ = from_itk(to_itk(array, OBLIQUE))
    np.testing.assert_array_equal(back, array)


def test_T19_what_comes_back_does_not_change_with_the_image():
    image = to_itk(noise(SHAPE), OBLIQUE)
    back, _ = from_itk(image)
    before = back.copy()
    image[0, 0, 0] = 77
    np.testing.assert_array_equal(back, before)
