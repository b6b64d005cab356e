"""Checkerboard and curtain, voxel by voxel against formulas of the world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload.formats import Source
from napari_medload.geometry import Grid
from napari_medload.images import read_volume
from napari_medload.images.display_array import DisplayArray, ViewBlock
from napari_medload.labels import LabelTable
from napari_medload.session.scene.compare import Checkerboard, Curtain, KeptPlanes
from napari_medload.session.scene.display_grid import DisplayGrid
from napari_medload.session.scene.resident import Resident
from tests.phantoms import affine_of, write_h5
from tests.session.datasets import scene_of
from tests.session.scene.compare.pairs import planes_of, ramps, shown_places, truths


def board(scene):
    return scene.comparison.data


@pytest.mark.parametrize("side", [1.0, 4.0, 7.3, 50.0])
def test_a_checkerboard_has_fields_of_mm_that_are_fixed_in_the_world(tmp_path, side):
    scene = scene_of(ramps(tmp_path), mode="checkerboard", checker_mm=side)
    fixed, moving = truths(scene)
    odd = np.floor(shown_places() / side + 1e-6).sum(axis=-1) % 2 == 1
    wanted = np.where(odd, moving, fixed)
    for axis, index, plane in planes_of(board(scene)):
        np.testing.assert_allclose(plane, wanted.take(index, axis), atol=2e-5)
    np.testing.assert_allclose(np.asarray(board(scene)), wanted, atol=2e-5)


def constant(shape, value, grid):
    array = np.full(shape, value, np.float32)
    return KeptPlanes(DisplayArray(ViewBlock(array), grid, array.dtype))


def shows_moving(grid: Grid, side: float) -> np.ndarray:
    """Tell which voxels (i, j, k) of a checkerboard show the moving image."""
    fixed, moving = (constant(grid.shape, value, grid) for value in (0.0, 1.0))
    return np.asarray(Checkerboard(fixed, moving, DisplayGrid(grid), side)).T == 1


@settings(max_examples=40, deadline=None)
@given(
    st.floats(2, 30),
    st.tuples(*[st.floats(0.4, 3)] * 3),
    st.tuples(*[st.floats(-20, 20)] * 3),
    st.integers(0, 2**32 - 1),
)
def test_a_field_lies_at_one_place_of_the_world_on_every_grid(side, spacing, centre, seed):
    shape = (18, 16, 14)
    grid = Grid(shape, affine_of("RAS", shape, spacing, centre))
    board = shows_moving(grid, side)
    index = np.random.default_rng(seed).integers(0, shape, (50, 3))
    world = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    clear = (np.abs(world / side - np.rint(world / side)) > 1e-3).all(axis=1)
    wanted = np.floor(world / side).sum(axis=1) % 2 == 1
    assert (board[tuple(index.T)] == wanted)[clear].all()


def test_a_field_is_as_many_mm_along_every_axis_of_an_anisotropic_grid():
    grid = Grid((60, 30, 12), affine_of("RAS", (60, 30, 12), (0.5, 1.0, 2.5), (15.25, 15.5, 16.25)))
    board = shows_moving(grid, 10.0)
    for axis, spacing in enumerate(grid.spacing):
        line = np.moveaxis(board, axis, 0)[:, 0, 0]
        changes = np.flatnonzero(np.diff(line.astype(int))) + 1
        assert len(changes) >= 2
        np.testing.assert_allclose(np.diff(changes) * spacing, 10.0)


def test_without_geometry_fields_count_voxels(tmp_path):
    residents = {}
    for role, value in (("fixed_image", 0.0), ("moving_image", 10.0)):
        array = np.full((22, 10, 8), value, np.float32)
        array[:, :, 7] = 10.0 - value
        source = Source(write_h5(tmp_path / f"{role}.h5", a=array), "a")
        residents[role] = Resident(read_volume(source), False, LabelTable())
    scene = scene_of(residents, mode="checkerboard", checker_mm=4)
    assert not scene.known
    line = board(scene)[2, 1, :] > 0.5
    assert list(np.flatnonzero(np.diff(line.astype(int))) + 1) == [4, 8, 12, 16, 20]


@pytest.mark.parametrize("radiological", [True, False])
@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 0.77, 1.0])
def test_left_of_the_curtain_is_fixed_and_right_of_it_moving(tmp_path, radiological, at):
    """On a radiological screen, R (and A in sagittal planes) grows to the left."""
    scene = scene_of(ramps(tmp_path), mode="curtain", curtain=at, radiological=radiological)
    fixed, moving = truths(scene)
    for axis, index, plane in planes_of(board(scene)):
        across = 1 if axis == 2 else 0  # A or R of the world
        world = shown_places().take(index, axis)[..., across]
        place = -world if radiological else world
        low, high = np.unique(place)[[0, -1]]
        step = (high - low) / (plane.shape[1] - 1)
        part = (place - low + step / 2) / (high - low + step)
        wanted = np.where(part < at, fixed.take(index, axis), moving.take(index, axis))
        np.testing.assert_allclose(plane, wanted, atol=2e-5)


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_curtain_that_is_drawn_on_only_uncovers(one, other, leftward):
    grid = Grid((9, 7, 5), np.eye(4))
    fixed, moving = (constant(grid.shape, value, grid) for value in (0.0, 1.0))
    near, far = (Curtain(fixed, moving, at, leftward) for at in sorted((one, other)))
    for axis in range(3):
        assert (far.plane(axis, 2) <= near.plane(axis, 2)).all()
    wide = (np.asarray(near) == 0).mean()
    assert wide == pytest.approx(min(one, other), abs=0.5 / 9 + 1e-9)


def test_what_states_no_directions_is_never_turned(tmp_path):
    """Its canvas stays as it is in both conventions, so the curtain does."""
    residents = {}
    for role in ("fixed_image", "moving_image"):
        array = np.random.default_rng(len(role)).normal(size=(12, 10, 8)).astype(np.float32)
        source = Source(write_h5(tmp_path / f"{role}.h5", a=array), "a")
        residents[role] = Resident(read_volume(source), False, LabelTable())
    drawn = [
        np.asarray(board(scene_of(residents, mode="curtain", curtain=0.3, radiological=flag)))
        for flag in (True, False)
    ]
    np.testing.assert_array_equal(*drawn)
