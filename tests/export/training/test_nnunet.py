from __future__ import annotations

import json
import os
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_medload.export import ExportError, reviewed, save
from napari_medload.formats import Content, Source
from napari_medload.formats import save as save_volume
from napari_medload.geometry import Grid
from napari_medload.loaders import Dataset, Sample, open_dataset
from tests.export.examples import segmented_images
from tests.export.training.segmented import AFFINE, dataset_of, write_sample
from tests.phantoms import noise, snapshot, write_h5, write_nifti
from tests.session.datasets import write_pairs


def export(samples, folder, **options):
    return save(samples, folder, "nnunet", ask=False, **options)


def read(folder, name="dataset.json"):
    return json.loads((folder / name).read_text("ascii"))


def five(folder, **how):
    splits = ("train", "train", "train", "val", "test")
    return [
        write_sample(folder, f"{split}/case{n:02d}", split=split, **how)
        for n, split in enumerate(splits)
    ]


def test_files_stay_where_they_are_and_open_again(tmp_path):
    before = None
    samples = five(tmp_path / "my dätä")
    dataset = dataset_of(tmp_path, samples, liver=1, spleen=2)
    before = snapshot(tmp_path / "my dätä")
    saved = export(dataset, tmp_path / "Dataset001_A")
    assert snapshot(tmp_path / "my dätä") == before
    content = read(tmp_path / "Dataset001_A")
    assert content["numTraining"] == 4
    assert content["file_ending"] == ".nii.gz"
    assert content["channel_names"] == {"0": "image"}
    assert content["labels"] == {"background": 0, "liver": 1, "spleen": 2}
    first = content["dataset"]["case00"]
    assert first["images"] == [str(samples[0].sources["image"].path)]
    assert first["label"] == str(samples[0].sources["label"].path)
    assert first["sample_id"] == "train/case00"
    folds = read(tmp_path / "Dataset001_A", "splits_final.json")
    assert folds == [{"train": ["case00", "case01", "case02"], "val": ["case03"]}]
    again = open_dataset(tmp_path / "Dataset001_A")
    assert again.layout == "nnunet"
    kept = samples[:4]
    assert [s.id for s in again] == [s.id for s in kept]
    assert [dict(s.sources) for s in again] == [dict(s.sources) for s in kept]
    assert [s.problems for s in again] == [()] * 4
    (warning,) = saved.warnings
    assert warning.samples == ("test/case04",)
    assert "test" in warning.sentence


def test_in_a_folder_that_is_there_only_two_files_are_replaced(tmp_path):
    samples = five(tmp_path / "data")
    folder = tmp_path / "Dataset001_A"
    (folder / "imagesTr").mkdir(parents=True)
    (folder / "imagesTr" / "mine.nii.gz").write_bytes(b"mine")
    (folder / "dataset.json").write_text("old")
    (folder / "plans.json").write_text("mine")
    with pytest.raises(ExportError, match=r"dataset\.json is there already.*overwrite"):
        export(samples, folder)
    assert (folder / "dataset.json").read_text() == "old"
    export(samples, folder, overwrite=True)
    assert {p.name for p in folder.iterdir()} == {
        "imagesTr", "plans.json", "dataset.json", "splits_final.json",
    }  # fmt: skip
    assert (folder / "imagesTr" / "mine.nii.gz").read_bytes() == b"mine"
    assert (folder / "plans.json").read_text() == "mine"
    assert read(folder)["numTraining"] == 4
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_folds_of_another_list_do_not_stay_beside_a_list_without_folds(tmp_path):
    samples = [write_sample(tmp_path, f"c{n}") for n in range(3)]
    folder = tmp_path / "Dataset001_A"
    folder.mkdir()
    (folder / "splits_final.json").write_text("[]")
    with pytest.raises(ExportError, match=r"splits_final\.json is there.*folds"):
        export(samples, folder, overwrite=True)
    export(samples, folder, overwrite=True, folds=3)
    assert len(read(folder, "splits_final.json")) == 3


def test_folds_keep_subjects_together_and_validate_each_case_once(tmp_path):
    samples = [
        write_sample(tmp_path, f"p{n // 2}_visit{n % 2}", group=f"p{n // 2}") for n in range(10)
    ]
    export(samples, tmp_path / "A", folds=4, seed=3)
    folds = read(tmp_path / "A", "splits_final.json")
    names = {s.id for s in samples}
    assert len(folds) == 4
    assert sorted(name for fold in folds for name in fold["val"]) == sorted(names)
    for fold in folds:
        assert set(fold["train"]) | set(fold["val"]) == names
        people = [{name[:2] for name in fold[part]} for part in ("train", "val")]
        assert not people[0] & people[1]
    export(samples, tmp_path / "B", folds=4, seed=3)
    assert read(tmp_path / "B", "splits_final.json") == folds
    with pytest.raises(ExportError, match=r"6 folds .* 5 subjects"):
        export(samples, tmp_path / "C", folds=6)


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("any", ["case00", "case01"]),
        ("fixed", ["case00", "case01"]),
        ("moving", ["case00", "case01"]),
        ("both", ["case00_fixed", "case00_moving", "case01_fixed", "case01_moving"]),
    ],
)
def test_of_pairs_the_chosen_image_is_segmented(tmp_path, role, names):
    dataset = open_dataset(write_pairs(tmp_path / "pairs", 2, labels=True))
    export(dataset, tmp_path / "D", role=role)
    content = read(tmp_path / "D")
    assert list(content["dataset"]) == names
    assert content["labels"] == {"background": 0, "liver": 1, "spleen": 2}
    side = "fixed" if role == "any" else role
    for name, case in content["dataset"].items():
        own = name.partition("_")[2] or side
        plain = name.partition("_")[0]
        root = tmp_path / "pairs"
        assert case["images"] == [str(root / f"{own}_images" / f"{plain}.nii.gz")]
        assert case["label"] == str(root / f"{own}_labels" / f"{plain}.nii.gz")


def test_further_images_are_channels_and_keep_their_roles(tmp_path):
    roles = ("image", "image_ADC", "image_0002", "label")
    samples = [write_sample(tmp_path, f"c{n}", roles=roles) for n in range(2)]
    export(samples, tmp_path / "D")
    names = read(tmp_path / "D")["channel_names"]
    assert names["0"] == "image"
    assert set(names.values()) == {"image", "ADC", "0002"}
    again = open_dataset(tmp_path / "D")
    assert [dict(s.sources) for s in again] == [dict(s.sources) for s in samples]
    export(samples, tmp_path / "E", channel_names="CT, ADC, DWI")
    assert read(tmp_path / "E")["channel_names"] == {"0": "CT", "1": "ADC", "2": "DWI"}
    with pytest.raises(ExportError, match="2 channels are named, but image has 3"):
        export(samples, tmp_path / "F", channel_names="CT,ADC")


def refused(samples, folder, match, *named, not_named=(), **options):
    with pytest.raises(ExportError, match=match) as caught:
        export(samples, folder / "refused", **options)
    assert not (folder / "refused").exists()
    for name in named:
        assert name in str(caught.value)
    for name in not_named:
        assert name not in str(caught.value)


def test_label_values_with_a_gap_are_refused_by_name(tmp_path):
    good = write_sample(tmp_path, "good", (1,))
    bad = write_sample(tmp_path, "bad", (1, 3))
    refused([good, bad], tmp_path, r"values 0, 1, 3;.*without a gap", "bad", not_named=["good"])
    names = {"a": 1, "b": 2, "c": 3}
    export(dataset_of(tmp_path, [good, bad], **names), tmp_path / "D")
    assert read(tmp_path / "D")["labels"] == {"background": 0, **names}


@pytest.mark.parametrize(
    ("values", "dtype", "match"),
    [
        ((0.5, 1), np.float32, "fractions"),
        ((np.nan, 1), np.float32, "fractions"),
        ((np.inf, 1), np.float32, "fractions"),
        ((-1, 1), np.int16, "values -1, 0, 1"),
    ],
)
def test_labels_that_are_no_whole_numbers_from_0_are_refused(tmp_path, values, dtype, match):
    good = write_sample(tmp_path, "good", (1,))
    bad = write_sample(tmp_path, "bad", values, dtype=dtype)
    refused([good, bad], tmp_path, match, "bad", not_named=["good"])


def test_whole_numbers_stored_as_floats_are_labels(tmp_path):
    export([write_sample(tmp_path, "a", (1, 2), dtype=np.float64)], tmp_path / "D")
    assert read(tmp_path / "D")["labels"] == {"background": 0, "1": 1, "2": 2}


def test_a_label_on_another_grid_is_refused(tmp_path):
    moved = AFFINE.copy()
    moved[0, 3] += 5
    good, bad = write_sample(tmp_path, "good"), write_sample(tmp_path, "bad", affine=moved)
    refused([good, bad], tmp_path, "lie on other grids.*Resample", "bad")
    wide = AFFINE.copy()
    wide[:3, 0] *= 1.001  # nnU-Net compares spacings closely
    bad = write_sample(tmp_path, "bad", affine=wide)
    refused([good, bad], tmp_path, "lie on other grids", "bad")


def test_other_shapes_and_channels_in_one_file_are_refused(tmp_path):
    good, bad = write_sample(tmp_path, "good"), write_sample(tmp_path, "bad")
    path = bad.sources["label"].path
    write_nifti(path, np.zeros((8, 7, 5), np.uint8), AFFINE)
    refused([good, bad], tmp_path, "other shapes.*8×7×5 and not 8×7×6", "bad")
    write_nifti(path, np.zeros((8, 7, 6, 2), np.uint8), AFFINE)
    refused([good, bad], tmp_path, "several frames or channels", "8×7×6×2")
    write_nifti(path, noise((8, 7, 6)), AFFINE)
    path.write_bytes(path.read_bytes()[:20])
    refused([good, bad], tmp_path, "cannot be read", "bad")


def test_what_nnunet_cannot_open_or_find_is_refused(tmp_path):
    good = write_sample(tmp_path, "good")
    lacking = replace(good, id="lacking", sources={"image": good.sources["image"]})
    refused([good, lacking], tmp_path, "lack an image or label", "lacking")
    inside = Source(write_h5(tmp_path / "a.h5", image=np.zeros((8, 7, 6))), "image")
    keyed = replace(good, id="keyed", sources={**good.sources, "image": inside})
    refused([good, keyed], tmp_path, "does not read", "keyed", not_named=["good"])
    folder = replace(good, id="series", sources={**good.sources, "image": Source(tmp_path)})
    refused([good, folder], tmp_path, "does not read", "series")
    nrrd = Source(tmp_path / "a.nrrd")
    save_volume(nrrd.path, Content(noise((8, 7, 6)), Grid((8, 7, 6), AFFINE)))
    other = replace(good, id="other", sources={**good.sources, "image": nrrd})
    refused([good, other], tmp_path, r"\.nii\.gz, \.nrrd; expected one file_ending", "other")
    test = write_sample(tmp_path, "test/a", split="test")
    refused([test], tmp_path, "no test cases", "test/a")
    val = write_sample(tmp_path, "val/a", split="val")
    refused([val], tmp_path, "all samples validate")


def test_ids_become_names_of_files(tmp_path):
    ids = ("liver/CT 01", "=cmd", "-x", "a\nb", "größe", "x" * 300)
    plain = write_sample(tmp_path, "plain")
    samples = [replace(plain, id=name) for name in ids]
    saved = export(samples, tmp_path / "D")
    names = list(read(tmp_path / "D")["dataset"])
    assert len(names) == len(ids)
    for name in names:
        assert os.path.basename(name) == name
        assert name.isascii() and " " not in name and "\n" not in name and name[0] != "-"
        assert len(name) < 250
    assert saved.warnings[0].samples == ids
    again = open_dataset(tmp_path / "D")
    assert [s.id for s in again] == [s.id for s in samples]
    refused([plain, replace(plain, id="PLAIN")], tmp_path, "one file name", "PLAIN")
    refused(
        [replace(plain, id="a b"), replace(plain, id="a-b"), replace(plain, id="a/b")],
        tmp_path,
        "one file name",
        not_named=["a-b"],
    )


def test_paths_are_relative_to_the_dataset_alone(tmp_path):
    folder = tmp_path / "Dataset001_A"
    folder.mkdir()
    samples = [write_sample(folder / "files", f"c{n}") for n in range(2)]
    refused(samples, tmp_path / "else", "relative_to", relative_to=tmp_path)
    export(samples, folder, relative_to=folder)
    first = read(folder)["dataset"]["c0"]
    assert first["images"] == ["files/image/c0.nii.gz"]
    again = open_dataset(folder)
    assert [dict(s.sources) for s in again] == [dict(s.sources) for s in samples]


def test_a_variable_in_a_path_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("WHERE", "elsewhere")
    sample = write_sample(tmp_path / "$WHERE", "a")
    refused([sample], tmp_path, r"hold a \$", "(a)")


def test_names_of_labels_are_told_apart(tmp_path):
    samples = [write_sample(tmp_path, "a", (1, 2, 3, 4))]
    dataset = dataset_of(tmp_path, samples, background=1, ignore=2)
    export(dataset, tmp_path / "D")
    labels = read(tmp_path / "D")["labels"]
    assert labels == {"background": 0, "background 1": 1, "ignore 2": 2, "3": 3, "4": 4}


def test_it_is_told_how_far_reading_is_and_can_be_cancelled(tmp_path):
    samples = [write_sample(tmp_path, f"c{n}") for n in range(3)]
    told = []
    export(samples, tmp_path / "D", tell=told.append)
    assert any("labels: 0 of 3" in what for what in told)

    def cancel(what):
        if "labels" in what:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        export(samples, tmp_path / "E", tell=cancel)
    assert not (tmp_path / "E").exists()


def test_grids_that_are_unknown_are_not_compared(tmp_path):
    from PIL import Image

    for name in ("i.png", "l.png"):
        Image.fromarray(np.ones((6, 5), np.uint8)).save(tmp_path / name)
    sources = {"image": Source(tmp_path / "i.png"), "label": Source(tmp_path / "l.png")}
    dataset = Dataset(tmp_path, "list", (Sample("a", sources),), "none")
    assert not Grid.unknown((6, 5, 1)).known
    export(dataset, tmp_path / "D")
    assert read(tmp_path / "D")["file_ending"] == ".png"


def test_the_side_of_a_pair_that_is_not_segmented_is_named(tmp_path):
    labels = np.ones((4, 5, 6), np.uint8)
    sources = {
        f"{side}_{kind}": Source(write_nifti(tmp_path / f"{side}_{kind}.nii.gz", labels))
        for side in ("fixed", "moving")
        for kind in ("image", "label")
    }
    saved = export([Sample("a", sources)], tmp_path / "D")
    (warning,) = saved.warnings
    assert "gets no moving_image, moving_label of these" in warning.sentence
    assert warning.samples == ("a",)
    assert export([Sample("a", sources)], tmp_path / "E", role="both").warnings == ()


def test_all_faults_are_told_at_once(tmp_path):
    good, other, half, soft = (write_sample(tmp_path, name) for name in ("g", "o", "h", "s"))
    write_nifti(other.sources["label"].path, np.ones((3, 3, 3), np.uint8))
    half = Sample("half", {"image": half.sources["image"]})
    array = nib.load(soft.sources["label"].path)
    soft_values = np.full(array.shape, 0.5, np.float32)
    nib.save(nib.Nifti1Image(soft_values, array.affine), soft.sources["label"].path)
    with pytest.raises(ExportError) as raised:
        export([good, other, half, soft], tmp_path / "D")
    said = str(raised.value)
    assert "lack an image or label" in said and "other shapes" in said and "soft labels" in said


def test_verdicts_come_back(tmp_path):
    selection = segmented_images(tmp_path)
    export(selection, tmp_path / "D")
    back = reviewed(open_dataset(tmp_path / "D"), verdict="accept")
    assert [entry.sample.id for entry in back] == [entry.sample.id for entry in selection]
    for found, meant in zip(back, selection, strict=True):
        for name in ("decision", "reasons", "note", "reviewer", "time"):
            assert getattr(found.verdict, name) == getattr(meant.verdict, name)
        assert found.content == meant.content
