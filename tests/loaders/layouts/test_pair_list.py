from __future__ import annotations

import numpy as np
import pytest

from napari_medload.loaders import DatasetError, open_dataset
from napari_medload.loaders.layouts.pair_list import PairList
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (3, 4, 5)


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("m1", "f1", "m2", "my scan")):
        write_nifti(tmp_path / f"{name}.nii.gz", noise(SHAPE, seed=seed), affine_of("RAS", SHAPE))
    return tmp_path


def opened(folder, text, name="pairs.txt", **options):
    (folder / name).write_text(text, encoding="utf-8")
    return open_dataset(folder / name, **options)


def test_the_first_is_moving_and_the_second_fixed(folder):
    text = f"\ufeff# pairs\n\nm1.nii.gz f1.nii.gz\r\n  m2.nii.gz   {folder}/f1.nii.gz  \n"
    dataset = opened(folder, text)
    assert [s.id for s in dataset] == ["m1–f1", "m2–f1"]
    assert not any(s.problems for s in dataset)
    np.testing.assert_array_equal(dataset[0].moving_image.data[0], noise(SHAPE, seed=0))
    np.testing.assert_array_equal(dataset[0].fixed_image.data[0], noise(SHAPE, seed=1))
    assert (dataset.layout, dataset.alignment) == ("voxelmorph", "same grid")


def test_tabs_allow_spaces_in_paths(folder):
    (sample,) = opened(folder, "my scan.nii.gz\tf1.nii.gz\n")
    assert sample.problems == ()
    np.testing.assert_array_equal(sample.moving_image.data[0], noise(SHAPE, seed=3))


def test_one_path_a_line_makes_single_images(folder):
    dataset = opened(folder, "m1.nii.gz\nf1.nii.gz\n")
    assert [(s.id, s.roles) for s in dataset] == [("m1", ("image",)), ("f1", ("image",))]
    assert dataset.alignment == "none"


def test_lines_that_are_no_pair_are_rows_with_their_reason(folder):
    text = (
        "m1.nii.gz f1.nii.gz\nm1.nii.gz f1.nii.gz m2.nii.gz\nmy scan.nii.gz\ngone.nii f1.nii.gz\n"
    )
    dataset = opened(folder, text)
    assert [bool(s.problems) for s in dataset] == [False, True, True, False]
    assert "line 2 has 3 pieces" in dataset[1].problems[0]
    assert "line 3 has 'my'" in dataset[2].problems[0]
    assert all("tab" in s.problems[0] for s in dataset[1:3])
    with pytest.raises(FileNotFoundError, match="gone"):
        dataset[3].load()


def test_volumes_of_numpy_are_rows_that_say_that_they_cannot_be_read(folder):
    (folder / "a.npz").write_bytes(b"x")
    (sample,) = opened(folder, "a.npz f1.nii.gz\n")
    assert sample.id == "a.npz–f1"
    with pytest.raises(OSError, match=r"a\.npz"):
        sample.moving_image.load()
    np.testing.assert_array_equal(sample.fixed_image.data[0], noise(SHAPE, seed=1))


def test_paths_are_relative_to_the_list_else_to_the_working_directory(folder, monkeypatch):
    work = folder / "work"
    for place, seed in ((work / "here.nii.gz", 7), (work / "m1.nii.gz", 8)):
        write_nifti(place, noise(SHAPE, seed=seed), affine_of("RAS", SHAPE))
    monkeypatch.chdir(work)
    (sample,) = opened(folder, "m1.nii.gz here.nii.gz\n")
    np.testing.assert_array_equal(sample.moving_image.data[0], noise(SHAPE, seed=0))
    np.testing.assert_array_equal(sample.fixed_image.data[0], noise(SHAPE, seed=7))
    monkeypatch.chdir(folder)
    np.testing.assert_array_equal(sample.load()["fixed_image"].data[0], noise(SHAPE, seed=7))


@pytest.mark.parametrize(
    "text",
    [
        "1 liver\n2 spleen\n",
        "0 background 0 0 0 0\n1 liver 221 130 101 255\n",
        "",
        "# only a comment\n",
        "Scans were made with care.\nm1.nii.gz f1.nii.gz\n",
    ],
)
def test_other_text_is_not_claimed(folder, text):
    (folder / "label_names.txt").write_text(text)
    assert not PairList().recognises(folder / "label_names.txt")
    with pytest.raises(DatasetError, match=r"label_names\.txt"):
        open_dataset(folder / "label_names.txt")


def test_text_that_cannot_be_read_is_an_error_that_helps(folder):
    (folder / "x.txt").write_bytes(b"\xff\xfea\x00")
    assert not PairList().recognises(folder / "x.txt")
    with pytest.raises(DatasetError, match=r"x\.txt.*UTF-8"):
        open_dataset(folder / "x.txt", layout="voxelmorph")
    with pytest.raises(DatasetError, match="holds no line"):
        opened(folder, "\n\n", layout="voxelmorph")
