"""The plan over an image: what a slice cuts out of it, judged by points of the boxes themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload.geometry import Grid
from napari_medload.geometry.affine import apply, inverse
from napari_medload.regions import patch_plan, read_regions, tile_plan
from napari_medload.session.regions import DRAWN_AT_MOST, PlannedImage, PlanOptions, Regions
from napari_medload.session.sections import boxes_of, outlines
from napari_medload.session.standalone.facts import layer_facts
from napari_medload.session.standalone.files import file_layers
from tests.phantoms import affine_of, noise, write_h5, write_nifti
from tests.session.datasets import write_pairs
from tests.session.standalone.test_content import on_canvas

if TYPE_CHECKING:
    from pathlib import Path

    from tests.session.conftest import Walker

SHAPE, SPACING = (40, 30, 20), (1.0, 1.5, 2.0)
TILT = (7.0, -5.0, 11.0)


def image_of(affine: np.ndarray, shape: tuple[int, int, int] = SHAPE) -> PlannedImage:
    """Image whose canvas counts world millimetres."""
    grid = Grid(shape, affine)
    to_canvas = np.eye(4)
    to_canvas[:3] = affine[[2, 1, 0]]
    return PlannedImage("image", grid, to_canvas)


def planned(affine: np.ndarray, options: PlanOptions) -> Regions:
    regions = Regions()
    regions.show_images({"image": image_of(affine)})
    regions.ask(options)
    assert regions.plan is not None, regions.problem
    return regions


@pytest.mark.parametrize("stored", ["RAS", "PIR", "LSA", "SPL"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_outline_is_the_box_where_the_slice_lies_along_it(stored: str, axis: int):
    regions = planned(affine_of(stored, SHAPE, SPACING), PlanOptions(size=(10, 10, 10)))
    for number in (0, 7, len(regions.plan) - 1):
        regions.go_to(number)
        corners = regions.plan.corners(number)[:, ::-1]  # S, A, R
        low, high = corners.min(axis=0), corners.max(axis=0)
        middle = (low + high) / 2
        section = regions.section(axis, middle[axis])
        points = section.current.reshape(-1, 3)
        expected_low, expected_high = low.copy(), high.copy()
        expected_low[axis] = expected_high[axis] = middle[axis]
        np.testing.assert_allclose(points.min(axis=0), expected_low, atol=1e-9)
        np.testing.assert_allclose(points.max(axis=0), expected_high, atol=1e-9)
        assert len(section.current) == 4
        assert len(regions.section(axis, high[axis] + 0.01).current) == 0


def test_outlines_of_tilted_boxes_lie_on_their_faces_in_the_slice():
    """A point just inside the outline is in the box, a point just outside is not."""
    affine = affine_of("LSP", SHAPE, SPACING, tilt=TILT)
    regions = planned(affine, PlanOptions("random patches", (8, 9, 10), count=40, seed=3))
    seen = 0
    for number in range(40):
        regions.go_to(number)
        first, size = regions.boxes.one(number)
        middle = apply(regions.image.to_canvas, first + (size - 1) / 2)
        for axis in range(3):
            section = regions.section(axis, middle[axis] + 2.0)
            lines = section.current
            if not len(lines):
                continue
            seen += 1
            assert lines[..., axis] == pytest.approx(middle[axis] + 2.0)
            np.testing.assert_allclose(lines[:, 1], np.roll(lines[:, 0], -1, axis=0))  # closed
            centre = lines[:, 0].mean(axis=0)
            for point in lines.mean(axis=1):
                for share, is_inside in ((0.999, True), (1.001, False)):
                    voxel = apply(
                        inverse(regions.image.to_canvas), centre + share * (point - centre)
                    )
                    within = (voxel >= first - 0.5).all() and (voxel <= first + size - 0.5).all()
                    assert within is np.bool_(is_inside)
    assert seen > 100


def test_a_slice_meets_the_regions_whose_corners_lie_on_both_sides():
    affine = affine_of("PIR", SHAPE, SPACING, tilt=TILT)
    regions = planned(affine, PlanOptions(size=(7, 8, 9), overlap=(2, 3, 1)))
    section = regions.section(1, 3.25)
    expected = []
    for number in range(len(regions.plan)):
        heights = regions.plan.corners(number)[:, 1]
        expected.append(heights.min() < 3.25 < heights.max())
    assert section.met == sum(expected) == section.drawn > 10


def test_tiles_are_listed_as_the_plan_has_them():
    grid = Grid(SHAPE, np.eye(4))
    for plan in (
        tile_plan(grid, (7, 8, 9), (2, 3, 1)),
        patch_plan(grid, (7, 8, 9), 30, 5),
        tile_plan(grid, (64, 64, 64)),
    ):
        expected = [tuple(plan[number]["coords"])[::-1] for number in range(len(plan))]
        np.testing.assert_array_equal(boxes_of(plan).first, expected)


def test_a_plan_of_many_draws_few_and_soon():
    affine = affine_of("RAS", (400, 400, 300), tilt=TILT)
    regions = Regions()
    regions.show_images({"image": image_of(affine, (400, 400, 300))})
    start = time.perf_counter()
    regions.ask(PlanOptions(size=(4, 4, 4)))
    section = regions.section(0, 0.0)
    took = time.perf_counter() - start
    start = time.perf_counter()
    for number in range(20_000):
        regions.plan.corners(number)
    some_by_hand = time.perf_counter() - start
    assert len(regions.plan) == 750_000
    assert section.met > 10_000
    assert section.drawn <= DRAWN_AT_MOST
    assert took < some_by_hand  # a twentieth of it where nothing else runs


def test_a_plan_that_is_too_long_to_list_still_shows_its_current_region():
    regions = Regions()
    regions.show_images({"image": image_of(affine_of("RAS", (400, 400, 400)), (400, 400, 400))})
    regions.ask(PlanOptions(size=(2, 2, 2)))
    assert len(regions.plan) == 8_000_000
    regions.go_to(5_000_000)
    first, _size = regions.boxes.one(5_000_000)
    height = apply(regions.image.to_canvas, first)[0]
    section = regions.section(0, height)
    assert len(section.current) == 4 and len(section.others) == 0


def test_sizes_in_mm_are_whole_voxels_of_the_image():
    affine = affine_of("RAS", SHAPE, SPACING)
    regions = planned(affine, PlanOptions(size=(20.0, 15.0, 8.0), in_mm=True))
    assert regions.plan.patch_size == (10, 10, 8)
    regions.ask(PlanOptions(size=(0.2, 15.0, 8.0), in_mm=True))
    assert regions.plan is None and "at least one voxel" in regions.problem


def test_an_overlap_that_is_too_large_is_told_and_mended():
    regions = Regions()
    regions.show_images({"image": image_of(affine_of("RAS", SHAPE))})
    regions.ask(PlanOptions(size=(8, 8, 8), overlap=(8, 0, 0)))
    assert "overlap" in regions.problem and regions.section(0, 0.0) is None
    regions.ask(PlanOptions(size=(8, 8, 8)))
    assert not regions.problem and regions.facts["Tile"].startswith("1 of")


def test_stepping_stays_at_the_ends_and_tells_where_to_look():
    regions = planned(affine_of("LPS", SHAPE, SPACING), PlanOptions(size=(20, 30, 20)))
    places = []
    regions.looked_at.connect(places.append)
    assert len(regions.plan) == 2
    for by in (-1, 1, 1):
        regions.step(by)
    assert regions.number == 1
    (place,) = places
    assert place[::-1] == pytest.approx(regions.plan.grid_of(1).centre)


def test_a_session_keeps_the_plan_from_sample_to_sample(walker: Walker, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    big = affine_of("PIR", (30, 20, 10))
    write_nifti(folder / "fixed_images" / "case01.nii.gz", noise((30, 20, 10)), big)
    regions = Regions()
    regions.follow(walker.session)
    walker.open(folder)
    assert regions.choices == ("fixed image", "moving image")
    regions.ask(PlanOptions(size=(5, 6, 7)))
    assert len(regions.plan) == 2 * 2 * 2
    regions.go_to(7)
    scene = walker.select(1)
    assert len(regions.plan) == 2 * 4 * 5 and regions.number == 7
    # where a region is drawn is where the scene draws its voxels
    first, size = regions.boxes.one(7)
    canvas = apply(regions.image.to_canvas, first + (size - 1) / 2)
    assert scene.display.to_ras(canvas) == pytest.approx(regions.plan.grid_of(7).centre, abs=1e-3)
    regions.choose("moving image")
    assert regions.image.name == "moving image"
    walker.session.set_options(grid="moving")
    walker.settle()
    assert regions.image.name == "moving image"
    centre = regions.plan.grid_of(regions.number).centre
    first, size = regions.boxes.one(regions.number)
    canvas = apply(regions.image.to_canvas, first + (size - 1) / 2)
    assert walker.session.scene.display.to_ras(canvas) == pytest.approx(centre, abs=1e-3)


def test_a_file_without_geometry_states_no_mm(walker: Walker, tmp_path: Path):
    for name in ("fixed", "moving"):
        write_h5(tmp_path / "set" / f"{name}_images.h5", a=noise((12, 12, 12)))
    regions = Regions()
    regions.follow(walker.session)
    walker.open(tmp_path / "set")
    regions.ask(PlanOptions(size=(6, 6, 6)))
    assert "unknown" in regions.facts["Extent"] and "unknown" in regions.facts["Centre"]
    regions.ask(PlanOptions(size=(6, 6, 6), in_mm=True))
    assert "no spacing" in regions.problem


def test_a_layer_of_the_canvas_is_cut_along_its_stored_array(tmp_path: Path):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=TILT)
    (layer,) = file_layers(write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine))
    image = PlannedImage.of_layer("a", on_canvas(layer))
    assert image.grid == layer.volume.grid
    for voxel in ((0, 0, 0), (39, 2, 7)):
        canvas = apply(image.to_canvas, voxel)
        assert layer.display.to_ras(canvas) == pytest.approx(apply(affine, voxel), abs=1e-3)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), TILT])
def test_a_layer_that_was_moved_is_cut_where_it_is_now(tmp_path: Path, tilt: Any):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=tilt)
    (layer,) = file_layers(write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine))
    drawn = on_canvas(layer)
    drawn.to_canvas[:3, 3] += (30.0, 0.0, -20.0)
    image = PlannedImage.of_layer("a", drawn)
    k, j, i = layer.data.shape
    assert image.grid.shape == (i, j, k)
    last = apply(image.to_canvas, (i - 1, j - 1, k - 1))
    assert last == pytest.approx(apply(drawn.to_canvas, (k - 1, j - 1, i - 1)), abs=1e-4)
    facts = layer_facts(drawn)
    assert facts["file"] == str(tmp_path / "a.nii.gz") and "Moved" in facts["note"]
    assert facts["shape"].startswith(f"{i}×{j}×{k} ")


def test_a_plane_along_a_face_cuts_nothing_twice():
    first, size = np.zeros((1, 3)), np.full((1, 3), 4.0)
    for offset in (-0.5, 3.5):
        lines = outlines(first, size, np.array((1.0, 0.0, 0.0)), offset)
        assert len(lines) in (0, 4)


def test_the_regions_that_are_shown_are_saved_as_they_are(walker: Walker, tmp_path: Path):
    walker.open(write_pairs(tmp_path / "pairs", 2, labels=True))
    session, regions = walker.session, Regions()
    regions.follow(session)
    walker.select(1)
    walker.wait(lambda: regions.image is not None)
    assert regions.suggested_path is None  # nothing is cut yet
    regions.ask(PlanOptions(kind="random patches", size=(4, 5, 6), count=7, seed=3))
    shown = [dict(regions.plan[number]) for number in range(7)]
    assert regions.suggested_path == tmp_path / "case01_fixed_image.regions.jsonl"
    regions.save(tmp_path / "mine.regions.jsonl")
    walker.wait(lambda: regions.saved != "")
    assert regions.saved == "✓ saved mine.regions.jsonl: 7 regions"
    listed = list(read_regions(tmp_path / "mine.regions.jsonl"))
    assert [dict(region.spec) for region in listed] == shown
    sample = session.dataset[1]
    assert {region.facts["sample_id"] for region in listed} == {sample.id}
    assert {region.source.path for region in listed} == {sample.sources["fixed_image"].path}
    regions.save(tmp_path / "no such folder" / "mine.regions.jsonl")
    walker.wait(lambda: bool(walker.troubles))
    assert "no such folder" in walker.troubles[-1].message
    assert regions.saved == ""  # what was saved before does not stand beside it
    regions.save(tmp_path / "mine.regions.jsonl")
    walker.wait(lambda: regions.saved != "")
    walker.select(0)
    walker.wait(lambda: regions.saved == "")  # it was another image's
