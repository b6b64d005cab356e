"""Streams of batches, and reading ahead."""

import threading
from functools import partial
from itertools import islice

import numpy as np
import pytest

from napari_medload.loaders import NiftiFileLoader, PairedDataLoader
from napari_medload.loaders.deepreg import NumpyDataset, resize
from napari_medload.loaders.deepreg.ahead import in_order
from napari_medload.loaders.errors import LoaderError
from tests.loaders.deepreg.folders import PAIRED, SHAPE, nifti


def stream(count):
    return NumpyDataset(lambda: iter([{"x": np.array([n])} for n in range(count)]))


def shown(dataset, count=None):
    return [sample["x"].ravel().tolist() for sample in islice(dataset, count)]


@pytest.fixture
def loader(tmp_path):
    folder = nifti(tmp_path, PAIRED, "abcde")
    return PairedDataLoader(NiftiFileLoader, [folder], True, "all", 0, (3, 4, 5), (6, 6, 6))


def test_d28_a_dataset_is_resized_and_iterated_again(loader):
    dataset = loader.get_dataset()
    for _ in range(2):
        for raw, sample in zip(loader, dataset, strict=True):
            assert raw["moving_image"].shape == raw["fixed_label"].shape == SHAPE
            for side, shape in (("moving", (3, 4, 5)), ("fixed", (6, 6, 6))):
                for kind in ("image", "label"):
                    found = sample[f"{side}_{kind}"]
                    assert found.dtype == np.float32
                    np.testing.assert_array_equal(found, resize(raw[f"{side}_{kind}"], shape))
            np.testing.assert_array_equal(sample["indices"], raw["indices"])


def test_batches_for_training_are_full_and_without_end(loader):
    dataset = loader.get_dataset_and_preprocess(
        training=True, batch_size=2, repeat=True, shuffle_buffer_num_batch=1
    )
    batches = list(dataset.take(5))
    for batch in batches:
        assert batch["moving_image"].shape == batch["moving_label"].shape == (2, 3, 4, 5)
        assert batch["fixed_image"].shape == batch["fixed_label"].shape == (2, 6, 6, 6)
        assert batch["indices"].shape == (2, 2)
    indices = np.concatenate([batch["indices"][:, 0] for batch in batches])
    assert sorted(indices[:5]) == sorted(indices[5:]) == [0, 1, 2, 3, 4]


def test_batches_for_testing_keep_order_and_rest(loader):
    batches = list(loader.get_dataset_and_preprocess(False, 2, False, 3))
    assert [len(batch["indices"]) for batch in batches] == [2, 2, 1]
    found = np.concatenate([batch["indices"][:, 0] for batch in batches]).tolist()
    assert found == [2, 1, 0, 4, 3]
    assert len(list(loader.get_dataset_and_preprocess(True, 2, False, 0))) == 2


def test_augmentation_is_refused_with_a_remedy(loader):
    with pytest.raises(NotImplementedError, match="TorchIO or MONAI"):
        loader.get_dataset_and_preprocess(True, 1, True, 1, data_augmentation={"name": "affine"})


def test_a_buffer_shuffles_all_of_each_epoch():
    dataset = stream(50).shuffle(10, seed=0)
    first, second = shown(dataset), shown(dataset)
    assert sorted(first) == sorted(second) == [[n] for n in range(50)]
    assert first != second
    assert first != sorted(first)
    # what is drawn n-th has entered a buffer of ten by then
    assert all(value[0] < place + 10 for place, value in enumerate(first))
    assert shown(stream(50).shuffle(10, seed=0)) == first


def test_repeat_batch_and_take():
    assert shown(stream(3).repeat(), 7) == [[0], [1], [2], [0], [1], [2], [0]]
    assert shown(stream(0).repeat()) == []
    assert shown(stream(5).batch(2)) == [[0, 1], [2, 3], [4]]
    assert shown(stream(5).batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]
    assert shown(stream(3).repeat().batch(2).take(2)) == [[0, 1], [2, 0]]


@pytest.mark.parametrize("size", [0, -1, 1.5, None, True])
def test_sizes_are_whole_numbers_from_1(size):
    for call, name in ((stream(3).batch, "batch_size"), (stream(3).shuffle, "buffer_size")):
        with pytest.raises(LoaderError, match=f"{name} must be an int from 1"):
            call(size)


@pytest.mark.parametrize("workers", [0, 1, 3, 20])
def test_d10_results_come_in_order(workers):
    jobs = ((n, [partial(pow, n, 2), partial(pow, n, 3)]) for n in range(30))
    assert list(in_order(jobs, workers)) == [(n, [n**2, n**3]) for n in range(30)]


@pytest.mark.parametrize("workers", [1, 2, 50])
def test_d10_reading_ahead_is_never_far(workers):
    asked = []

    def jobs():
        for n in range(100):
            asked.append(n)
            yield n, [lambda: None]

    for n, _ in in_order(jobs(), workers):
        assert len(asked) <= n + 1 + 3


def running():
    return [t for t in threading.enumerate() if t.name.startswith("medload-ahead")]


@pytest.mark.parametrize("workers", [1, 4])
def test_d10_threads_end_with_the_generator(loader, workers):
    loader.workers = workers
    samples = loader.data_generator()
    next(samples)
    assert running()
    samples.close()
    assert not running()
    list(loader)
    assert not running()
    for _ in loader:
        break
    assert not running()


def test_d10_without_threads_nothing_is_read_ahead(tmp_path):
    folder = nifti(tmp_path, PAIRED[:2], "ab")
    loader = PairedDataLoader(NiftiFileLoader, [folder], False, "all", 0, SHAPE, SHAPE, workers=0)
    read = []

    class Told(NiftiFileLoader):
        def get_data(self, index):
            read.append(threading.current_thread())
            return super().get_data(index)

    loader.loader_moving_image = Told([folder], "moving_images", False)
    assert next(iter(loader))["indices"].tolist() == [0, -1]
    assert read == [threading.main_thread()]


def test_d10_an_error_comes_in_its_turn_and_ends_the_threads(loader, tmp_path):
    (tmp_path / "fixed_images" / "a.nii.gz").write_bytes(b"broken")  # the third of the epoch
    samples = loader.data_generator()
    assert [int(next(samples)["indices"][0]) for _ in range(2)] == [2, 1]
    with pytest.raises(OSError, match=r"a\.nii\.gz"):
        next(samples)
    assert not running()
