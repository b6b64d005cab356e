from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import AffineError
from napari_medload.geometry.affine import (
    apply,
    as_affine,
    inverse,
    is_singular,
    oblique_degrees,
    scaling,
    shear,
    voxel_spacing,
)
from tests.geometry.strategies import affines
from tests.phantoms import affine_of, rotation


@given(affines())
def test_inverse_brings_every_point_back(affine):
    points = np.array([(0, 0, 0), (1, 2, 3), (-7, 11, 0.5)])
    there = apply(as_affine(affine), points)
    np.testing.assert_allclose(apply(inverse(as_affine(affine)), there), points, atol=1e-6)


def test_apply_agrees_with_the_matrix_product():
    affine = affine_of("PIR", (4, 5, 6), (1, 2, 3), (9, 8, 7), tilt=(10, 20, 30))
    expected = (affine @ (1.5, -2, 3, 1))[:3]
    np.testing.assert_allclose(apply(affine, (1.5, -2, 3)), expected)
    np.testing.assert_allclose(apply(affine, np.full((2, 4, 3), (1.5, -2, 3)))[1, 3], expected)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.eye(3), "(3, 3)"),
        (np.diag([1, 1, np.nan, 1]), "finite"),
        (np.diag([1, 1, np.inf, 1]), "finite"),
        (np.diag([1, 1, 1, 2]), "last row"),
    ],
)
def test_a_matrix_that_is_no_affine_is_refused(matrix, said):
    with pytest.raises(AffineError, match=said.replace("(", r"\(").replace(")", r"\)")):
        as_affine(matrix)


def test_an_affine_is_a_copy_that_nobody_can_change():
    mine = np.eye(4)
    affine = as_affine(mine)
    mine[0, 0] = 7
    assert affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        affine[0, 0] = 2


@given(
    st.tuples(*[st.floats(0.05, 20)] * 3),
    st.tuples(*[st.floats(-180, 180)] * 3),
)
def test_spacing_survives_any_rotation(spacing, degrees):
    affine = np.eye(4)
    affine[:3, :3] = rotation(*degrees) @ np.diag(spacing)
    np.testing.assert_allclose(voxel_spacing(affine), spacing, rtol=1e-9)


@given(st.floats(0, 45), st.floats(0.2, 5))
def test_obliquity_is_the_angle_of_a_rotation_about_one_axis(degrees, step):
    affine = np.eye(4)
    affine[:3, :3] = rotation(degrees_z=degrees) @ np.diag((step, 1, 2))
    assert oblique_degrees(affine) == pytest.approx(degrees, abs=1e-9)


def test_small_angles_are_not_lost():
    affine = np.eye(4)
    affine[:3, :3] = rotation(degrees_x=1e-6)
    assert oblique_degrees(affine) == pytest.approx(1e-6, rel=1e-6)


def test_shear_is_the_cosine_between_axes():
    affine = np.eye(4)
    affine[:3, 1] = 3 * np.array((np.cos(np.radians(60)), np.sin(np.radians(60)), 0))
    assert shear(affine) == pytest.approx(0.5)
    assert shear(affine_of("LPS", (2, 2, 2), (1, 2, 3), tilt=(5, 6, 7))) == pytest.approx(0)


@pytest.mark.parametrize(
    "linear",
    [np.diag((1, 0, 1)), [[1, 1, 0], [0, 0, 0], [0, 0, 1]], [[1, 2, 3], [2, 4, 6], [3, 6, 9]]],
    ids=["no length", "two alike", "all alike"],
)
def test_T24_a_singular_affine_is_recognised_and_its_inverse_is_a_clear_error(linear):
    affine = np.eye(4)
    affine[:3, :3] = linear
    assert is_singular(affine)
    with pytest.raises(AffineError, match="singular"):
        inverse(affine)


@given(st.floats(1e-4, 1e3))
def test_a_small_voxel_is_not_singular(step):
    assert not is_singular(scaling((step, 1, 1e-3)))
