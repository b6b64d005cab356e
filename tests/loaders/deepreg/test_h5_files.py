import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import h5py
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError
from napari_medload.images import LabelMap, ScalarImage
from napari_medload.loaders import H5FileLoader, UnpairedDataLoader
from napari_medload.loaders.errors import LoaderError
from tests.loaders.deepreg.folders import SHAPE, h5, voxels
from tests.phantoms import write_h5


@pytest.fixture
def opened():
    """Loaders that are closed in the end."""
    made = []

    def make(*arguments, **options):
        made.append(H5FileLoader(*arguments, **options))
        return made[-1]

    yield make
    for loader in made:
        loader.close()


def test_d07_splits_of_real_data(shared_data, monkeypatch, opened):
    monkeypatch.chdir(shared_data / "deepreg_h5")
    loader = opened(["./grouped/train", "./grouped/test"], "images", grouped=True)
    assert loader.data_path_splits == [
        ("./grouped/train", "1", "1"),
        ("./grouped/train", "1", "2"),
        ("./grouped/train", "2", "1"),
        ("./grouped/train", "2", "2"),
        ("./grouped/test", "1", "1"),
        ("./grouped/test", "1", "2"),
    ]
    assert loader.group_struct == [[4, 5], [0, 1], [2, 3]]
    assert [file.filename for file in loader.h5_files.values()] == [
        "./grouped/train/images.h5",
        "./grouped/test/images.h5",
    ]
    assert loader.get_data_ids() == loader.data_path_splits
    paired = opened(["paired/test"], "fixed_images", grouped=False)
    assert paired.data_path_splits == [("paired/test", "case000025.nii.gz")]
    assert paired.group_struct is None


def test_d07_groups_are_sorted_by_folder_and_name(tmp_path, opened):
    keys = [f"group-{group}-{image}" for group, count in ((1, 4), (2, 3)) for image in range(count)]
    train = h5(tmp_path / "train", ["images"], keys)
    test = h5(tmp_path / "test", ["images"], keys[:2])
    loader = opened([train, test], "images", grouped=True)
    assert [split[0] for split in loader.data_path_splits] == [train] * 7 + [test] * 2
    assert loader.group_struct == [[7, 8], [0, 1, 2, 3], [4, 5, 6]]
    np.testing.assert_array_equal(loader.get_data((0, 1)), voxels("images", "group-1-1"))


def test_d07_folders_stay_in_order_and_keys_are_sorted_as_text(tmp_path, opened):
    late = h5(tmp_path / "z", ["images"], ["10", "2", "1"])
    early = h5(tmp_path / "a", ["images"], ["b", "a"])
    loader = opened([late, early], "images", grouped=False)
    expected = [(late, "1"), (late, "10"), (late, "2"), (early, "a"), (early, "b")]
    assert loader.data_path_splits == expected
    for index, (_, key) in enumerate(expected):
        np.testing.assert_array_equal(loader.get_data(index), voxels("images", key))
    assert loader.get_num_images() == 5


def test_d07_natural_order_where_it_is_asked_for(tmp_path, opened):
    folder = h5(tmp_path, ["images"], ["10", "2", "x1y10", "x1y9", "1"])
    loader = opened([folder], "images", grouped=False, natural_sort=True)
    assert [key for _, key in loader.data_path_splits] == ["1", "2", "10", "x1y9", "x1y10"]
    keys = ["group-10-1", "group-9-10", "group-9-9"]
    folder = h5(tmp_path / "grouped", ["images"], keys)
    loader = opened([folder], "images", grouped=True, natural_sort=True)
    assert [split[1:] for split in loader.data_path_splits] == [
        ("9", "9"),
        ("9", "10"),
        ("10", "1"),
    ]
    assert loader.group_struct == [[0, 1], [2]]
    as_deepreg = opened([folder], "images", grouped=True)
    assert [split[1:] for split in as_deepreg.data_path_splits] == [
        ("10", "1"),
        ("9", "10"),
        ("9", "9"),
    ]


def test_d08_groups_are_any_text(tmp_path, opened):
    keys = ["group-b-x", "group-a-2", "group-b-a"]
    loader = opened([h5(tmp_path, ["images"], keys)], "images", grouped=True)
    assert loader.group_struct == [[0], [1, 2]]
    np.testing.assert_array_equal(loader.get_data((1, 0)), voxels("images", "group-b-a"))


@pytest.mark.parametrize("key", ["case1", "group-1", "group-1-2-3", "Group-1-1", "groups-1-1"])
def test_d08_a_key_without_its_group_is_an_error_that_names_it(tmp_path, key):
    folder = h5(tmp_path, ["images"], ["group-1-1", key])
    for kind in (AssertionError, ValueError):
        with pytest.raises(kind, match="h5_file keys must be of form group-X-Y") as raised:
            H5FileLoader([folder], "images", grouped=True)
        assert f"'{key}'" in str(raised.value)
        assert str(tmp_path / "images.h5") in str(raised.value)
    h5py.File(tmp_path / "images.h5", "a").close()  # refused while a handle is left open


def test_d06_missing_twice_or_empty(tmp_path):
    folder = h5(tmp_path / "d", ["images"], ["a"])
    with pytest.raises(AssertionError, match=r"labels\.h5 does not exist"):
        H5FileLoader([folder], "labels", grouped=False)
    with pytest.raises(ValueError, match="dir_paths have repeated elements"):
        H5FileLoader([folder, folder + "/"], "images", grouped=False)
    with pytest.raises(AssertionError, match="dir_paths must be list"):
        H5FileLoader(folder, "images", grouped=False)
    write_h5(tmp_path / "empty.h5")
    with pytest.raises(ValueError, match="No data collected"):
        H5FileLoader([str(tmp_path)], "empty", grouped=False)


def test_d09_close_closes_every_file(tmp_path):
    folders = [h5(tmp_path / name, ["images"], ["a"]) for name in "xy"]
    loader = H5FileLoader(folders, "images", grouped=False)
    assert all(loader.h5_files.values())
    assert list(loader.h5_files) == folders
    loader.close()
    assert not any(loader.h5_files.values())
    loader.close()
    with pytest.raises(LoaderError, match="was closed"):
        loader.get_data(0)


@pytest.mark.parametrize("second", ["broken", "missing"])
def test_d09_nothing_stays_open_where_a_later_file_fails(tmp_path, second):
    good = h5(tmp_path / "good", ["images"], ["a"])
    if second == "broken":
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "images.h5").write_bytes(b"no HDF5")
    kind = UnreadableFileError if second == "broken" else AssertionError
    # while its traceback is kept, nothing but close() closes a file
    with pytest.raises(kind, match=rf"{second}.images\.h5") as raised:
        H5FileLoader([good, str(tmp_path / second)], "images", grouped=False)
    h5py.File(tmp_path / "good" / "images.h5", "a").close()  # refused while a handle is left open
    assert raised.traceback


def _first(loader):
    array = loader.get_data(0)
    loader.close()
    return array


def test_d10_a_worker_process_reads(tmp_path, opened):
    loader = opened([h5(tmp_path, ["images"], ["a"])], "images", grouped=False)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        found = pool.submit(_first, loader).result()
    np.testing.assert_array_equal(found, voxels("images", "a"))
    np.testing.assert_array_equal(loader.get_data(0), found)  # ours is open still


def _epoch(loader):
    samples = [sample["indices"].tolist() for sample in loader]
    loader.close()
    return samples


def test_d10_a_worker_process_iterates_pairs(tmp_path):
    folder = h5(tmp_path, ["images", "labels"], ["a", "b", "c", "d"])
    loader = UnpairedDataLoader(H5FileLoader, [folder], True, "all", 0, SHAPE, label_seed=3)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        assert pool.submit(_epoch, loader).result() == _epoch(loader)


def test_d10_a_closed_loader_stays_closed(tmp_path):
    loader = H5FileLoader([h5(tmp_path, ["images"], ["a"])], "images", grouped=False)
    loader.close()
    again = pickle.loads(pickle.dumps(loader))
    assert again.get_data_ids() == loader.get_data_ids()
    with pytest.raises(LoaderError, match="was closed"):
        again.get_data(0)


@pytest.mark.parametrize(
    ("index", "kind"),
    [(-1, AssertionError), (64, IndexError), ((0, 1), AssertionError), ("wrong", ValueError)],
)
def test_d11_wrong_indices(tmp_path, opened, index, kind):
    loader = opened([h5(tmp_path, ["images"], ["a"])], "images", grouped=False)
    with pytest.raises(kind):
        loader.get_data(index=index)
    np.testing.assert_array_equal(loader.get_data(np.int64(0)), voxels("images", "a"))


def test_d12_a_fourth_axis_of_one_is_dropped(tmp_path, opened):
    loader = opened([h5(tmp_path, ["labels"], ["a"], channels=1)], "labels", grouped=False)
    assert loader.get_data(0).shape == SHAPE
    assert loader.get_data(0).dtype == np.float32


def test_d13_statistics_of_real_data(shared_data, opened):
    data = shared_data / "deepreg_h5"
    paired = opened([str(data / "paired/test")], "fixed_images", grouped=False).get_data(0)
    assert paired.shape == (44, 59, 41)
    assert paired.mean(dtype=float) == pytest.approx(68.359276, rel=1e-6)
    assert paired.std(dtype=float) == pytest.approx(65.84009, rel=1e-6)
    grouped = opened([str(data / "grouped/test")], "images", grouped=True).get_data((0, 1))
    assert grouped.mean(dtype=float) == pytest.approx(60.073948, rel=1e-6)


def test_what_lies_outside_the_file_or_is_no_number_is_refused(tmp_path, opened):
    write_h5(tmp_path / "secret.h5", a=voxels("images", "a"))
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["external"] = h5py.ExternalLink("secret.h5", "/a")
        file["nowhere"] = h5py.SoftLink("/gone")
        file["text"] = np.array([[b"a", b"b"]])
        file.create_dataset("huge", shape=(1 << 20, 1 << 20), dtype="f8")
        file.create_group("folder")
    loader = opened([str(tmp_path)], "images", grouped=False)
    for index, (_, key) in enumerate(loader.get_data_ids()):
        with pytest.raises(UnreadableFileError, match=key) as raised:
            loader.get_data(index)
        assert "images.h5" in str(raised.value)


def test_images_are_lazy(tmp_path, opened):
    folder = h5(tmp_path, ["images", "labels"], ["group-1-a"])
    image = opened([folder], "images", grouped=True).get_image((0, 0))
    assert type(image) is ScalarImage
    np.testing.assert_array_equal(image.data[0], voxels("images", "group-1-a"))
    assert type(opened([folder], "labels", grouped=False).get_image(0)) is LabelMap


def test_options_reach_the_file_loader_through_a_partial(tmp_path):
    folder = h5(tmp_path, ["images"], ["10", "9"])
    made = partial(H5FileLoader, natural_sort=True)
    loader = UnpairedDataLoader(made, [folder], False, "all", 0, SHAPE)
    assert [key for _, key in loader.loader_moving_image.get_data_ids()] == ["9", "10"]
    loader.close()
