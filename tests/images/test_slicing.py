from __future__ import annotations

import pickle
import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.images import LabelMap, ScalarImage
from napari_medload.labels import LabelTable
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SHAPE = (10, 20, 30)
VOXELS = noise((2, *SHAPE), np.float32)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), (5, -6, 7), tilt=(10, 20, 30))


@pytest.fixture(params=["file", "packed file", "loaded file", "tensor", "reader", "two files"])
def image(tmp_path, request):
    if request.param == "tensor":
        return ScalarImage(tensor=VOXELS, affine=AFFINE, site="Jena")
    if request.param == "reader":
        path = tmp_path / "a.npy"
        np.save(path, VOXELS)
        return ScalarImage(path, reader=lambda p: (np.load(p), AFFINE), site="Jena")
    if request.param == "two files":
        paths = [write_nifti(tmp_path / f"{c}.nii", VOXELS[c], AFFINE) for c in (0, 1)]
        return ScalarImage(paths, site="Jena")
    name = "a.nii.gz" if request.param == "packed file" else "a.nii"
    image = ScalarImage(
        write_nifti(tmp_path / name, np.moveaxis(VOXELS, 0, 3), AFFINE), site="Jena"
    )
    if request.param == "loaded file":
        image.load()
    return image


KEYS = [
    (np.s_[0], np.s_[:, 0:1]),
    (np.s_[-1], np.s_[:, 9:10]),
    (np.s_[:, 2:-3], np.s_[:, :, 2:17]),
    (np.s_[-5:, 5:], np.s_[:, 5:10, 5:20]),
    (np.s_[2:5], np.s_[:, 2:5]),
    (np.s_[1:, 2:, 3:], np.s_[:, 1:, 2:, 3:]),
    (np.s_[:, -1, -2:], np.s_[:, :, 19:20, 28:30]),
    (np.s_[3:300, :, 4], np.s_[:, 3:10, :, 4:5]),
    (np.s_[np.int64(2), np.uint8(3), 4], np.s_[:, 2:3, 3:4, 4:5]),
    (np.s_[:], np.s_[:, :]),
]


@pytest.mark.parametrize(("key", "numpys"), KEYS, ids=str)
def test_T15_slices_hold_the_voxels_that_numpy_finds_where_they_were(image, key, numpys):
    part = image[key]
    expected = VOXELS[numpys]
    assert part.shape == expected.shape
    np.testing.assert_array_equal(part.data, expected)
    first = [axis[numpys[1:]].flat[0] for axis in np.indices(SHAPE)]
    np.testing.assert_allclose(part.origin, (image.affine @ (*first, 1))[:3], atol=1e-9)
    np.testing.assert_array_equal(part.affine[:3, :3], image.affine[:3, :3])


@pytest.mark.parametrize(
    ("key", "shape"),
    [(np.s_[0], (1, 20, 30)), (np.s_[:, 2:-3], (10, 15, 30)), (np.s_[-5:, 5:], (5, 15, 30))],
    ids=str,
)
def test_T15_shapes_of_the_specification(key, shape):
    assert ScalarImage(tensor=VOXELS)[key].spatial_shape == shape


def test_T15_origins_of_the_specification():
    affine = np.diag((-2.0, -2, 3, 1))
    affine[:3, 3] = 10, 20, 30
    assert ScalarImage(tensor=VOXELS, affine=affine)[2:5].origin == (6, 20, 30)
    pir = np.eye(4)
    pir[:3, :3] = [(0, 0, 1), (-1, 0, 0), (0, -1, 0)]
    image = ScalarImage(tensor=VOXELS, affine=pir)
    assert image.orientation_str == "PIR"
    assert image[1:, 2:, 3:].origin == (3, -1, -2)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (10, IndexError),
        (-11, IndexError),
        (np.s_[0, 0, 30], IndexError),
        (np.s_[0, 0, 0, 0], IndexError),
        (np.s_[5:2], IndexError),
        (np.s_[10:], IndexError),
        (np.s_[::2], ValueError),
        (np.s_[::-1], ValueError),
        (..., NotImplementedError),
        (np.s_[..., 1], NotImplementedError),
        (1.0, TypeError),
        (np.s_[1, 2.5], TypeError),
        (None, TypeError),
        (True, TypeError),
        (np.s_[:, np.array([1, 2])], TypeError),
    ],
    ids=str,
)
def test_T15_what_is_no_index_is_an_error(image, key, error):
    with pytest.raises(error):
        image[key]


def test_T15_words_are_entries_of_the_dictionary(image):
    assert image["site"] == "Jena"
    with pytest.raises(KeyError):
        image["colour"]


def test_T15_slices_of_slices(image):
    part = image[2:9, 5:, -20:][1:3, -4:][:, 2]
    np.testing.assert_array_equal(part.data, VOXELS[:, 3:5, 18:19, 10:30])
    np.testing.assert_allclose(part.origin, (image.affine @ (3, 18, 10, 1))[:3], atol=1e-9)


def test_T15_a_slice_of_a_file_is_not_read_before_it_is_needed(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", VOXELS[0], AFFINE)
    whole = path.read_bytes()
    image = ScalarImage(path)
    part = image[2:5, :, -1]
    path.write_bytes(whole[:1500])  # the voxels are cut off
    assert part.shape == (1, 3, 20, 1)
    assert not part.is_loaded
    assert "shape: (1, 3, 20, 1)" in repr(part)
    with pytest.raises(OSError, match=r"a\.nii\.gz"):
        part.load()
    path.write_bytes(whole)
    np.testing.assert_array_equal(part.data[0], VOXELS[0, 2:5, :, 29:])
    assert not image.is_loaded


@pytest.mark.parametrize("name", ["a.nii", "a.h5"])
def test_T15_a_slice_of_a_file_takes_no_more_memory_than_it_needs(tmp_path, name):
    array = noise((200, 200, 200))  # 16 MB
    path = tmp_path / name
    path = write_nifti(path, array) if name == "a.nii" else write_h5(path, a=array)
    image = ScalarImage(path, key=None if name == "a.nii" else "a")
    assert image.shape == (1, 200, 200, 200)
    tracemalloc.start()
    part = np.array(image[:, :, 96:104].data)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(part[0], array[:, :, 96:104])
    assert most < 3e6


def test_T15_a_slice_of_a_loaded_image_keeps_no_whole_alive_and_no_link_to_it():
    image = ScalarImage(tensor=np.array(VOXELS))
    part = image[2:4]
    image.data[:] = 0
    np.testing.assert_array_equal(part.data, VOXELS[:, 2:4])
    assert part.data.base is None


def test_T15_slices_follow_voxels_and_affines_that_were_set(image):
    image.affine = np.diag((2.0, 2, 2, 1))
    part = image[1:3, 4:6]
    np.testing.assert_array_equal(part.origin, (2, 8, 0))
    image.set_data(VOXELS * 2)
    doubled = image[1:3, 4:6]
    np.testing.assert_array_equal(doubled.data, VOXELS[:, 1:3, 4:6] * 2)
    np.testing.assert_array_equal(doubled.origin, (2, 8, 0))
    with pytest.raises(RuntimeError, match="without a file"):  # it would come back unlike
        doubled.unload()


def test_T15_an_unloaded_slice_is_read_again_as_the_slice(image):
    part = image[1:3, 4:6]
    part.load()
    if image.path is None:
        return
    part.unload()
    assert part.shape == (2, 2, 2, 30)
    np.testing.assert_array_equal(part.data, VOXELS[:, 1:3, 4:6])


def test_T16_slices_keep_what_the_image_was_given(tmp_path):
    table = LabelTable.from_names({1: "liver"})
    path = write_nifti(tmp_path / "a.nii", VOXELS[0].astype(np.int16), AFFINE)
    image = LabelMap(path, table=table, site="Jena", gradient=[1, 2])
    for whole in (image, LabelMap(tensor=VOXELS, table=table, site="Jena", gradient=[1, 2])):
        part = whole[2:4]
        assert isinstance(part, LabelMap)
        assert (part["site"], part["gradient"], part.type) == ("Jena", [1, 2], "label")
        assert part.label_names == {1: "liver"}
    assert (image[2:4].path, image[2:4]["stem"]) == (path, "a")


def test_T16_what_is_put_into_a_slice_stays_there(image):
    part = image[2:4]
    part["site"] = "Bern"
    assert image["site"] == "Jena"


def test_slices_can_be_pickled(tmp_path):
    path = write_nifti(tmp_path / "a.nii", VOXELS[0], AFFINE)
    part = pickle.loads(pickle.dumps(ScalarImage(path)[2:4]))
    assert not part.is_loaded
    np.testing.assert_array_equal(part.data[0], VOXELS[0, 2:4])


def test_a_slice_of_a_file_that_became_smaller_says_so(tmp_path):
    path = write_nifti(tmp_path / "a.nii", VOXELS[0], AFFINE)
    part = ScalarImage(path)[8:]
    write_nifti(path, VOXELS[0, :4], AFFINE)
    with pytest.raises(OSError, match=r"a\.nii.*again"):
        part.load()


def test_a_slice_agrees_with_nibabels_slicer(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", VOXELS[0], AFFINE)
    part, truth = ScalarImage(path)[2:5, 7:, :9], nib.load(path).slicer[2:5, 7:, :9]
    np.testing.assert_array_equal(part.data[0], truth.get_fdata())
    np.testing.assert_allclose(part.affine, truth.affine)


def test_a_dataset_in_a_file_is_cut_too(tmp_path):
    path = write_h5(tmp_path / "a.h5", a=VOXELS[0])
    image = ScalarImage.from_source(Source(path, "a"))
    np.testing.assert_array_equal(image[:, 3].data[0], VOXELS[0, :, 3:4])
