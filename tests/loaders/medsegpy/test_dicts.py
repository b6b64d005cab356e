"""Folders and files to dataset dicts."""

from __future__ import annotations

import h5py
import pytest

from napari_medload.loaders import DatasetError
from napari_medload.loaders.medsegpy import singlefile_dicts, slice_dicts, volume_dicts
from tests.loaders.medsegpy.phantoms import SHAPE, put, scan_image, write_scan, write_volume
from tests.phantoms import write_h5


def test_m04_slices_become_dicts_in_order(tmp_path):
    write_scan(tmp_path, "0000010_V00-Aug00")
    write_scan(tmp_path, "0000009_V01-Aug00", masks=False, numbers=(1, 2, 3))
    (tmp_path / "notes.im").write_text("no slice")
    (tmp_path / "._0000010_V00-Aug00_001.im").write_text("fork")
    dicts = slice_dicts(tmp_path)
    assert len(dicts) == 3 + SHAPE[2]
    assert dicts[0] == {
        "file_name": str(tmp_path / "0000009_V01-Aug00_001.im"),
        "scan_id": "0000009_V01",
        "subject_id": 9,
        "time_point": 1,
        "slice_id": 1,
        "scan_num_slices": 3,
    }
    assert dicts[3] == {
        "file_name": str(tmp_path / "0000010_V00-Aug00_001.im"),
        "sem_seg_file": str(tmp_path / "0000010_V00-Aug00_001.seg"),
        "scan_id": "0000010_V00",
        "subject_id": 10,
        "time_point": 0,
        "slice_id": 1,
        "scan_num_slices": SHAPE[2],
    }
    assert [d["slice_id"] for d in dicts] == [1, 2, 3, 1, 2, 3, 4, 5]


def test_m04_a_parent_folder_that_looks_like_a_slice_is_no_trouble(tmp_path):
    place = tmp_path / "7_V7-Aug7_7"
    write_scan(place)
    assert {d["subject_id"] for d in slice_dicts(place)} == {1}


def test_m04_numbers_of_any_width_are_sorted_as_numbers(tmp_path):
    for name in ("2_V0-Aug0_1", "2_V0-Aug0_10", "2_V0-Aug0_9", "10_V0-Aug0_1"):
        put(tmp_path / f"{name}.im", scan_image()[:, :, :1])
    found = [(d["subject_id"], d["slice_id"]) for d in slice_dicts(tmp_path)]
    assert found == [(2, 1), (2, 9), (2, 10), (10, 1)]


def test_m05_augmentations_are_counted_apart(tmp_path):
    write_scan(tmp_path)
    write_scan(tmp_path, "0000001_V00-Aug04", numbers=(1, 2))
    assert [d["scan_num_slices"] for d in slice_dicts(tmp_path)] == [5] * 5 + [2] * 2


def test_m04_volumes_become_dicts(tmp_path):
    write_volume(tmp_path, "0000002_V01")
    write_volume(tmp_path, "anything")
    write_h5(tmp_path / "0000003_V00.h5", volume=scan_image())
    write_h5(tmp_path / "statistics.h5", mean=scan_image())
    (tmp_path / "README.txt").write_text("stray")
    (tmp_path / "._0000002_V01.h5").write_text("fork")
    path = str(tmp_path / "0000002_V01.h5")
    first, second, third = volume_dicts(tmp_path)
    assert first == {
        "file_name": path,
        "sem_seg_file": path,
        "scan_id": "0000002_V01",
        "subject_id": 2,
        "time_point": 1,
        "image_size": SHAPE,
    }
    assert second["scan_id"] == "0000003_V00" and "sem_seg_file" not in second
    assert third["scan_id"] == "anything" and "subject_id" not in third


def test_m04_groups_of_one_file_become_dicts(tmp_path):
    path = tmp_path / "train.h5"
    with h5py.File(path, "w") as file:
        for name in ("0000001_V00", "0000002_V00"):
            file[f"{name}/volume"] = scan_image()
            file[f"{name}/seg"] = scan_image()
        file["notes/other"] = scan_image()
    found = singlefile_dicts(path)
    assert [d["file_name"] for d in found] == ["0000001_V00", "0000002_V00"]
    assert found[1] == {
        "file_name": "0000002_V00",
        "sem_seg_file": "0000002_V00",
        "scan_id": "0000002_V00",
        "subject_id": 2,
        "time_point": 0,
        "image_size": SHAPE,
        "singlefile_path": str(path),
    }
    (tmp_path / "bad.h5").write_text("text")
    with pytest.raises(DatasetError, match=r"bad\.h5"):
        singlefile_dicts(tmp_path / "bad.h5")


def test_m04_the_real_slices(shared_data):
    dicts = slice_dicts(shared_data / "medsegpy" / "2d" / "train")
    assert {d["scan_num_slices"] for d in dicts if "-Aug00_" in d["file_name"]} == {30}
    assert {d["scan_id"] for d in dicts} == {"0000001_V00"}
