import os
import pickle

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError
from napari_medload.images import LabelMap, ScalarImage
from napari_medload.loaders import NiftiFileLoader, load_nifti_file
from napari_medload.loaders.deepreg.nifti_files import find_files
from napari_medload.loaders.errors import LoaderError
from tests.loaders.deepreg.folders import SHAPE, nifti, voxels
from tests.loaders.test_contract import HOSTILE
from tests.phantoms import affine_of, noise, write_nifti


def stats(array):
    values = np.asarray(array, np.float64)
    return values.mean(), values.std()


def test_d01_splits_of_real_data(shared_data, monkeypatch):
    monkeypatch.chdir(shared_data / "deepreg_nifti")
    paired = NiftiFileLoader(["paired/test"], "fixed_images", grouped=False)
    assert paired.data_path_splits == [
        ("paired/test", "case000025", "nii.gz"),
        ("paired/test", "case000026", "nii.gz"),
    ]
    assert paired.group_struct is None
    unpaired = NiftiFileLoader(["./unpaired/test"], "images", grouped=False)
    assert unpaired.data_path_splits == [
        ("./unpaired/test", "case000025", "nii.gz"),
        ("./unpaired/test", "case000026", "nii"),
    ]
    grouped = NiftiFileLoader(["grouped/test"], "images", grouped=True)
    assert grouped.data_path_splits == [
        ("grouped/test", "group1", "case000025", "nii.gz"),
        ("grouped/test", "group1", "case000026", "nii.gz"),
    ]
    assert grouped.group_struct == [[0, 1]]
    both = NiftiFileLoader(["grouped/train", "grouped/test"], "images", grouped=True)
    assert [split[:2] for split in both.data_path_splits] == (
        [("grouped/test", "group1")] * 2
        + [("grouped/train", "group1")] * 4
        + [("grouped/train", "group2")] * 3
    )
    assert both.group_struct == [[0, 1], [2, 3, 4, 5], [6, 7, 8]]
    assert both.get_num_images() == 9
    assert both.get_num_groups() == 3
    assert both.get_num_images_per_group() == [2, 4, 3]


def test_d01_all_folders_are_sorted_together(tmp_path):
    late, early = nifti(tmp_path / "z", ["images"], ["a"]), nifti(tmp_path / "b", ["images"], "dc")
    loader = NiftiFileLoader([late, early], "images", grouped=False)
    assert loader.data_path_splits == [
        (early, "c", "nii.gz"),
        (early, "d", "nii.gz"),
        (late, "a", "nii.gz"),
    ]
    assert loader.get_data_ids() == [(early, "c"), (early, "d"), (late, "a")]
    assert loader.dir_paths == [late, early]
    assert (loader.name, loader.grouped) == ("images", False)


def test_d01_other_files_and_upper_case_are_passed_over(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a"])
    for name in ("b.NII.GZ", "c.txt", "nii", "d.mha"):
        (tmp_path / "images" / name).write_bytes(b"x")
    assert NiftiFileLoader([folder], "images", grouped=False).get_data_ids() == [(folder, "a")]


def test_d02_nested_folders_are_groups(tmp_path):
    folder = nifti(tmp_path, ["images"], ["g1/sub/a", "g1/b", "root", "g1/sub/c"])
    loader = NiftiFileLoader([folder], "images", grouped=True)
    assert loader.data_path_splits == [
        (folder, "", "root", "nii.gz"),
        (folder, "g1", "b", "nii.gz"),
        (folder, "g1/sub", "a", "nii.gz"),
        (folder, "g1/sub", "c", "nii.gz"),
    ]
    assert loader.group_struct == [[0], [1], [2, 3]]
    np.testing.assert_array_equal(loader.get_data((2, 1)), voxels("images", "g1/sub/c"))
    np.testing.assert_array_equal(loader.get_data((0, 0)), voxels("images", "root"))
    flat = NiftiFileLoader([folder], "images", grouped=False)
    assert [split[1] for split in flat.data_path_splits] == ["g1/b", "g1/sub/a", "g1/sub/c", "root"]
    np.testing.assert_array_equal(flat.get_data(1), voxels("images", "g1/sub/a"))


def test_d03_ids_have_no_suffix(tmp_path):
    packed = nifti(tmp_path, ["moving_images"], ["a", "b.c"])
    nifti(tmp_path, ["fixed_images"], ["a", "b.c"], ".nii")
    ids = [
        NiftiFileLoader([packed], name, grouped=False).get_data_ids()
        for name in ("moving_images", "fixed_images")
    ]
    assert ids[0] == ids[1] == [(packed, "a"), (packed, "b.c")]


def test_d03_two_files_of_one_name_are_an_error_that_names_both(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a", "b"])
    nifti(tmp_path, ["images"], ["a"], ".nii")
    with pytest.raises(ValueError, match=r"a\.nii .*one name") as raised:
        NiftiFileLoader([folder], "images", grouped=False)
    assert str(tmp_path / "images" / "a.nii.gz") in str(raised.value)


def test_d04_hidden_files_and_folders_are_passed_over(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a", "._a", ".hidden/b", "g/.c"])
    assert NiftiFileLoader([folder], "images", grouped=False).get_data_ids() == [(folder, "a")]


@pytest.mark.parametrize("name", ["br[a]cket", "[0-9]", "st*r ?", "Grüße {x} #1 100%"])
def test_d05_folders_are_taken_literally(tmp_path, name):
    folder = nifti(tmp_path / name, ["images"], ["s[1]/a"])
    loader = NiftiFileLoader([folder], "images", grouped=True)
    assert loader.data_path_splits == [(folder, "s[1]", "a", "nii.gz")]
    np.testing.assert_array_equal(loader.get_data((0, 0)), voxels("images", "s[1]/a"))


def test_a_link_to_a_folder_is_followed_and_one_upward_is_not(tmp_path):
    nifti(tmp_path / "elsewhere", ["images"], ["b"])
    nifti(tmp_path / "data", ["images"], ["a"])
    images = tmp_path / "data" / "images"
    os.symlink(tmp_path / "elsewhere" / "images", images / "linked")
    os.symlink(images, images / "loop")
    assert find_files(str(images)) == [("a", "nii.gz"), ("linked/b", "nii.gz")]


@pytest.mark.parametrize("again", ["d", "d/", "./d", "d/../d"])
def test_d06_a_folder_given_twice(tmp_path, monkeypatch, again):
    monkeypatch.chdir(tmp_path)
    nifti(tmp_path / "d", ["images"], ["a"])
    with pytest.raises(ValueError, match="dir_paths have repeated elements") as raised:
        NiftiFileLoader(["d", again], "images", grouped=False)
    assert repr(again) in str(raised.value)


def test_d06_a_folder_given_twice_as_text_and_as_a_path(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a"])
    with pytest.raises(ValueError, match="dir_paths have repeated elements"):
        NiftiFileLoader([folder + "/", tmp_path], "images", grouped=False)


def test_folders_may_be_paths_beside_texts(tmp_path):
    late, early = nifti(tmp_path / "z", ["images"], ["a"]), nifti(tmp_path / "b", ["images"], ["a"])
    loader = NiftiFileLoader([late, tmp_path / "b"], "images", grouped=False)
    assert loader.get_data_ids() == [(early, "a"), (late, "a")]
    assert loader.dir_paths == [late, early]


@pytest.mark.parametrize("folder", [b"d", 1, None])
def test_d06_folders_are_text(folder):
    with pytest.raises(LoaderError, match="dir_paths must be list of strings"):
        NiftiFileLoader(["other", folder], "images", grouped=False)


def test_d06_a_missing_folder(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a"])
    expected = f"directory {tmp_path / 'labels'} does not exist"
    for kind in (AssertionError, ValueError):
        with pytest.raises(kind) as raised:
            NiftiFileLoader([folder], "labels", grouped=True)
        assert expected in str(raised.value)


def test_d06_an_empty_folder(tmp_path):
    (tmp_path / "images" / "g").mkdir(parents=True)
    with pytest.raises(ValueError, match="No data collected") as raised:
        NiftiFileLoader([str(tmp_path)], "images", grouped=False)
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        (-1, AssertionError),
        (2, IndexError),
        ((0, 1), AssertionError),
        ("wrong", ValueError),
        (1.0, ValueError),
        (None, ValueError),
        ([0], ValueError),
        (True, ValueError),
        (np.False_, ValueError),
    ],
)
def test_d11_wrong_indices(tmp_path, index, kind):
    loader = NiftiFileLoader([nifti(tmp_path, ["images"], "ab")], "images", grouped=False)
    with pytest.raises(kind) as raised:
        loader.get_data(index=index)
    if kind is ValueError:
        assert "must be int, or tuple" in str(raised.value)


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        (1, AssertionError),
        ((0, -1), AssertionError),
        ((-1, 0), AssertionError),
        ((0, 2), IndexError),
        ((1, 0), IndexError),
        ((0, 0, 0), ValueError),
        ((), ValueError),
        ((0,), ValueError),
        ((0, "a"), ValueError),
        ((0, True), ValueError),
    ],
)
def test_d11_wrong_indices_of_groups(tmp_path, index, kind):
    loader = NiftiFileLoader([nifti(tmp_path, ["images"], ["g/a", "g/b"])], "images", grouped=True)
    with pytest.raises(kind):
        loader.get_data(index=index)


def test_d11_numpy_integers_are_indices(tmp_path):
    folder = nifti(tmp_path, ["images"], ["g/a", "g/b"])
    flat = NiftiFileLoader([folder], "images", grouped=False)
    for index in (np.int64(1), np.uint8(1), np.arange(2)[1]):
        np.testing.assert_array_equal(flat.get_data(index), voxels("images", "g/b"))
    grouped = NiftiFileLoader([folder], "images", grouped=True)
    index = (np.int32(0), np.int64(1))
    np.testing.assert_array_equal(grouped.get_data(index), voxels("images", "g/b"))


def test_d12_a_fourth_axis_of_one_is_dropped(tmp_path):
    for name, channels in (("one", 1), ("two", 2)):
        nifti(tmp_path, ["labels"], [name], channels=channels)
    loader = NiftiFileLoader([str(tmp_path)], "labels", grouped=False)
    np.testing.assert_array_equal(loader.get_data(0), voxels("labels", "one", 1)[..., 0])
    np.testing.assert_array_equal(loader.get_data(1), voxels("labels", "two", 2))
    assert load_nifti_file(str(tmp_path / "labels" / "one.nii.gz")).shape == (*SHAPE, 1)


def test_d13_statistics_of_real_data(shared_data):
    data = shared_data / "deepreg_nifti"
    paired = NiftiFileLoader([str(data / "paired/test")], "fixed_images", grouped=False).get_data(0)
    assert paired.shape == (44, 59, 41)
    assert paired.dtype == np.float32
    assert stats(paired) == pytest.approx((68.359276, 65.84009), rel=1e-6)
    unpaired = NiftiFileLoader([str(data / "unpaired/test")], "images", grouped=False).get_data(0)
    assert unpaired.shape == (64, 64, 60)
    assert stats(unpaired) == pytest.approx((60.073948, 47.27648), rel=1e-6)
    grouped = NiftiFileLoader([str(data / "grouped/test")], "images", grouped=True)
    assert stats(grouped.get_data((0, 1))) == pytest.approx((85.67942, 49.193127), rel=1e-6)


def test_d13_values_are_nibabels_on_real_data(shared_data):
    data = str(shared_data / "deepreg_nifti/unpaired/test")
    for name in ("images", "labels"):
        loader = NiftiFileLoader([data], name, grouped=False)
        for index in range(loader.get_num_images()):
            expected = nib.load(loader.get_source(index).path).dataobj
            np.testing.assert_array_equal(
                loader.get_data(index), np.asarray(expected, dtype=np.float32)
            )


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("shape", [(4, 5, 6), (4, 5, 6, 3), (4, 5), (4, 5, 1, 2, 3)])
def test_d13_values_are_nibabels(tmp_path, dtype, byte_order, shape):
    path = tmp_path / "a.nii"
    write_nifti(path, noise(shape, dtype), byte_order=byte_order, slope=0.3, intercept=-7.1)
    expected = np.asarray(nib.load(path).dataobj, dtype=np.float32)
    found = load_nifti_file(str(path))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    found[...] = 0  # the file is not written to
    np.testing.assert_array_equal(load_nifti_file(str(path)), expected)


def test_other_suffixes_and_broken_files_are_errors_that_name_the_file(tmp_path):
    with pytest.raises(ValueError, match=r"must end with \.nii or \.nii\.gz, found .*a\.h5"):
        load_nifti_file(str(tmp_path / "a.h5"))
    (tmp_path / "a.nii.gz").write_bytes(b"broken")
    with pytest.raises(UnreadableFileError, match=r"a\.nii\.gz"):
        load_nifti_file(str(tmp_path / "a.nii.gz"))


def test_images_are_lazy_and_know_where_they_lie(tmp_path):
    affine = affine_of("LPS", SHAPE, (1, 2, 3))
    for role in ("images", "labels"):
        write_nifti(tmp_path / role / "g" / "a.nii.gz", voxels(role, "a"), affine)
    image = NiftiFileLoader([str(tmp_path)], "images", grouped=True).get_image((0, 0))
    label = NiftiFileLoader([str(tmp_path)], "labels", grouped=False).get_image(0)
    assert type(image) is ScalarImage
    assert type(label) is LabelMap
    np.testing.assert_allclose(image.affine, affine, atol=1e-5)
    np.testing.assert_array_equal(image.data[0], voxels("images", "a"))


def test_a_loader_is_pickled(tmp_path):
    loader = NiftiFileLoader([nifti(tmp_path, ["images"], "ab")], "images", grouped=False)
    again = pickle.loads(pickle.dumps(loader))
    assert again.data_path_splits == loader.data_path_splits
    np.testing.assert_array_equal(again.get_data(1), loader.get_data(1))


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["b.nii.gz", "g/b.nii"])
def test_what_is_no_file_is_an_error_that_names_it(tmp_path, kind, name):
    folder = nifti(tmp_path, ["images"], ["a", "g/c"])
    HOSTILE[kind](tmp_path / "images" / name)
    with pytest.raises(LoaderError, match=rf"images/{name}: .*expected a file"):
        NiftiFileLoader([folder], "images", grouped=False)
    (tmp_path / "images" / name).rename(tmp_path / "images" / "notes.txt")
    assert len(NiftiFileLoader([folder], "images", grouped=False).get_data_ids()) == 2


def test_links_to_files_are_files(tmp_path):
    folder = nifti(tmp_path, ["images"], ["a"])
    (tmp_path / "images" / "b.nii.gz").symlink_to("a.nii.gz")
    loader = NiftiFileLoader([folder], "images", grouped=False)
    np.testing.assert_array_equal(loader.get_data(1), voxels("images", "a"))
