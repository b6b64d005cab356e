"""Registered datasets, opened by name."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from napari_medload import loaders
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
        assert dataset.categories.collation == ((0,), (1,), (2,), (3,), (0, 2))
        assert dataset.categories.table[5].name == "pet"
        assert dataset.categories.table[5].colour == (0.0, 0.2, 1.0)
        assert dataset.categories.table[5].abbreviation == "p"
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
    assert dataset.categories.collation == ((1,), (2,))
    assert [label.name for label in dataset.categories.table.values()] == ["muscle", "fat"]


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
        (list, "'a'.*empty list.*Check the folder"),
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


class Whatever:
    """An entry that is no dict at all."""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slice_id": "abc"}, ("slice_id", "'abc'", "whole number")),
        ({"slice_id": float("nan")}, ("slice_id", "nan", "whole number")),
        ({"slice_id": 2.5}, ("slice_id", "2.5", "whole number")),
        ({"slice_id": True}, ("slice_id", "True", "whole number")),
        ({"file_name": 5}, ("file_name", "5", "path")),
        ({"file_name": b"x.im"}, ("file_name", "b'x.im'", "path")),
        ({"sem_seg_file": 5}, ("sem_seg_file", "5", "path")),
        ({"singlefile_path": 5}, ("singlefile_path", "5", "path")),
        ({"sem_seg_file": np.zeros(3)}, ("sem_seg_file", "array", "path")),
    ],
)
def test_a_malformed_dict_is_a_row_that_says_key_found_and_expected(tmp_path, wrong, said):
    write_scan(tmp_path)
    entries = slice_dicts(tmp_path)
    entries[1] |= wrong
    DatasetCatalog.register("a", lambda: entries)
    good, strange = open_dataset("a")
    assert good.image.shape[1:] == scan_image().shape and strange.sources == {}
    assert strange.id == "entry 2" and all(part in strange.problems[0] for part in said)


@pytest.mark.parametrize("entry", [None, "x.im", 5, Whatever()])
def test_an_entry_that_is_no_dict_is_a_row(tmp_path, entry):
    write_scan(tmp_path)
    DatasetCatalog.register("a", lambda: [entry, *slice_dicts(tmp_path)])
    good, strange = open_dataset("a")
    assert good.problems == ()
    assert "no dict" in strange.problems[0] and "file_name" in strange.problems[0]


def test_all_dicts_malformed_is_an_error_that_says_why():
    DatasetCatalog.register("a", lambda: [{"file_name": "a_V0.im", "slice_id": "x"}])
    with pytest.raises(DatasetError, match=r"'a'.*none of its dicts.*"):
        open_dataset("a")


@pytest.mark.parametrize("told", [np.array([1, 2]), "many", 2.5])
def test_a_count_of_slices_that_is_none_is_said(tmp_path, told):
    write_scan(tmp_path)
    entries = [entry | {"scan_num_slices": told} for entry in slice_dicts(tmp_path)]
    DatasetCatalog.register("a", lambda: entries)
    (sample,) = open_dataset("a")
    (problem,) = sample.problems
    assert "scan_num_slices is" in problem and "whole number" in problem


@pytest.mark.parametrize("told", ["5", np.int64(5), 5.0])
def test_a_count_of_slices_is_read_in_any_form(tmp_path, told):
    write_scan(tmp_path)
    entries = [
        entry | {"scan_num_slices": told, "slice_id": str(entry["slice_id"])}
        for entry in slice_dicts(tmp_path)
    ]
    DatasetCatalog.register("a", lambda: entries)
    (sample,) = open_dataset("a")
    assert sample.problems == ()
    np.testing.assert_array_equal(sample.image.data[0], scan_image())


def test_m12_a_scan_overrides_any_metadata(tmp_path):
    """Categories, colours and abbreviations as well as what only the user knows."""
    for number in (1, 2, 3):
        write_scan(tmp_path, f"000000{number}_V00-Aug00", seed=number)
    own = {
        "scan_category_ids": [0, (1, 2)],
        "scan_categories": ["bone", "soft"],
        "scan_category_colors": [(255, 255, 255), (0, 0, 255)],
        "scan_category_abbreviations": ["b", "s"],
        "scan_category_id_to_contiguous_id": {0: 0, (1, 2): 1},
        "scan_modality": "MR",
    }
    entries = slice_dicts(tmp_path)
    for place in (5, 10):  # the first slices of the second and the third scan
        entries[place] |= own
    DatasetCatalog.register("a", lambda: entries)
    MetadataCatalog.get("a").set(
        category_ids=[0, 1], categories=["dog", "human"], modality="CT", spacing=(1, 1, 1)
    )
    dataset = open_dataset("a")
    first, second, third = dataset
    names = [
        [label.name for label in dataset.categories_of(s, s.sources["label"]).table.values()]
        for s in dataset
    ]
    assert names == [["dog", "human"], ["bone", "soft"], ["bone", "soft"]]
    assert second.categories.collation == ((0,), (1, 2))
    assert second.categories.table[2].colour == (0, 0, 1)
    assert second.categories.table[2].abbreviation == "s"
    assert [s.settings["modality"] for s in dataset] == ["CT", "MR", "MR"]
    assert second.settings["spacing"] == (1, 1, 1) and not any(s.problems for s in dataset)
    assert first.categories is dataset.categories
    assert second.settings is third.settings and second.categories is third.categories


def test_m12_samples_with_settings_can_be_sent_to_another_process(tmp_path):
    write_scan(tmp_path)
    register("a", tmp_path, spacing=np.array([1.0, 2.0, 3.0]))
    dataset = open_dataset("a")
    twin = pickle.loads(pickle.dumps(dataset[0]))
    assert twin == dataset[0] and twin.categories == dataset[0].categories
    np.testing.assert_array_equal(twin.settings["spacing"], (1, 2, 3))


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"categories": 5}, "categories is 5; expected a list"),
        ({"categories": "dog"}, "categories is 'dog'; expected a list"),
        ({"category_ids": 5}, "category_ids is 5; expected a list"),
        ({"category_ids": ["a", "b"]}, "category_ids has 'a'; expected a channel"),
        ({"category_ids": [0, None]}, "category_ids has None; expected a channel"),
        ({"category_ids": [0, 0]}, "category_ids: the category .* twice"),
        ({"categories": ["a", "b", "c"]}, "categories has 3 entries; expected 2.*'c'"),
        ({"categories": ["a"]}, "categories has 1 entries; expected 2"),
        ({"category_colors": [(1, 2, 3)]}, "category_colors has 1 entries; expected 2"),
        ({"category_colors": ["red", (1, 2, 3)]}, "category_colors has 'red'; expected R, G, B"),
        ({"category_abbreviations": 7}, "category_abbreviations is 7; expected a list"),
        ({"category_id_to_contiguous_id": [1]}, r"contiguous_id is \[1\]; expected a dict"),
        ({"category_id_to_contiguous_id": {0: 1, (1, 2): 0}}, "has 1 for the id 0; expected 0"),
        ({"category_id_to_contiguous_id": {0: 0}}, r"has none for the id \(1, 2\); expected 1"),
        ({"category_id_to_contiguous_id": {0: 0, (1, 2): 1, 3: 2}}, "has 2 for the id 3; expected"),
        ({"category_id_to_contiguous_id": {"x": 0}}, "has the key 'x'; expected a channel"),
    ],
)
def test_m13_metadata_that_do_not_fit_are_said(tmp_path, metadata, said):
    write_scan(tmp_path)
    DatasetCatalog.register("my_dataset", lambda: slice_dicts(tmp_path))
    fitting = {"category_ids": [0, (1, 2)], "categories": ["a", "b"]}
    MetadataCatalog.get("my_dataset").set(**fitting | metadata)
    (sample,) = open_dataset("my_dataset")
    (problem,) = sample.problems
    assert re.search(f"^metadata of 'my_dataset': .*{said}", problem)


def test_m13_contiguous_ids_stand_beside_the_catalogs():
    assert loaders.contiguous_ids([0, (0, 2)]) == {0: 0, (0, 2): 1}
