from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.regions import (
    ImageStack,
    RegionError,
    Stitcher,
    extract,
    iter_regions,
    stitch,
    stitch_each,
    tile_plan,
)
from tests.regions.layouts import counted, layouts


def tiles_of(array, axes, patch, overlap=2, **more):
    plan = tile_plan(ImageStack.of(array, axes), patch, overlap, **more)
    return list(iter_regions(array, plan, axes=axes))


@given(layouts(largest=4), st.data())
def test_C06_any_layout_is_stitched_without_loss(layout, data):
    axes, shape = layout
    array = counted(shape)
    patch = data.draw(st.tuples(*[st.integers(1, 4)] * (3 if "Z" in axes else 2)))
    overlap = tuple(data.draw(st.integers(0, size - 1)) for size in patch)
    tiles = tiles_of(array, axes, patch, overlap)
    data.draw(st.randoms(use_true_random=False)).shuffle(tiles)
    found = stitch(tiles, restore=True)
    assert found.shape == shape and found.dtype == np.float32
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("bool", 0, 2),
        ("uint8", 0, 256),
        ("int16", -(2**15), 2**15),
        ("uint16", 0, 2**16),
        ("int32", -(2**24), 2**24),
        (">i2", -(2**15), 2**15),
        ("float16", -1000, 1000),
        ("float32", -1e30, 1e30),
    ],
)
def test_C06_every_type_that_float32_holds_comes_back(dtype, low, high):
    array = np.random.default_rng(5).uniform(low, high, (3, 11, 13)).astype(dtype)
    found = stitch(tiles_of(array, "TYX", (5, 6)), restore=True, dtype="original")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_C06_predictions_are_rounded_and_cut_off_into_the_original_type():
    array = np.zeros((4, 4), np.uint8)
    (tile,) = tiles_of(array, "YX", (4, 4))
    tile.data[0, 0] = -3, 1.6, 254.4, 999
    found = stitch([tile], restore=True, dtype="original")
    assert found.dtype == np.uint8 and found[0].tolist() == [0, 2, 254, 255]
    tile.data[0, 0, 0] = np.nan
    with pytest.raises(RegionError, match="not finite, which uint8 cannot"):
        stitch([tile], dtype="original")


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int32"])
def test_C06_the_ends_of_wide_integers_do_not_wrap(dtype):
    (tile,) = tiles_of(np.zeros((2, 2), dtype), "YX", (2, 2), 0)
    tile.data[:] = 1e30
    tile.data[0, 0] = -1e30
    found = stitch([tile], restore=True, dtype="original")
    bounds = np.iinfo(dtype)
    assert (found[0] == bounds.min).all()
    assert (found[1] > bounds.max * 0.999).all()


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(
    ("axes", "restored"), [("YX", "CYX"), ("SCYX", "SCYX"), ("XYZ", "CXYZ"), ("XCYT", "XCYT")]
)
def test_C06_an_output_may_have_other_channels(axes, restored, channels):
    shape = tuple({"S": 2, "T": 2, "C": 3, "Z": 4, "Y": 9, "X": 10}[a] for a in axes)
    array = counted(shape)
    stitcher = Stitcher()
    for tile in tiles_of(array, axes, (4, 6, 6) if "Z" in axes else (6, 6)):
        grey = tile.data[:1]
        stitcher.add(tile.with_data(np.concatenate([grey * n for n in range(1, channels + 1)])))
    found = stitcher.restored()
    first = np.take(array, [0], axes.index("C")) if "C" in axes else array
    if "C" not in axes and channels == 1:
        assert stitcher.axes == axes
        np.testing.assert_array_equal(found, first)
        return
    assert stitcher.axes == restored
    assert found.shape[restored.index("C")] == channels
    for n in range(channels):
        channel = np.take(found, n, restored.index("C"))
        np.testing.assert_array_equal(channel.reshape(first.shape), first * (n + 1))


def test_C06_a_subset_of_channels_is_stitched():
    array = counted((4, 9, 9))
    plan = tile_plan(ImageStack.of(array, "CYX"), (4, 4), 2)
    tiles = iter_regions(array, plan, axes="CYX", channels=[3, 1])
    np.testing.assert_array_equal(stitch(tiles, restore=True), array[[3, 1]])


def test_C06_an_output_takes_the_axes_of_the_target():
    array = counted((2, 9, 8))
    plan = tile_plan(ImageStack.of(array, "CYX"), (4, 4), 2)
    tiles = iter_regions(array, plan, axes="CYX", target_axes="XY")
    found = stitch((tile.with_data(tile.data[1:]) for tile in tiles), restore=True)
    np.testing.assert_array_equal(found, array[1].T)


def test_C06_tiles_come_one_at_a_time_and_in_any_order():
    array = counted((2, 9, 9))
    tiles = tiles_of(array, "SYX", (4, 4))
    random.Random(3).shuffle(tiles)
    stitcher = Stitcher()
    assert (stitcher.placed, stitcher.total, stitcher.complete) == (0, None, False)
    done = [stitcher.add(tile) for tile in tiles]
    assert done == [False] * (len(tiles) - 1) + [True]
    assert stitcher.placed == stitcher.total == len(tiles) == 2 * 4 * 4
    np.testing.assert_array_equal(stitcher.canonical()[:, 0], array)


@given(st.randoms(use_true_random=False))
def test_C06_shared_voxels_do_not_depend_on_the_order_of_tiles(draw):
    tiles = tiles_of(np.zeros((2, 13, 14), np.float32), "SYX", (5, 6), (3, 1))
    tiles = [tile.with_data(np.full_like(tile.data, at)) for at, tile in enumerate(tiles)]
    expected = stitch(tiles)
    draw.shuffle(tiles)
    np.testing.assert_array_equal(stitch(tiles), expected)


def test_C06_a_result_is_put_where_it_is_asked(tmp_path):
    array = counted((3, 9, 8))
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (3, 1, 9, 8))
    found = stitch(tiles_of(array, "SYX", (4, 4)), out=out)
    assert found is out
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy")[:, 0], array)
    with pytest.raises(RegionError, match=r"expected \(3, 1, 9, 8\)"):
        stitch(tiles_of(array, "SYX", (4, 4)), out=np.zeros((3, 9, 8)))


def test_C06_several_images_are_told_apart():
    one, two = counted((9, 9)), counted((2, 5, 6)) + 500
    tiles = tiles_of(one, "YX", (4, 4), data_idx=4) + tiles_of(two, "SYX", (4, 4), data_idx=2)
    random.Random(1).shuffle(tiles)
    found = stitch_each(tiles, restore=True)
    assert list(found) == [2, 4]
    np.testing.assert_array_equal(found[2], two)
    np.testing.assert_array_equal(found[4], one)
    with pytest.raises(RegionError, match="tiles of different images"):
        stitch(tiles)


# --- bad input --------------------------------------------------------------------------


@pytest.fixture
def tiles():
    return tiles_of(counted((2, 9, 9)), "SYX", (4, 4))


def test_C06_missing_tiles_are_told(tiles):
    with pytest.raises(RegionError, match="31 of 32 tiles have come"):
        stitch(tiles[:-1])
    with pytest.raises(RegionError, match="no tiles"):
        stitch([])
    with pytest.raises(RegionError, match="no tiles"):
        Stitcher().restored()
    with pytest.raises(RegionError, match="no tiles"):
        _ = Stitcher().axes


def test_C06_a_tile_that_comes_twice_is_told(tiles):
    with pytest.raises(RegionError, match=r"tile at \(3, 0\) of sample 0 of array came twice"):
        stitch([*tiles[:5], tiles[4]])


@pytest.mark.parametrize(
    "change",
    [
        {"source": "other.nii"},
        {"axes": "TYX"},
        {"target_axes": "YXS"},
        {"data_shape": (2, 1, 9, 10)},
        {"original_data_shape": (2, 9, 8)},
        {"data": np.zeros((2, 4, 4), np.float32)},
    ],
)
def test_C06_tiles_of_mixed_images_are_told_and_change_nothing(tiles, change):
    stitcher = Stitcher()
    for tile in tiles[:-1]:
        stitcher.add(tile)
    with pytest.raises(RegionError, match="tiles of different images"):
        stitcher.add(tiles[-1]._replace(**change))
    assert stitcher.add(tiles[-1])
    np.testing.assert_array_equal(stitcher.restored(), counted((2, 9, 9)))


def test_C06_shapes_that_do_not_fit_are_told(tiles):
    with pytest.raises(RegionError, match=r"data of shape \(1, 3, 4\) and patch_size \(4, 4\)"):
        stitch([tiles[0].with_data(np.zeros((1, 3, 4)))])
    with pytest.raises(RegionError, match=r"data_shape \(9, 9\)"):
        stitch([tiles[0]._replace(data_shape=(9, 9))])
    spec = tiles[0].region_spec
    for change, found in [
        ({"stitch_coords": (8, 0)}, "inside an image of 2 samples"),
        ({"sample_idx": 2}, "of sample 2"),
        ({"crop_size": (4, 5)}, "a crop inside the tile"),
        ({"crop_coords": (0,)}, "expected 2 numbers each"),
    ]:
        with pytest.raises(RegionError, match=found):
            stitch([tiles[0]._replace(region_spec={**spec, **change})])


def test_C06_a_patch_is_no_tile():
    spec = {"data_idx": 0, "sample_idx": 0, "coords": (0, 0), "patch_size": (4, 4)}
    with pytest.raises(RegionError, match=r"a tile lacks crop_coords.*from tile_plan\.$"):
        stitch([extract(counted((9, 9)), spec, axes="YX")])


def test_C06_tiles_that_leave_gaps_are_told(tiles):
    shrunk = [
        tile._replace(region_spec={**tile.region_spec, "crop_size": (1, 1)}) for tile in tiles
    ]
    with pytest.raises(RegionError, match="do not cover the image"):
        stitch(shrunk)
