"""Arrays that are placed by what is known of them from elsewhere than their file."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Placement, Source, read_header
from napari_medload.images.facts import header_facts
from tests.phantoms import affine_of, write_h5, write_nifti

SHAPE = (6, 7, 5)
SPACING = (0.5, 0.75, 3.0)
GEOMETRY = ("orientation", "origin", "affine", "bounds", "oblique_degrees")


def test_a_spacing_alone_gives_lengths_and_no_directions():
    grid = Placement("PLS", SPACING).grid(SHAPE)
    assert grid.spacing == SPACING and grid.extent == pytest.approx((3.0, 5.25, 15.0))
    assert grid.known and not grid.oriented
    assert grid.orientation == "???"


def test_letters_that_are_true_are_the_orientation():
    grid = Placement("AIR", SPACING, oriented=True).grid(SHAPE)
    assert (grid.known, grid.oriented, grid.orientation) == (True, True, "AIR")


@pytest.mark.parametrize("oriented", [True, False])
def test_without_a_spacing_nothing_is_known(oriented):
    grid = Placement("PLS", oriented=oriented).grid(SHAPE)
    assert not (grid.known or grid.oriented)
    assert grid.orientation == "???" and grid.spacing == (1, 1, 1)


@pytest.mark.parametrize("spacing", [SPACING, None])
def test_the_first_voxel_lies_where_its_scan_has_that_index(spacing):
    """Part of a scan that begins at (1, 2, 4): its corner is that voxel of the whole."""
    whole = Placement("PLS", spacing).grid((9, 9, 9))
    part = Placement("PLS", spacing, (1, 2, 4)).grid(SHAPE)
    assert part.origin == pytest.approx((whole.affine @ (1, 2, 4, 1))[:3])
    np.testing.assert_array_equal(part.affine[:3, :3], whole.affine[:3, :3])


def test_rows_run_down_and_columns_to_the_right_of_the_screen():
    """In RAS: row index runs to posterior, column index to left, slices upward."""
    affine = Placement("PLS", SPACING).grid(SHAPE).affine
    np.testing.assert_array_equal(affine[:3, 0], (0, -0.5, 0))
    np.testing.assert_array_equal(affine[:3, 1], (-0.75, 0, 0))
    np.testing.assert_array_equal(affine[:3, 2], (0, 0, 3.0))


def test_equal_placements_are_one_source():
    one, other = (Source("a.h5", "a", placement=Placement("PLS", SPACING)) for _ in range(2))
    assert one == other and hash(one) == hash(other)
    assert one != Source("a.h5", "a", placement=Placement("PLS", SPACING, oriented=True))
    assert one != Source("a.h5", "a")


@pytest.mark.parametrize(
    ("placement", "known"),
    [
        (Placement("PLS", SPACING), ("spacing",)),
        (Placement("PLS"), ()),
        (Placement("PLS", SPACING, oriented=True), ("spacing", *GEOMETRY)),
    ],
)
def test_facts_state_what_is_known_and_nothing_else(tmp_path, placement, known):
    path = write_h5(tmp_path / "a.h5", a=np.zeros(SHAPE))
    facts = header_facts(read_header(Source(path, "a", placement=placement)))
    assert {key for key in ("spacing", *GEOMETRY) if facts[key] is not None} == set(known)
    assert facts["shape"] == list(SHAPE)
    if known:
        assert facts["spacing"] == list(SPACING)
    if "orientation" in known:
        assert facts["orientation"] == "PLS"


def test_a_placement_goes_before_what_the_file_says(tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8), affine_of("RAS", SHAPE))
    placed = read_header(Source(path, placement=Placement("PLS", SPACING)))
    assert placed.grid.spacing == SPACING and not placed.grid.oriented
