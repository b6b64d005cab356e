"""Errors of `open_dataset` say what was found, and the nearest remedy first."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.loaders import DatasetCatalog, DatasetError, open_dataset
from tests.phantoms import noise, write_nifti

SHAPE = (3, 4, 5)


def message(path, **how):
    with pytest.raises(DatasetError) as caught:
        open_dataset(path, **how)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("fixed_image", "fixed_images"),
        ("moving_imgs", "moving_images"),
        ("imageTr", "imagesTr"),
        ("Images", "images"),
    ],
)
def test_a_folder_that_is_nearly_right_is_asked_after_first(tmp_path, wrong, right):
    (tmp_path / wrong).mkdir()
    write_nifti(tmp_path / wrong / "sub" / "a.nii.gz", noise(SHAPE))
    said = message(tmp_path)
    assert f"found {wrong}. Did you mean '{right}' by '{wrong}'? Rename it." in said
    assert said.index("Did you mean") < said.index("Expected one of")


def test_an_h5_file_that_is_nearly_right_is_asked_after(tmp_path):
    (tmp_path / "moving_images.h5").touch()
    (tmp_path / "fixed_image.h5").touch()
    said = message(tmp_path)
    assert "Did you mean 'fixed_images.h5' by 'fixed_image.h5'?" in said
    assert "Add fixed_images" in said


def test_a_list_that_lies_there_is_proposed(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "datalist.json").write_text(json.dumps({"training": [{"image": "deep/a.nii"}]}))
    said = message(tmp_path)
    assert "Open datalist.json in it." in said
    assert said.index("Open datalist.json") < said.index("Expected one of")


def test_a_folder_without_anything_near_has_the_usual_remedies(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    said = message(tmp_path)
    assert "found notes.txt. Open the folder above or below. Give a CSV or JSON list" in said


@pytest.fixture
def registered():
    names = ("my_scans_train", "my_scans_test")
    for name in names:
        DatasetCatalog.register(name, list, overwrite=True)
    yield names
    for name in names:
        DatasetCatalog.remove(name)


def test_a_registered_name_that_is_mistyped_is_asked_after(registered):
    said = message("my_scan_train")
    assert "no such file or folder" in said
    assert all(name in said for name in registered)
    assert said.endswith("Did you mean 'my_scans_train'?")


def test_a_missing_split_is_told_with_a_remedy(tmp_path):
    for split in ("train", "test"):
        write_nifti(tmp_path / split / "images" / "a.nii", noise(SHAPE))
    path = tmp_path / "x.csv"
    path.write_text("image,split\na.nii,train\nb.nii,test\n")
    assert "found train, test. Choose one of these" in message(path, split="valid")
    write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8))
    assert "found none. Open it without a split." in message(tmp_path / "a.nii", split="test")
