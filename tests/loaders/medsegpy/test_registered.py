"""Registered datasets, opened by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_medload.labels import contiguous_ids
from napari_medload.loaders import DatasetCatalog, DatasetError, MetadataCatalog, open_dataset
from napari_medload.loaders.medsegpy import open_registered, slice_dicts, volume_dicts
from tests.loaders.medsegpy.phantoms import scan_image, scan_masks, write_scan, write_volume

CATEGORIES = [
    {"id": 0, "name": "dog", "color": (255, 0, 0), "abbrev": "d"},
    {"id": 1, "name": "human", "color": (0, 255, 0), "abbrev": "h"},
    {"id": 2, "name": "cat", "color": (0, 0, 255), "abbrev": "c"},
    {"id": 3, "name": "tree", "color": (255, 255, 0), "abbrev": "t"},
    {"id": (0, 2), "name": "pet", "color": (0, 51, 255), "abbrev": "p"},
]


def register(name, folder, **more):
    DatasetCatalog.register(name, lambda: slice_dicts(folder))
    MetadataCatalog.get(name).set(
        scan_root=str(folder),
        category_ids=[x["id"] for x in CATEGORIES],
        categories=[x["name"] for x in CATEGORIES],
        category_colors=[x["color"] for x in CATEGORIES],
        category_abbreviations=[x["abbrev"] for x in CATEGORIES],
        category_id_to_contiguous_id=contiguous_ids(x["id"] for x in CATEGORIES),
        evaluator_type="SemSegEvaluator",
        **more,
    )


def test_m13_three_splits_are_three_datasets(tmp_path):
    for seed, split in enumerate(("train", "val", "test")):
        write_scan(tmp_path / split, seed=seed)
        register(f"my_dataset_{split}", tmp_path / split, spacing=(1, 2, 3))
    for seed, split in enumerate(("train", "val", "test")):
        dataset = open_dataset(f"my_dataset_{split}")
        assert (dataset.name, dataset.layout) == (f"my_dataset_{split}", "registered")
        assert dataset.root == tmp_path / split
        assert MetadataCatalog.get(dataset.name).category_id_to_contiguous_id[(0, 2)] == 4
        assert dataset.collation == ((0,), (1,), (2,), (3,), (0, 2))
        assert dataset.table[5].name == "pet"
        assert dataset.table[5].colour == (0.0, 0.2, 1.0)
        assert dataset.table[5].abbreviation == "p"
        (sample,) = dataset
        assert sample.problems == ()
        assert sample.image.grid.spacing == (1, 2, 3)
        np.testing.assert_array_equal(sample.image.data[0], scan_image(seed))
        np.testing.assert_array_equal(
            np.moveaxis(np.asarray(sample.label.data), 0, -1), scan_masks(seed)
        )


def test_m08_a_name_goes_before_a_path(tmp_path, monkeypatch):
    write_scan(tmp_path / "data", seed=1)
    write_scan(tmp_path / "folder", seed=2)
    monkeypatch.chdir(tmp_path)
    assert open_dataset("folder").layout == "medsegpy-2d"
    DatasetCatalog.register("folder", lambda: slice_dicts("data"))
    dataset = open_dataset("folder")
    assert dataset.layout == "registered"
    assert dataset.root == tmp_path / "data"
    np.testing.assert_array_equal(dataset[0].image.data[0], scan_image(1))
    assert open_dataset(Path("folder")).layout == "medsegpy-2d"


def test_m04_dicts_of_volumes_can_be_registered(tmp_path):
    write_volume(tmp_path)
    DatasetCatalog.register("volumes", lambda: volume_dicts(tmp_path))
    (sample,) = open_registered("volumes")
    np.testing.assert_array_equal(sample.image.data[0], scan_image())


def test_m13_categories_by_task_are_those_of_the_segmentation(tmp_path):
    write_scan(tmp_path)
    DatasetCatalog.register("ct", lambda: slice_dicts(tmp_path))
    MetadataCatalog.get("ct").set(
        category_ids={"inpainting": [3], "segmentation": [1, 2]},
        categories={"inpainting": ["x"], "segmentation": ["muscle", "fat"]},
        category_colors={"inpainting": [[0, 0, 0]], "segmentation": [[255, 102, 0], [0, 0, 255]]},
    )
    dataset = open_dataset("ct")
    assert dataset.collation == ((1,), (2,))
    assert [label.name for label in dataset.table.values()] == ["muscle", "fat"]


def test_m05_registered_augmentations_are_told_apart(tmp_path):
    for augmentation in (0, 1):
        write_scan(tmp_path, f"0000001_V00-Aug{augmentation:02d}", augmentation)
    DatasetCatalog.register("a", lambda: slice_dicts(tmp_path))
    assert [s.id for s in open_dataset("a")] == ["0000001_V00", "0000001_V00-Aug01"]


def _broken():
    raise RuntimeError("the disk is gone")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_broken, "'a'.*failed.*RuntimeError: the disk is gone"),
        (lambda: None, "'a'.*failed"),
        (list, "'a'.*nothing"),
        (lambda: ["a.im"], "'a'.*str.*file_name"),
        (lambda: [{"x_ray": 1, "target": 2}], "'a'.*x_ray, target.*file_name.*scan_id"),
    ],
)
def test_m08_a_function_that_fails_is_an_error_that_names_it(function, message):
    DatasetCatalog.register("a", function)
    with pytest.raises(DatasetError, match=message):
        open_dataset("a")


def test_m08_an_unknown_name_is_an_error_that_names_those_there_are():
    DatasetCatalog.register("known", list)
    with pytest.raises(DatasetError, match=r"'other'.*known"):
        open_registered("other")


def test_a_dict_of_another_kind_among_others_is_a_row_with_its_reason(tmp_path):
    write_scan(tmp_path)
    DatasetCatalog.register("a", lambda: [*slice_dicts(tmp_path), {"mine": 1}])
    first, strange = open_dataset("a")
    assert first.problems == () and "mine" in strange.problems[0]
