from __future__ import annotations

import numpy as np
import pytest

from napari_medload.geometry import Grid
from napari_medload.session.scene.display_grid import DisplayGrid, choose_grid, world_grid
from tests.phantoms import affine_of

SHAPE = (20, 24, 12)
POINTS = [(0.0, 0.0, 0.0), (11.0, -7.5, 3.25), (-40.0, 60.0, 12.0)]


def grid(stored: str = "RAS", **how) -> Grid:
    shape = how.pop("shape", SHAPE)
    return Grid(shape, affine_of(stored, shape, how.pop("spacing", (1.0, 2.0, 3.0)), **how))


def test_fixed_is_shown_in_its_own_voxels_nearest_to_ras():
    fixed, moving = grid("PIR", centre=(5, 6, 7)), grid("LAS")
    shown = choose_grid("fixed", {"fixed_image": fixed, "moving_image": moving})
    assert shown.grid.orientation == "RAS"
    assert shown.grid.bounds == pytest.approx(fixed.bounds)
    assert sorted(shown.grid.spacing) == pytest.approx(sorted(fixed.spacing))
    assert shown.note == ""


def test_moving_is_chosen_by_its_role():
    fixed, moving = grid("PIR"), grid("LAS", centre=(30, 0, 0))
    shown = choose_grid("moving", {"fixed_image": fixed, "moving_image": moving})
    assert shown.grid.bounds == pytest.approx(moving.bounds)


def test_without_the_chosen_role_the_first_one_serves():
    only = grid("LPS", centre=(1, 2, 3))
    for choice in ("fixed", "moving"):
        assert choose_grid(choice, {"image": only}).grid.bounds == pytest.approx(only.bounds)


@pytest.mark.parametrize("stored", ["RAS", "LPI", "SAR", "IRP"])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (10, -20, 30)])
def test_canvas_and_world_are_inverse(stored, tilt):
    shown = choose_grid("fixed", {"fixed_image": grid(stored, tilt=tilt, centre=(9, 8, 7))})
    for point in POINTS:
        assert shown.to_ras(shown.to_canvas(point)) == pytest.approx(point, abs=1e-9)


@pytest.mark.parametrize("stored", ["RAS", "LPI", "SAR", "IRP"])
def test_untilted_canvas_counts_in_world_coordinates(stored):
    shown = choose_grid("fixed", {"fixed_image": grid(stored, centre=(9, 8, 7))})
    for r, a, s in POINTS:
        assert shown.to_canvas((r, a, s)) == pytest.approx((s, a, r), abs=1e-9)


def test_tilted_canvas_agrees_with_the_world_in_the_middle_and_keeps_lengths():
    tilted = grid(tilt=(10, -20, 30), centre=(9, 8, 7))
    shown = choose_grid("fixed", {"fixed_image": tilted})
    assert shown.to_canvas((9, 8, 7)) == pytest.approx((7, 8, 9))
    a, b = (np.array(shown.to_canvas(point)) for point in POINTS[:2])
    far = np.linalg.norm(np.subtract(*POINTS[:2]))
    assert np.linalg.norm(a - b) == pytest.approx(far)


def test_each_voxel_lies_where_the_canvas_says():
    """First and last display voxel, by scale and translate, against the affine."""
    shown = choose_grid("fixed", {"fixed_image": grid("AIL", tilt=(5, 0, 12))})
    for index in ((0, 0, 0), (3, 5, 7), tuple(n - 1 for n in shown.grid.shape)):
        canvas = np.array(shown.translate) + np.array(shown.scale) * index[::-1]
        assert shown.to_index(canvas) == pytest.approx(index, abs=1e-9)
        truth = (shown.grid.affine @ (*index, 1))[:3]
        assert shown.to_ras(canvas) == pytest.approx(truth, abs=1e-9)


def test_sheared_fixed_falls_back_to_the_world_and_says_so():
    sheared = grid(shear=0.3)
    shown = choose_grid("fixed", {"fixed_image": sheared, "moving_image": grid("LAS")})
    assert "fixed image is sheared" in shown.note and "world" in shown.note
    assert np.count_nonzero(shown.grid.affine[:3, :3]) == 3
    assert (shown.grid.bounds[0] <= sheared.bounds[0] + 1e-6).all()


def test_rounded_directions_are_not_called_shear():
    affine = affine_of("RAS", SHAPE, tilt=(7, 3, 2)).round(5)
    assert choose_grid("fixed", {"fixed_image": Grid(SHAPE, affine)}).note == ""


def test_unknown_geometry_is_shown_by_index():
    shown = choose_grid("world", {"fixed_image": Grid.unknown((4, 5, 6))})
    assert not shown.grid.known
    assert shown.scale == (1, 1, 1) and shown.translate == (0, 0, 0)
    assert shown.to_index((3, 2, 1)) == pytest.approx((1, 2, 3))


def test_world_box_holds_all_images_at_the_finest_spacing():
    a = grid("RAS", spacing=(1.0, 1.0, 3.0), centre=(0, 0, 0))
    b = grid("PIR", spacing=(0.8, 2.0, 2.0), centre=(25, 0, -9), tilt=(0, 0, 20))
    box = world_grid([a, b])
    assert box.spacing == pytest.approx((0.8, 0.8, 0.8))
    assert np.count_nonzero(box.affine[:3, :3]) == 3
    for other in (a, b):
        assert (box.bounds[0] <= other.bounds[0] + 0.01).all()
        assert (box.bounds[1] >= other.bounds[1] - 0.01).all()
    tight = np.stack((a.corners, b.corners)).reshape(-1, 3)
    wasted = (box.bounds[1] - box.bounds[0]) - (tight.max(axis=0) - tight.min(axis=0))
    assert (wasted < 0.8 + 1e-6).all()


def test_world_box_has_at_most_512_voxels_a_side():
    fine = grid(shape=(30, 30, 30), spacing=(0.05, 0.05, 0.05))
    far = grid(centre=(300, -200, 0))
    box = world_grid([fine, far])
    assert max(box.shape) <= 512
    assert max(box.shape) >= 500  # no coarser than it must be


def test_world_choice_covers_what_the_choice_of_fixed_does_not():
    fixed, moving = grid(), grid(centre=(100, 0, 0))
    grids = {"fixed_image": fixed, "moving_image": moving}
    place = (100.0, 0.0, 0.0)
    assert choose_grid("world", grids).contains(place)
    assert not choose_grid("fixed", grids).contains(place)


def test_contains_ends_at_the_outer_voxel_edges():
    shown = DisplayGrid(Grid((3, 3, 3), affine_of("RAS", (3, 3, 3), (2.0, 2.0, 2.0))))
    assert shown.contains((2.9, 0, 0)) and not shown.contains((3.1, 0, 0))
