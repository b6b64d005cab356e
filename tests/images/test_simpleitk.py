from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, noise

SHAPE = (4, 5, 6)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), (10, -20, 30), tilt=(10, 20, 30))


def itk_point(image, index):
    x, y, z = image.TransformIndexToPhysicalPoint([int(i) for i in index])
    return -x, -y, z


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shear", [0.0, 0.2])
def test_T19_there_and_back(dtype, channels, shear):
    affine = affine_of("PIR", SHAPE, (1, 2, 3), tilt=(10, 20, 30), shear=shear)
    image = ScalarImage(tensor=noise((channels, *SHAPE), dtype), affine=affine)
    found = image.as_sitk()
    assert found.GetSize() == SHAPE
    assert found.GetNumberOfComponentsPerPixel() == channels
    for index in ((0, 0, 0), (3, 4, 5), (1, 0, 2)):
        np.testing.assert_allclose(itk_point(found, index), (affine @ (*index, 1))[:3], atol=1e-9)
        np.testing.assert_array_equal(found[index], image.data[(slice(None), *index)].squeeze())
    back = ScalarImage.from_sitk(found)
    np.testing.assert_array_equal(back.data, image.data)
    np.testing.assert_allclose(back.affine, affine, atol=1e-9)
    assert back.data.dtype == dtype


def test_T19_a_flat_image_loses_its_orientation_unless_it_stays_3d():
    image = ScalarImage(tensor=noise((3, 4, 5, 1)), affine=AFFINE)
    flat = image.as_sitk()
    assert (flat.GetDimension(), flat.GetSize()) == (2, (4, 5))
    assert flat.GetDirection() == (-1, 0, 0, -1)
    np.testing.assert_allclose(flat.GetSpacing(), (1, 2))
    np.testing.assert_array_equal(flat[1, 2], image.data[:, 1, 2, 0])
    back = ScalarImage.from_sitk(flat)
    assert (back.shape, back.orientation_str) == ((3, 4, 5, 1), "RAS")
    solid = image.as_sitk(force_3d=True)
    assert solid.GetSize() == (4, 5, 1)
    np.testing.assert_allclose(ScalarImage.from_sitk(solid).affine, AFFINE, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_T19_channels_along_a_fourth_axis(channels):
    image = ScalarImage(tensor=noise((channels, *SHAPE)), affine=AFFINE)
    found = image.as_sitk(force_4d=True)
    assert found.GetSize() == (*SHAPE, channels)
    back = ScalarImage.from_sitk(found)
    np.testing.assert_array_equal(back.data, image.data)
    np.testing.assert_allclose(back.affine, AFFINE, atol=1e-9)


def test_T19_the_examples_of_the_specification():
    image = LabelMap.from_sitk(sitk.Image(20, 30, 40, sitk.sitkUInt16))
    assert repr(image) == (
        "LabelMap(shape: (1, 20, 30, 40); spacing: (1.00, 1.00, 1.00); orientation: LPS+; "
        "memory: 93.8 KiB; dtype: int32)"
    )
    image = ScalarImage.from_sitk(sitk.Image((224, 224), sitk.sitkVectorFloat32, 3))
    assert repr(image) == (
        "ScalarImage(shape: (3, 224, 224, 1); spacing: (1.00, 1.00, 1.00); orientation: LPS+; "
        "memory: 588.0 KiB; dtype: float32)"
    )


def test_T24_a_singular_affine_is_no_itk_image():
    image = ScalarImage(tensor=noise((1, *SHAPE)), affine=np.diag((1.0, 0, 1, 1)))
    with pytest.raises(ValueError, match="singular"):
        image.as_sitk()
