from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.loaders import DatasetError, open_dataset
from tests.phantoms import affine_of, noise, snapshot, write_nifti

SHAPE = (3, 4, 5)
AFFINE = affine_of("LPS", SHAPE)
V2 = {
    "channel_names": {"0": "T2", "1": "ADC"},
    "labels": {"background": 0, "PZ": 1, "TZ": 2},
    "numTraining": 2,
    "file_ending": ".nii.gz",
}


def volume(root, file, seed=0):
    return write_nifti(root / file, noise(SHAPE, seed=seed), AFFINE)


def describe(root, **content):
    (root / "dataset.json").write_text(json.dumps(content))


def prostate(root, cases=("p_01", "p_02")):
    for seed, case in enumerate(cases):
        volume(root, f"imagesTr/{case}_0000.nii.gz", 10 * seed)
        volume(root, f"imagesTr/{case}_0001.nii.gz", 10 * seed + 1)
        volume(root, f"labelsTr/{case}.nii.gz", 10 * seed + 2)
    describe(root, **V2)
    return root


def problems(dataset):
    return {sample.id: sample.problems for sample in dataset}


def test_channels_are_roles_and_parts_are_splits(tmp_path):
    prostate(tmp_path)
    volume(tmp_path, "imagesTs/p_03_0000.nii.gz")
    volume(tmp_path, "imagesTs/p_03_0001.nii.gz")
    dataset = open_dataset(tmp_path)
    assert [(s.id, s.split) for s in dataset] == [
        ("train/p_01", "train"), ("train/p_02", "train"), ("test/p_03", "test"),
    ]  # fmt: skip
    assert [s.roles for s in dataset] == [
        ("image", "image_ADC", "label"), ("image", "image_ADC", "label"), ("image", "image_ADC"),
    ]  # fmt: skip
    assert not any(s.problems for s in dataset)
    second = dataset[1]
    np.testing.assert_array_equal(second.image.data[0], noise(SHAPE, seed=10))
    np.testing.assert_array_equal(second.image_ADC.data[0], noise(SHAPE, seed=11))
    np.testing.assert_array_equal(second.label.data[0], noise(SHAPE, seed=12))
    assert second.image_ADC.type == "intensity"
    assert dataset.layout == "nnunet"


def test_label_names_reach_the_labels(tmp_path):
    dataset = open_dataset(prostate(tmp_path))
    table = dataset.label_table(dataset[0].sources["label"])
    assert [table.label(value).name for value in (0, 1, 2, 3)] == ["background", "PZ", "TZ", "3"]


def test_regions_are_no_values(tmp_path):
    prostate(tmp_path)
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": [3]}
    describe(tmp_path, **{**V2, "labels": labels, "regions_class_order": [2, 1, 3]})
    table = open_dataset(tmp_path).categories.table
    assert {value: label.name for value, label in table.items()} == {
        0: "background", 1: "1 (whole)", 2: "2 (whole, core)", 3: "enhancing",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("T1 (pre-contrast)", "image_T1_pre_contrast"),
        ("seg", "image_0001"),
        ("brain Mask", "image_0001"),
        ("", "image_0001"),
        ("Flüssigkeit", "image_Flüssigkeit"),
    ],
)
def test_a_channel_is_an_attribute_and_never_looks_like_a_label(tmp_path, name, role):
    prostate(tmp_path)
    describe(tmp_path, **{**V2, "channel_names": {"0": "T2", "1": name}})
    sample = open_dataset(tmp_path)[0]
    assert sample.roles == ("image", role, "label")
    assert role.isidentifier()
    assert getattr(sample, role).type == "intensity"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("labelsTr/p_01.nii.gz", "the label is missing"),
        ("imagesTr/p_01_0001.nii.gz", "no image ADC named 'p_01': the image is missing"),
        ("imagesTr/p_01_0000.nii.gz", "no image named 'p_01': the image is missing"),
    ],
)
def test_a_missing_file_is_a_problem_of_its_case(tmp_path, file, said):
    (prostate(tmp_path) / file).unlink()
    found = problems(open_dataset(tmp_path))
    assert said in "; ".join(found["train/p_01"])
    assert found["train/p_02"] == ()


def test_files_that_do_not_fit_the_channels_are_problems(tmp_path):
    prostate(tmp_path)
    volume(tmp_path, "imagesTr/p_01_0002.nii.gz")
    volume(tmp_path, "imagesTr/p_03.nii.gz")
    volume(tmp_path, "labelsTr/p_03.nii.gz")
    found = problems(open_dataset(tmp_path))
    assert "image 0002: a channel that dataset.json does not name" in found["train/p_01"]
    assert any("p_03.nii.gz: its name ends with no channel" in p for p in found["train/p_03"])


def test_another_number_of_cases_than_stated_is_said_once(tmp_path, caplog):
    describe(prostate(tmp_path), **{**V2, "numTraining": 32})
    found = problems(open_dataset(tmp_path))
    said = "dataset.json states numTraining 32, but 2 training cases are here"
    assert found == {"train/p_01": (said,), "train/p_02": ()}
    assert said in caplog.text
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize("channelled", [True, False])
def test_without_a_description(tmp_path, channelled):
    ending = "_0000" if channelled else ""
    for case in ("la_0003", "la_0004"):
        volume(tmp_path, f"imagesTr/{case}{ending}.nii.gz")
        volume(tmp_path, f"labelsTr/{case}.nii.gz")
    volume(tmp_path, "imagesTs/la_0000.nii.gz")
    dataset = open_dataset(tmp_path)
    last = "test/la" if channelled else "test/la_0000"
    assert [s.id for s in dataset] == ["train/la_0003", "train/la_0004", last]
    assert [s.roles for s in dataset] == [("image", "label"), ("image", "label"), ("image",)]
    assert not any(s.problems for s in dataset)


@pytest.mark.parametrize(
    ("images", "labels", "ids"),
    [
        (("x_0000", "x_0001"), ("x_0000", "x_0001"), ["train/x_0000", "train/x_0001"]),
        (("x_0003", "x_0004"), (), ["train/x_0003", "train/x_0004"]),
        (("x_0000", "x_0001"), (), ["train/x"]),
        (("x_0000", "y"), (), ["train/x_0000", "train/y"]),
    ],
)
def test_digits_are_channels_only_where_they_can_be(tmp_path, images, labels, ids):
    for folder, names in (("imagesTr", images), ("labelsTr", labels)):
        for name in names:
            volume(tmp_path, f"{folder}/{name}.nii.gz")
    dataset = open_dataset(tmp_path)
    assert [(s.id, s.problems) for s in dataset] == [(name, ()) for name in ids]


def test_a_channel_that_no_case_has_is_missing_in_each(tmp_path):
    prostate(tmp_path)
    for case in ("p_01", "p_02"):
        (tmp_path / f"imagesTr/{case}_0001.nii.gz").unlink()
    for sample in open_dataset(tmp_path):
        assert sample.roles == ("image", "label")
        assert sample.problems == (f"no image ADC named '{sample.id[6:]}': the image is missing",)


def test_the_decathlon_has_one_file_a_case(tmp_path):
    for case in ("BRATS_0001", "BRATS_0002"):
        volume(tmp_path, f"imagesTr/{case}.nii.gz")
        volume(tmp_path, f"labelsTr/{case}.nii.gz")
    volume(tmp_path, "imagesTs/BRATS_0003.nii.gz")
    pairs = [
        {"image": f"./imagesTr/BRATS_{n}.nii.gz", "label": f"./labelsTr/BRATS_{n}.nii.gz"}
        for n in ("0001", "0002", "0009")
    ]
    describe(
        tmp_path, modality={"0": "FLAIR", "1": "T1w"}, labels={"0": "background", "1": "edema"},
        numTraining=2, training=pairs, test=["./imagesTs/BRATS_0003.nii.gz"],
    )  # fmt: skip
    dataset = open_dataset(tmp_path)
    assert [s.id for s in dataset] == [
        "train/BRATS_0001", "train/BRATS_0002", "train/BRATS_0009", "test/BRATS_0003",
    ]  # fmt: skip
    assert [len(s.problems) for s in dataset] == [0, 0, 1, 0]
    assert "none of its files was found" in dataset[2].problems[0]
    assert dataset.categories.table.label(1).name == "edema"
    assert open_dataset(tmp_path / "dataset.json").layout == "monai"


def test_labels_of_the_decathlon_may_have_other_names(tmp_path):
    volume(tmp_path, "imagesTr/a_ct.nii.gz")
    volume(tmp_path, "labelsTr/a_organs.nii.gz")
    entry = {"image": "imagesTr/a_ct.nii.gz", "label": "labelsTr/a_organs.nii.gz"}
    describe(tmp_path, training=[entry])
    (sample,) = open_dataset(tmp_path)
    assert (sample.id, sample.roles, sample.problems) == ("train/a_ct", ("image", "label"), ())


@pytest.mark.parametrize("opened", ["", "dataset.json"])
def test_files_that_the_description_lists_lie_anywhere(tmp_path, opened):
    root = tmp_path / "Dataset001_X"
    volume(tmp_path, "elsewhere/one.nii.gz", 1)
    volume(root, "pics/two.nii.gz", 2)
    volume(root, "segs/three.nii.gz", 3)
    cases = {
        "b": {
            "images": ["../elsewhere/one.nii.gz", "pics/two.nii.gz"],
            "label": "segs/three.nii.gz",
        },
        "a": {"images": [str(root / "pics/two.nii.gz")]},
        "c": 5,
    }  # fmt: skip
    describe(root, **{**V2, "numTraining": 2, "dataset": cases})
    dataset = open_dataset(root / opened)
    assert [s.id for s in dataset] == ["train/b", "train/a", "train/c"]
    assert dataset[0].problems == ()
    for role, seed in (("image", 1), ("image_ADC", 2), ("label", 3)):
        np.testing.assert_array_equal(dataset[0].image_for(role).data[0], noise(SHAPE, seed=seed))
    assert [p.partition(":")[0] for p in dataset[1].problems] == [
        "no image ADC named 'a'", "no label named 'a'",
    ]  # fmt: skip
    assert len(dataset[2].problems) == 3


def test_the_first_fold_says_which_cases_validate(tmp_path):
    prostate(tmp_path, ("a", "b", "c", "d"))
    folds = [{"train": ["b", "c", "gone"], "val": ["a", "c"]}, {"train": ["a"], "val": ["b"]}]
    (tmp_path / "splits_final.json").write_text(json.dumps(folds))
    describe(tmp_path, **{**V2, "numTraining": 4})
    dataset = open_dataset(tmp_path)
    assert {s.id for s in dataset} == {"train/b", "train/d", "train/gone", "val/a", "val/c"}
    assert dataset.splits == ("train", "val")
    found = problems(dataset)
    assert (found["train/b"], found["val/a"]) == ((), ())
    assert "both train and val" in found["val/c"][0]
    assert "neither train nor val" in found["train/d"][0]
    assert "none of its files was found" in found["train/gone"][0]
    assert [s.id for s in open_dataset(tmp_path, split="valid")] == ["val/a", "val/c"]


@pytest.mark.parametrize("content", ["{", "[]", "[3]", '{"train": []}', '[{"train": 3, "val": 4}]'])
def test_a_broken_fold_file_does_not_stop_it(tmp_path, content):
    (prostate(tmp_path) / "splits_final.json").write_text(content)
    dataset = open_dataset(tmp_path)
    assert [s.id for s in dataset] == ["train/p_01", "train/p_02"]
    assert "splits_final.json" in dataset[0].problems[0]


@pytest.mark.parametrize("content", ["{", "[1]", '{"labels": 3, "channel_names": [1]}'])
def test_a_broken_description_does_not_stop_it(tmp_path, content):
    (prostate(tmp_path) / "dataset.json").write_text(content)
    dataset = open_dataset(tmp_path)
    assert [s.id for s in dataset] == ["train/p_01", "train/p_02"]
    np.testing.assert_array_equal(dataset[0].image.data[0], noise(SHAPE))


def test_a_format_that_nothing_reads_is_a_reason_in_each_row(tmp_path):
    describe(tmp_path, **{**V2, "channel_names": {"0": "x"}, "file_ending": ".unheard"})
    for file in ("imagesTr/a_0000.unheard", "labelsTr/a.unheard"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_bytes(b"x")
    sample = open_dataset(tmp_path)[0]
    assert (sample.id, sample.roles) == ("train/a", ("image", "label"))
    with pytest.raises(OSError, match=r"a_0000\.unheard"):
        sample.image.load()


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".png"])
def test_the_stated_ending_goes_before_others_and_hides_no_case(tmp_path, ending):
    describe(tmp_path, **{**V2, "channel_names": {"0": "x"}, "file_ending": ending})
    for folder in ("imagesTr/a_0000", "labelsTr/a"):
        for suffix in (".mha", ending):
            path = tmp_path / (folder + suffix)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
    (tmp_path / "imagesTr" / "b_0000.mha").write_bytes(b"")
    a, b = open_dataset(tmp_path)
    assert [source.path.name for source in a.sources.values()] == [f"a_0000{ending}", f"a{ending}"]
    assert not any("two files" in problem for problem in a.problems)
    assert b.sources["image"].path.name == "b_0000.mha"


def test_nothing_to_open_is_an_error_that_helps(tmp_path):
    (tmp_path / "imagesTr").mkdir()
    with pytest.raises(DatasetError, match="imagesTr") as caught:
        open_dataset(tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(DatasetError, match="Expected imagesTr"):
        open_dataset(tmp_path, layout="nnunet")


def test_several_datasets_are_choices_and_nothing_is_written(tmp_path):
    prostate(tmp_path / "Dataset001_A")
    before = snapshot(tmp_path)
    assert len(open_dataset(tmp_path)) == 2
    assert snapshot(tmp_path) == before
    prostate(tmp_path / "Dataset002_B")
    with pytest.raises(DatasetError, match="2 datasets"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"numTraining": True}, "numTraining True, but 2 training cases"),
        ({"numTraining": "two"}, "numTraining 'two', but 2 training cases"),
        ({"channel_names": {"9" * 5000: "T2"}}, "is no number from 0 to 9999"),
        ({"channel_names": {"x": "T2"}}, "channel 'x' is no number"),
        ({"channel_names": ["T2"]}, "the channels are ['T2']"),
    ],
)
def test_what_a_description_has_wrong_is_a_problem_and_the_images_open(tmp_path, change, said):
    prostate(tmp_path)
    describe(tmp_path, **(V2 | change))
    dataset = open_dataset(tmp_path)
    assert [sample.id for sample in dataset] == ["train/p_01", "train/p_02"]
    (problem,) = [text for text in dataset[0].problems if said in text]
    assert len(problem) < 400


def test_true_is_no_number_of_cases(tmp_path):
    prostate(tmp_path, ("p_01",))
    describe(tmp_path, **(V2 | {"numTraining": True}))
    (sample,) = open_dataset(tmp_path)
    assert "numTraining True, but 1 training cases" in sample.problems[0]


def test_a_number_that_is_too_long_is_a_problem_and_the_images_open(tmp_path):
    prostate(tmp_path)
    (tmp_path / "dataset.json").write_text('{"numTraining": ' + "1" * 5000 + "}")
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 2
    assert "cannot be read" in dataset[0].problems[0] and "digits" in dataset[0].problems[0]


def test_a_listed_path_that_no_file_can_have_is_a_problem_of_its_case(tmp_path):
    prostate(tmp_path)
    good = {"images": ["imagesTr/p_01_0000.nii.gz"], "label": "labelsTr/p_01.nii.gz"}
    listed = {"bad": {**good, "images": ["a\0.nii.gz"]}, "half": {**good, "label": "\ud800.nii"}}
    describe(tmp_path, channel_names={"0": "T2"}, dataset={"good": good, **listed})
    by_id = {sample.id: sample for sample in open_dataset(tmp_path)}
    assert not by_id["train/good"].problems
    assert by_id["train/bad"].roles == ("label",)
    assert "holds a NUL and can be no path" in by_id["train/bad"].problems[0]
    assert by_id["train/half"].roles == ("image",)
