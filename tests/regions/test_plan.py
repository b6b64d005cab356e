from __future__ import annotations

import pickle

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.formats import read_header
from napari_medload.geometry import Grid
from napari_medload.images import ScalarImage
from napari_medload.regions import (
    RegionError,
    patch_plan,
    region_grid,
    regular_patch_plan,
    tile_plan,
)
from tests.phantoms import affine_of

GRID = Grid((30, 20, 10), affine_of("LPS", (30, 20, 10), (1, 2, 3), (4, 5, 6), (10, 0, 20)))
PLANS = [
    tile_plan(GRID, (4, 8, 8), 2),
    patch_plan(GRID, (4, 8, 8), 50, seed=3),
    regular_patch_plan(GRID, (4, 8, 8), pad=True),
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_is_a_sequence(plan):
    specs = list(plan)
    assert len(specs) == len(plan)
    assert [plan[number] for number in range(len(plan))] == specs
    assert plan[-1] == specs[-1] and plan[np.int64(2)] == specs[2]
    assert plan[2:9:3] == specs[2:9:3] and plan[::-1] == specs[::-1]
    for number in (len(plan), -len(plan) - 1):
        with pytest.raises(IndexError, match=f"region {number} of a plan of {len(plan)}"):
            plan[number]
    assert pickle.loads(pickle.dumps(plan)) == plan


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_says_where_each_region_lies(plan):
    for number in (0, 7, len(plan) - 1):
        grid = region_grid(plan[number], GRID)
        assert plan.grid_of(number) == grid
        assert plan.corners(number).shape == (8, 3)
        np.testing.assert_array_equal(plan.corners(number), grid.corners)


def test_only_tiles_have_a_crop():
    tiles, random, _ = PLANS
    outer, inner = tiles.grid_of(1), tiles.crop_grid_of(1)
    assert inner.shape == tiles[1]["crop_size"][::-1]
    assert tiles.crop_corners(1).shape == (8, 3)
    np.testing.assert_allclose(outer.spacing, inner.spacing)
    assert (inner.world_to_index() @ [*outer.centre, 1])[:3].min() > -0.5
    assert random.crop_grid_of(1) is None and random.crop_corners(1) is None


def test_crops_of_a_plan_fill_the_image_in_the_world():
    corners = np.concatenate([PLANS[0].crop_corners(n) for n in range(len(PLANS[0]))])
    np.testing.assert_allclose(corners.min(axis=0), GRID.bounds[0], atol=1e-9)
    np.testing.assert_allclose(corners.max(axis=0), GRID.bounds[1], atol=1e-9)


def test_facts_of_a_tile():
    grid = Grid((32, 16, 8), np.diag((1.0, 2, 3, 1)))
    plan = tile_plan(grid, (8, 8, 8), 2)
    assert plan.facts(1) == {
        "Tile": "2 of 15",
        "Start": "Z 0, Y 0, X 6",
        "Size": "8×8×8 voxels (Z×Y×X)",
        "Kept": "8×7×6 voxels from Z 0, Y 0, X 7",
        "Extent": "24×16×8 mm (Z×Y×X)",
        "Centre": "R 9.5, A 7.0, S 10.5 mm",
        "Padding": "none",
    }
    assert plan.facts(-1)["Tile"] == "15 of 15"


def test_facts_of_a_patch_of_an_image_without_geometry():
    plan = regular_patch_plan((3, 2, 10, 9), (4, 4), pad=True)
    assert plan.facts(17) == {
        "Patch": "18 of 27",
        "Sample": "2 of 3",
        "Start": "Y 8, X 8",
        "Size": "4×4 voxels (Y×X)",
        "Extent": "unknown: no spacing is stated",
        "Centre": "unknown: no orientation is stated",
        "Padding": "88%",
    }
    spaced = Grid((9, 10, 1), np.diag((1.0, 2, 3, 1)), oriented=False)
    facts = regular_patch_plan((10, 9), (4, 4), grid=spaced).facts(0)
    assert facts["Extent"] == "8×4 mm (Y×X)" and facts["Centre"].startswith("unknown")


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 9), st.integers(1, 9))
def test_padding_is_the_share_of_voxels_outside(height, width, tall, wide):
    plan = regular_patch_plan((height, width), (tall, wide), pad=True)
    image = np.zeros((height + tall, width + wide))
    image[:height, :width] = 1
    covered = 0
    for number, spec in enumerate(plan):
        y, x = spec["coords"]
        inside = image[y : y + tall, x : x + wide]
        assert plan.padding(number) == pytest.approx(1 - inside.mean())
        covered += inside.sum()
    assert covered == height * width


@given(st.data())
def test_regular_patches_cover_and_stay_inside(data):
    shape = data.draw(st.tuples(st.integers(1, 2), st.just(1), *[st.integers(1, 15)] * 2))
    patch = data.draw(st.tuples(*[st.integers(1, 6)] * 2))
    overlap = tuple(data.draw(st.integers(0, size - 1)) for size in patch)
    count = np.zeros((shape[0], *shape[2:]), int)
    for spec in regular_patch_plan(shape, patch, overlap):
        (y, x), (tall, wide) = spec["coords"], spec["patch_size"]
        assert y >= 0 and x >= 0
        assert y + tall <= max(shape[2], tall) and x + wide <= max(shape[3], wide)
        count[spec["sample_idx"], y : y + tall, x : x + wide] += 1
    assert (count > 0).all()


def test_random_patches_are_reproducible_from_the_seed():
    one, same = (patch_plan((50, 60, 70), (8, 8, 8), 20, seed=5) for _ in range(2))
    assert one == same and list(one) == list(same)
    assert list(patch_plan((50, 60, 70), (8, 8, 8), 30, seed=5))[:20] == list(one)
    assert list(patch_plan((50, 60, 70), (8, 8, 8), 20, seed=6)) != list(one)
    drawn = patch_plan((50, 60, 70), (8, 8, 8), 20, seed=None)
    assert list(drawn) == list(patch_plan((50, 60, 70), (8, 8, 8), 20, seed=drawn.seed))
    assert drawn != patch_plan((50, 60, 70), (8, 8, 8), 20, seed=None)


def test_random_patches_are_the_same_on_every_computer():
    # SplitMix64's published first outputs for the state 1234567
    from napari_medload.regions.patches import _mixed

    golden = 0x9E3779B97F4A7C15
    found = [_mixed(1234567 + n * golden) for n in range(3)]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    plan = patch_plan((50, 60, 70), (8, 8, 8), 2, seed=0)
    assert [spec["coords"] for spec in plan] == [(28, 37, 24), (28, 41, 9)]


def test_random_patches_fall_evenly_and_inside():
    plan = patch_plan((4, 1, 9, 13), (4, 6), 4000, seed=1)
    starts = np.array([spec["coords"] for spec in plan])
    counts = np.zeros((6, 8), int)
    np.add.at(counts, tuple(starts.T), 1)
    expected = 4000 / 48
    assert ((counts - expected) ** 2 / expected).sum() < 82  # chi², 47 degrees, p = 0.001
    samples = [spec["sample_idx"] for spec in plan]
    assert samples == sorted(samples) and np.bincount(samples).tolist() == [1000] * 4
    assert len(set(map(tuple, starts[:1000]))) == 48


def test_a_patch_larger_than_the_image_begins_at_zero():
    plan = patch_plan((5, 9), (8, 4), 20)
    assert {spec["coords"][0] for spec in plan} == {0}
    assert plan.padding(0) == pytest.approx(3 / 8)
    assert plan.facts(0)["Padding"] == "38%"


def test_as_many_patches_as_cover_the_image_unless_asked():
    assert len(patch_plan((3, 2, 10, 9), (4, 4))) == 3 * 3 * 3
    with pytest.raises(RegionError, match="one patch or more"):
        patch_plan((10, 9), (4, 4), 0)


def test_a_million_patches_are_planned_at_once():
    plan = patch_plan((1000, 1000, 1000), (64, 64, 64), 10**12)
    assert len(plan) == 10**12
    assert plan[10**11] == plan[10**11]
    assert plan.facts(-1)["Patch"] == "1000000000000 of 1000000000000"


def test_plans_of_images_know_their_geometry():
    image = ScalarImage(tensor=np.zeros((2, 30, 20, 10), np.float32), affine=GRID.affine)
    plan = tile_plan(image, (4, 8, 8), 2)
    assert plan.data_shape == (1, 2, 10, 20, 30)
    assert plan.grid == GRID
    assert list(plan) == list(PLANS[0])
    assert tile_plan(image.volume(), (4, 8, 8), 2).grid == GRID


def test_a_plan_reads_no_pixels(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((30, 20, 10), np.int16), GRID.affine), tmp_path / "f.nii.gz")
    cut_off = tmp_path / "cut.nii.gz"
    cut_off.write_bytes((tmp_path / "f.nii.gz").read_bytes()[:-8])
    image = ScalarImage(cut_off)
    for source in (image, cut_off, read_header(cut_off)):
        plan = tile_plan(source, (4, 8, 8), 2)
        assert plan.facts(0)["Extent"] == "12×16×8 mm (Z×Y×X)"
    assert not image.is_loaded


def test_a_volume_needs_sizes_for_its_axes():
    with pytest.raises(RegionError, match="axes='XYS'"):
        tile_plan(GRID, (8, 8), 2)
    assert tile_plan(GRID, (8, 8), 2, axes="XYS").samples == 10
    with pytest.raises(RegionError, match="axes such as 'XYS'"):
        tile_plan((1, 1, 10, 20, 30), (8, 8), 2)
    with pytest.raises(RegionError, match="along Y and X alone"):
        tile_plan(GRID, (8, 8, 8), 2, axes="XYS")
