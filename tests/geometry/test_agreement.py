from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import Grid
from napari_medload.geometry.agreement import (
    centre_offset_mm,
    corner_displacement_mm,
    corner_displacement_voxels,
    overlap_fraction,
)
from tests.geometry.strategies import affines, spacings
from tests.phantoms import affine_of

SHAPE = (10, 20, 30)


def moved(affine, world):
    result = np.array(affine)
    result[:3, 3] += world
    return result


@given(affines(), st.tuples(*[st.floats(-50, 50)] * 3))
def test_a_translation_displaces_corners_by_its_length(affine, world):
    a, b = Grid(SHAPE, affine), Grid(SHAPE, moved(affine, world))
    assert corner_displacement_mm(a, b) == pytest.approx(np.linalg.norm(world), abs=1e-9)
    np.testing.assert_allclose(centre_offset_mm(a, b), world, atol=1e-9)


@given(affines(), st.tuples(*[st.floats(-9, 9)] * 3))
def test_a_shift_in_voxels_is_measured_in_voxels(affine, shift):
    a = Grid(SHAPE, affine)
    b = Grid(SHAPE, moved(affine, affine[:3, :3] @ shift))
    assert corner_displacement_voxels(a, b) == pytest.approx(np.abs(shift).max(), abs=1e-6)


def test_a_rotation_displaces_the_corners_it_turns():
    a = Grid((2, 2, 2), affine_of("RAS", (2, 2, 2)))
    b = Grid((2, 2, 2), affine_of("RAS", (2, 2, 2), tilt=(0, 0, 90)))
    assert corner_displacement_mm(a, b) == pytest.approx(2.0)


@given(
    st.tuples(*[st.floats(-1.2, 1.2)] * 3),
    spacings,
    st.sampled_from(["RAS", "LPS", "PIR"]),
    st.tuples(*[st.floats(-90, 90)] * 3),
)
def test_overlap_of_a_shifted_box_is_the_product_of_what_is_left(parts, spacing, code, tilt):
    affine = affine_of(code, SHAPE, spacing, tilt=tilt)
    step = affine[:3, :3] @ (np.array(parts) * SHAPE)
    expected = np.prod([max(0.0, 1 - abs(part)) for part in parts])
    found = overlap_fraction(Grid(SHAPE, affine), Grid(SHAPE, moved(affine, step)))
    assert found == pytest.approx(expected, abs=0.02)


def test_overlap_is_of_the_smaller_and_does_not_depend_on_the_order():
    large = Grid((40, 40, 40), affine_of("RAS", (40, 40, 40)))
    small = Grid((10, 10, 10), affine_of("LPI", (10, 10, 10), (0.5, 0.5, 0.5), tilt=(10, 0, 5)))
    assert overlap_fraction(large, small) == overlap_fraction(small, large) == 1.0


def test_boxes_apart_do_not_overlap():
    affine = affine_of("RAS", SHAPE)
    assert overlap_fraction(Grid(SHAPE, affine), Grid(SHAPE, moved(affine, (100, 0, 0)))) == 0.0


def test_a_slab_one_voxel_thick_overlaps_its_volume():
    volume = Grid((40, 40, 40), affine_of("RAS", (40, 40, 40)))
    slab = Grid((40, 40, 1), affine_of("RAS", (40, 40, 1), (1, 1, 5), centre=(20, 0, 0)))
    assert overlap_fraction(volume, slab) == pytest.approx(0.5, abs=0.02)


def test_no_answer_where_there_is_no_question():
    known, unknown = Grid(SHAPE, np.eye(4)), Grid.unknown(SHAPE)
    for question in (
        corner_displacement_mm,
        corner_displacement_voxels,
        centre_offset_mm,
        overlap_fraction,
    ):
        assert question(known, unknown) is None
        assert question(unknown, known) is None
    other = Grid((10, 20, 31), np.eye(4))
    assert corner_displacement_mm(known, other) is None
    assert corner_displacement_voxels(known, other) is None
    flat = Grid(SHAPE, np.diag((1.0, 0, 1, 1)))
    assert overlap_fraction(known, flat) is None
    assert corner_displacement_voxels(flat, known) is None
