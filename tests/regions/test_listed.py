from __future__ import annotations

import json
import tracemalloc
from itertools import product
from typing import TYPE_CHECKING

import h5py
import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload.formats import Placement, Source
from napari_medload.geometry import Grid
from napari_medload.loaders import DatasetError, open_dataset
from napari_medload.regions import (
    ImageStack,
    RegionError,
    collate,
    cut_regions,
    patch_plan,
    read_regions,
    regular_patch_plan,
    save_regions,
    stitch,
    tile_plan,
)
from napari_medload.regions.saving import ListedImage
from tests.phantoms import ORIENTATIONS, affine_of, noise, write_h5, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (20, 18, 12)
AFFINE = affine_of("PIL", SHAPE, (0.9, 1.1, 2.5), (4, -30, 12), (12, -7, 20))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_nifti(tmp_path / "köpfe & more" / "scan #1\n.nii.gz", noise(SHAPE), AFFINE)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "plan",
    [
        tile_plan(Grid(SHAPE, AFFINE), (5, 8, 9), (1, 2, 3)),
        patch_plan(Grid(SHAPE, AFFINE), (5, 8, 9), 7, seed=4),
        patch_plan(Grid(SHAPE, AFFINE), (16, 8, 30), 7, seed=4),
        regular_patch_plan(Grid(SHAPE, AFFINE), (5, 8, 9), pad=True),
    ],
    ids=["tiles", "random", "larger than the image", "padded"],
)
def test_a_saved_plan_is_read_again_with_its_voxels(tmp_path, image, plan):
    path = tmp_path / "a.regions.jsonl"
    assert save_regions(plan, path, image, sample_id="a/1", role="image") == len(plan)
    stored = np.asarray(nib.load(image).dataobj)
    padded = np.pad(stored, 40)
    found = list(read_regions(path))
    assert [region.spec for region in found] == list(plan)
    for region, cut in zip(found, cut_regions(path), strict=True):
        assert region.source == Source(image) and region.facts["sample_id"] == "a/1"
        starts, sizes = region.spec["coords"], region.spec["patch_size"]
        k, j, i = (slice(a + 40, a + 40 + n) for a, n in zip(starts, sizes, strict=True))
        np.testing.assert_array_equal(cut.data[0], padded[i, j, k].T)
        np.testing.assert_array_equal(region.cut().data, cut.data)
        assert cut.additional_metadata["sample_id"] == "a/1"
        first = AFFINE[:3] @ (*starts[::-1], 1)
        np.testing.assert_allclose(cut.grid.affine[:3, 3], first, atol=1e-5)  # of float32


def test_tiles_of_a_list_are_stitched_to_the_image(tmp_path, image):
    path = tmp_path / "tiles.jsonl"
    save_regions(tile_plan(Source(image), (5, 7, 8), 2), path, image)
    whole = stitch(cut_regions(path), restore=True)
    np.testing.assert_array_equal(whole, np.asarray(nib.load(image).dataobj))
    assert collate(list(cut_regions(path))[:3]).data.shape == (3, 1, 5, 7, 8)


@settings(deadline=None, max_examples=60)
@given(
    letters=st.sampled_from(ORIENTATIONS),
    spacing=st.tuples(*[st.floats(0.1, 9)] * 3),
    centre=st.tuples(*[st.floats(-500, 500)] * 3),
    tilt=st.tuples(*[st.floats(-60, 60)] * 3),
    shear=st.floats(-0.5, 0.5),
    coords=st.tuples(*[st.integers(-5, 25)] * 3),
    size=st.tuples(*[st.integers(1, 20)] * 3),
)
def test_the_box_in_mm_is_the_affine_of_the_outer_corners(
    letters, spacing, centre, tilt, shear, coords, size
):
    affine = affine_of(letters, SHAPE, spacing, centre, tilt, shear)
    stack = ImageStack.of(np.zeros(SHAPE), "XYZ", Grid(SHAPE, affine))
    listed = ListedImage(stack, "a.nii", Source("a.nii"))
    spec = {"data_idx": 0, "sample_idx": 0, "coords": coords, "patch_size": size}
    line = json.loads(json.dumps(listed.line(spec)))
    first, count = np.array(coords[::-1]), np.array(size[::-1])
    ends = np.array([first - 0.5, first + count - 0.5])
    meant = ends @ affine[:3, :3].T + affine[:3, 3]
    np.testing.assert_allclose(line["box_mm"], meant, rtol=1e-9, atol=1e-6)
    # all eight corners of an oblique region follow from its affine and size
    rows = np.array(line["affine"])
    for end in product((0, 1), repeat=3):
        inner = np.where(end, np.array(line["patch_size"][::-1]) - 0.5, -0.5)
        corner = np.where(end, ends[1], ends[0])
        meant = affine[:3] @ (*corner, 1)
        np.testing.assert_allclose(rows @ (*inner, 1), meant, rtol=1e-9, atol=1e-6)


def test_where_no_place_is_stated_none_is_written(tmp_path):
    file = write_h5(tmp_path / "a#b.h5", group__1__2=noise((9, 8, 7)))
    spacing_only = Placement("RAS", (1.0, 1.0, 2.0))
    for source in (Source(file, "group-1-2"), Source(file, "group-1-2", placement=spacing_only)):
        save_regions(tile_plan(source, (4, 4, 4)), tmp_path / "a.jsonl", source)
        _, *lines = lines_of(tmp_path / "a.jsonl")
        assert {(line["box_mm"], line["affine"]) for line in lines} == {(None, None)}
        found = list(read_regions(tmp_path / "a.jsonl"))
        assert {region.source for region in found} == {source}
        with h5py.File(file) as opened:
            stored = opened["group-1-2"][:]
        np.testing.assert_array_equal(found[0].cut().data[0], stored[:4, :4, :4].T)


def test_a_list_moves_together_with_its_images(tmp_path, image):
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "a.jsonl"
    save_regions(tile_plan(Source(image), (9, 9, 9)), path, image, relative_to=tmp_path)
    assert lines_of(path)[1]["source"] == "köpfe & more/scan #1\n.nii.gz"
    before = [region.data for region in cut_regions(path)]
    moved = tmp_path.rename(tmp_path.with_name("moved elsewhere"))
    after = [region.data for region in cut_regions(moved / "lists" / "a.jsonl")]
    np.testing.assert_array_equal(before, after)
    path = (moved / "lists" / "a.jsonl").rename(moved.parent / "alone.jsonl")
    with pytest.raises(FileNotFoundError):
        next(cut_regions(path))
    assert len(list(cut_regions(path, base=moved))) == len(before)


def test_numbers_of_numpy_and_channels_are_written_too(tmp_path):
    file = write_nifti(tmp_path / "rgb.nii", noise((8, 8, 8, 3)))
    specs = [
        {"data_idx": np.int64(0), "sample_idx": 0, "coords": np.arange(3), "patch_size": (2, 2, 2)}
    ]
    save_regions(specs, tmp_path / "a.jsonl", file)
    (region,) = read_regions(tmp_path / "a.jsonl")
    assert region.facts["axes"] == "XYZC" and region.spec["coords"] == (0, 1, 2)
    stored = np.asarray(nib.load(file).dataobj)[2:4, 1:3, 0:2]
    np.testing.assert_array_equal(region.cut(channels=[2, 0]).data, stored.T[[2, 0]])


def test_what_is_no_plan_of_the_image_is_refused(tmp_path, image):
    path = tmp_path / "a.jsonl"
    with pytest.raises(RegionError, match="expected the plan of this image"):
        save_regions(tile_plan((4, 4, 4), (2, 2, 2)), path, image)
    with pytest.raises(RegionError, match="no region to save"):
        save_regions([], path, image)
    with pytest.raises(RegionError, match="several files"):
        save_regions([], path, Source(image, slices=("a", "b")))
    assert list(tmp_path.glob("*jsonl*")) == []


@pytest.mark.parametrize(
    "line, reason",
    [
        ("{", "line 3: Expecting"),
        ("[]", "line 3: found '.*expected an object"),
        ('{"source": 3}', "line 3: lacks source, axes"),
        ('{"source": "a", "axes": "XYZ", "kind": "tile"}', "line 3: a tile lacks data_idx"),
        ('{"source": "a", "axes": "XYZ", "data_idx": 0, "sample_idx": 0, "coords": [0], '
         '"patch_size": [1, 1]}', "line 3: a region has coords"),
        ('{"source": "\\ud800', "line 3: "),
    ],
)  # fmt: skip
def test_a_broken_line_is_named(tmp_path, image, line, reason):
    path = tmp_path / "a.jsonl"
    save_regions(tile_plan(Source(image), (20, 20, 20)), path, image)
    path.write_text(path.read_text() + line + "\n")
    regions = read_regions(path)
    next(regions)
    with pytest.raises(RegionError, match=f"a.jsonl, {reason}"):
        next(regions)


@pytest.mark.parametrize("first", ["", "sample_id,split", '{"sample_id": "a"}', "[1]"])
def test_another_list_is_no_list_of_regions(tmp_path, first):
    (tmp_path / "a.jsonl").write_text(first)
    with pytest.raises(RegionError, match="no list of regions"):
        next(read_regions(tmp_path / "a.jsonl"))
    (tmp_path / "a.jsonl").write_text('{"format": "napari-medload regions", "version": 9}')
    with pytest.raises(RegionError, match="Update"):
        next(read_regions(tmp_path / "a.jsonl"))


def test_it_is_not_taken_for_a_list_of_samples(tmp_path, image):
    save_regions(tile_plan(Source(image), (9, 9, 9)), tmp_path / "a.regions.jsonl", image)
    with pytest.raises(DatasetError, match="a list of regions; expected a list of samples"):
        open_dataset(tmp_path / "a.regions.jsonl")


def test_an_image_that_was_made_anew_in_another_size_is_not_cut(tmp_path, image):
    path = tmp_path / "a.jsonl"
    save_regions(tile_plan(Source(image), (9, 9, 9)), path, image)
    write_nifti(image, noise((20, 18, 13)), AFFINE)
    with pytest.raises(RegionError, match=r"expected .12, 18, 20., as the list"):
        next(cut_regions(path))


def test_many_regions_take_no_memory(tmp_path, image):
    plan = patch_plan(Source(image), (4, 4, 4), 3_000)
    path = tmp_path / "a.jsonl"
    tracemalloc.start()
    try:
        save_regions(plan, path, image)
        assert sum(1 for _ in read_regions(path)) == 3_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 1_200_000 and peak < 300_000
