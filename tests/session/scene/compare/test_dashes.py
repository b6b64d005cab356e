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


def pieces(drawn: np.ndarray) -> list[int]:
    """Voxels of each connected piece, smallest first."""
    left, found = {tuple(place) for place in np.argwhere(drawn)}, []
    while left:
        todo, size = [left.pop()], 0
        while todo:
            row, column = todo.pop()
            size += 1
            near = {(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)} & left
            left -= near
            todo += near
        found.append(size)
    return sorted(found)


def disc(side: int, radius: float) -> np.ndarray:
    i, j, _ = np.indices((side, side, 3))
    return (np.hypot(i - side / 2, j - side / 2) < radius).astype(np.uint8)


@pytest.mark.parametrize(("side", "radius"), [(16, 6), (40, 8), (40, 17), (200, 30), (500, 220)])
def test_a_round_border_is_drawn_in_dashes_and_never_in_specks(side, radius):
    """From a coarse grid to a fine one; in each direction, where steps cut dashes short."""
    array = disc(side, radius)
    drawn = outlined(array).plane(0, 1) > 0
    found = pieces(drawn)
    assert len(found) >= 3 and found[0] >= 2 and np.median(found) >= 3
    assert found[-1] <= 2 * np.median(found) + 2
    assert 0.4 < drawn.sum() / border(array[:, :, 1].T).sum() < 0.75


@pytest.mark.parametrize("side", [100, 400, 800])
def test_dashes_are_a_fixed_part_of_the_picture_but_no_shorter_than_some_voxels(side):
    found = pieces(outlined(disc(side, 0.4 * side)).plane(0, 1) > 0)
    around = 2 * np.pi * 0.4 * side
    assert len(found) == pytest.approx(around / max(side / 30, 7), rel=0.15)


@pytest.mark.parametrize("slope", [0, 1])
def test_a_line_one_voxel_wide_has_dashes_and_gaps(slope):
    array, at = np.zeros((60, 60, 3), np.uint8), np.arange(5, 55)
    array[at, at if slope else 30] = 1
    array[at, at - 1 if slope else 30] = 1
    shown, gaps = dashes_and_gaps(outlined(array).plane(0, 1), array[:, :, 1].T > 0)
    assert gaps >= 12 and shown >= 12


def test_where_labels_touch_both_have_their_gaps_in_one_place():
    array = np.zeros((60, 60, 3), np.uint8)
    array[5:30, 5:55], array[30:55, 5:55] = 4, 9
    drawn = outlined(array).plane(0, 1) > 0
    one, other = drawn[8:52, 29], drawn[8:52, 30]
    assert (one == other).all() and 0.3 < one.mean() < 0.75


def test_a_label_of_a_few_voxels_is_drawn():
    array = np.zeros((20, 20, 3), np.uint8)
    array[4, 4] = array[10:12, 10:12] = 1
    drawn = outlined(array).plane(0, 1) > 0
    assert drawn[4, 4] and drawn[10:12, 10:12].any()


def test_dashes_are_as_long_along_each_axis_of_anisotropic_voxels():
    """Voxels four times as long as wide: dashes of one length, not of one number of voxels."""
    array = np.zeros((160, 40, 3), np.uint8)
    array[8:152, 4:36] = 1
    grid = Grid(array.shape, np.diag([1.0, 4.0, 1.0, 1.0]))
    labels = DisplayArray(ViewBlock(array), grid, array.dtype)
    drawn = DashedOutlines(labels).plane(0, 1) > 0
    across = np.diff(drawn[4, 8:152].astype(int)).clip(0).sum() / 144
    up = np.diff(drawn[4:36, 8].astype(int)).clip(0).sum() / 128
    assert across == pytest.approx(up, rel=0.4)


def test_a_label_that_fills_the_plane_has_no_border():
    assert not outlined(np.ones((6, 5, 4), np.uint8)).plane(0, 2).any()


def test_dashes_are_measured_in_mm_in_every_plane():
    """Slices four times as thick as voxels are wide, cut along them."""
    array = np.zeros((160, 3, 40), np.uint8)
    array[8:152, :, 4:36] = 1
    grid = Grid(array.shape, np.diag([1.0, 1.0, 4.0, 1.0]))
    labels = DisplayArray(ViewBlock(array), grid, array.dtype)
    drawn = DashedOutlines(labels).plane(1, 1) > 0
    across = np.diff(drawn[4, 8:152].astype(int)).clip(0).sum() / 144
    up = np.diff(drawn[4:36, 8].astype(int)).clip(0).sum() / 128
    assert across == pytest.approx(up, rel=0.4)


def test_a_way_around_ends_where_a_dash_begins():
    """The border is 53.5 dashes of the least length long: none is longer for the rest."""
    array = np.zeros((120, 120, 3), np.uint8)
    array[10:104, 10:104] = 1
    found = pieces(outlined(array).plane(0, 1) > 0)
    assert found[-1] <= np.median(found) + 1


def test_a_small_label_in_a_large_plane_has_three_dashes():
    """Two of the usual length would be half of it each."""
    assert len(pieces(outlined(disc(500, 6)).plane(0, 1) > 0)) == 3
