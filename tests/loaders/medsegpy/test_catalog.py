"""The catalogs of functions and of metadata."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from napari_medload.loaders import DatasetCatalog, Metadata, MetadataCatalog


def test_m08_the_function_is_called_each_time():
    calls = []
    DatasetCatalog.register("a", lambda: calls.append(1) or [{"n": len(calls)}])
    assert DatasetCatalog.get("a") == [{"n": 1}]
    assert DatasetCatalog.get("a") == [{"n": 2}]


def test_m08_a_name_is_taken_once_unless_it_is_replaced():
    DatasetCatalog.register("a", lambda: [1])
    for kind in (AssertionError, ValueError):
        with pytest.raises(kind, match=r"'a'.*overwrite"):
            DatasetCatalog.register("a", lambda: [2])
    assert DatasetCatalog.get("a") == [1]
    DatasetCatalog.register("a", lambda: [2], overwrite=True)
    assert DatasetCatalog.get("a") == [2]


def test_m08_what_is_no_function_or_not_registered_is_an_error():
    with pytest.raises(AssertionError, match="no function"):
        DatasetCatalog.register("a", [{}])
    DatasetCatalog.register("b", list)
    with pytest.raises(KeyError, match=r"'a'.*registered are: b"):
        DatasetCatalog.get("a")


def test_m09_list_remove_and_clear():
    for name in "bca":
        DatasetCatalog.register(name, list)
    assert DatasetCatalog.list() == ["b", "c", "a"]
    DatasetCatalog.remove("c")
    assert DatasetCatalog.list() == ["b", "a"]
    with pytest.raises(KeyError, match="'c'"):
        DatasetCatalog.remove("c")
    DatasetCatalog.register("c", list)
    DatasetCatalog.clear()
    assert DatasetCatalog.list() == []


def test_m09_metadata_can_be_listed_and_removed():
    first = MetadataCatalog.get("a")
    assert MetadataCatalog.list() == ["a"]
    MetadataCatalog.remove("a")
    assert MetadataCatalog.get("a") is not first
    MetadataCatalog.clear()
    assert MetadataCatalog.list() == []
    with pytest.raises(KeyError):
        MetadataCatalog.remove("a")


def test_m10_metadata_are_one_object_a_name():
    found = MetadataCatalog.get("a")
    assert found is MetadataCatalog.get("a")
    assert found is not MetadataCatalog.get("b")
    assert found.name == "a"
    assert found.set(x=1).set(y=(1, 2)) is found
    assert (found.x, found.get("y"), found.get("z"), found.get("z", 3)) == (1, (1, 2), None, 3)
    assert found.as_dict() == {"name": "a", "x": 1, "y": (1, 2)}
    with pytest.raises(AssertionError):
        MetadataCatalog.get("")


def test_m10_a_value_is_set_once():
    found = MetadataCatalog.get("a").set(x=[1, (0, 2)], y={"k": [1]})
    found.set(x=[1, (0, 2)], y={"k": [1]}, name="a")
    for change in ({"x": [1, (0, 3)]}, {"x": [1]}, {"y": {"k": [2]}}, {"y": {}}, {"name": "b"}):
        with pytest.raises(AssertionError, match=rf"'{next(iter(change))}'.*'a'"):
            found.set(**change)
    assert found.x == [1, (0, 2)]
    with pytest.raises(ValueError, match="'x'"):
        found.x = 5


def test_m10_an_unknown_attribute_names_those_there_are():
    with pytest.raises(AttributeError, match=r"'spacing'.*name, scan_root"):
        _ = Metadata("a", scan_root="/x").spacing
    with pytest.raises(AssertionError, match="'get'"):
        Metadata("a", get=1)


def test_m10_metadata_can_be_copied():
    found = Metadata("a", x=1)
    for twin in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert twin.as_dict() == found.as_dict()


@pytest.mark.parametrize(
    ("value", "same", "other"),
    [
        (np.arange(3), np.arange(3), np.arange(4)),
        (np.eye(2), [[1, 0], [0, 1]], np.zeros((2, 2))),
        ([np.arange(2), 1], [np.arange(2), 1], [np.arange(3), 1]),
        ({"a": np.arange(2)}, {"a": np.arange(2)}, {"a": np.arange(2) + 1}),
        ((1, 2), [1, 2], (2, 1)),
        (np.arange(2), np.arange(2), "text"),
        (np.arange(2), np.arange(2), None),
    ],
)
def test_m11_arrays_and_sequences_are_compared_by_their_elements(value, same, other):
    found = Metadata("a", x=value).set(x=same)
    with pytest.raises(AssertionError):
        found.set(x=other)
