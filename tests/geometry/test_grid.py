from __future__ import annotations

from itertools import product

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given

from napari_medload.geometry import AffineError, Grid
from tests.geometry.strategies import affines, shapes
from tests.phantoms import ORIENTATIONS, affine_of


@given(affines(), shapes)
def test_bounds_hold_all_eight_outer_corners_tightly(affine, shape):
    grid = Grid(shape, affine)
    corners = np.array([(affine @ (*c, 1))[:3] for c in product(*((-0.5, n - 0.5) for n in shape))])
    np.testing.assert_allclose(grid.bounds[0], corners.min(axis=0), atol=1e-9)
    np.testing.assert_allclose(grid.bounds[1], corners.max(axis=0), atol=1e-9)
    np.testing.assert_allclose(grid.centre, corners.mean(axis=0), atol=1e-9)


def test_T12_bounds_of_an_oblique_grid_are_the_published_numbers():
    grid = Grid((4, 5, 6), _thirty_degrees())
    assert grid.bounds[:, 0] == pytest.approx((-1.683, 4.281), abs=5e-4)
    assert grid.oblique_degrees == pytest.approx(30)
    assert grid.is_oblique


def _thirty_degrees():
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    return np.array([[c, -s, 0, 1], [s, c, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1]])


def test_facts_of_a_plain_grid():
    grid = Grid((10, 20, 30), np.diag((-2.0, -2, 3, 1)) + _translation(10, 20, 30))
    assert grid.orientation == "LPS"
    assert grid.spacing == (2, 2, 3)
    assert grid.origin == (10, 20, 30)
    assert grid.extent == (20, 40, 90)
    assert tuple(grid.centre) == (1, 1, 73.5)
    assert not grid.is_oblique


def _translation(x, y, z):
    matrix = np.zeros((4, 4))
    matrix[:3, 3] = x, y, z
    return matrix


@given(affines(), shapes)
def test_canonical_keeps_every_voxel_in_its_place(affine, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    grid = Grid(shape, affine).canonical()
    truth = nib.as_closest_canonical(nib.Nifti1Image(array.astype(np.int16), affine))
    np.testing.assert_allclose(grid.affine, truth.affine, atol=1e-9)
    assert grid.shape == truth.shape
    assert grid.orientation == "RAS"
    mine, theirs = Grid(shape, affine).bounds, grid.bounds
    np.testing.assert_allclose(mine, theirs, atol=1e-8)


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_canonical_of_canonical_is_itself(code):
    grid = Grid((3, 4, 5), affine_of(code, (3, 4, 5), (1, 2, 3))).canonical()
    assert grid.canonical() == grid


def test_canonical_of_a_flat_grid_is_a_clear_error():
    with pytest.raises(AffineError, match="axis 1"):
        Grid((2, 2, 2), np.diag((1.0, 0, 1, 1))).canonical()


def test_an_unknown_grid_states_no_geometry():
    grid = Grid.unknown((3, 4, 5))
    assert grid.orientation == "???"
    assert not grid.is_oblique
    assert grid.canonical() == grid
    assert grid != Grid((3, 4, 5), np.eye(4))


@given(affines(), shapes)
def test_world_to_index_undoes_the_affine(affine, shape):
    grid = Grid(shape, affine)
    np.testing.assert_allclose(grid.world_to_index() @ affine, np.eye(4), atol=1e-6)


def test_equal_grids_are_one_key():
    a, b = Grid((2, 3, 4), np.eye(4)), Grid((2, 3, 4), np.eye(4).tolist())
    assert a == b
    assert len({a, b}) == 1
    assert a != Grid((2, 3, 5), np.eye(4))
    assert a != "grid"


@pytest.mark.parametrize("shape", [(2, 3), (0, 3, 4), (2, 3, 4, 5)])
def test_a_shape_that_is_no_lattice_is_refused(shape):
    with pytest.raises(ValueError, match="three positive sizes"):
        Grid(shape, np.eye(4))


@pytest.mark.parametrize(
    ("known", "oriented", "expected"),
    [
        (True, True, (True, True)),
        (True, False, (True, False)),
        (False, True, (False, False)),  # directions without lengths are none
        (False, False, (False, False)),
    ],
)
def test_what_a_grid_states_is_kept_and_told_apart(known, oriented, expected):
    shape, affine = (3, 4, 5), affine_of("PLS", (3, 4, 5), (1, 2, 3))
    grid = Grid(shape, affine, known, oriented=oriented)
    assert (grid.known, grid.oriented) == expected
    turned = grid.canonical()
    assert (turned.known, turned.oriented) == expected
    assert turned.shape == (4, 3, 5)
    assert turned.orientation == ("RAS" if all(expected) else "???")
    assert grid.orientation == ("PLS" if all(expected) else "???")


def test_grids_that_state_another_thing_are_other_grids():
    shape, affine = (3, 4, 5), affine_of("PLS", (3, 4, 5), (1, 2, 3))
    whole, lengths, nothing = grids = [
        Grid(shape, affine),
        Grid(shape, affine, oriented=False),
        Grid(shape, affine, known=False),
    ]
    assert len(set(grids)) == 3
    assert whole != lengths != nothing != whole
    for grid in grids:
        again = Grid(shape, affine.tolist(), grid.known, oriented=grid.oriented)
        assert again == grid and hash(again) == hash(grid)
