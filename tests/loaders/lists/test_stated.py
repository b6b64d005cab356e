"""What is stated of a sample, and whose images it holds."""

from __future__ import annotations

import pytest

from napari_medload.formats import Source
from napari_medload.loaders import Sample
from napari_medload.loaders.lists import stated, stated_of, subject_of


def sample(name="a", file="/data/x.nii.gz", settings=None):
    return Sample(name, {"image": Source(file)}, settings=settings)


@pytest.mark.parametrize(
    ("made", "subject"),
    [
        (sample(settings={"subject_id": "p7"}), "p7"),
        (sample(settings={"subject_id": 7}), "7"),
        (sample("sub-03/x", settings={"subject_id": "p7"}), "p7"),
        (sample("train/sub-03_T1w"), "sub-03"),
        (sample("sub-03_T1w–sub-03_T2w"), "sub-03"),
        (sample("resub-mission"), ""),
        (sample(file="/data/sub-all/sub-05/anat/t1.nii.gz"), "sub-05"),
        (sample(file="/data/sub-06_t1.nii.gz"), "sub-06"),
        (sample("0000012_V01"), "0000012"),
        (sample("train/12_V03-Aug04"), "0000012"),
        (sample("case12_V3"), ""),
        (Sample("a", {}), ""),
    ],
)
def test_whose_images_a_sample_holds(made, subject):
    assert subject_of(made) == subject


def test_columns_by_name():
    made = Sample("x/a", {}, "g", "x", settings={"Age": 41, "verdict": "accept"})
    wanted = ("sample_id", "group", "split", "age", "Age", "verdict", "note", "subject_id")
    assert [stated(made, name) for name in wanted] == [
        "x/a", "g", "x", "41", "41", "accept", "", "",
    ]  # fmt: skip
    assert stated_of(Sample("a", {})) == {}
