"""Channels joined into categories."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.labels import add_background_labels, collect_mask, contiguous_ids
from napari_medload.labels.collation import join_channels


def masks(dtype=np.uint8, depth=1):
    return np.random.default_rng(0).integers(0, 2, (8, 9, depth, 4)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float32, np.int64])
def test_m06_collate_unites_the_channels_of_a_tuple(dtype):
    mask = masks(dtype)
    found = collect_mask(mask, (1, (0, 2)))
    assert found.shape == (8, 9, 2)
    assert found.dtype == dtype
    assert found.max() == 1
    np.testing.assert_array_equal(found[..., 0], mask[:, :, 0, 1])
    np.testing.assert_array_equal(
        found[..., 1].astype(bool), mask[:, :, 0, 0].astype(bool) | mask[:, :, 0, 2].astype(bool)
    )


def test_m06_collate_takes_a_lone_channel():
    mask = masks()
    np.testing.assert_array_equal(collect_mask(mask, 2), mask[:, :, 0, 2:3])
    np.testing.assert_array_equal(collect_mask(mask, np.int64(2)), mask[:, :, 0, 2:3])
    np.testing.assert_array_equal(collect_mask(mask, [2]), mask[:, :, 0, 2:3])


def test_m06_collate_drops_only_a_single_slice_axis():
    assert collect_mask(masks(depth=3), (0, (1, 2))).shape == (8, 9, 3, 2)
    assert collect_mask(masks(depth=1), (0, (1, 2))).shape == (8, 9, 2)


@pytest.mark.parametrize("index", [4, (0, 4), ((0, 9), 1)])
def test_m06_collate_says_how_many_channels_there_are(index):
    with pytest.raises(IndexError, match="4 channels"):
        collect_mask(masks(), index)


def test_m06_collate_leaves_the_mask_alone():
    mask = masks()
    before = mask.copy()
    collect_mask(mask, ((0, 1), (0, 2)))[...] = 7
    np.testing.assert_array_equal(mask, before)
    with pytest.raises(ValueError, match="no category"):
        collect_mask(mask, ((),))


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float32])
def test_m07_background_comes_first(dtype):
    mask = masks(dtype)
    found = add_background_labels(mask)
    assert found.shape == (8, 9, 1, 5)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[..., 1:], mask)
    np.testing.assert_array_equal(found[..., 0] != 0, ~mask.astype(bool).any(axis=-1))


def test_m07_background_may_come_last():
    mask = masks()
    found = add_background_labels(mask, background_last=True)
    np.testing.assert_array_equal(found[..., :-1], mask)
    np.testing.assert_array_equal(found[..., -1], mask.sum(axis=-1) == 0)


def test_m13_contiguous_ids_follow_the_order():
    assert contiguous_ids([0, 1, 2, 3, (0, 2)]) == {0: 0, 1: 1, 2: 2, 3: 3, (0, 2): 4}
    assert contiguous_ids([7, [1, 2]]) == {7: 0, (1, 2): 1}
    with pytest.raises(ValueError, match="twice"):
        contiguous_ids([1, 1])


def test_m06_a_category_whose_channels_are_not_there_may_stay_empty():
    mask = masks()
    found = join_channels(mask, ((0,), (1, 9), (2, 3)), absent="empty")
    np.testing.assert_array_equal(found[..., 0], mask[..., 0])
    assert not found[..., 1].any() and found.dtype == mask.dtype
    np.testing.assert_array_equal(found[..., 2], mask[..., 2] | mask[..., 3])
