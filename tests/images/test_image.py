from __future__ import annotations

import copy
import pickle
import weakref

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import Source, read_header
from napari_medload.images import Image, LabelMap, ScalarImage
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SHAPE = (10, 20, 30)


def tensor(shape=(1, *SHAPE), dtype=np.float32):
    return noise(shape, dtype)


@pytest.fixture
def path(tmp_path):
    affine = affine_of("LPS", SHAPE, (2, 2, 3))
    affine[:3, 3] = 10, 20, 30
    return write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine)


class Tensor:
    """Stands for arrays of other libraries, which say so by this method alone."""

    def __array__(self, dtype=None, copy=None):
        return np.ones((1, 2, 3, 4), np.float32)


def test_T01_neither_path_nor_tensor():
    with pytest.raises(ValueError, match="neither"):
        ScalarImage()


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (1, 2, 3, 4, 5)])
def test_T01_a_tensor_has_four_axes(shape):
    with pytest.raises(ValueError, match="four axes"):
        ScalarImage(tensor=tensor(shape))


@pytest.mark.parametrize("wrong", [[[[[1]]]], 3, "voxels", {"a": 1}], ids=str)
def test_T01_a_tensor_is_an_array(wrong):
    with pytest.raises(TypeError, match="array"):
        ScalarImage(tensor=wrong)


def test_T01_a_tensor_holds_numbers():
    with pytest.raises(TypeError, match="dtype"):
        ScalarImage(tensor=np.array([[[["a"]]]]))


@pytest.mark.parametrize("name", ["data", "stem"])  # the others are parameters
def test_T01_reserved_keywords(name):
    with pytest.raises(ValueError, match=name):
        ScalarImage(tensor=tensor(), **{name: 1})


@pytest.mark.parametrize("wrong", [np.eye(3), np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_T01_an_affine_is_four_by_four(wrong):
    with pytest.raises(ValueError, match="affine"):
        ScalarImage(tensor=tensor(), affine=wrong)


@pytest.mark.parametrize("wrong", [1, "affine", [[1, 2], [3, 4]]], ids=str)
def test_T01_an_affine_is_an_array(wrong):
    with pytest.raises(TypeError, match="affine"):
        ScalarImage(tensor=tensor(), affine=wrong)


@pytest.mark.parametrize("wrong", [np.zeros(3), {"path": "a"}, 5], ids=str)
def test_T01_a_path_is_a_path(wrong):
    with pytest.raises(TypeError, match="path"):
        ScalarImage(wrong)


def test_T01_types(path):
    with pytest.warns(FutureWarning, match="type"):
        assert Image(path).type == "intensity"
    assert Image(path, type="label").type == "label"
    assert ScalarImage(path)["type"] == ScalarImage(path, type="intensity")["type"] == "intensity"
    assert LabelMap(path)["type"] == LabelMap(path, type="label")["type"] == "label"
    with pytest.raises(ValueError, match="label"):
        ScalarImage(path, type="label")
    with pytest.raises(ValueError, match="intensity"):
        LabelMap(path, type="intensity")


def test_T01_further_keywords_are_entries(path):
    image = ScalarImage(path, site="Jena")
    assert image["site"] == "Jena"
    assert image["path"] == str(path)


def test_T01_the_affine_of_a_tensor_is_the_identity_in_double_precision():
    assert ScalarImage(tensor=tensor()).affine.dtype == np.float64
    np.testing.assert_array_equal(ScalarImage(tensor=tensor()).affine, np.eye(4))
    affine = np.diag((2, 3, 4, 1)).astype(np.float32)
    assert ScalarImage(tensor=tensor(), affine=affine).affine.dtype == np.float64


class Learnt(Tensor):
    """Stands for torch tensors that are learnt from, on a device of their own."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad")

    def detach(self):
        return self

    def cpu(self):
        return Tensor()


class Half(Tensor):
    """Stands for torch's bfloat16, which numpy has no type for."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Got unsupported ScalarType BFloat16")


def test_T01_tensors_that_are_learnt_from_are_taken():
    assert ScalarImage(tensor=Learnt()).shape == (1, 2, 3, 4)


def test_T01_a_tensor_that_numpy_does_not_know_is_met_with_advice():
    with pytest.raises(TypeError, match=r"BFloat16.*float\(\)"):
        ScalarImage(tensor=Half())


def test_T01_arrays_of_other_libraries_are_taken():
    assert ScalarImage(tensor=Tensor()).shape == (1, 2, 3, 4)


def test_T01_an_array_for_a_path_is_met_with_advice():
    with pytest.raises(TypeError, match="tensor="):
        ScalarImage(tensor())


@pytest.mark.parametrize("wrong", [[], [1], [["a.nii"]]], ids=str)
def test_T01_a_sequence_is_of_paths(wrong):
    with pytest.raises((TypeError, FileNotFoundError), match=r"path|no such"):
        ScalarImage(wrong)


def test_T01_a_tensor_beside_a_path_counts(path):
    image = ScalarImage(path, tensor=tensor((2, 3, 4, 5)))
    assert image.shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(image.affine, np.eye(4))
    assert image.path == path


def test_T01_positional_parameters_stand_in_torchios_order(path):
    affine = np.diag((2.0, 2, 2, 1))
    with pytest.warns(RuntimeWarning, match="NaN"):
        image = Image(path, "label", np.full((1, 2, 2, 2), np.nan), affine, True, None, False)
    assert image.type == "label"
    assert image.spacing == (2, 2, 2)


def test_T01_a_tensor_has_voxels():
    with pytest.raises(ValueError, match="voxel"):
        ScalarImage(tensor=np.zeros((1, 0, 2, 3)))


def test_T02_big_endian_numbers_are_handed_out_in_the_order_of_the_machine(tmp_path):
    array = noise(SHAPE, ">i2")
    image = ScalarImage(write_nifti(tmp_path / "a.nii", array, byte_order=">"))
    assert image.dtype.isnative
    assert image.data.dtype == np.int16
    assert image.data.dtype.isnative
    np.testing.assert_array_equal(image.data[0], array)


def test_T02_what_was_cast_cannot_be_written_to_and_keeps_its_type_inside():
    image = ScalarImage(tensor=tensor(dtype=np.uint16))
    with pytest.raises(ValueError, match="read-only"):
        image.data[0, 0, 0, 0] = -1
    assert image.volume().array.dtype == np.uint16


@pytest.mark.parametrize(
    ("given", "handed_out"),
    [
        ("bool", "uint8"),
        ("uint16", "int32"),
        ("uint32", "int64"),
        ("int16", "int16"),
        ("float32", "float32"),
    ],
)
def test_T02_casts(tmp_path, given, handed_out):
    array = tensor(dtype=given)
    image = ScalarImage(tensor=array)
    assert image.data.dtype == image.tensor.dtype == image.dtype == handed_out
    np.testing.assert_array_equal(image.data, array)
    if given != "bool":
        path = write_nifti(tmp_path / "a.nii", array[0])
        assert ScalarImage(path).data.dtype == handed_out
        assert read_header(path).dtype == given


@pytest.mark.parametrize(
    ("dtype", "slope", "intercept", "handed_out"),
    [
        ("int16", 1, -1024, "int32"),
        ("uint16", 2, 0, "int32"),
        ("uint8", -1, 255, "int32"),
        ("int16", 0.5, 0, "float64"),
        ("int16", 1, 0.5, "float64"),
        ("int16", 100000, 0, "float64"),
        ("int32", 2, 0, "float64"),
        ("float32", 2, 1, "float64"),
    ],
)
def test_T02_scaled_whole_numbers_stay_whole(tmp_path, dtype, slope, intercept, handed_out):
    array = noise(SHAPE, dtype)
    array.flat[:2] = (np.iinfo(dtype).min, np.iinfo(dtype).max) if "int" in dtype else (-1, 1)
    path = write_nifti(tmp_path / "a.nii", array, slope=slope, intercept=intercept)
    image = ScalarImage(path)
    assert image.dtype == image.data.dtype == handed_out
    np.testing.assert_array_equal(image.data[0], nib.load(path).get_fdata())
    np.testing.assert_array_equal(image[2:4].data, image.data[:, 2:4])


def test_T03_facts_of_the_header_leave_the_image_unloaded(path):
    affine = nib.load(path).affine
    path.write_bytes(path.read_bytes()[:1500])  # the voxels are cut off
    image = ScalarImage(path)
    assert image.shape == (1, *SHAPE)
    assert image.spatial_shape == SHAPE
    np.testing.assert_allclose(image.affine, affine)
    assert image.spacing == pytest.approx((2, 2, 3))
    assert image.orientation_str == "LPS"
    assert image.num_channels == 1
    assert "LPS+" in repr(image)
    with pytest.raises(RuntimeError, match="not loaded"):
        image.unload()
    with pytest.raises(OSError, match=r"a\.nii\.gz"):
        image.load()


def test_T03_an_affine_beside_a_path_replaces_that_of_the_file(path):
    affine = affine_of("RAS", SHAPE, (1, 2, 3))
    image = ScalarImage(path, affine=affine)
    np.testing.assert_array_equal(image.affine, affine)
    image.load()
    np.testing.assert_array_equal(image.affine, affine)
    assert image.orientation_str == "RAS"


def test_T03_dtype_and_memory_are_known_without_voxels(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE, np.uint16), slope=0.5)
    image = ScalarImage(path)
    assert (image.dtype, image.memory) == (np.float64, 6000 * 8)
    assert not image.is_loaded
    assert image.data.dtype == image.dtype


@pytest.mark.parametrize("loaded", [False, True])
def test_T03_an_affine_that_is_set_stays_whenever_it_is_set(path, loaded):
    image, affine = ScalarImage(path), affine_of("RAS", SHAPE, (1, 2, 3))
    if loaded:
        image.load()
    image.affine = affine
    for _again in range(2):
        np.testing.assert_array_equal(image.affine, affine)
        np.testing.assert_array_equal(image["affine"], affine)
        image.load()
    image.unload()
    np.testing.assert_array_equal(image.affine, affine)
    image.affine = None
    np.testing.assert_array_equal(image.affine, np.eye(4))


def test_T03_an_affine_cannot_be_edited_in_vain(path):
    with pytest.raises(ValueError, match="read-only"):
        ScalarImage(path).affine[0, 3] = 5


def test_T03_channels_come_first(tmp_path):
    array = noise((4, 5, 6, 3))
    image = ScalarImage(write_nifti(tmp_path / "a.nii.gz", array))
    assert image.shape == image.data.shape == (3, 4, 5, 6)
    np.testing.assert_array_equal(image.data, np.moveaxis(array, 3, 0))


def test_T04_unloading_and_loading_again_gives_the_same(path):
    image = ScalarImage(path)
    assert image.load() is None
    first = image.data
    image.load()
    assert image.data is first
    image.unload()
    with pytest.raises(RuntimeError, match="not loaded"):
        image.unload()
    np.testing.assert_array_equal(image.data, first)


def test_T04_the_entries_of_an_unloaded_image_are_none(path):
    image = ScalarImage(path)
    image.load()
    assert image["data"] is image.data
    image.unload()
    assert image["data"] is None
    assert image["affine"] is None
    assert not image.is_loaded
    assert image.orientation_str == "LPS"
    assert not image.is_loaded
    image.load()
    assert image["data"] is image.data is image.tensor
    np.testing.assert_array_equal(image["affine"], image.affine)


def test_T04_unloading_gives_the_memory_back(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", noise((100, 100, 100)))  # 2 MB
    image = ScalarImage(path)
    image.load()
    gone = weakref.ref(image.data)
    image.unload()
    assert gone() is None


def test_T04_voxels_that_were_set_give_way_to_those_of_the_file(path):
    image = ScalarImage(path)
    image.set_data(tensor((2, 3, 4, 5)))
    image.unload()
    assert image.shape == (1, *SHAPE)
    np.testing.assert_array_equal(image.data[0], nib.load(path).get_fdata())


def test_T04_a_tensor_beside_a_path_gives_way_to_the_file_and_its_place(path):
    image = ScalarImage(path, tensor=tensor((1, 2, 3, 4)))
    assert image[1:].origin == (1, 0, 0)
    image.unload()
    assert (image.shape, image.spacing, image.orientation_str) == ((1, *SHAPE), (2, 2, 3), "LPS")
    np.testing.assert_array_equal(image.affine, ScalarImage(path).affine)


def test_T04_an_affine_beside_a_tensor_and_a_path_stays(path):
    image = ScalarImage(path, tensor=tensor(), affine=np.diag((4, 5, 6, 1)))
    image.unload()
    assert image.spacing == (4, 5, 6)


def test_T04_an_image_without_a_file_cannot_be_unloaded():
    with pytest.raises(RuntimeError, match="without a file"):
        ScalarImage(tensor=tensor()).unload()


def test_T05_a_missing_file_is_an_error_at_once_or_later(tmp_path):
    missing = tmp_path / "missing.nii"
    with pytest.raises(FileNotFoundError, match=r"missing\.nii"):
        ScalarImage(missing)
    image = ScalarImage(missing, verify_path=False)
    for late in (lambda: image.shape, lambda: image.data, lambda: image.affine):
        with pytest.raises(FileNotFoundError, match=r"missing\.nii"):
            late()
    assert "missing.nii" in repr(image)


def test_T05_one_missing_file_among_several(path, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"b\.nii"):
        ScalarImage([path, tmp_path / "b.nii"])
    ScalarImage([path, tmp_path / "b.nii"], verify_path=False)


@pytest.mark.parametrize("code", ["PIR", "LPS", "RAS", "IAL"])
def test_T10_orientation(code):
    image = ScalarImage(tensor=tensor(), affine=affine_of(code, SHAPE, (1, 2, 3)))
    assert image.orientation == tuple(code)
    assert image.orientation_str == code
    assert f"orientation: {code}+" in repr(image)
    assert image.spacing == pytest.approx((1, 2, 3))


def lps_image():
    affine = np.diag((-2.0, -2, 3, 1))
    affine[:3, 3] = 10, 20, 30
    return ScalarImage(tensor=tensor(), affine=affine)


def test_T11_bounds_are_the_centres_of_the_first_and_last_voxel():
    image = lps_image()
    assert image.orientation_str == "LPS"
    assert image.bounds.shape == (2, 3)
    np.testing.assert_allclose(image.bounds, [(10, 20, 30), (-8, -18, 117)])
    assert image.origin == (10, 20, 30)


def oblique_image():
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    affine = np.array([[c, -s, 0, 1], [s, c, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1]])
    return ScalarImage(tensor=tensor((1, 4, 5, 6)), affine=affine)


def test_T12_get_bounds_are_true_for_an_oblique_image():
    x, y, z = oblique_image().get_bounds()
    assert x == pytest.approx((-1.683, 4.281), abs=5e-4)
    corners = [
        (oblique_image().affine @ (i, j, k, 1))[:3]
        for i in (-0.5, 3.5)
        for j in (-0.5, 4.5)
        for k in (-0.5, 5.5)
    ]
    np.testing.assert_allclose((x, y, z), np.transpose((np.min(corners, 0), np.max(corners, 0))))


def test_T12_get_bounds_are_sorted_for_a_flipped_image():
    assert lps_image().get_bounds() == ((-9, 11), (-19, 21), (28.5, 118.5))


def test_T13_get_center_in_ras_and_lps():
    assert lps_image().get_center() == (1, 1, 73.5)
    assert lps_image().get_center(lps=True) == (-1, -1, 73.5)


def test_T17_a_2d_image_has_width_and_height(tmp_path):
    flat = ScalarImage(tensor=tensor((3, 7, 5, 1)))
    assert flat.is_2d()
    assert (flat.width, flat.height) == (7, 5)
    read = ScalarImage(write_nifti(tmp_path / "a.nii", noise((7, 5))))
    assert (read.width, read.height, read.shape) == (7, 5, (1, 7, 5, 1))
    solid = ScalarImage(tensor=tensor())
    assert not solid.is_2d()
    for name in ("width", "height"):
        with pytest.raises(RuntimeError, match="2D"):
            getattr(solid, name)


def test_T22_the_default_is_nibabels_and_the_other_form_can_be_chosen(tmp_path):
    sform, qform = affine_of("RAS", SHAPE, (3, 3, 3)), affine_of("LPS", SHAPE, (2, 2, 2))
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), sform, qform=qform)
    image = ScalarImage(path)
    np.testing.assert_allclose(image.affine, nib.load(path).affine)
    assert image.spacing == pytest.approx((3, 3, 3))
    chosen = ScalarImage(path, form="qform")
    for loaded in (False, True):
        np.testing.assert_allclose(chosen.affine, nib.load(path).get_qform(), atol=1e-6)
        assert chosen.orientation_str == "LPS"
        np.testing.assert_allclose(chosen[2:].affine[:3, :3], chosen.affine[:3, :3])
        assert chosen.is_loaded == loaded
        chosen.load()
    np.testing.assert_allclose(ScalarImage(path, form="sform").affine, nib.load(path).affine)


def test_T22_a_form_that_is_not_there_is_an_error(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), qform_code=0)
    with pytest.raises(ValueError, match="qform"):
        ScalarImage(path, form="qform").affine  # noqa: B018
    with pytest.raises(ValueError, match="sform"):
        ScalarImage(path, form="rform")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_T23_numbers_that_are_none_stay_and_are_warned_of(tmp_path, name):
    array = noise(SHAPE, np.float32)
    array[1, 2, 3] = np.nan
    path = write_nifti(tmp_path / name, array)
    image = ScalarImage(path, check_nans=True)
    with pytest.warns(RuntimeWarning, match=r"NaNs found in .*a\.nii"):
        image.load()
    np.testing.assert_array_equal(image.data[0], array)
    assert np.isnan(ScalarImage(path).data).sum() == 1  # without a warning
    with pytest.warns(RuntimeWarning, match="NaNs"):
        ScalarImage(tensor=array[np.newaxis], check_nans=True)


def test_T23_the_warning_is_a_choice_that_can_be_changed(tmp_path):
    image = ScalarImage(write_nifti(tmp_path / "a.nii", np.full(SHAPE, np.nan, np.float32)))
    image.load()
    image.unload()
    image.set_check_nans(True)
    with pytest.warns(RuntimeWarning, match="NaN"):
        image.load()


def test_T24_a_singular_affine_has_facts_and_a_question_mark():
    image = ScalarImage(tensor=tensor(), affine=np.diag((1.0, 0, 1, 1)))
    assert image.spacing == (1, 0, 1)
    assert image.orientation_str == "R?S"
    assert "R?S" in repr(image)
    assert "R?S+" not in repr(image)


def test_T28_labels_are_counted(tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[0], labels[1, 0, :7] = 3, 1
    for image in (
        LabelMap(tensor=labels[np.newaxis]),
        LabelMap(write_nifti(tmp_path / "a.nii.gz", labels.astype(np.float32))),
    ):
        assert image.count_nonzero() == 607
        assert image.count_labels() == {0: 6000 - 607, 1: 7, 3: 600}
        assert list(image.count_labels()) == [0, 1, 3]


def test_T28_fractions_are_no_labels():
    with pytest.raises(ValueError, match="whole"):
        LabelMap(tensor=np.full((1, 2, 2, 2), 0.5)).count_labels()


def test_T29_repr_names_what_is_loaded(path):
    image = ScalarImage(tensor=np.zeros((1, 20, 30, 40), np.float32))
    assert "memory: 93.8 KiB" in repr(image)
    assert "dtype: float32" in repr(image)
    assert repr(image).startswith("ScalarImage(shape: (1, 20, 30, 40); spacing: (1.00, 1.00, 1.00)")
    lazy = LabelMap(path)
    assert repr(lazy).startswith("LabelMap(")
    assert str(path) in repr(lazy)
    assert "memory" not in repr(lazy)


def test_T29_repr_is_as_specified():
    image = ScalarImage(tensor=np.zeros((1, 20, 30, 40), np.int32), affine=np.diag((-1, -1, 1, 1)))
    assert repr(image) == (
        "ScalarImage(shape: (1, 20, 30, 40); spacing: (1.00, 1.00, 1.00); orientation: LPS+; "
        "memory: 93.8 KiB; dtype: int32)"
    )


@pytest.mark.parametrize(
    ("shape", "text"), [((1, 1, 1, 1), "4 Bytes"), ((3, 224, 224, 1), "588.0 KiB")]
)
def test_T29_sizes(shape, text):
    assert f"memory: {text}" in repr(ScalarImage(tensor=np.zeros(shape, np.float32)))


def test_entries_that_are_the_images_own_are_set_as_such(path):
    image = ScalarImage(path)
    image["affine"] = np.diag((2.0, 3, 4, 1))
    image["data"] = tensor((2, 3, 4, 5))
    assert image.spacing == (2, 3, 4)
    assert image.shape == (2, 3, 4, 5)
    with pytest.raises(ValueError, match="four axes"):
        image["data"] = np.zeros(3)


def test_data_is_set_by_a_method(path):
    image = ScalarImage(path)
    with pytest.warns(DeprecationWarning, match="set_data"):
        image.data = tensor((2, 3, 4, 5))
    assert image.shape == (2, 3, 4, 5)


def test_stems(path):
    assert ScalarImage(path)["stem"] == "a"
    assert ScalarImage([path, path])["stem"] == ["a", "a"]
    assert (ScalarImage(tensor=tensor())["stem"], ScalarImage(tensor=tensor())["path"]) == ("", "")


def test_an_image_is_an_array(path):
    image = ScalarImage(path)
    np.testing.assert_array_equal(np.asarray(image), image.data)
    assert np.asarray(image, dtype=np.float32).dtype == np.float32
    assert image.numpy() is image.data


def test_memory_is_elements_times_bytes():
    assert ScalarImage(tensor=tensor(dtype=np.float64)).memory == 6000 * 8
    assert ScalarImage(tensor=tensor(dtype=np.uint16)).memory == 6000 * 4


def test_a_dataset_in_an_hdf5_file_has_no_geometry(tmp_path):
    path = write_h5(tmp_path / "a.h5", a=noise((3, 4, 5, 2)), b=noise((1, 2, 3)))
    image = ScalarImage(path, key="a")
    assert image.shape == (2, 3, 4, 5)
    assert not image.grid.known
    np.testing.assert_array_equal(image.affine, np.eye(4))
    assert image.orientation_str == "RAS"  # of the affine; no file states it, and the name says so
    assert "spacing: not stated; orientation: RAS+ (not stated)" in repr(image)
    assert ScalarImage.from_source(Source(path, "b")).shape == (1, 1, 2, 3)


def test_set_data_replaces_voxels_and_shape(path):
    image = ScalarImage(path)
    image.set_data(tensor((2, 3, 4, 5)))
    assert image.shape == (2, 3, 4, 5)
    assert image.grid.shape == image.spatial_shape == (3, 4, 5)
    assert image.orientation_str == "LPS"
    with pytest.raises(ValueError, match="four axes"):
        image.set_data(np.zeros(3))


def test_an_image_is_a_volume(path):
    volume = ScalarImage(path).volume()
    assert volume.array.shape == (*SHAPE, 1)
    np.testing.assert_array_equal(volume.array[..., 0], nib.load(path).get_fdata())
    made = ScalarImage(tensor=tensor((2, 3, 4, 5))).volume()
    assert made.array.shape == (3, 4, 5, 2)
    assert made.grid.shape == (3, 4, 5)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda image: pickle.loads(pickle.dumps(image))]
)
def test_T02_what_was_cast_cannot_be_written_to_in_copies_either(copied, tmp_path):
    image = copied(ScalarImage(tensor=np.full((1, 2, 3, 4), 60000, np.uint16)))
    with pytest.raises(ValueError, match="read-only"):
        image.data[...] = 70000  # would be saved as 4464
    image.set_data(np.full((1, 2, 3, 4), 70000))
    image.save(tmp_path / "a.nii")
    assert nib.load(tmp_path / "a.nii").get_fdata().max() == 70000


def test_images_survive_copying_and_pickling(path):
    image = ScalarImage(path, site="Jena")
    image.header  # noqa: B018 - what was read does not stand in the way
    for other in (copy.copy(image), copy.deepcopy(image), pickle.loads(pickle.dumps(image))):
        assert not other.is_loaded
        assert other["site"] == "Jena"
        np.testing.assert_array_equal(other.data, image.data)
        np.testing.assert_array_equal(other.affine, image.affine)


def test_a_copy_goes_its_own_way(path):
    image = ScalarImage(path, site="Jena")
    image.load()
    other = copy.copy(image)
    assert other.data is image.data
    other.unload()
    other["site"], other.affine = "Bern", np.diag((5.0, 5, 5, 1))
    assert image.is_loaded
    assert image["site"] == "Jena"
    assert image.spacing == pytest.approx((2, 2, 3))


def test_images_are_compared_and_found_as_objects(path):
    one, other = ScalarImage(path), ScalarImage(path)
    for image in (one, other):
        image.load()
    assert one == one
    assert one != other
    assert [other, one].index(one) == 1
    assert {one: "T1"}[one] == "T1"
