from __future__ import annotations

from itertools import product

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import AffineError, Grid
from napari_medload.regions import (
    PatchSpecs,
    RegionError,
    crop_grid,
    extract,
    region_grid,
    region_of_box,
    tile_plan,
)
from tests.geometry.strategies import affines, shapes
from tests.regions.layouts import counted

coords = st.tuples(*[st.integers(-5, 9)] * 3)
sizes = st.tuples(*[st.integers(1, 6)] * 3)


def patch(coords, size, sample=0):
    return PatchSpecs(data_idx=0, sample_idx=sample, coords=coords, patch_size=size)


def corners_of(affine, first, size):
    """Truth by nibabel: outer corners of a box of voxels from (i, j, k) on."""
    ends = [(a - 0.5, a + n - 0.5) for a, n in zip(first, size, strict=True)]
    return nib.affines.apply_affine(affine, np.array(list(product(*ends))))


@given(affines(), shapes, coords, sizes)
def test_a_region_lies_where_nibabel_puts_its_voxels(affine, shape, zyx, size):
    grid = Grid(shape, affine)
    found = region_grid(patch(zyx, size), grid)
    assert found.shape == size[::-1]
    np.testing.assert_allclose(found.corners, corners_of(affine, zyx[::-1], size[::-1]), atol=1e-6)
    first = nib.affines.apply_affine(affine, zyx[::-1])
    np.testing.assert_allclose(found.origin, first, atol=1e-6)
    np.testing.assert_allclose(found.spacing, nib.affines.voxel_sizes(affine))


@given(affines(), st.data())
def test_a_crop_lies_where_nibabel_puts_its_voxels(affine, data):
    grid = Grid((13, 9, 11), affine)
    plan = tile_plan(grid, (5, 4, 6), 2)
    tile = plan[data.draw(st.integers(0, len(plan) - 1))]
    found = crop_grid(tile, grid)
    first, size = tile["stitch_coords"][::-1], tile["crop_size"][::-1]
    np.testing.assert_allclose(found.corners, corners_of(affine, first, size), atol=1e-6)


@given(affines(), st.permutations("XYZ"), coords, sizes)
def test_axes_of_the_grid_may_run_in_any_order(affine, order, zyx, size):
    at, long = dict(zip("ZYX", zyx, strict=True)), dict(zip("ZYX", size, strict=True))
    found = region_grid(patch(zyx, size), Grid((4, 5, 6), affine), "".join(order))
    truth = corners_of(affine, [at[a] for a in order], [long[a] for a in order])
    np.testing.assert_allclose(found.corners, truth, atol=1e-6)


@given(affines(), st.sampled_from(["XYZ", "YXZ", "ZXY", "CZYX", "XYCZ", "ZYX"]))
def test_a_region_knows_where_each_of_its_voxels_lies(affine, axes):
    size = {"C": 2, "X": 5, "Y": 6, "Z": 7}
    array = counted(tuple(size[a] for a in axes))
    grid = Grid((5, 6, 7), affine)
    region = extract(array, patch((2, -1, 1), (3, 4, 2)), axes=axes, grid=grid)
    assert region.grid.shape == (2, 4, 3)
    z, y, x = 2, 3, 1  # of the region
    found = nib.affines.apply_affine(region.grid.affine, (x, y, z))
    truth = nib.affines.apply_affine(affine, (1 + x, -1 + y, 2 + z))
    np.testing.assert_allclose(found, truth, atol=1e-6)


def test_a_volume_stored_in_another_order_turns_with_its_pixels(tmp_path):
    affine = np.array([[0, 2.0, 0, 1], [3, 0, 0, 2], [0, 0, 4, 3], [0, 0, 0, 1]])
    stored = counted((4, 5, 6))
    nib.save(nib.Nifti1Image(stored, affine), tmp_path / "f.nii")
    region = extract(tmp_path / "f.nii", patch((1, 2, 0), (2, 2, 3)), axes="YXZ")
    for z, y, x in np.ndindex(2, 2, 3):
        world = nib.affines.apply_affine(region.grid.affine, (x, y, z))
        i, j, k = np.rint(nib.affines.apply_affine(np.linalg.inv(affine), world)).astype(int)
        assert region.data[0, z, y, x] == stored[i, j, k]


def test_slices_may_be_samples():
    affine = np.diag((1.0, 2, 3, 1))
    found = region_grid(patch((2, 1), (3, 2), 4), Grid((6, 7, 5), affine), "XYS")
    assert found.shape == (2, 3, 1)
    assert found.origin == (1, 4, 12)
    region = extract(counted((6, 7, 5)), patch((2, 1), (3, 2), 4), axes="XYS")
    assert region.grid is None
    plan = tile_plan(Grid((6, 7, 5), affine), (4, 4), 2, axes="XYS")
    assert plan.samples == 5 and plan.grid_of(len(plan) - 1).origin == (2, 6, 12)


def test_an_image_of_one_slice_needs_no_z():
    grid = Grid((6, 7, 1), np.diag((1.0, 2, 3, 1)))
    for axes in ("XY", "XYZ"):
        assert region_grid(patch((2, 1), (3, 2)), grid, axes).origin == (1, 4, 0)
    assert region_of_box(grid.bounds, grid, "XY")["patch_size"] == (7, 6)
    assert region_of_box(grid.bounds, grid, "XYZ")["patch_size"] == (1, 7, 6)


@given(shapes, st.tuples(*[st.sampled_from([-1, 1])] * 3), coords, sizes)
def test_the_box_of_a_straight_region_is_that_region(shape, signs, zyx, size):
    affine = np.diag((1.1 * signs[0], 2.3 * signs[1], 0.7 * signs[2], 1))[[1, 2, 0, 3]]
    grid = Grid(shape, affine)
    spec = patch(zyx, size, 3)
    box = region_grid(spec, grid).bounds
    assert region_of_box(box, grid, sample_idx=3) == spec


@given(affines(), st.tuples(*[st.floats(-60, 60)] * 3), st.tuples(*[st.floats(0, 50)] * 3))
def test_the_region_of_a_box_holds_it_and_no_slice_less_would(affine, low, size):
    grid = Grid((9, 9, 9), affine)
    box = np.array([low, np.add(low, size)])
    spec = region_of_box(box, grid)
    voxels = nib.affines.apply_affine(np.linalg.inv(affine), list(product(*box.T)))
    first = np.array(spec["coords"][::-1])
    after = first + spec["patch_size"][::-1]
    near = 1e-4
    assert (voxels >= first - 0.5 - near).all() and (voxels <= after - 0.5 + near).all()
    assert (voxels.min(axis=0) <= first + 0.5 + near).all()
    assert (voxels.max(axis=0) >= after - 1.5 - near).all()


def test_a_box_may_be_cut_off_at_the_image():
    grid = Grid((10, 10, 10), np.diag((2.0, 2, 2, 1)))
    box = [(-50, 3, 3), (4.9, 6.9, 50)]
    whole, inside = region_of_box(box, grid), region_of_box(box, grid, inside=True)
    assert whole["coords"][2] < 0 and sum(whole["patch_size"]) > 20
    assert inside["coords"] == (2, 2, 0) and inside["patch_size"] == (8, 2, 3)


def test_the_slice_of_a_box_is_the_one_in_its_middle():
    grid = Grid((10, 10, 10), np.diag((2.0, 2, 2, 1)))
    found = region_of_box([(0, 0, 5), (4, 4, 7)], grid, "XYS")
    assert found["sample_idx"] == 3 and len(found["coords"]) == 2


def test_what_has_no_place_is_told():
    grid = Grid((10, 10, 10), np.eye(4))
    with pytest.raises(RegionError, match="axes such as 'XYS'"):
        region_grid(patch((0, 0), (2, 2)), grid)
    with pytest.raises(RegionError, match="Name the third axis Z"):
        region_grid(patch((0, 0, 0), (2, 2, 2)), grid, "XYS")
    with pytest.raises(RegionError, match="grid axes 'XYQ'"):
        region_grid(patch((0, 0, 0), (2, 2, 2)), grid, "XYQ")
    with pytest.raises(RegionError, match="states no geometry"):
        region_of_box(grid.bounds, Grid.unknown((10, 10, 10)))
    with pytest.raises(RegionError, match="lies outside the image"):
        region_of_box([(50, 0, 0), (60, 5, 5)], grid, inside=True)
    with pytest.raises(RegionError, match="smallest and its largest"):
        region_of_box([(5, 0, 0), (0, 5, 5)], grid)
    with pytest.raises(AffineError):
        region_of_box(grid.bounds, Grid((10, 10, 10), np.diag((1.0, 0, 1, 1))))
    with pytest.raises(RegionError, match=r"expected a grid of shape \(6, 5, 4\)"):
        extract(counted((4, 5, 6)), patch((0, 0, 0), (1, 1, 1)), axes="ZYX", grid=grid)
    with pytest.raises(RegionError, match=r"expected a grid of shape \(6, 5, 4\)"):
        tile_plan((4, 5, 6), (2, 2, 2), grid=grid)
