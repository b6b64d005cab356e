from __future__ import annotations

import numpy as np
import pytest

from napari_medload.geometry import Grid
from napari_medload.images.pictures.planes import middle, view_across, view_of, views
from tests.phantoms import ORIENTATIONS, affine_of

SHAPE = (4, 6, 8)
WORLD = np.array([(10.0, -20.0, 30.0)])


def coordinates(grid):
    """World x, y and z of every voxel, as three channels."""
    indices = np.moveaxis(np.indices(grid.shape), 0, -1)
    places = indices @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    return np.moveaxis(places, -1, 0)


@pytest.mark.parametrize("radiological", [True, False])
@pytest.mark.parametrize("code", ORIENTATIONS)
def test_T27_pictures_run_as_people_look_at_them(code, radiological):
    grid = Grid(SHAPE, affine_of(code, SHAPE, (1, 2, 3)))
    for normal, (across, down) in enumerate(((1, 2), (0, 2), (0, 1))):
        view = view_of(grid, normal, radiological)
        pictures = view.draw(coordinates(grid))
        towards_right = np.diff(pictures[..., across], axis=2)
        rightward = 1 if across == 0 and not radiological else -1
        assert (np.sign(towards_right) == rightward).all()
        assert (np.diff(pictures[..., down], axis=1) < 0).all()
        assert np.ptp(pictures[..., normal], axis=(1, 2)).max() < 1e-9
        assert (np.diff(pictures[..., normal], axis=0) > 0).all() == view.onward
        step = [abs(np.diff(pictures[..., w], axis=a)).max() for w, a in ((down, 1), (across, 2))]
        np.testing.assert_allclose(view.mm, step)
        left = {0: "R" if radiological else "L", 1: "A"}[across]
        assert view.ends[0] == left
        assert view.ends[2] == {2: "S", 1: "A"}[down]


@pytest.mark.parametrize("code", ["RAS", "LPI", "SAL"])
def test_T27_the_middle_is_the_same_place_however_it_is_stored(code):
    shape = tuple(SHAPE["RLAPIS".index(letter) // 2] for letter in code)
    grid = Grid(shape, affine_of(code, shape))
    for normal in range(3):
        view = view_of(grid, normal)
        index = np.zeros(3)
        index[view.axis] = middle(grid, view)
        assert (grid.affine[:3, :3] @ index + grid.affine[:3, 3])[normal] == pytest.approx(0.5)


def test_a_flat_image_has_one_view():
    assert [view.axis for view in views(Grid((4, 6, 1), np.eye(4)))] == [2]
    assert [view.name for view in views(Grid((4, 6, 2), np.eye(4)))] == [
        "sagittal", "coronal", "axial",
    ]  # fmt: skip


def test_what_no_file_states_is_not_written():
    assert view_across(Grid.unknown(SHAPE), 0).ends == ("", "", "", "")
    spacing_only = Grid(SHAPE, np.eye(4), known=True, oriented=False)
    assert view_across(spacing_only, 2).ends == ("", "", "", "")


@pytest.mark.parametrize("flat", [0, 1, 2])
def test_T24_an_axis_without_direction_is_drawn_in_the_place_that_is_left(flat):
    affine = np.eye(4)
    affine[flat, flat] = 0
    grid = Grid(SHAPE, affine)
    assert sorted(view.axis for view in views(grid)) == [0, 1, 2]
    assert all(min(view.mm) > 0 for view in views(grid))
