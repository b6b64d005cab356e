"""Joining by name: what DeepReg's loaders would refuse is a problem that names its role."""

from __future__ import annotations

import pytest

from napari_medload.loaders.members import Members
from napari_medload.loaders.pairing import about, concerns_labels, join_by_name, missing
from napari_medload.loaders.walking import Trouble


def members(*files, place="/data", troubles=(), keyed=False):
    named = [(file.removesuffix(".gz").removesuffix(".nii"), file) for file in files]
    return Members.sorted(place, named, keyed, troubles)


def problems(samples):
    return {sample.id: list(sample.problems) for sample in samples}


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (missing("label", "a"), True),
        (missing("moving_label", "a"), True),
        (missing("image", "label_3"), False),
        (missing("moving_image", "label: a"), False),
        (missing("mask", "image: a"), True),
        (about("fixed_label", "two files of one name, a.nii and a.nii.gz"), True),
        (about("fixed_image", "labels/a.nii: a named pipe; expected a file"), False),
        (about("image", "no label named 'a'"), False),
        ("the id 'label: a' is met 2 times in this list", False),
        ("slice 4 without a mask (.seg)", False),
        ("", False),
    ],
)
def test_a_problem_tells_whether_it_concerns_labels(problem, expected):
    assert concerns_labels(problem) is expected


@pytest.mark.parametrize("role", ["image", "label"])
@pytest.mark.parametrize("case", ["spelling", "twice", "missing", "unread"])
def test_what_training_refuses_is_a_problem_of_its_role(role, case):
    files = {
        "spelling": members("A.nii", "b.nii"),
        "twice": members("a.nii", "a.nii.gz", "b.nii"),
        "missing": members("b.nii"),
        "unread": members("b.nii", troubles=[Trouble("a", "a.nii: a named pipe")]),
    }[case]
    other = "label" if role == "image" else "image"
    # the role that is met first gives the name to both
    found = join_by_name({other: members("a.nii", "b.nii"), role: files})
    (problem,) = found[0].problems
    assert [sample.id for sample in found] == ["a", "b"]
    assert concerns_labels(problem) is (role == "label")
    assert found[1].problems == ()
    assert (role in found[0].sources) is (case in ("spelling", "twice"))


def test_what_cannot_be_read_is_a_row_without_that_role_and_once_only():
    trouble = Trouble("g/c", "/data/g/c.nii: a named pipe")
    found = join_by_name(
        {"image": members("g/a.nii", troubles=[trouble]), "label": members("g/a.nii", "g/c.nii")},
        "train",
        grouped=True,
    )
    assert problems(found) == {"train/g/a": [], "train/g/c": [f"image: {trouble.reason}"]}
    assert [(sample.group, sample.split) for sample in found] == [("g", "train")] * 2
    assert found[1].roles == ("label",)


def test_a_folder_that_cannot_be_listed_is_a_row_in_its_group():
    closed = Trouble("group-2/", "/data/group-2/: cannot be listed")
    found = join_by_name(
        {
            "image": members("group-1/a.nii", troubles=[closed]),
            "label": members("group-1/a.nii", "group-2/b.nii"),
        },
        grouped=True,
    )
    assert problems(found) == {
        "group-1/a": [],
        "group-2": [f"image: {closed.reason}"],
        "group-2/b": [missing("image", "group-2/b")],
    }
    assert [sample.group for sample in found] == ["group-1", "group-2", "group-2"]


def test_a_trouble_beside_a_file_of_its_name_does_not_hide_the_file():
    two = members("a.nii", troubles=[Trouble("a", "a.nii.gz: a named pipe")])
    (sample,) = join_by_name({"image": two})
    assert sample.roles == ("image",)
    assert sample.problems == ("image: a.nii.gz: a named pipe",)


@pytest.mark.parametrize("key", ["group-1", "case1", "group-1-2-3"])
def test_a_key_without_its_group_is_a_problem_of_grouped_data_alone(key):
    keys = members("group-1-1", key, keyed=True)
    wrong = {p for s in join_by_name({"image": keys}, grouped=True) for p in s.problems}
    assert wrong == {f"image: the key '{key}' is not of the form group-X-Y"}
    assert not any(sample.problems for sample in join_by_name({"image": keys}))
    folders = members("group-1/a", key)
    assert not any(sample.problems for sample in join_by_name({"image": folders}, grouped=True))
