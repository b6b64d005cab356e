from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.loaders import DatasetError, json_file, open_dataset
from napari_medload.loaders.backends import backend_named
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SHAPE = (3, 4, 5)


@pytest.fixture
def folder(tmp_path):
    for name in ("f1", "f2", "m1", "m2", "l1"):
        write_nifti(tmp_path / f"{name}.nii.gz", noise(SHAPE), affine_of("RAS", SHAPE))
    return tmp_path


def opened(folder, text, name="list.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return open_dataset(folder / name)


def test_rows_without_ids_are_named_by_their_images(folder):
    dataset = opened(folder, "moving,fixed\nm1.nii.gz,f1.nii.gz\nm2.nii.gz,f1.nii.gz\n")
    assert [sample.id for sample in dataset] == ["m1–f1", "m2–f1"]
    assert dataset.alignment == "same grid"
    assert dataset.name == "list"


@pytest.mark.parametrize("text", [
    "fixed_image;moving_image;Case\nf1.nii.gz;m1.nii.gz;x\n",
    "\ufeffFixed,Moving,id\nf1.nii.gz,m1.nii.gz,x\n",
    "fixed_images\tmoving_images\tsubject\nf1.nii.gz\tm1.nii.gz\tx\n",
    'fixed,moving,name\n"f1.nii.gz", m1.nii.gz ,x\r\n',
])  # fmt: skip
def test_spellings_of_columns_and_delimiters(folder, text):
    (sample,) = opened(folder, text)
    assert sample.id == "x"
    assert sample.fixed_image.path.name == "f1.nii.gz"
    assert sample.moving_image.path.name == "m1.nii.gz"
    assert sample.problems == ()


def test_further_columns_that_hold_paths_are_roles(folder):
    text = "id,image,mask,age,landmarks\nx,f1.nii.gz,l1.nii.gz,42,m1.nii.gz\n"
    (sample,) = opened(folder, text)
    assert set(sample.roles) == {"image", "mask", "landmarks"}
    assert sample.mask.type == "label"
    assert sample.landmarks.type == "intensity"


def test_an_empty_cell_is_a_role_that_is_missing(folder):
    text = "id,fixed,moving,fixed_label\na,f1.nii.gz,,\nb,f2.nii.gz,n/a,l1.nii.gz\nc,f1.nii.gz,m1.nii.gz,\n"  # noqa: E501
    dataset = opened(folder, text)
    assert dataset[0].moving_image is None
    assert "row 1 names no moving image" in dataset[0].problems
    assert "row 2 names no moving image" in dataset[1].problems
    assert dataset[2].problems == ()
    assert dataset[2].fixed_label is None


def test_a_row_whose_file_is_missing_does_not_stop_the_others(folder):
    dataset = opened(folder, "id,image\na,gone.nii.gz\nb,f1.nii.gz\nc,~x.nii\n")
    assert [sample.id for sample in dataset] == ["a", "b", "c"]
    with pytest.raises(FileNotFoundError, match=r"gone\.nii\.gz"):
        dataset[0].load()
    with pytest.raises(FileNotFoundError, match="~x"):
        dataset[2].load()
    np.testing.assert_array_equal(dataset[1].image.data[0], noise(SHAPE))


def test_ids_that_are_met_twice_are_told_apart(folder):
    dataset = opened(folder, "id,image\na#2,f1.nii.gz\na,f1.nii.gz\na,f2.nii.gz\na,m1.nii.gz\n")
    ids = [sample.id for sample in dataset]
    assert len(set(ids)) == 4
    assert ids[:2] == ["a#2", "a"]
    assert [bool(sample.problems) for sample in dataset] == [False, False, True, True]


def test_datasets_in_h5_files_are_named_by_their_key(folder):
    write_h5(folder / "all.h5", **{"x": noise(SHAPE, seed=1), "deep/y": noise(SHAPE, seed=2)})
    dataset = opened(folder, "fixed,moving\nall.h5#x,all.h5#deep/y\n")
    np.testing.assert_array_equal(dataset[0].moving_image.data[0], noise(SHAPE, seed=2))
    assert dataset[0].id == "all#x–all#deep/y"


def test_splits_and_groups_of_a_table(folder):
    text = "split,group,id,image\ntrain,0,a,f1.nii.gz\ntest,1,a,f2.nii.gz\n"
    dataset = opened(folder, text)
    assert [(s.id, s.split, s.group) for s in dataset] == [
        ("train/a", "train", "0"), ("test/a", "test", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["list", "splits", "pairs"])
def test_json_lists(folder, form):
    rows = [{"id": 0, "group": 0, "fixed": "f1.nii.gz", "moving": "m1.nii.gz", "note": None}]
    content = {"list": rows, "splits": {"train": rows, "test": rows}, "pairs": {"pairs": rows}}
    dataset = opened(folder, json.dumps(content[form]), "list.json")
    expected = ["train/0", "test/0"] if form == "splits" else ["0"]
    assert [sample.id for sample in dataset] == expected
    assert dataset[0].group == "0"
    assert dataset[0].moving_image.shape == (1, *SHAPE)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"fixed,moving\n", "empty"),
        ("a.csv", b"age,sex\n3,f\n", "no column holds paths; found age, sex"),
        ("a.csv", "fixed,moving\nä,b".encode("utf-16"), "UTF-8"),
        ("a.csv", b'fixed,moving\n"' + b"x" * 200_000 + b'",b\n', "cannot be read"),
        ("a.json", b"{", "cannot be read"),
        ("a.json", b"3", "JSON list of objects"),
        ("a.json", b"[]", "empty"),
        ("a.json", b'{"labels": {"1": "liver"}}', "JSON list of objects"),
    ],
)
def test_a_file_that_is_no_list_is_an_error_that_names_it(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=said) as caught:
        open_dataset(tmp_path / name)
    assert name in str(caught.value)


def test_one_split_of_a_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,image,split\na,a.nii,train\nb,b.nii,test\n")
    assert [sample.id for sample in open_dataset(path, split="test")] == ["test/b"]
    with pytest.raises(DatasetError, match="train, test"):
        open_dataset(path, split="valid")


# --- paths that no file can have, and files that are no lists --------------------------------


@pytest.mark.parametrize("bad", ["f1\0.nii.gz", "f1\ud800.nii.gz"])
@pytest.mark.parametrize("form", ["list", "monai", "learn2reg", "csv", "voxelmorph"])
def test_a_path_that_no_file_can_have_is_a_problem_of_its_row(folder, form, bad):
    rows = [{"moving": "m1.nii.gz", "fixed": bad}, {"moving": "m1.nii.gz", "fixed": "f1.nii.gz"}]
    content = {"list": rows, "monai": {"training": rows}, "learn2reg": {"registration_val": rows}}
    name, text = "x.json", json.dumps(content.get(form))
    if form in ("csv", "voxelmorph"):
        if "\0" not in bad:
            return  # text in UTF-8 cannot hold half a character
        name = "x.csv" if form == "csv" else "x.txt"
        lines = ["moving,fixed"] if form == "csv" else []
        between = "," if form == "csv" else " "
        text = "\n".join([*lines, *(between.join(row.values()) for row in rows)])
    dataset = opened(folder, text, name)
    assert [bool(sample.problems) for sample in dataset] == [True, False]
    assert "can be no path" in dataset[0].problems[0]
    assert dataset[0].roles == ("moving_image",)
    for sample in dataset:
        sample.id.encode()  # can be shown
        for image in sample.load().values():
            assert image.shape == (1, *SHAPE)


def test_ids_that_cannot_be_shown_are_spelt_out(folder):
    rows = [{"id": "a\ud800\0", "image": "f1.nii.gz"}]
    (sample,) = opened(folder, json.dumps(rows), "x.json")
    assert sample.id == "a\\ud800\\0"


def test_a_list_of_lists_is_told_as_one(folder):
    with pytest.raises(DatasetError, match=r"of objects.*found a list of 2, .*first is \[1, 2\]"):
        opened(folder, '[[1, 2], ["a.nii.gz"]]', "x.json")


def test_an_entry_that_is_no_object_is_a_row_with_its_reason(folder):
    dataset = opened(folder, '[{"image": "f1.nii.gz"}, 5, {"image": "f2.nii.gz"}]', "x.json")
    assert [bool(sample.problems) for sample in dataset] == [False, True, False]
    assert dataset[1].problems == ("row 2 names no file",)


def test_a_number_that_is_too_long_is_told(folder):
    with pytest.raises(DatasetError, match=r"x\.json: cannot be read .*digits"):
        opened(folder, '[{"image": "f1.nii.gz", "n": ' + "1" * 5000 + "}]", "x.json")


@pytest.mark.parametrize("name", ["x.json", "x.csv"])
def test_a_list_that_is_too_large_is_told(folder, monkeypatch, name):
    monkeypatch.setattr(json_file, "SIZE_AT_MOST", 10)
    with pytest.raises(DatasetError, match="bytes; expected a list of 10 at most"):
        opened(folder, '[{"image": "f1.nii.gz"}]', name)


@pytest.mark.parametrize("name", ["x.json", "X_dataset.json", "dataset.json"])
def test_a_json_file_is_parsed_once_and_not_kept(folder, monkeypatch, name):
    calls = []
    monkeypatch.setattr(json_file.json, "loads", lambda t: calls.append(1) or json.JSONDecoder().decode(t))  # fmt: skip # noqa: E501
    (folder / name).write_text('{"training": [{"image": "f1.nii.gz"}], "channel_names": {}}')
    try:
        open_dataset(folder / name, split="train")
    except DatasetError:
        assert name == "dataset.json"  # of nnU-Net, without its folders
    assert len(calls) == 1
    assert json_file._parsed.cache_info().currsize == 0


def test_a_list_opens_one_split_itself(folder):
    (folder / "x.csv").write_text("id,image,split\na,f1.nii.gz,train\nb,f2.nii.gz,test\n")
    assert [s.id for s in backend_named("list").open(folder / "x.csv", "test")] == ["test/b"]
