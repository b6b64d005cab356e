"""Names of labels with the channels behind them, as a value."""

from __future__ import annotations

import pickle

from napari_medload.labels import Categories, LabelTable


def made(name: str = "dog") -> Categories:
    return Categories(LabelTable.from_names({1: name, 2: "pet"}), ((0,), (0, 2)))


def test_equal_categories_are_one_key():
    assert {made(): 1, made(): 2} == {made(): 2}
    assert made("cat") not in {made()}


def test_categories_are_sent_to_another_process_whole():
    twin = pickle.loads(pickle.dumps(made()))
    assert twin == made() and twin.table.members == {}


def test_categories_that_name_absent_channels_are_told_by_name():
    assert made().absent(3) == {}
    assert made().absent(2) == {"pet": (2,)}
    assert Categories().absent(1) == {}
