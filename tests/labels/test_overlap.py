"""One-hot channels that share voxels: nothing hides, nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.labels import Label, LabelTable
from napari_medload.labels.overlap import MOST_CHANNELS, combine_channels

SHAPE = (6, 5, 4)


def found_again(codes: np.ndarray, table: LabelTable, name: str) -> np.ndarray:
    """Voxels whose code is named after a channel, alone or with others."""
    own = [v for v in table if name in table.label(v).name.split(" + ")]
    return np.isin(codes, own)


@pytest.mark.parametrize("count", [2, 5, 20, 21, MOST_CHANNELS])
def test_every_channel_is_found_again_voxel_by_voxel(count):
    channels = np.random.default_rng(count).random((*SHAPE, count)) < 0.3
    channels[0] = False
    channels[1] = True
    codes, table = combine_channels(channels, LabelTable())
    assert codes.shape == SHAPE
    for channel in range(count):
        name = f"channel {channel}"
        np.testing.assert_array_equal(found_again(codes, table, name), channels[..., channel])
    np.testing.assert_array_equal(codes == 0, ~channels.any(axis=3))


def test_a_voxel_of_one_channel_has_its_number():
    channels = np.zeros((3, 1, 1, 3), np.uint8)
    for channel in range(3):
        channels[channel, 0, 0, channel] = 1
    codes, table = combine_channels(channels, LabelTable.from_names({2: "spleen"}))
    assert codes.ravel().tolist() == [1, 2, 3]
    assert [table.label(v).name for v in (1, 2, 3)] == ["channel 0", "spleen", "channel 2"]


def test_a_combination_carries_both_names_and_a_mixed_colour():
    channels = np.ones((1, 1, 1, 2), np.uint8)
    names = LabelTable.from_names({1: "tumour", 2: "lung"})
    codes, table = combine_channels(channels, names)
    shared = table[int(codes[0, 0, 0])]
    assert shared.value == 3 and shared.name == "tumour + lung"
    expected = np.mean([names[1].colour, names[2].colour], axis=0)
    assert shared.colour == pytest.approx(expected)


def test_only_combinations_that_occur_are_listed():
    channels = np.zeros((2, 1, 1, 10), np.uint8)
    channels[1, 0, 0, [2, 4, 9]] = 1
    _, table = combine_channels(channels, LabelTable())
    assert len(table) == 10 + 1


def test_memory_order_of_files_is_accepted():
    channels = np.asfortranarray(np.random.default_rng(0).integers(0, 2, (*SHAPE, 3)))
    codes, _ = combine_channels(channels, LabelTable())
    again, _ = combine_channels(np.ascontiguousarray(channels), LabelTable())
    np.testing.assert_array_equal(codes, again)
    assert codes.flags.f_contiguous


def test_more_channels_than_bits_are_refused():
    with pytest.raises(ValueError, match=str(MOST_CHANNELS + 1)):
        combine_channels(np.zeros((1, 1, 1, MOST_CHANNELS + 1), np.uint8), LabelTable())


PETS = LabelTable(
    [
        Label(1, "dog", (1.0, 0.0, 0.0), "d"),
        Label(2, "human", (0.0, 1.0, 0.0), "h"),
        Label(3, "pet", (0.0, 0.0, 1.0), "p"),
    ]
)


@pytest.mark.parametrize(
    ("members", "collation", "colour", "short"),
    [
        ((0, 2), ((0,), (1,), (0, 2)), (1, 0, 0), "d"),  # every dog is a pet
        ((0, 1, 2), ((0,), (1,), (0, 2)), (0.5, 0.5, 0), "d+h"),
        ((0, 2), ((0,), (1,), (0,)), (0.5, 0, 0.5), "d+p"),  # the same channels twice
        ((0, 2), ((0, 1), (1,), (0, 2)), (0.5, 0, 0.5), "d+p"),
        ((0, 2), None, (0.5, 0, 0.5), "d+p"),
    ],
)
def test_a_category_within_another_keeps_its_colour(members, collation, colour, short):
    channels = np.zeros((1, 1, 1, 3), np.uint8)
    channels[..., list(members)] = 1
    codes, table = combine_channels(channels, PETS, collation)
    shared = table[int(codes[0, 0, 0])]
    assert shared.colour == pytest.approx(colour) and shared.abbreviation == short
    assert shared.name == " + ".join(PETS[member + 1].name for member in members)
    assert table.members[shared.value] == tuple(member + 1 for member in members)


def test_a_combination_is_abbreviated_only_where_all_are():
    channels = np.ones((1, 1, 1, 2), np.uint8)
    table = LabelTable([Label(1, "dog", (1.0, 0.0, 0.0), "d"), Label(2, "cat", (0.0, 0.0, 1.0))])
    codes, combined = combine_channels(channels, table)
    assert combined[int(codes[0, 0, 0])].abbreviation == ""
