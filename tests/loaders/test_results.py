"""Transforms, warped images and landmarks beside pairs: lists, patterns, folders."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Source
from napari_medload.loaders import DatasetError, Sample, open_dataset
from napari_medload.loaders.sample import image_of, is_image_role, suffix_in_role
from tests.phantoms import noise, write_h5, write_nifti

SHAPE = (4, 5, 6)
POINTS = "label,r,a,s\napex,1,2,3\n"
EXTRAS = ("transform", "warped_image", "warped_label", "fixed_landmarks", "moving_landmarks")


def write_result(folder, name="case1", transform="tfm"):
    """Write a pair and everything that a registration can leave, each in its folder."""
    for role in ("fixed_images", "moving_images", "warped_images", "warped_labels"):
        write_nifti(folder / role / f"{name}.nii.gz", noise(SHAPE, np.uint8))
    for role in ("transforms", "fixed_landmarks", "moving_landmarks"):
        (folder / role).mkdir(exist_ok=True)
    sitk.WriteTransform(sitk.AffineTransform(3), str(folder / "transforms" / f"{name}.{transform}"))
    (folder / "fixed_landmarks" / f"{name}.csv").write_text(POINTS)
    (folder / "moving_landmarks" / f"{name}.fcsv").write_text("n,1,2,3\n")
    return folder


def named(sample):
    return {role: source.path.name for role, source in sample.sources.items()}


def test_folders_beside_those_of_pairs_hold_results(tmp_path):
    write_result(tmp_path)
    write_nifti(tmp_path / "fixed_images" / "case2.nii.gz", noise(SHAPE))
    write_nifti(tmp_path / "moving_images" / "case2.nii.gz", noise(SHAPE))
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "paired"
    one, two = dataset
    assert one.id == "case1"
    assert named(one) == {
        "fixed_image": "case1.nii.gz",
        "moving_image": "case1.nii.gz",
        "transform": "case1.tfm",
        "warped_image": "case1.nii.gz",
        "warped_label": "case1.nii.gz",
        "fixed_landmarks": "case1.csv",
        "moving_landmarks": "case1.fcsv",
    }
    assert one.sources["transform"].path == tmp_path / "transforms" / "case1.tfm"
    assert two.roles == ("fixed_image", "moving_image")
    assert not one.problems
    assert not two.problems


def test_splits_and_folders_below_hold_results_too(tmp_path):
    for role in ("fixed_images", "moving_images"):
        write_nifti(tmp_path / "train" / role / "site" / "case1.nii", noise(SHAPE))
    (tmp_path / "train" / "transforms" / "site").mkdir(parents=True)
    sitk.WriteTransform(
        sitk.AffineTransform(3), str(tmp_path / "train" / "transforms" / "site" / "case1.h5")
    )
    (sample,) = open_dataset(tmp_path)
    assert sample.id == "train/site/case1"
    assert named(sample)["transform"] == "case1.h5"


def test_keys_of_an_hdf5_file_name_results(tmp_path):
    for role in ("fixed_images", "moving_images"):
        write_h5(tmp_path / f"{role}.h5", case1=noise(SHAPE), case2=noise(SHAPE))
    (tmp_path / "fixed_landmarks").mkdir()
    (tmp_path / "fixed_landmarks" / "case2.mrk.json").write_text("{}")
    one, two = open_dataset(tmp_path)
    assert "fixed_landmarks" not in one.sources
    assert named(two)["fixed_landmarks"] == "case2.mrk.json"


def test_two_transforms_of_one_name_are_told(tmp_path):
    write_result(tmp_path)
    sitk.WriteTransform(sitk.AffineTransform(3), str(tmp_path / "transforms" / "case1.h5"))
    (sample,) = open_dataset(tmp_path)
    assert named(sample)["transform"] == "case1.h5"
    assert sample.problems == (
        "transform: 2 files of one name, case1.h5 and case1.tfm; the first is shown",
    )


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_columns_of_a_list_name_results(tmp_path, kind):
    write_result(tmp_path)
    row = {
        "warped": "warped_images/case1.nii.gz",
        "fixed": "fixed_images/case1.nii.gz",
        "moving": "moving_images/case1.nii.gz",
        "warped_seg": "warped_labels/case1.nii.gz",
        "transform": "transforms/case1.tfm",
        "fixed_landmarks": "fixed_landmarks/case1.csv",
        "moving_landmark": "moving_landmarks/case1.fcsv",
    }
    path = tmp_path / f"pairs.{kind}"
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    path.write_text(json.dumps([row]) if kind == "json" else text)
    (sample,) = open_dataset(path)
    assert sample.id == "case1"  # of the pair, not of the warped image
    assert set(sample.roles) == {"fixed_image", "moving_image", *EXTRAS}
    assert sample.sources["transform"] == Source(tmp_path / "transforms" / "case1.tfm")
    assert not sample.problems


@pytest.mark.parametrize(
    ("column", "cell", "meant"),
    [
        ("transfrom", "transforms/case1.tfm", "transform"),
        ("transfroms", "transforms/case1.nii.gz", "transforms"),
        ("fixed_landmrks", "fixed_landmarks/case1.csv", "fixed_landmarks"),
        ("comment", "transforms/case1.tfm", None),
        ("moving_sidecar", "moving_images/case1.json", None),
    ],
)
def test_a_slip_of_the_pen_in_a_column_of_results_is_asked_after(tmp_path, column, cell, meant):
    write_result(tmp_path)
    pair = "fixed_images/case1.nii.gz,moving_images/case1.nii.gz"
    (tmp_path / "pairs.csv").write_text(f"fixed,moving,{column}\n{pair},{cell}\n")
    if meant is None:
        assert len(open_dataset(tmp_path / "pairs.csv")) == 1
    else:
        with pytest.raises(DatasetError, match=f"'{column}'; did you mean '{meant}'"):
            open_dataset(tmp_path / "pairs.csv")


def test_a_cell_that_names_no_transform_is_told_and_an_empty_one_is_none(tmp_path):
    write_result(tmp_path)
    pair = "fixed_images/case1.nii.gz,moving_images/case1.nii.gz"
    (tmp_path / "pairs.csv").write_text(
        f"fixed,moving,transform,fixed_landmarks\n{pair},a.docx,\n{pair},n/a,points.png\n"
    )
    one, two = open_dataset(tmp_path / "pairs.csv")
    assert one.problems == (
        "row 1: transform names 'a.docx', which is no file of a known kind; expected a transform "
        "of ITK or a displacement field",
    )
    assert two.problems[0].startswith("row 2: fixed landmarks names 'points.png'")
    assert one.roles == two.roles == ("fixed_image", "moving_image")


def test_patterns_find_results_and_none_is_missing(tmp_path):
    write_result(tmp_path)
    write_nifti(tmp_path / "fixed_images" / "case2.nii.gz", noise(SHAPE))
    write_nifti(tmp_path / "moving_images" / "case2.nii.gz", noise(SHAPE))
    dataset = open_dataset(
        tmp_path,
        patterns={
            "fixed_image": "fixed_images/{id}.*",
            "moving_image": "moving_images/{id}.*",
            "transform": "transforms/{id}.tfm",
            "moving_landmarks": "moving_landmarks/{id}.fcsv",
        },
    )
    one, two = dataset
    assert one.roles == ("fixed_image", "moving_image", "transform", "moving_landmarks")
    assert two.roles == ("fixed_image", "moving_image")
    assert not two.problems


def test_transforms_and_markups_are_no_datasets(tmp_path):
    sitk.WriteTransform(sitk.AffineTransform(3), str(tmp_path / "a.h5"))
    with pytest.raises(DatasetError, match="a transform of ITK, and no image"):
        open_dataset(tmp_path / "a.h5")
    (tmp_path / "points.mrk.json").write_text('{"markups": []}')
    with pytest.raises(DatasetError):
        open_dataset(tmp_path / "points.mrk.json")


def test_images_of_a_sample_are_told_from_its_other_files(tmp_path):
    write_result(tmp_path)
    (sample,) = open_dataset(tmp_path)
    assert set(sample.image_sources) == {
        "fixed_image", "moving_image", "warped_image", "warped_label",
    }  # fmt: skip
    assert set(sample.load()) == set(sample.image_sources)
    assert sample.image_for("transform") is None
    assert sample.transform is None
    np.testing.assert_array_equal(sample.warped_image.data[0], noise(SHAPE, np.uint8))
    assert image_of("warped_label", sample.sources) == "warped_image"


def test_sources_of_images_alone_are_not_copied():
    sources = {"fixed_image": Source("a.nii")}
    assert Sample("a", sources).image_sources is sources


@pytest.mark.parametrize(
    ("role", "name", "suffix"),
    [
        ("transform", "a.TFM", ".TFM"),
        ("transform", "a.nii.gz", ".nii.gz"),
        ("transform", "a.png", None),
        ("fixed_landmarks", "a.mrk.json", ".mrk.json"),
        ("moving_landmarks", "a.csv", ".csv"),
        ("moving_landmarks", "a.nii", None),
        ("warped_image", "a.nii.gz", ".nii.gz"),
        ("warped_image", "a.tfm", None),
    ],
)
def test_each_role_has_suffixes_of_its_own(role, name, suffix):
    assert suffix_in_role(role, name) == suffix
    assert is_image_role(role) == (role == "warped_image")
