from __future__ import annotations

import pytest

from napari_medload.loaders import DatasetError, open_dataset
from tests.phantoms import noise, write_nifti


def folder_of(root, *names):
    for name in names:
        if name.endswith(".json"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("{}")
        else:
            write_nifti(root / name, noise((2, 3, 4)))
    return root


def opened(root, **patterns):
    return open_dataset(root, patterns=patterns)


def test_pairs_of_subjects(tmp_path):
    folder_of(tmp_path, "sub-1/t1.nii.gz", "sub-1/t2.nii.gz", "sub-10/t1.nii.gz", "other/t1.nii.gz")
    dataset = opened(tmp_path, moving_image="sub-{id}/t2.nii.gz", fixed_image="sub-{id}/t1.nii.gz")
    assert [sample.id for sample in dataset] == ["1", "10"]
    assert dataset[0].problems == ()
    assert "no moving image named '10'" in dataset[1].problems[0]


def test_placeholders_in_another_order_name_the_same_sample(tmp_path):
    folder_of(tmp_path, "s1/a_t1.nii", "b/s2_t2.nii", "a/s1_t2.nii", "s2/b_t1.nii")
    dataset = opened(tmp_path, fixed_image="{ses}/{id}_t1.nii", moving_image="{id}/{ses}_t2.nii")
    assert [sample.id for sample in dataset] == ["s1_a", "s2_b"]
    assert not any(sample.problems for sample in dataset)
    assert dataset[0].moving_image.path == tmp_path / "a" / "s1_t2.nii"


def test_a_placeholder_met_twice_is_one_text(tmp_path):
    folder_of(tmp_path, "a/a.nii", "a/b.nii", "b/b.nii")
    assert [s.id for s in opened(tmp_path, image="{id}/{id}.nii")] == ["a", "b"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{id}.nii", ["x"]),
        ("./{id}.nii", ["x"]),
        ("*/{id}.nii", ["y"]),
        ("**/{id}.nii", ["x", "y", "z"]),
        ("a/b/{id}.n?i", ["z"]),
        ("{id}/y.*", ["a"]),
        ("a/y{1}.nii{id}", []),
    ],
)
def test_wildcards(tmp_path, pattern, expected):
    folder_of(tmp_path, "x.nii", "a/y.nii", "a/y.json", "a/b/z.nii")
    if not expected:
        with pytest.raises(DatasetError, match="no volume fits"):
            opened(tmp_path, image=pattern)
        return
    dataset = opened(tmp_path, image=pattern)
    assert [sample.id for sample in dataset] == expected
    assert not any(sample.problems for sample in dataset)


def test_signs_of_regular_expressions_are_letters(tmp_path):
    folder_of(tmp_path, "a+b (1).nii", "aab (1).nii")
    assert [s.id for s in opened(tmp_path, image="a+{id} (1).nii")] == ["b"]


def test_a_pattern_without_id_says_how_one_looks(tmp_path):
    with pytest.raises(DatasetError, match=r"'t1\.nii' has no '\{id\}'.*'sub-\{id\}/t1\.nii\.gz'"):
        opened(folder_of(tmp_path, "t1.nii"), image="t1.nii")


def test_patterns_that_fit_nothing_are_named(tmp_path):
    folder_of(tmp_path, "t1.nii")
    with pytest.raises(DatasetError, match=r"sub-\{id\}\.nii") as caught:
        opened(tmp_path, image="sub-{id}.nii")
    assert str(tmp_path) in str(caught.value)
