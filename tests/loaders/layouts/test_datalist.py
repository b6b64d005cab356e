from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.loaders import DatasetError, open_dataset
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (3, 4, 5)


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("a", "b", "c", "case1/ct", "case2/ct", "case2/seg")):
        write_nifti(tmp_path / f"{name}.nii.gz", noise(SHAPE, seed=seed), affine_of("RAS", SHAPE))
    return tmp_path


def opened(folder, content, name="datalist.json"):
    (folder / name).write_text(json.dumps(content))
    return open_dataset(folder / name)


def test_lists_are_splits_and_bare_paths_are_images(folder):
    dataset = opened(
        folder,
        {
            "name": "Task", "labels": {"0": "background", "1": "liver"}, "numTraining": 1,
            "training": [{"image": "./a.nii.gz", "label": "b.nii.gz", "fold": 0}],
            "validation": [{"image": str(folder / "b.nii.gz"), "label": 1}],
            "test": ["./c.nii.gz"],
        },
    )  # fmt: skip
    assert [(s.id, s.split, s.roles) for s in dataset] == [
        ("train/a", "train", ("image", "label")),
        ("val/b", "val", ("image",)),
        ("test/c", "test", ("image",)),
    ]
    assert not any(s.problems for s in dataset)
    for sample, seed in zip(dataset, range(3), strict=True):
        np.testing.assert_array_equal(sample.image.data[0], noise(SHAPE, seed=seed))
    assert dataset.label_table(dataset[0].sources["label"]).label(1).name == "liver"
    assert dataset.layout == "monai"


def test_pairs_and_further_roles(folder):
    row = {
        "fixed_image": "a.nii.gz", "moving_image": "b.nii.gz", "moving_label": "c.nii.gz",
        "warped": "case1/ct.nii.gz", "vessels": "case1/ct.nii.gz", "weight": 0.5,
        "id": "x",
    }  # fmt: skip
    dataset = opened(folder, {"training": [row]})
    (sample,) = dataset
    assert sample.id == "train/x"
    roles = ("fixed_image", "moving_image", "moving_label", "warped_image", "vessels")
    assert sample.roles == roles
    assert dataset.alignment == "same grid"


def test_a_list_of_paths_is_one_role_a_channel(folder):
    row = {"image": ["a.nii.gz", "b.nii.gz", "case1/ct.nii.gz"], "label": "case2/seg.nii.gz"}
    (sample,) = opened(folder, {"training": [row]})
    assert sample.roles == ("image", "image_0001", "image_0002", "label")
    np.testing.assert_array_equal(sample.image_0002.data[0], noise(SHAPE, seed=3))
    assert sample.image_0001.type == "intensity"


def test_files_of_one_name_are_told_apart_by_their_folders(folder):
    rows = [{"image": f"./case{n}/ct.nii.gz"} for n in (1, 2)]
    dataset = opened(folder, {"training": rows})
    assert [(s.id, s.problems) for s in dataset] == [("train/case1/ct", ()), ("train/case2/ct", ())]


def test_entries_that_are_wrong_are_rows_with_their_reason(folder):
    entries = [{"image": "gone.nii.gz"}, 3, "no volume", {"label": 3}, {"image": "a.nii.gz"}]
    dataset = opened(folder, {"training": entries})
    assert [bool(s.problems) for s in dataset] == [False, True, True, True, False]
    assert dataset[1].problems == ("entry 2 of 'training' is 3; expected an object or a path",)
    with pytest.raises(FileNotFoundError, match="gone"):
        dataset[0].load()
    np.testing.assert_array_equal(dataset[4].image.data[0], noise(SHAPE))


def test_lists_that_hold_no_paths_are_passed_over(folder):
    content = {"authors": [{"name": "x"}], "sites": ["a", "b"], "test": [], "fold0": ["a.nii.gz"]}
    dataset = opened(folder, content)
    assert [s.id for s in dataset] == ["fold0/a"]


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        ([{"image": "a.nii.gz"}], "list"),
        ({"samples": [{"image": "a.nii.gz"}]}, "list"),
        ({"pairs": [{"fixed": "a.nii.gz", "moving": "b.nii.gz"}]}, "list"),
        ({"train": [{"image": "a.nii.gz"}]}, "monai"),
        ({"training": ["a.nii.gz"]}, "monai"),
    ],
)
def test_which_json_is_whose(folder, content, layout):
    dataset = opened(folder, content)
    assert dataset.layout == layout
    assert len(dataset) == 1


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"3", b'{"training": []}', b"\xff\xfe", b"[" * 99999]
)
def test_a_file_without_images_is_an_error_that_names_it(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    for layout in ("monai", None):
        with pytest.raises(DatasetError, match=r"x\.json"):
            open_dataset(tmp_path / "x.json", layout=layout)


def test_a_role_that_is_nearly_named_is_told(folder):
    content = {"training": [{"imagee": "a.nii.gz", "label": "b.nii.gz"}], "test": ["c.nii.gz"]}
    with pytest.raises(DatasetError, match=r"no role is named 'imagee'; did you mean 'image'\?"):
        opened(folder, content)


def test_numbered_and_further_roles_are_no_slips(folder):
    row = {"image1": "a.nii.gz", "image2": "b.nii.gz", "vessels": "c.nii.gz"}
    (sample,) = opened(folder, {"training": [row]})
    assert sample.roles == ("image1", "image2", "vessels")
