from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry.orientation import (
    affine_from_letters,
    flip_ras_lps,
    letters,
    nearest_world_axes,
)
from tests.geometry.strategies import affines
from tests.phantoms import ORIENTATIONS


def test_all_48_orientations_are_tested():
    assert len(set(ORIENTATIONS)) == 48


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_T10_letters_make_an_affine_that_reads_as_the_same_letters(code):
    affine = affine_from_letters(code, (1, 2, 3))
    assert letters(affine) == code
    assert "".join(nib.aff2axcodes(affine)) == code
    np.testing.assert_allclose(np.linalg.norm(affine[:3, :3], axis=0), (1, 2, 3))


@given(affines())
def test_T10_letters_agree_with_nibabel(affine):
    assert letters(affine) == "".join(nib.aff2axcodes(affine))


@given(st.lists(st.floats(-3, 3), min_size=9, max_size=9))
def test_T10_letters_agree_with_nibabel_for_any_matrix(numbers):
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(numbers, (3, 3))
    expected = "".join(code or "?" for code in nib.aff2axcodes(affine))
    assert letters(affine) == expected


def test_T24_an_axis_without_direction_is_a_question_mark():
    assert letters(np.diag((1.0, 0.0, 1.0, 1.0))) == "R?S"
    assert nearest_world_axes(np.diag((1.0, 0.0, 1.0, 1.0)))[1] is None


@pytest.mark.parametrize("code", ["RAX", "RR", "RAL", "RASL", "", "ras"])
def test_a_code_that_names_no_orientation_is_refused(code):
    with pytest.raises(ValueError, match="once each"):
        affine_from_letters(code)


@given(affines(shear=0.0))
def test_flipping_to_lps_is_what_itk_does_with_a_nifti(affine):
    point = np.array((1.0, 2.0, 3.0, 1.0))
    lps = flip_ras_lps(affine) @ point
    image = sitk.Image(2, 2, 2, sitk.sitkUInt8)
    flipped = np.diag((-1, -1, 1)) @ affine[:3, :3]
    spacing = np.linalg.norm(flipped, axis=0)
    image.SetDirection((flipped / spacing).ravel().tolist())
    image.SetSpacing(spacing.tolist())
    image.SetOrigin((np.diag((-1, -1, 1)) @ affine[:3, 3]).tolist())
    there = image.TransformContinuousIndexToPhysicalPoint(point[:3].tolist())
    np.testing.assert_allclose(lps[:3], there, atol=1e-6)
    np.testing.assert_allclose(flip_ras_lps(flip_ras_lps(affine)), affine)
