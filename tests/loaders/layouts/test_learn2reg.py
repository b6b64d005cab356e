from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.loaders import DatasetError, SeveralDatasetsError, open_dataset
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (3, 4, 5)
AFFINE = affine_of("LPS", SHAPE)


def path_of(patient, time, folder="imagesTr"):
    return f"./{folder}/Thorax_{patient:04d}_{time:04d}.nii.gz"


def pair(patient, fixed=1):
    return {"fixed": path_of(patient, fixed), "moving": path_of(patient, 0)}


def seed_of(patient, time, folder):
    return 100 * patient + 10 * time + len(folder)


def write(root, patients, folders=("imagesTr",), times=(0, 1)):
    for patient in patients:
        for time in times:
            for folder in folders:
                array = noise(SHAPE, np.int16, seed_of(patient, time, folder))
                write_nifti(root / path_of(patient, time, folder), array, AFFINE)


def describe(root, name="Thorax", **content):
    head = {"name": name, "tensorImageSize": {"0": "3D"}, "labels": {}, "training": [], "test": []}
    path = root / f"{name}_dataset.json"
    path.write_text(json.dumps({**head, **content}))
    return path


@pytest.mark.parametrize("opened", ["folder", "file"])
def test_pairs_are_samples_with_labels_and_masks_beside_them(tmp_path, opened):
    write(tmp_path, (1, 2, 3), ("imagesTr", "labelsTr", "masksTr"))
    (tmp_path / path_of(2, 1, "labelsTr")).unlink()
    file = describe(
        tmp_path, training_paired_images=[pair(1)], registration_val=[pair(2)],
        registration_test=[pair(3)], test_paired_images=[pair(3)],
    )  # fmt: skip
    dataset = open_dataset(tmp_path if opened == "folder" else file)
    assert [(s.id, s.split) for s in dataset] == [
        ("train/Thorax_0001_0001–Thorax_0001_0000", "train"),
        ("val/Thorax_0002_0001–Thorax_0002_0000", "val"),
        ("test/Thorax_0003_0001–Thorax_0003_0000", "test"),
    ]
    assert [bool(s.problems) for s in dataset] == [False, True, False]
    assert dataset[1].problems[0].startswith("no fixed label named 'Thorax_0002_0001.nii.gz'")
    for patient, sample in enumerate(dataset, start=1):
        assert ("fixed_label" in sample.roles) is (patient != 2)
        for role, image in sample.load().items():
            side, _, kind = role.partition("_")
            seed = seed_of(patient, int(side == "fixed"), f"{kind}sTr")
            np.testing.assert_array_equal(image.data[0], noise(SHAPE, seed=seed))
    assert set(dataset[0].roles) == {
        f"{side}_{kind}" for side in ("fixed", "moving") for kind in ("image", "label", "mask")
    }
    assert (dataset.alignment, dataset.layout, dataset.name) == ("same grid", "learn2reg", "Thorax")
    assert [s.split for s in open_dataset(file, split="val")] == ["val"]


def test_keypoints_are_no_volumes_and_no_fault(tmp_path):
    write(tmp_path, (1,))
    entries = [
        {"image": path_of(1, t), "keypoints01": path_of(1, t, "keypoints01Tr")} for t in (0, 1)
    ]
    describe(tmp_path, training=entries, training_paired_images=[pair(1)])
    (sample,) = open_dataset(tmp_path)
    assert sample.roles == ("fixed_image", "moving_image")
    assert sample.problems == ()


def test_labels_that_are_stated_of_an_image_belong_to_its_pairs(tmp_path):
    write(tmp_path, (1,), ("imagesTr", "organs"))
    entries = [{"image": path_of(1, 0), "label": path_of(1, 0, "organs")}]
    describe(tmp_path, training=entries, training_paired_images=[pair(1)])
    (sample,) = open_dataset(tmp_path)
    assert set(sample.roles) == {"fixed_image", "moving_image", "moving_label"}
    expected = noise(SHAPE, seed=seed_of(1, 0, "organs"))
    np.testing.assert_array_equal(sample.moving_label.data[0], expected)


def test_without_pairs_the_single_images_are_samples(tmp_path):
    write(tmp_path, (1,), ("imagesTr", "masksTr"))
    entry = {
        "image": path_of(1, 0), "mask": path_of(1, 0, "masksTr"),
        "landmarks": "./landmarksTr/Thorax_0001_0000.nii.gz",
    }  # fmt: skip
    describe(tmp_path, training=[entry], test=[{"image": path_of(1, 1)}])
    dataset = open_dataset(tmp_path)
    assert [(s.id, s.roles) for s in dataset] == [
        ("train/Thorax_0001_0000", ("image", "mask")),
        ("test/Thorax_0001_0001", ("image",)),
    ]
    assert not any(s.problems for s in dataset)
    assert dataset.alignment == "none"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"1": "liver", "2": "spleen"}, {1: "liver", 2: "spleen"}),
        ({"0": {"0": "outside", "1": "liver"}, "1": {"1": "liver"}}, {0: "outside", 1: "liver"}),
        ({"0": {"1": "lung"}, "1": {"1": "lobe", "2": "rib"}}, {1: "lung / lobe", 2: "rib"}),
    ],
)  # fmt: skip
def test_label_names(tmp_path, labels, expected):
    write(tmp_path, (1,))
    describe(tmp_path, labels=labels, training_paired_images=[pair(1)])
    table = open_dataset(tmp_path).categories.table
    assert {value: label.name for value, label in table.items()} == expected


def test_other_keys_of_pairs_are_read_and_said(tmp_path):
    write(tmp_path, (1,), ("imagesVal",), (0, 1, 2, 3))
    entry = {
        "subject": "PSMA_0001",
        "Baseline CT": path_of(1, 0, "imagesVal"), "Baseline PET": path_of(1, 1, "imagesVal"),
        "Follow-up 01 CT": path_of(1, 2, "imagesVal"),
        "Follow-up 01 PET": path_of(1, 3, "imagesVal"),
    }  # fmt: skip
    describe(tmp_path, validation_paired=[entry])
    (sample,) = open_dataset(tmp_path)
    assert (sample.id, sample.split) == ("val/PSMA_0001", "val")
    assert {role: source.path.name[12:16] for role, source in sample.sources.items()} == {
        "fixed_image": "0000", "fixed_pet": "0001", "moving_image": "0002", "moving_pet": "0003",
    }  # fmt: skip
    assert sample.problems == (
        "which is fixed is not stated; the first ('Baseline CT') is taken as fixed",
    )


def test_keys_that_say_fixed_and_moving_are_believed(tmp_path):
    write(tmp_path, (1,))
    entry = {"Moving scan": path_of(1, 0), "Fixed scan": path_of(1, 1)}
    describe(tmp_path, training_paired=[entry])
    (sample,) = open_dataset(tmp_path)
    assert sample.fixed_image.path.name == "Thorax_0001_0001.nii.gz"
    assert sample.moving_image.path.name == "Thorax_0001_0000.nii.gz"
    assert (sample.split, sample.problems) == ("train", ())


def test_entries_that_are_wrong_are_rows_with_their_reason(tmp_path):
    write(tmp_path, (1,))
    gone = {"fixed": path_of(1, 1), "moving": "./imagesTr/gone.nii.gz"}
    wrong = [{"fixed": path_of(1, 1)}, 5, {"fixed": 3, "moving": None}]
    describe(tmp_path, training_paired_images=[*wrong, pair(1), gone])
    dataset = open_dataset(tmp_path)
    assert [bool(s.problems) for s in dataset] == [True, True, True, False, False]
    assert "no moving image" in dataset[0].problems[0]
    assert "expected an object" in " ".join(dataset[1].problems)
    assert len(dataset[3].load()) == 2
    with pytest.raises(FileNotFoundError, match="gone"):
        dataset[4].load()


def test_several_tasks_in_one_folder_are_choices(tmp_path):
    write(tmp_path, (1,))
    files = [describe(tmp_path, name, training_paired_images=[pair(1)]) for name in ("A", "B")]
    with pytest.raises(SeveralDatasetsError) as caught:
        open_dataset(tmp_path)
    assert caught.value.choices == tuple(files)
    assert open_dataset(files[1]).name == "B"


@pytest.mark.parametrize("content", ["{", "[]", '{"training_paired_images": []}'])
def test_a_file_without_images_is_an_error_that_names_it(tmp_path, content):
    (tmp_path / "A_dataset.json").write_text(content)
    with pytest.raises(DatasetError, match=r"A_dataset\.json"):
        open_dataset(tmp_path / "A_dataset.json", layout="learn2reg")
    with pytest.raises(DatasetError, match=r"_dataset\.json"):
        open_dataset(tmp_path.parent, layout="learn2reg")


def test_our_own_list_of_that_name_stays_ours(tmp_path):
    write(tmp_path, (1,))
    (tmp_path / "my_dataset.json").write_text(json.dumps({"pairs": [pair(1)]}))
    assert open_dataset(tmp_path / "my_dataset.json").layout == "list"


def test_training_images_that_are_in_no_pair_are_single_samples(tmp_path):
    write(tmp_path, (1, 2, 3), ("imagesTr", "labelsTr"))
    singles = [
        {"image": path_of(p, t), "label": path_of(p, t, "labelsTr")}
        for p in (1, 2, 3)
        for t in (0, 1)
    ]
    describe(tmp_path, training=singles, registration_val=[pair(3)])
    dataset = open_dataset(tmp_path)
    assert dataset.splits == ("train", "val")
    assert dataset.alignment == "same grid"
    train, (val,) = dataset.only("train"), dataset.only("val")
    names = [f"train/Thorax_{p:04d}_{t:04d}" for p in (1, 2) for t in (0, 1)]
    assert [sample.id for sample in train] == names
    assert {sample.roles for sample in train} == {("image", "label")}
    assert set(val.roles) == {"fixed_image", "moving_image", "fixed_label", "moving_label"}
    expected = noise(SHAPE, seed=seed_of(2, 1, "labelsTr"))
    np.testing.assert_array_equal(train[3].label.data[0], expected)
    assert not any(sample.problems for sample in dataset)


def test_a_label_of_a_pair_is_missing_where_others_have_one(tmp_path):
    write(tmp_path, (1, 2, 3), ("imagesTr", "labelsTr"))
    (tmp_path / path_of(2, 0, "labelsTr")).unlink()
    for time in (0, 1):
        (tmp_path / path_of(3, time, "labelsTr")).unlink()
    describe(tmp_path, registration_val=[pair(1), pair(2)], registration_test=[pair(3)])
    first, second, test = open_dataset(tmp_path)
    assert not first.problems and not test.problems  # labels of tests are often withheld
    (problem,) = second.problems
    assert problem.startswith("no moving label named 'Thorax_0002_0000.nii.gz'")
