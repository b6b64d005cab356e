from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset
from napari_medload.review import ChosenFolders, Review, ReviewFolderError, Verdict, place_of
from napari_medload.review.folder import why_not_writable


def volume(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), path)
    return path


@pytest.fixture
def brain(tmp_path):
    """A paired dataset in a folder of its own."""
    root = tmp_path / "data" / "brain"
    for role in ("fixed_images", "moving_images"):
        for name in ("a", "b"):
            volume(root / role / f"{name}.nii.gz")
    return root


@pytest.fixture
def chosen(tmp_path):
    return ChosenFolders(tmp_path / "config" / "folders.json")


@pytest.fixture
def place(chosen, tmp_path):
    return lambda dataset: place_of(dataset, chosen, tmp_path / "user")


def everything(tmp_path):
    return sorted(tmp_path.rglob("*"))


def test_beside_the_dataset_and_nothing_is_made_before_a_verdict(brain, place, tmp_path):
    before = everything(tmp_path)
    found = place(open_dataset(brain))
    assert found.folder == tmp_path / "data" / "brain_review"
    assert (found.kind, found.trouble) == ("beside the dataset", "")
    assert everything(tmp_path) == before


def test_a_split_alone_is_of_the_dataset_above(brain, place, tmp_path):
    for role in ("fixed_images", "moving_images"):
        volume(tmp_path / "data" / "knees" / "train" / role / "a.nii.gz")
    found = place(open_dataset(tmp_path / "data" / "knees" / "train"))
    assert found.folder == tmp_path / "data" / "knees_review"


def test_a_list_among_its_files(brain, place, tmp_path):
    table = brain / "pairs.csv"
    table.write_text("fixed,moving\nfixed_images/a.nii.gz,moving_images/a.nii.gz\n")
    assert place(open_dataset(table)).folder == tmp_path / "data" / "brain_review"


def test_a_list_apart_from_its_files(brain, place, tmp_path):
    table = tmp_path / "lists" / "pairs.csv"
    table.parent.mkdir()
    table.write_text(
        f"fixed,moving\n{brain}/fixed_images/a.nii.gz,{brain}/moving_images/a.nii.gz\n"
    )
    assert place(open_dataset(table)).folder == tmp_path / "lists" / "pairs_review"


def test_a_single_file_and_patterns(brain, place, tmp_path):
    alone = volume(tmp_path / "scans" / "one.nii.gz")
    assert place(open_dataset(alone)).folder == tmp_path / "scans_review"
    patterns = {"fixed_image": "fixed_images/{id}.nii.gz", "moving_image": "moving_images/{id}.*"}
    found = place(open_dataset(brain, patterns=patterns))
    assert found.folder == tmp_path / "data" / "brain_review"


def test_a_registered_dataset_lies_where_its_files_do(brain, place, tmp_path):
    samples = (Sample("a", {"image": Source(brain / "fixed_images" / "a.nii.gz")}),)
    dataset = Dataset(brain, "registered", samples, "none", title="knees/v1 ü")
    assert place(dataset).folder == tmp_path / "data" / "brain_review"


def test_where_a_whole_disk_is_the_dataset(place, tmp_path):
    found = place(Dataset(Path("/"), "list", (), "none"))
    assert found.kind == "user data"
    assert found.folder.parent == tmp_path / "user" / "reviews"


def test_user_data_where_the_sibling_cannot_be_written(brain, place, tmp_path):
    (tmp_path / "data" / "brain_review").write_text("a file is in the way")
    found = place(open_dataset(brain))
    assert found.kind == "user data"
    assert found.folder.parent == tmp_path / "user" / "reviews"
    assert found.folder.name.startswith("brain_paired-")
    assert str(tmp_path / "data" / "brain_review") in found.trouble
    assert str(found.folder) in found.trouble
    Review(found.folder, "brain (paired)", "Anna").save(Verdict("a", "accept"))
    (tmp_path / "data" / "brain_review").unlink()
    again = place(open_dataset(brain))  # the review goes on where it was begun
    assert (again.folder, again.trouble) == (found.folder, "")
    Review(tmp_path / "data" / "brain_review", "brain (paired)", "Bob").save(Verdict("a", "reject"))
    both = place(open_dataset(brain))
    assert both.kind == "beside the dataset"
    assert str(found.folder) in both.trouble


def test_a_chosen_folder_is_remembered_wherever_the_dataset_goes(brain, place, chosen, tmp_path):
    wanted = tmp_path / "mine" / "reviews"
    chosen.choose(open_dataset(brain), wanted)
    assert not wanted.exists()
    moved = tmp_path / "elsewhere" / "brain"
    moved.parent.mkdir()
    brain.rename(moved)
    found = place_of(open_dataset(moved), ChosenFolders(tmp_path / "config" / "folders.json"))
    assert (found.folder, found.kind, found.trouble) == (wanted, "chosen", "")
    chosen.choose(open_dataset(moved), None)
    assert place(open_dataset(moved)).kind == "beside the dataset"


def test_another_dataset_of_the_same_name_is_not_meant(brain, place, chosen, tmp_path):
    other = volume(tmp_path / "other" / "brain" / "fixed_images" / "a.nii.gz").parents[1]
    volume(other / "moving_images" / "a.nii.gz")
    chosen.choose(open_dataset(brain), tmp_path / "mine")
    assert place(open_dataset(other)).kind == "beside the dataset"
    chosen.choose(open_dataset(other), tmp_path / "yours")
    assert place(open_dataset(brain)).folder == tmp_path / "mine"
    assert place(open_dataset(other)).folder == tmp_path / "yours"


def test_the_folder_of_a_namesake_is_told_and_not_taken(brain, place, tmp_path):
    other = volume(tmp_path / "other" / "brain" / "fixed_images" / "a.nii.gz").parents[1]
    volume(other / "moving_images" / "a.nii.gz")
    for root in (brain, other):
        (root.parent / "brain_review").write_text("in the way")
    first = place(open_dataset(brain))
    Review(first.folder, "brain (paired)", "Anna").save(Verdict("a", "accept"))
    second = place(open_dataset(other))
    assert second.folder != first.folder
    assert f"in {first.folder}; if it is this one" in second.trouble


def test_a_chosen_folder_that_cannot_be_written_is_said(brain, place, chosen, tmp_path):
    (tmp_path / "file").write_text("")
    chosen.choose(open_dataset(brain), tmp_path / "file" / "reviews")
    found = place(open_dataset(brain))
    assert found.kind == "chosen"
    assert "no verdict can be saved" in found.trouble


@pytest.mark.parametrize("below", ["", "reviews", "fixed_images", "../brain/x"])
def test_never_inside_the_dataset(brain, chosen, below):
    with pytest.raises(ReviewFolderError, match=r"lies in the dataset.*outside it.*brain_review"):
        chosen.choose(open_dataset(brain), brain / below)
    assert chosen.of(open_dataset(brain)) is None


def test_nor_by_a_link_nor_among_the_files_of_a_list(brain, chosen, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(brain / "fixed_images")
    with pytest.raises(ReviewFolderError):
        chosen.choose(open_dataset(brain), link / "reviews")
    table = tmp_path / "pairs.csv"
    table.write_text(
        f"fixed,moving\n{brain}/fixed_images/a.nii.gz,{brain}/moving_images/a.nii.gz\n"
    )
    with pytest.raises(ReviewFolderError):
        chosen.choose(open_dataset(table), brain / "moving_images" / "x")
    chosen.choose(open_dataset(table), tmp_path / "fine")


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "null", '{"brain (paired)": 3, "x": {"y": 3}}']
)
def test_a_spoilt_memory_is_no_reason_to_stop(brain, chosen, tmp_path, content):
    file = tmp_path / "config" / "folders.json"
    file.parent.mkdir()
    file.write_text(content)
    dataset = open_dataset(brain)
    assert chosen.of(dataset) is None
    chosen.choose(dataset, tmp_path / "x")
    assert chosen.of(dataset) == tmp_path / "x"
    assert json.loads(file.read_text())["brain (paired)"] == {str(brain): str(tmp_path / "x")}


def test_trying_leaves_nothing(tmp_path):
    assert why_not_writable(tmp_path) == ""
    assert why_not_writable(tmp_path / "a" / "b") == ""
    assert list(tmp_path.iterdir()) == []
    assert "/proc/none" in why_not_writable(Path("/proc/none"))
