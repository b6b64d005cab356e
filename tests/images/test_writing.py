from __future__ import annotations

import os

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image as Pillow

from napari_medload.formats.saving import WRITERS
from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SHAPE = (4, 5, 6)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), (10, -20, 30), tilt=(10, 20, 30))
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
VOLUMES = sorted({s for w in WRITERS for s in w.written} - set(PICTURES))


def image_of(channels=1, dtype=np.int16, affine=AFFINE):
    return ScalarImage(tensor=noise((channels, *SHAPE), dtype), affine=affine)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", VOLUMES)
def test_T20_voxels_and_affine_survive(tmp_path, suffix, channels):
    image = image_of(channels)
    image.save(tmp_path / f"a{suffix}")
    found = ScalarImage(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(found.data, image.data)
    np.testing.assert_allclose(found.affine, AFFINE, atol=1e-4)
    assert found.grid.oriented


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".mhd"])
def test_T20_itk_reads_the_same(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    image = image_of(3)
    image.save(str(path))
    found = sitk.ReadImage(str(path))
    back = ScalarImage.from_sitk(found)
    np.testing.assert_array_equal(back.data, image.data)
    np.testing.assert_allclose(back.affine, AFFINE, atol=1e-4)


def test_T20_channels_in_nifti_are_a_vector_along_the_fifth_axis(tmp_path):
    image_of(3).save(tmp_path / "a.nii.gz")
    found = nib.load(tmp_path / "a.nii.gz")
    assert found.shape == (*SHAPE, 1, 3)
    assert found.header.get_intent()[0] == "vector"


def test_T20_labels_say_so(tmp_path):
    LabelMap(tensor=noise((1, *SHAPE), np.uint8)).save(tmp_path / "a.nii")
    assert nib.load(tmp_path / "a.nii").header.get_intent()[0] == "label"


@pytest.mark.parametrize("dtype", ["bool", "uint16", "uint32", "float64", "int8"])
def test_T20_files_hold_the_type_that_came_in(tmp_path, dtype):
    image = image_of(dtype=dtype)
    assert image.data is not None  # handed out in another type
    image.save(tmp_path / "a.nii")
    found = nib.load(tmp_path / "a.nii")
    assert found.get_data_dtype() == ("uint8" if dtype == "bool" else dtype)
    np.testing.assert_array_equal(found.dataobj, image.data[0])


def test_T20_an_image_of_the_other_byte_order(tmp_path):
    array = noise(SHAPE)
    image = ScalarImage(write_nifti(tmp_path / "a.nii", array.astype(">i2"), byte_order=">"))
    image.save(tmp_path / "b.nii")
    np.testing.assert_array_equal(nib.load(tmp_path / "b.nii").dataobj, array)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".jpg", ".JPEG"])
def test_T20_pictures_take_bytes_with_a_warning(tmp_path, suffix):
    values = np.array([[-5, 3.7, 300], [255, 0, 128]], np.float32).reshape(1, 2, 3, 1)
    path = tmp_path / f"a{suffix}"
    with pytest.warns(RuntimeWarning, match="become bytes"):
        ScalarImage(tensor=values).save(path)
    found = np.asarray(Pillow.open(path).convert("L")).T
    expected = np.array([[0, 3, 255], [255, 0, 128]])
    np.testing.assert_allclose(found, expected, atol=40 if "j" in suffix.lower() else 0)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_T20_bytes_are_written_as_they_are(tmp_path, channels):
    image = ScalarImage(tensor=noise((channels, 7, 5, 1), np.uint8))
    for suffix in (".png", ".tif", ".tiff"):
        image.save(tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(ScalarImage(tmp_path / f"a{suffix}").data, image.data)


def test_T20_tiff_holds_floats(tmp_path):
    image = ScalarImage(tensor=noise((1, 7, 5, 1), np.float32))
    image.save(tmp_path / "a.tif")
    np.testing.assert_array_equal(ScalarImage(tmp_path / "a.tif").data, image.data)


def test_T20_a_volume_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match=r"a\.png"):
        image_of(dtype=np.uint8).save(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("squeeze", "shape"), [(None, (7, 5, 1)), (False, (7, 5, 1)), (True, (7, 5))]
)
def test_T20_squeezing(tmp_path, squeeze, shape):
    image = ScalarImage(tensor=noise((1, 7, 5, 1)), affine=AFFINE)
    image.save(tmp_path / "a.nii", squeeze=squeeze)
    assert nib.load(tmp_path / "a.nii").shape == shape
    found = ScalarImage(tmp_path / "a.nii")
    np.testing.assert_array_equal(found.data, image.data)
    np.testing.assert_allclose(found.affine, AFFINE, atol=1e-5)


@pytest.mark.parametrize("suffix", VOLUMES)
def test_T20_every_volume_can_be_squeezed(tmp_path, suffix):
    image = ScalarImage(tensor=noise((1, 7, 5, 1)), affine=AFFINE)
    image.save(tmp_path / f"a{suffix}", squeeze=True)
    np.testing.assert_array_equal(ScalarImage(tmp_path / f"a{suffix}").data, image.data)


def test_T20_a_suffix_that_nothing_writes(tmp_path):
    with pytest.raises(ValueError, match=r"\.nii\.gz"):
        image_of().save(tmp_path / "a.xyz")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_T21_shear_is_preserved(tmp_path, suffix):
    affine = affine_of("LPS", SHAPE, (1, 2, 3), tilt=(5, 6, 7), shear=0.3)
    image_of(affine=affine).save(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(ScalarImage(tmp_path / f"a{suffix}").affine, affine, atol=1e-5)


@pytest.mark.parametrize("suffix", VOLUMES)
def test_T24_a_singular_affine_is_not_saved(tmp_path, suffix):
    image = image_of(affine=np.diag((1.0, 0, 1, 1)))
    with pytest.raises(ValueError, match="singular"):
        image.save(tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())


def test_T24_a_picture_needs_no_affine(tmp_path):
    image = ScalarImage(tensor=noise((1, 7, 5, 1), np.uint8), affine=np.diag((1.0, 0, 1, 1)))
    image.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


# --- never over the file that an image is read from ------------------------------------------


@pytest.fixture
def path(tmp_path):
    return write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE)


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("kind", ["same", "symbolic", "hard", "dotted"])
def test_an_image_is_not_saved_over_its_own_file(path, kind, loaded):
    before, target = path.read_bytes(), path
    if kind == "symbolic":
        target = path.with_name("b.nii")
        target.symlink_to(path)
    if kind == "hard":
        target = path.with_name("b.nii")
        os.link(path, target)
    if kind == "dotted":
        target = path.parent / ".." / path.parent.name / "a.nii"
    image = ScalarImage(path)
    if loaded:
        image.load()
    for each in (image, image[1:3]):
        with pytest.raises(FileExistsError, match="overwrite=True"):
            each.save(target)
    assert path.read_bytes() == before


def test_an_image_is_not_saved_over_the_other_half_of_its_pair(tmp_path):
    path = write_nifti(tmp_path / "a.hdr", noise(SHAPE), AFFINE)
    for name in ("a.hdr", "a.img"):
        with pytest.raises(FileExistsError, match="overwrite"):
            ScalarImage(path).save(tmp_path / name)


def test_an_image_of_several_files_is_saved_over_none(path, tmp_path):
    other = write_nifti(tmp_path / "b.nii", noise(SHAPE), AFFINE)
    with pytest.raises(FileExistsError, match=r"b\.nii"):
        ScalarImage([path, other]).save(other)


def test_another_file_is_replaced(path):
    image = image_of(affine=np.diag((2.0, 2, 2, 1)))
    image.save(path)
    np.testing.assert_array_equal(ScalarImage(path).data, image.data)


def test_an_image_that_is_saved_over_its_own_file_stays_valid(path):
    image = ScalarImage(path)
    before = image.data  # mapped from the file
    copy = np.array(before)
    image.set_data(np.array(before) * 2)
    part = ScalarImage(path)[1:3]
    image.save(path, overwrite=True)
    np.testing.assert_array_equal(before, copy)
    np.testing.assert_array_equal(part.data, copy[:, 1:3] * 2)
    image.unload()
    np.testing.assert_array_equal(image.data, copy * 2)


def test_an_image_that_is_read_lazily_is_saved_over_its_own_file(path):
    image = ScalarImage(path)
    part = image[1:3]
    voxels = np.array(part.data)
    part.save(path, overwrite=True)
    np.testing.assert_array_equal(ScalarImage(path).data, voxels)
    np.testing.assert_array_equal(part.data, voxels)
    np.testing.assert_allclose(ScalarImage(path).origin, part.origin, atol=1e-5)
    assert image.shape == (1, 2, 5, 6)  # nothing of the old header is left


def test_a_failing_save_leaves_the_own_file_alone(path):
    before = path.read_bytes()
    image = ScalarImage(path, affine=np.diag((1.0, 0, 1, 1)))
    with pytest.raises(ValueError, match="singular"):
        image.save(path, overwrite=True)
    assert path.read_bytes() == before


def test_an_image_without_geometry_is_saved_without(tmp_path):
    image = ScalarImage(write_h5(tmp_path / "a.h5", a=noise(SHAPE)), key="a")
    image.save(tmp_path / "a.nii")
    saved = nib.load(tmp_path / "a.nii").header
    assert (int(saved["sform_code"]), int(saved["qform_code"])) == (0, 0)
    assert saved.get_xyzt_units()[0] == "unknown"
    assert not ScalarImage(tmp_path / "a.nii").grid.known


def test_T20_time_stays_time_with_its_step_and_the_codes_of_its_forms(tmp_path):
    made = nib.Nifti1Image(noise((*SHAPE, 5)), AFFINE)
    made.header.set_xyzt_units("mm", "msec")
    made.header["pixdim"][4] = 2500
    made.set_sform(AFFINE, code=4)
    made.set_qform(AFFINE, code=0)
    nib.save(made, tmp_path / "a.nii.gz")
    ScalarImage(tmp_path / "a.nii.gz").save(tmp_path / "b.nii")
    ScalarImage(tmp_path / "a.nii.gz")[1:3].save(tmp_path / "part.nii")
    for name, shape in (("b.nii", (*SHAPE, 5)), ("part.nii", (2, *SHAPE[1:], 5))):
        saved = nib.load(tmp_path / name)
        assert saved.shape == shape
        assert saved.header.get_zooms()[3] == 2.5
        assert saved.header.get_xyzt_units() == ("mm", "sec")
        assert (int(saved.header["sform_code"]), int(saved.header["qform_code"])) == (4, 0)
    again = ScalarImage(tmp_path / "b.nii", affine=np.diag((2.0, 2, 2, 1)))
    again.save(tmp_path / "moved.nii")  # leads into another space than the template's
    assert int(nib.load(tmp_path / "moved.nii").header["sform_code"]) == 1


def test_T20_channels_are_saved_as_a_vector(tmp_path):
    ScalarImage(tensor=noise((3, *SHAPE), np.float32)).save(tmp_path / "a.nii")
    assert nib.load(tmp_path / "a.nii").shape == (*SHAPE, 1, 3)
