from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_medload.export import ExportError, save
from napari_medload.formats import Source
from napari_medload.loaders import DatasetCatalog, MetadataCatalog, Sample, open_dataset
from napari_medload.loaders.errors import DatasetError, LoaderError
from napari_medload.loaders.medsegpy import register_list
from tests.phantoms import noise, write_h5, write_nifti

REAL = Path(os.path.abspath("../shared/data/medsegpy"))
NAMES = ["left & right", "große Leber"]


def write_slices(folder, scan, count=4, first=1, seed=0):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        for suffix, shape in ((".im", (6, 5, 1)), (".seg", (6, 5, 1, 3))):
            with h5py.File(folder / f"{scan}_{number:03d}{suffix}", "w") as file:
                file["data"] = noise(shape, np.uint8, seed + number)


def write_volume(path, key=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "a") as file:
        file[f"{key}volume"] = noise((6, 5, 4), np.float32)
        file[f"{key}seg"] = noise((6, 5, 4, 3), np.uint8)


@pytest.fixture
def slices(tmp_path):
    root = tmp_path / "my dätä"
    write_slices(root / "train", "0000001_V00-Aug00")
    write_slices(root / "train", "0000001_V00-Aug04", 2, 2)
    write_slices(root / "val", "0000012_V03-Aug00")
    listed = [
        {"id": [0, 2], "name": NAMES[0], "color": [255, 0, 10], "abbrev": "lr"},
        {"id": 1, "name": NAMES[1], "color": [0, 128, 0]},
    ]
    (root / "categories.json").write_text(json.dumps({"categories": listed}))
    return open_dataset(root)


@pytest.fixture(autouse=True)
def forgotten():
    yield
    DatasetCatalog.clear()
    MetadataCatalog.clear()


def export(samples, path, **options):
    return save(samples, path, "medsegpy", **options)


def sources_of(dataset):
    return {s.id: dict(s.sources) for s in dataset}


def test_slices_are_standard_dicts_that_open_again(slices, tmp_path):
    path = tmp_path / "list.json"
    export(slices, path)
    content = json.loads(path.read_text())
    dicts = content["dataset_dicts"]
    assert len(dicts) == 10
    for entry in dicts:
        name = os.path.basename(entry["file_name"])
        assert os.path.isfile(entry["file_name"])
        assert entry["sem_seg_file"] == entry["file_name"].replace(".im", ".seg")
        assert entry["slice_id"] == int(name[-6:-3])
        subject, visit = int(name[:7]), int(name[9:11])
        assert (entry["subject_id"], entry["time_point"]) == (subject, visit)
    ids = {os.path.basename(e["file_name"])[:17]: e["scan_id"] for e in dicts}
    assert ids["0000001_V00-Aug00"] == "0000001_V00"
    assert ids["0000001_V00-Aug04"] == "0000001_V00-Aug04"
    assert [e["scan_num_slices"] for e in dicts] == [4] * 4 + [2] * 2 + [4] * 4
    assert [e["slice_id"] for e in dicts] == [1, 2, 3, 4, 2, 3, 1, 2, 3, 4]
    known = content["metadata"]
    assert known["category_ids"] == [[0, 2], 1]
    assert known["categories"] == NAMES
    assert known["category_colors"] == [[255, 0, 10], [0, 128, 0]]
    assert known["evaluator_type"] == "SemSegEvaluator"
    assert known["scan_root"] == str(slices.root)
    again = open_dataset(path)
    assert [s.id for s in again] == [s.id for s in slices]
    assert sources_of(again) == sources_of(slices)
    assert again.categories == slices.categories
    assert [s.problems for s in again] == [s.problems for s in slices]
    assert [s.id for s in open_dataset(path, split="val")] == ["val/0000012_V03"]


def test_a_registered_list_is_had_from_the_catalogs(slices, tmp_path):
    path = tmp_path / "list.json"
    export(slices, path)
    register_list(path, "knees")
    dicts = json.loads(path.read_text())["dataset_dicts"]
    assert DatasetCatalog.get("knees") == dicts
    known = MetadataCatalog.get("knees")
    assert known.categories == NAMES
    assert known.category_ids == [[0, 2], 1]
    assert known.scan_root == str(slices.root)
    own = {s.id.partition("/")[2]: dict(s.sources) for s in slices}
    assert sources_of(open_dataset("knees")) == own
    DatasetCatalog.get("knees")[0]["file_name"] = "another"  # nobody else's
    assert DatasetCatalog.get("knees") == dicts
    register_list(path, "knees_val", split="valid")
    assert {e["scan_id"] for e in DatasetCatalog.get("knees_val")} == {"0000012_V03"}
    with pytest.raises(LoaderError, match="registered as 'knees' already"):
        register_list(path, "knees")
    export(slices[:1], path)
    register_list(path, "knees", overwrite=True)
    assert len(DatasetCatalog.get("knees")) == 4
    with pytest.raises(DatasetError, match=r"no split 'test'.*found train"):
        register_list(path, "knees_test", split="test")


def test_relative_paths_follow_the_list_when_both_are_moved(slices, tmp_path):
    path = slices.root / "list.json"
    export(slices, path, relative_to=slices.root)
    first = json.loads(path.read_text())["dataset_dicts"][0]["file_name"]
    assert first == "train/0000001_V00-Aug00_001.im"
    assert sources_of(open_dataset(path)) == sources_of(slices)
    moved = tmp_path / "moved"
    slices.root.rename(moved)
    again = open_dataset(moved / "list.json")
    assert again[0].sources["image"].file == str(moved / first)
    assert again[0].load()["image"].shape[:3]
    register_list(moved / "list.json", "moved")
    assert open_dataset("moved")[0].sources["image"].file == str(moved / first)


def test_volumes_have_a_size_and_one_file_may_hold_them_all(tmp_path):
    write_volume(tmp_path / "3d" / "0000001_V00.h5")
    write_volume(tmp_path / "3d" / "other name.h5")
    write_volume(tmp_path / "one.h5", "0000007_V01/")
    write_volume(tmp_path / "one.h5", "0000007_V02/")
    for path in (tmp_path / "3d", tmp_path / "one.h5"):
        dataset = open_dataset(path, layout="medsegpy-3d")
        export(dataset, tmp_path / "list.json")
        dicts = json.loads((tmp_path / "list.json").read_text())["dataset_dicts"]
        assert [e["image_size"] for e in dicts] == [[6, 5, 4]] * 2
        assert sources_of(open_dataset(tmp_path / "list.json")) == sources_of(dataset)
    assert [e["file_name"] for e in dicts] == ["0000007_V01", "0000007_V02"]
    assert [e["singlefile_path"] for e in dicts] == [str(tmp_path / "one.h5")] * 2
    assert [(e["subject_id"], e["time_point"]) for e in dicts] == [(7, 1), (7, 2)]


def test_what_medsegpy_stores_otherwise_is_refused_by_name(slices, tmp_path):
    nifti = Sample(
        "a pair", {"fixed_image": Source(write_nifti(tmp_path / "a.nii.gz", noise((3, 3, 3))))}
    )
    key = Source(write_h5(tmp_path / "b.h5", array=np.zeros((3, 3, 3))), "array")
    keyed = Sample("another key", {"image": key})
    with pytest.raises(ExportError, match=r"HDF5.*\(a pair, another key\)"):
        export([*slices, nifti, keyed], tmp_path / "list.json")
    assert not (tmp_path / "list.json").exists()
    twin = replace(slices[2], id="val/0000001_V00", split="val")
    other = replace(slices[0], id="0000001_V00", split="val")
    with pytest.raises(ExportError, match="one scan_id"):
        export([twin, other], tmp_path / "list.json")


def test_what_a_scan_states_goes_before_the_metadata(slices, tmp_path):
    spaced = [
        replace(s, settings={"spacing": np.array([1, 1, n]), "modality": "MR", "n": n})
        for n, s in enumerate(slices, start=1)
    ]
    dataset = replace(slices, samples=tuple(spaced))
    export(dataset, tmp_path / "list.json")
    content = json.loads((tmp_path / "list.json").read_text())
    assert content["metadata"]["modality"] == "MR"
    found = {e["scan_id"]: e["scan_spacing"] for e in content["dataset_dicts"]}
    assert list(found.values()) == [[1, 1, 1], [1, 1, 2], [1, 1, 3]]
    again = open_dataset(tmp_path / "list.json")
    assert [s.sources["image"].placement.spacing for s in again] == [
        (1, 1, 1),
        (1, 1, 2),
        (1, 1, 3),
    ]


def test_broken_lists_are_errors_with_a_remedy(tmp_path):
    path = tmp_path / "a.json"
    for text in ("{}", '{"dataset_dicts": []}', '{"dataset_dicts": 3}'):
        path.write_text(text)
        with pytest.raises(DatasetError, match=r"no dataset dicts.*Export one"):
            register_list(path, "a")
    path.write_text('{"dataset_dicts": [{"file_name": "a.im"}], "metadata": {"set": 1}}')
    with pytest.raises(DatasetError, match="'metadata' 'set'"):
        register_list(path, "a")
    assert "a" not in DatasetCatalog.list()


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data beside the repository")
@pytest.mark.parametrize("kind", ["2d", "3d"])
def test_real_scans_open_again_with_the_same_voxels(tmp_path, kind):
    dataset = open_dataset(REAL / kind)
    export(dataset, tmp_path / "list.json")
    register_list(tmp_path / "list.json", "real")
    again = open_dataset(tmp_path / "list.json")
    assert sources_of(again) == sources_of(dataset)
    labels, own = again.categories.table, dataset.categories.table
    assert [label.name for label in labels.values()] == [label.name for label in own.values()]
    for value in own:
        assert labels[value].colour == pytest.approx(own[value].colour, abs=0.5 / 255)
    for one, other in zip(dataset, again, strict=True):
        for role, image in one.load().items():
            np.testing.assert_array_equal(other.load()[role].data, image.data)
    assert len(open_dataset("real")) == len(dataset)
