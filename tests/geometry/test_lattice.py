from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import Grid
from napari_medload.geometry.lattice import axis_view, covers, index_map
from tests.geometry.strategies import affines, shapes
from tests.phantoms import ORIENTATIONS, affine_of


@given(affines(), affines(), shapes, shapes)
def test_the_index_map_meets_in_the_world(a, b, shape_a, shape_b):
    mapping = index_map(Grid(shape_a, a), Grid(shape_b, b))
    index = np.array((1.0, -2.0, 3.0, 1.0))
    np.testing.assert_allclose(b @ mapping @ index, a @ index, atol=1e-6)


def test_unknown_geometry_is_aligned_by_index():
    known = Grid((3, 4, 5), affine_of("LPS", (3, 4, 5), (2, 2, 2)))
    for a, b in product((Grid.unknown((3, 4, 5)), known), repeat=2):
        if not (a.known and b.known):
            np.testing.assert_array_equal(index_map(a, b), np.eye(4))


@given(affines(), shapes, st.tuples(*[st.integers(-4, 4)] * 3))
def test_a_canonical_grid_shifted_by_whole_voxels_is_a_view(affine, shape, shift):
    source = Grid(shape, affine)
    canonical = source.canonical()
    moved = canonical.affine.copy()
    moved[:3, 3] = (canonical.affine @ (*shift, 1))[:3]
    display = Grid(canonical.shape, moved)
    view = axis_view(index_map(display, source), display.shape)
    assert view is not None
    for index in ((0, 0, 0), tuple(n - 1 for n in display.shape)):
        voxel = [0, 0, 0]
        for axis, sign, start, i in zip(view.axes, view.signs, view.starts, index, strict=True):
            voxel[axis] = start + sign * i
        here, there = display.affine @ (*index, 1), source.affine @ (*voxel, 1)
        np.testing.assert_allclose(here, there, atol=1e-6)
    assert covers(view, display.shape, source) == (shift == (0, 0, 0))


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_the_view_of_each_orientation_finds_the_marked_voxel(code):
    shape = (3, 4, 5)
    source = Grid(shape, affine_of(code, shape, (1, 2, 3)))
    display = source.canonical()
    view = axis_view(index_map(display, source), display.shape)
    array = np.arange(60).reshape(shape)
    for index in np.ndindex(display.shape):
        voxel = np.rint(np.linalg.inv(source.affine) @ display.affine @ (*index, 1))[:3]
        found = [0, 0, 0]
        for axis, sign, start, i in zip(view.axes, view.signs, view.starts, index, strict=True):
            found[axis] = start + sign * i
        assert array[tuple(found)] == array[tuple(voxel.astype(int))]


@pytest.mark.parametrize(
    "change",
    [
        {"tilt": (0, 0, 1)},
        {"spacing": (1.05, 1, 1)},
        {"centre": (0.5, 0, 0)},
        {"shear": 0.05},
        {"spacing": (2, 2, 2)},
    ],
    ids=str,
)
def test_voxels_that_fall_between_voxels_are_no_view(change):
    shape = (20, 20, 20)
    source, display = Grid(shape, affine_of("RAS", shape)), affine_of("RAS", shape, **change)
    assert axis_view(index_map(Grid(shape, display), source), shape) is None


def test_the_rounding_of_a_header_is_still_a_view():
    shape = (200, 200, 200)
    affine = affine_of("LPS", shape, (0.9, 0.9, 1.1), tilt=(3, 4, 5))
    rounded = affine.astype(np.float32).astype(np.float64)
    source, display = Grid(shape, affine), Grid(shape, rounded)
    assert axis_view(index_map(display, source), shape) is not None
