from __future__ import annotations

import itertools

import pytest

from napari_medload.labels import Label, LabelTable
from napari_medload.labels.palette import OKABE_ITO, colour_of, mix


def test_a_value_that_no_table_lists_still_has_a_label():
    table = LabelTable.from_names({2: "spleen", 1: "liver"})
    assert list(table) == [1, 2]
    assert table.label(2).name == "spleen"
    assert table.label(7).name == "7"
    assert table.label(0).name == "background"
    assert 7 not in table
    with pytest.raises(KeyError):
        table[7]


def test_the_last_entry_of_a_value_counts():
    table = LabelTable([Label(1, "old", (0, 0, 0)), Label(1, "new", (1, 1, 1))])
    assert len(table) == 1
    assert table[1].name == "new"


def test_neighbouring_values_have_different_colours():
    colours = [colour_of(value) for value in range(1, 120)]
    assert tuple(colours[:8]) == OKABE_ITO
    assert colour_of(0) == (0, 0, 0)
    assert all(a != b for a, b in itertools.pairwise(colours))
    assert len(set(colours)) == len(colours)
    for colour in (*colours, colour_of(-3), colour_of(10**9)):
        assert len(colour) == 3
        assert all(0 <= part <= 1 for part in colour)


def test_mixing_is_the_mean():
    assert mix([(1.0, 0.0, 0.5), (0.0, 0.0, 0.5)]) == (0.5, 0.0, 0.5)
