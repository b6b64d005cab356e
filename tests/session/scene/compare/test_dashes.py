"""Dashed outlines of labels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.geometry import Grid
from napari_medload.images.display_array import DisplayArray, ViewBlock
from napari_medload.session.scene.compare import DashedOutlines


def outlined(array: np.ndarray) -> DashedOutlines:
    """Of an array (i, j, k) of labels."""
    return DashedOutlines(DisplayArray(ViewBlock(array), Grid(array.shape, np.eye(4)), array.dtype))


def border(plane: np.ndarray) -> np.ndarray:
    """Voxels with a neighbour of another label, by comparing with shifted copies."""
    around = np.pad(plane, 1, mode="edge")
    shifted = around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]
    return (plane != 0) & np.any([other != plane for other in shifted], axis=0)


def blocks() -> np.ndarray:
    array = np.zeros((30, 28, 26), np.uint16)
    array[5:25, 4:20, 3:22] = 3
    array[15:25, 4:20, 3:22] = 700
    return array


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_only_border_voxels_are_drawn_and_keep_their_labels(axis):
    array = blocks()
    plane = array.T.take(12, axis)
    drawn = outlined(array).plane(axis, 12)
    assert drawn.dtype == array.dtype
    assert set(np.unique(drawn)) == set(np.unique(plane))
    assert not drawn[~border(plane)].any()
    assert (drawn[drawn > 0] == plane[drawn > 0]).all()


def dashes_and_gaps(drawn: np.ndarray, along: np.ndarray) -> tuple[int, int]:
    shown = drawn[along] > 0
    return int(shown.sum()), int((~shown).sum())


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_side_of_a_box_has_dashes_and_gaps(axis):
    plane = blocks().T.take(12, axis)
    drawn = outlined(blocks()).plane(axis, 12)
    rows, columns = np.nonzero(plane)
    for line in (rows.min(), rows.max()):
        side = np.zeros(plane.shape, bool)
        side[line] = border(plane)[line]
        shown, gaps = dashes_and_gaps(drawn, side)
        assert 0.25 < shown / (shown + gaps) < 0.75
    for line in (columns.min(), columns.max()):
        side = np.zeros(plane.shape, bool)
        side[:, line] = border(plane)[:, line]
        shown, gaps = dashes_and_gaps(drawn, side)
        assert 0.25 < shown / (shown + gaps) < 0.75


@pytest.mark.parametrize("slope", [-1, 1])
def test_a_slanting_border_has_dashes_and_gaps(slope):
    i, j, _ = np.indices((40, 40, 3))
    array = (np.abs(i - 20 - slope * (j - 20)) < 6).astype(np.uint8)
    plane = array[:, :, 1].T
    shown, gaps = dashes_and_gaps(outlined(array).plane(0, 1), border(plane))
    assert 0.25 < shown / (shown + gaps) < 0.75


def test_a_label_that_fills_the_plane_has_no_border():
    assert not outlined(np.ones((6, 5, 4), np.uint8)).plane(0, 2).any()
