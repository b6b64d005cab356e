from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.regions import RegionError, TilePlan, tile_plan
from napari_medload.regions.tiling import AxisTiling


def test_C05_the_published_numbers():
    tiles = tile_plan((32, 8), (8, 8), 2)
    assert [tile["coords"][0] for tile in tiles] == [0, 6, 12, 18, 24]
    assert [tile["stitch_coords"][0] for tile in tiles] == [0, 7, 13, 19, 25]
    assert [tile["crop_size"][0] for tile in tiles] == [7, 6, 6, 6, 7]
    assert [tile["crop_coords"][0] for tile in tiles] == [0, 1, 1, 1, 1]


@st.composite
def tilings(draw):
    patch = draw(st.integers(1, 12))
    return AxisTiling(draw(st.integers(1, 60)), patch, draw(st.integers(0, patch - 1)))


@given(tilings())
def test_C05_crops_cover_every_axis(axis):
    tiles = [axis[number] for number in range(axis.count)]
    count = np.zeros(axis.size, int)
    for tile in tiles:
        assert tile.stitch == tile.coord + tile.crop
        assert 0 <= tile.crop and tile.crop + tile.kept <= max(axis.patch, axis.size)
        assert tile.coord >= 0 and tile.kept > 0
        count[tile.stitch : tile.stitch + tile.kept] += 1
    if axis.overlap % 2 == 0:
        assert (count == 1).all()
    else:  # as upstream, the first two crops may share a voxel
        assert (count >= 1).all() and count.sum() <= axis.size + 1


@given(tilings())
def test_C05_tiles_follow_the_rule(axis):
    tiles = [axis[number] for number in range(axis.count)]
    if axis.size <= axis.patch:
        assert tiles == [(0, 0, axis.size, 0)]
        return
    step, half = axis.patch - axis.overlap, axis.overlap // 2
    assert tiles[0] == (0, 0, axis.patch - half, 0)
    for number, tile in enumerate(tiles[1:-1], 1):
        assert tile == (number * step, half, step, number * step + half)
        assert tile.coord + axis.patch < axis.size
    before, last = tiles[-2:]
    assert last.coord == axis.size - axis.patch
    assert last.stitch == before.stitch + before.kept
    assert last.stitch + last.kept == axis.size


shapes = st.tuples(
    st.integers(1, 3), st.integers(1, 2), st.integers(1, 14), st.integers(1, 14), st.integers(1, 14)
)


@given(shapes, st.tuples(*[st.integers(1, 6)] * 3), st.data())
def test_C05_tiles_of_all_samples_cover_an_image(shape, patch, data):
    overlap = tuple(data.draw(st.integers(0, (size - 1) // 2)) * 2 for size in patch)
    plan = tile_plan(shape, patch, overlap)
    count = np.zeros((shape[0], *shape[2:]), int)
    for tile in plan:
        box = zip(tile["stitch_coords"], tile["crop_size"], strict=True)
        count[(tile["sample_idx"], *(slice(a, a + n) for a, n in box))] += 1
        assert tile["total_tiles"] == len(plan)
        assert tile["patch_size"] == patch
    assert (count == 1).all()


def test_C05_total_tiles_counts_all_samples_and_x_runs_fastest():
    plan = tile_plan((3, 2, 10, 9), (4, 4), 2, data_idx=7)
    assert len(plan) == 3 * 4 * 4
    assert {tile["total_tiles"] for tile in plan} == {48}
    assert {tile["data_idx"] for tile in plan} == {7}
    assert [tile["sample_idx"] for tile in plan] == sorted([0, 1, 2] * 16)
    assert [tile["coords"] for tile in plan[:5]] == [(0, 0), (0, 2), (0, 4), (0, 5), (2, 0)]


def test_C05_an_image_smaller_than_a_tile_has_one():
    (tile,) = tile_plan((5, 3), (8, 8), 2)
    assert tile["coords"] == tile["crop_coords"] == tile["stitch_coords"] == (0, 0)
    assert tile["patch_size"] == (8, 8)
    assert tile["crop_size"] == (5, 3)


def test_C05_a_million_tiles_are_planned_at_once():
    plan = tile_plan((10_000, 10_000, 10_000), (64, 64, 64), 16)
    assert len(plan) == 208**3
    last = plan[-1]
    assert last["coords"] == (9936, 9936, 9936)
    assert plan[len(plan) - 1] == last
    middle = plan[208 * 208 * 100 + 208 * 50 + 7]
    assert middle["coords"] == (4800, 2400, 336)


def test_C05_plans_are_values():
    one, same = tile_plan((9, 9), (4, 4), 2), tile_plan([9, 9], [4, 4], [2, 2])
    assert one == same and hash(one) == hash(same)
    assert one != tile_plan((9, 9), (4, 4), 0)
    assert isinstance(one, TilePlan) and one.overlap == (2, 2)


@pytest.mark.parametrize(
    ("patch", "overlap", "found"),
    [
        ((8, 8), 8, "overlap 8 of tiles of 8 voxels"),
        ((8, 4), (2, 5), "overlap 5 of tiles of 4 voxels"),
        ((8, 8), -1, "found -1; expected zero or more"),
        ((8, 0), 0, "at least one voxel"),
        ((8, -3), 0, "at least one voxel"),
        ((8,), 0, r"1 numbers \(8,\); expected 2 \(Y, X\) or 3"),
        ((8, 8, 8, 8), 0, "4 numbers"),
        ((8, 8), (2, 2, 2), "one number, or one for each size"),
        ((8, 8.5), 0, "whole numbers"),
        (8, 0, "whole numbers"),
    ],
)
def test_C05_tiles_that_cannot_be_are_told(patch, overlap, found):
    with pytest.raises(RegionError, match=found):
        tile_plan((32, 32), patch, overlap)


def test_C05_a_shape_that_does_not_fit_the_tiles_is_told():
    with pytest.raises(RegionError, match="expected the shape S, C, Z, Y, X"):
        tile_plan((1, 1, 32, 32), (8, 8, 8), 2)
    with pytest.raises(RegionError, match="above zero"):
        tile_plan((1, 1, 0, 32), (8, 8), 2)
    with pytest.raises(RegionError, match=r"image of shape \(1, 32, 32\)"):
        tile_plan((1, 32, 32), (8, 8), 2)
