"""What loaders of pairs have in common: options, shapes, errors and handles."""

import h5py
import nibabel as nib
import numpy as np
import pytest

from napari_medload.loaders import H5FileLoader, NiftiFileLoader
from napari_medload.loaders.deepreg import (
    AbstractPairedDataLoader,
    AbstractUnpairedDataLoader,
    DataLoader,
    FileLoader,
    GeneratorDataLoader,
)
from napari_medload.loaders.errors import LoaderError
from tests.loaders.deepreg.folders import (
    PAIRED,
    SHAPE,
    SINGLE,
    grouped,
    h5,
    nifti,
    paired,
    unpaired,
    voxels,
)


@pytest.mark.parametrize(
    "changed",
    [
        {"labeled": 2},
        {"sample_label": "some"},
        {"num_indices": 0},
        {"seed": 0.5},
        {"seed": "0"},
        {"seed": True},
        {"num_indices": True},
        {"labeled": "yes"},
    ],
)
def test_wrong_options_are_errors_of_both_kinds(changed):
    options = {"labeled": True, "num_indices": 1, "sample_label": "all", "seed": 0} | changed
    for kind in (AssertionError, ValueError):
        with pytest.raises(kind, match=next(iter(changed))):
            DataLoader(**options)


def test_the_base_class_leaves_the_rest_to_others():
    loader = DataLoader(labeled=None, num_indices=None, sample_label=None)
    for name in ("moving_image_shape", "fixed_image_shape", "num_samples"):
        with pytest.raises(NotImplementedError):
            getattr(loader, name)
    with pytest.raises(NotImplementedError):
        loader.get_dataset()
    with pytest.raises(NotImplementedError):
        GeneratorDataLoader(
            labeled=True, num_indices=1, sample_label="all"
        ).sample_index_generator()
    loader.close()
    with pytest.raises(AttributeError, match="object has no attribute"):
        _ = loader.loader_moving_image


def test_shapes_have_three_sizes():
    options = {"labeled": True, "sample_label": "sample"}
    with pytest.raises(ValueError, match="moving_image_shape and fixed_image_shape have length of"):
        AbstractPairedDataLoader(moving_image_shape=(2, 2), fixed_image_shape=(3, 3), **options)
    with pytest.raises(ValueError, match="image_shape has to be length of three"):
        AbstractUnpairedDataLoader(image_shape=(2, 2), **options)
    pair = AbstractPairedDataLoader([8, 8, 4], [6, 6, 4], **options)
    assert (pair.moving_image_shape, pair.fixed_image_shape) == ((8, 8, 4), (6, 6, 4))
    assert (pair.num_indices, pair.num_samples) == (2, None)
    single = AbstractUnpairedDataLoader(image_shape=[8, 8, 4], **options)
    assert single.moving_image_shape == single.fixed_image_shape == single.image_shape == (8, 8, 4)
    assert (single.num_indices, single.num_samples) == (3, None)


@pytest.mark.parametrize("shape", [None, 64, "abc", (1, 2, 3.0), (1, 2, 0), {1, 2, 3}, [True] * 3])
def test_what_is_no_shape_is_an_error_that_shows_it(shape):
    options = {"labeled": True, "sample_label": "sample"}
    with pytest.raises(LoaderError, match="image_shape has to be") as raised:
        AbstractUnpairedDataLoader(image_shape=shape, **options)
    assert repr(shape) in str(raised.value)
    for name in ("moving_image_shape", "fixed_image_shape"):
        shapes = {"moving_image_shape": SHAPE, "fixed_image_shape": SHAPE} | {name: shape}
        with pytest.raises(LoaderError, match="have length of three") as raised:
            AbstractPairedDataLoader(**shapes, **options)
        assert repr(shape) in str(raised.value)
    assert AbstractUnpairedDataLoader(np.array(SHAPE), **options).image_shape == SHAPE


@pytest.mark.parametrize("prob", [None, "0.5", True, [1], 1j])
def test_a_probability_is_a_number(tmp_path, prob):
    folder = nifti(tmp_path, ["images"], ["g/a", "g/b"])
    with pytest.raises(LoaderError, match="intra_group_prob must be a number") as raised:
        grouped([folder], prob=prob)
    assert repr(prob) in str(raised.value)
    assert len(grouped([folder], prob=np.float32(1))) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("batch_size", -1),
        ("batch_size", 1.5),
        ("batch_size", None),
        ("batch_size", True),
        ("shuffle_buffer_num_batch", -1),
        ("shuffle_buffer_num_batch", 0.5),
        ("shuffle_buffer_num_batch", None),
    ],
)
def test_sizes_of_batches_are_whole_numbers(tmp_path, name, value):
    loader = unpaired([nifti(tmp_path, ["images"], "ab")])
    options = {"batch_size": 1, "shuffle_buffer_num_batch": 1} | {name: value}
    for training in (True, False):
        with pytest.raises(LoaderError, match=rf"{name} must be an int from") as raised:
            loader.get_dataset_and_preprocess(training, repeat=False, **options)
        assert f"found {value!r}" in str(raised.value)
    options = {"batch_size": np.int64(1), "shuffle_buffer_num_batch": np.int32(1)}
    assert len(list(loader.get_dataset_and_preprocess(True, repeat=False, **options))) == 1


@pytest.mark.parametrize("folders", [[0, "1", 2], "data", ("data",), [None]])
def test_folders_are_a_list_of_texts(folders):
    for make in (paired, unpaired, grouped):
        with pytest.raises(AssertionError, match="data_dir_paths must be list of strings"):
            make(folders)


def test_file_loaders_of_others_need_four_methods():
    loader = FileLoader(dir_paths=["/somewhere/"], name="images", grouped=True)
    calls = (
        loader.set_data_structure,
        loader.set_group_structure,
        lambda: loader.get_data(1),
        loader.get_data_ids,
        loader.get_num_images,
        loader.close,
    )
    for call in calls:
        with pytest.raises(NotImplementedError):
            call()
    for call in (loader.get_num_groups, loader.get_num_images_per_group):
        with pytest.raises(AssertionError):
            call()
    loader.group_struct = [[1, 2], [3, 4], [5, 6]]
    assert loader.get_num_groups() == 3
    assert loader.get_num_images_per_group() == [2, 2, 2]
    loader.group_struct = [[], [3, 4], [5, 6]]
    with pytest.raises(ValueError) as raised:
        loader.get_num_images_per_group()
    assert "Groups of ID [0, 2, 2] are empty." in str(raised.value)
    assert "the empty ones are [0]" in str(raised.value)


class Answer:
    """A file loader of which nothing is known but what it returns."""

    def __init__(self, array):
        self.array = array

    def get_data(self, index):
        assert index == (1, 2)
        return self.array


@pytest.mark.parametrize("workers", [0, 2])
def test_an_instance_takes_generators_and_loaders_of_others(workers):
    image, label = np.arange(24.0).reshape(2, 3, 4), np.ones((2, 3, 4))
    loader = GeneratorDataLoader(labeled=True, num_indices=1, sample_label="all", workers=workers)
    loader.sample_index_generator = lambda: [[(1, 2), (1, 2), [1]]]
    loader.loader_moving_image = loader.loader_fixed_image = Answer(image)
    loader.loader_moving_label = loader.loader_fixed_label = Answer(label)
    (sample,) = loader.data_generator()
    np.testing.assert_array_equal(sample["fixed_image"], image / 23)
    np.testing.assert_array_equal(sample["moving_label"], label)
    assert sample["indices"].tolist() == [1, 0]
    loader.data_generator = lambda: iter([{"fixed_image": image, "indices": [1]}] * 3)
    dataset = loader.get_dataset()
    for _ in range(2):
        found = list(dataset.as_numpy_iterator())
        assert len(found) == 3
        np.testing.assert_array_equal(found[0]["fixed_image"], image)


def test_arrays_that_a_file_loader_keeps_are_left_alone(tmp_path):
    folder = nifti(tmp_path, SINGLE[:1], "ab")
    kept = {index: voxels("images", "ab"[index]).astype(np.float32) for index in (0, 1)}

    class Cached(NiftiFileLoader):
        def get_data(self, index):
            return kept[index]

    derived = unpaired([folder], files=Cached)
    replaced = unpaired([folder])
    replaced.loader_moving_image.get_data = lambda index: kept[index]
    for loader in (derived, replaced):
        (sample,) = loader
        assert sample["moving_image"].max() == 1
        for index, array in kept.items():
            np.testing.assert_array_equal(array, voxels("images", "ab"[index]))


def test_an_error_names_the_files_of_its_pair(tmp_path):
    nifti(tmp_path, PAIRED, "a")
    for role in PAIRED[2:]:
        path = tmp_path / role / "a.nii.gz"
        nib.save(nib.Nifti1Image(np.full(SHAPE, 2, np.uint8), np.eye(4)), path)
    with pytest.raises(ValueError, match=r"values are not between \[0, 1\].*one channel") as raised:
        list(paired([str(tmp_path)], labeled=True))
    for role in PAIRED[:2]:
        assert str(tmp_path / role / "a.nii.gz") in str(raised.value)
    image = nib.Nifti1Image(np.full(SHAPE, np.nan, np.float32), np.eye(4))
    nib.save(image, tmp_path / "fixed_images" / "a.nii.gz")
    with pytest.raises(AssertionError, match=r"fixed_images.a\.nii\.gz: .*finite"):
        list(paired([str(tmp_path)]))


@pytest.mark.parametrize("make", [paired, unpaired])
def test_d09_close_closes_every_role(tmp_path, make):
    roles = PAIRED if make is paired else SINGLE
    loader = make([h5(tmp_path, roles, "ab")], labeled=True, files=H5FileLoader)
    loader.close()
    for role in PAIRED:
        assert not any(getattr(loader, f"loader_{role[:-1]}").h5_files.values())


def test_d09_nothing_stays_open_where_a_role_fails(tmp_path):
    folder = h5(tmp_path, SINGLE[:1], "ab")
    h5(tmp_path, SINGLE[1:], "a")
    # while its traceback is kept, nothing but close() closes a file
    with pytest.raises(ValueError, match="labeled in part") as raised:
        unpaired([folder], labeled=True, files=H5FileLoader)
    for role in SINGLE:
        h5py.File(tmp_path / f"{role}.h5", "a").close()  # refused while a handle is left open
    assert raised.traceback


def test_several_folders_are_one_set(tmp_path):
    folders = [nifti(tmp_path / "x", PAIRED, "ab"), h5(tmp_path / "y", PAIRED, "a")]
    nifti(tmp_path / "y", PAIRED, ["c"])
    loader = paired(folders, labeled=True)
    assert loader.loader_moving_label.get_data_ids() == [
        (folders[0], "a"),
        (folders[0], "b"),
        (folders[1], "c"),
    ]
    assert len(list(loader)) == 3
