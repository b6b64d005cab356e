"""Several directories: the browser's rows stand in the order that the loaders draw them in."""

from __future__ import annotations

import os

import numpy as np
import pytest

from napari_medload.loaders import (
    DatasetError,
    GroupedDataLoader,
    H5FileLoader,
    NiftiFileLoader,
    PairedDataLoader,
    UnpairedDataLoader,
)
from napari_medload.loaders.deepreg.directories import open_directories
from napari_medload.loaders.epoch import preview_epoch
from napari_medload.loaders.options import LoaderOptions
from tests.phantoms import noise, write_h5, write_nifti

SHAPE = (3, 4, 5)
DIRECTORIES = ("b-2", "b", "a")
NAMES = ("g1/x", "g1-0/y", "g1/z", "g2/x")


def value_of(*parts):
    return sum(ord(letter) * (place + 1) for place, letter in enumerate("".join(parts))) % 30000


def write(root, roles, form, names):
    for directory in DIRECTORIES:
        for role in roles:
            arrays = {name: np.full(SHAPE, value_of(directory, role, name), "f4") for name in names}
            for name, array in arrays.items():
                array[0, 0, 0] += 1
                if form == "nifti":
                    write_nifti(root / directory / role / f"{name}.nii", array)
            if form == "h5":
                write_h5(root / directory / f"{role}.h5", **arrays)


@pytest.fixture(params=["nifti", "h5"])
def form(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return request.param


def drawn(epoch):
    """Value of the second voxel of each image: it tells directory, role and name."""
    return [
        tuple(
            float(row.image_for(role).data[0, 0, 0, 1]) for role in ("moving_image", "fixed_image")
        )
        for row in epoch.dataset
    ]


def yielded(loader):
    return [
        tuple(
            float(side.get_data(index)[0, 0, 1])
            for side, index in (
                (loader.loader_moving_image, moving),
                (loader.loader_fixed_image, fixed),
            )
        )
        for moving, fixed, _indices in loader.sample_index_generator()
    ]


def file_loader(form):
    return NiftiFileLoader if form == "nifti" else H5FileLoader


def keys(form):
    return (
        NAMES
        if form == "nifti"
        else tuple(f"group-{n.replace('-', '').replace('/', '-')}" for n in NAMES)
    )


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_paired_and_unpaired_rows_are_what_the_loaders_yield(form, seed, tmp_path):
    options = LoaderOptions(labeled=False, seed=seed)
    common = {"labeled": False, "sample_label": "all", "seed": seed}
    names = [name.replace("/", "_") for name in NAMES]
    write(tmp_path, ("fixed_images", "moving_images"), form, names)
    loader = PairedDataLoader(
        file_loader(form), list(DIRECTORIES), moving_image_shape=SHAPE, fixed_image_shape=SHAPE,
        **common,
    )  # fmt: skip
    assert drawn(preview_epoch(open_directories(DIRECTORIES), options)) == yielded(loader)
    loader.close()
    write(tmp_path / "single", ("images",), form, names)
    os.chdir(tmp_path / "single")
    loader = UnpairedDataLoader(file_loader(form), list(DIRECTORIES), image_shape=SHAPE, **common)
    dataset = open_directories(DIRECTORIES, "unpaired")
    assert drawn(preview_epoch(dataset, options)) == yielded(loader)
    loader.close()


@pytest.mark.parametrize(
    ("probability", "sampled"), [(1.0, False), (0.0, False), (0.5, True), (1.0, True)]
)
@pytest.mark.parametrize("seed", [0, 3])
def test_grouped_rows_are_what_the_loader_yields(form, seed, probability, sampled, tmp_path):
    write(tmp_path, ("images",), form, keys(form))
    options = LoaderOptions(
        labeled=False, seed=seed, intra_group_prob=probability, sample_image_in_group=sampled
    )
    loader = GroupedDataLoader(
        file_loader(form), list(DIRECTORIES), labeled=False, sample_label="all", seed=seed,
        intra_group_prob=probability, intra_group_option="forward",
        sample_image_in_group=sampled, image_shape=SHAPE,
    )  # fmt: skip
    dataset = open_directories(DIRECTORIES, "grouped")
    assert len({sample.group for sample in dataset}) == loader.num_groups == 9
    epoch = preview_epoch(dataset, options)
    assert drawn(epoch) == yielded(loader)
    assert epoch.expected == loader.num_samples
    loader.close()


def test_ids_tell_directories_apart(tmp_path):
    for above in ("one/train", "two/train"):
        write_nifti(tmp_path / above / "images" / "x.nii", noise(SHAPE))
    places = [tmp_path / "one/train", tmp_path / "two/train"]
    dataset = open_directories(places)
    assert [sample.id for sample in dataset] == ["one/train/x", "two/train/x"]
    assert dataset.name == "one/train + two/train"
    assert dataset.options.directories == tuple(map(str, places))
    assert not dataset.findable


def test_what_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(DatasetError, match="gone"):
        open_directories([tmp_path / "gone"])
    with pytest.raises(DatasetError, match="no directory"):
        open_directories([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"empty: holds no samples; expected .*moving_images"):
        open_directories([tmp_path / "empty"])
    (tmp_path / "bare").mkdir()
    with pytest.raises(DatasetError, match=r"bare: hold no samples; expected .* in each"):
        open_directories([tmp_path / "empty", tmp_path / "bare"])


@pytest.mark.parametrize("twice", [("d", "d/"), ("d", "d"), ("d", "./d"), ("d", "e/../d")])
def test_d06_a_directory_that_is_named_twice_is_an_error(tmp_path, monkeypatch, twice):
    monkeypatch.chdir(tmp_path)
    write_nifti(tmp_path / "d" / "images" / "x.nii", noise(SHAPE))
    with pytest.raises(DatasetError, match=r"repeated elements.* are one folder"):
        open_directories(twice)
    with pytest.raises(ValueError, match="repeated elements"):  # as the loaders
        UnpairedDataLoader(NiftiFileLoader, list(twice), False, "all", 0, SHAPE)
