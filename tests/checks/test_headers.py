"""One fault of the headers a test, with its figure against a formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.checks import Severity
from napari_medload.checks.battery import CHECKS, check_headers
from napari_medload.checks.described import Described
from napari_medload.formats import Placement, Source, read_header
from napari_medload.labels import Categories, LabelTable
from napari_medload.loaders import Sample
from tests.checks.phantoms import SHAPE, SPACING, only, shifted
from tests.phantoms import affine_of, write_h5, write_nifti
from tests.session.datasets import flatten

EMPTY = np.zeros(SHAPE, np.uint8)
LAS = affine_of("LAS", SHAPE, SPACING)


def test_a_good_pair_has_no_finding(files):
    files.good()
    assert [f.severity for f in files.headers()] == [Severity.NOTE]  # LAS beside LPS
    files.write("moving_image", EMPTY, affine_of("PIR", SHAPE, SPACING, tilt=(3, 4, 5)))
    files.write("moving_label", EMPTY, affine_of("PIR", SHAPE, SPACING, tilt=(3, 4, 5)))
    files.write("fixed_image", EMPTY, affine_of("LPI", SHAPE, SPACING))
    files.write("fixed_label", EMPTY, affine_of("LPI", SHAPE, SPACING))
    assert len(files.headers()) <= 1


def test_float_noise_is_no_finding(files):
    noisy = LAS + np.random.default_rng(0).normal(0, 1e-6, (4, 4)) * (np.arange(4) < 3)[:, None]
    for alignment in ("same grid", "world"):
        for role, affine in (("fixed_image", LAS), ("moving_image", noisy), ("fixed_label", noisy)):
            files.write(role, EMPTY, affine, qform=LAS)
        assert files.headers(alignment) == ()


@pytest.mark.parametrize(
    ("mm", "severity"), [(1.2, Severity.WARNING), (9.0, Severity.WARNING), (50.0, Severity.ERROR)]
)
def test_a_shifted_label_is_found(files, mm, severity):
    files.write("image", EMPTY, LAS)
    files.write("label", EMPTY, shifted(LAS, 0, mm, 0))
    found = only(files.headers("none"), "label grid")
    assert found.severity == severity
    assert found.figure == pytest.approx(mm, rel=1e-5) and found.unit == "mm"
    assert f"{mm:.1f} mm ({mm / SPACING[1]:.1f} voxels)" in found.sentence


def test_a_label_within_half_a_voxel_is_none(files):
    files.write("image", EMPTY, LAS)
    files.write("label", EMPTY, shifted(LAS, 0.9, 0, 1.4))
    assert files.headers("none") == ()


def test_a_label_under_a_mirrored_affine_is_found(files):
    """The header of the label runs the other way, about the same first voxel."""
    mirrored = LAS.copy()
    mirrored[:, 0] *= -1
    files.write("image", EMPTY, LAS)
    files.write("label", EMPTY, mirrored)
    grid, handedness = files.headers("none")
    assert (grid.check, grid.severity) == ("label grid", Severity.ERROR)
    reach = 2 * (SHAPE[0] - 0.5) * SPACING[0]  # of the far corners
    assert grid.figure == pytest.approx(reach, rel=1e-5)
    assert handedness.check == "label handedness" and "RAS" in handedness.sentence


def test_a_label_turned_about_its_middle_is_found_at_its_corner(files):
    files.write("image", EMPTY, LAS)
    files.write("label", EMPTY, affine_of("LAS", SHAPE, SPACING, tilt=(0, 0, 10)))
    half = math.hypot(SHAPE[0] * SPACING[0], SHAPE[1] * SPACING[1]) / 2
    found = only(files.headers("none"), "label grid")
    assert found.figure == pytest.approx(2 * half * math.sin(math.radians(5)), rel=1e-4)


def test_a_label_of_other_sizes_is_an_error_with_its_farthest_corner(files):
    files.write("fixed_image", EMPTY, LAS)
    files.write("fixed_label", EMPTY[2:], LAS)
    found = only(files.headers("none"), "label shape")
    assert found.severity == Severity.ERROR and found.roles == ("fixed_label", "fixed_image")
    assert found.figure == pytest.approx(2 * SPACING[0], rel=1e-5)
    assert "shape 38×36×30, its image has 40×36×30" in found.sentence


@pytest.mark.parametrize(
    ("mm", "severity"), [(0.5, Severity.NOTE), (1.5, Severity.WARNING), (40, Severity.WARNING)]
)
def test_forms_that_disagree_are_found(files, mm, severity):
    files.write("image", EMPTY, LAS, qform=shifted(LAS, mm, 0, 0))
    found = only(files.headers(), "sform and qform")
    assert found.severity == severity and found.figure == pytest.approx(mm, rel=1e-4)


def test_a_broken_qform_under_a_good_sform_is_left_alone(files):
    path = files.write("image", EMPTY, LAS)
    raw = bytearray(path.read_bytes())
    raw[256:268] = np.array((2, 2, 2), "<f4").tobytes()  # quatern_b, c, d: no rotation
    path.write_bytes(bytes(raw))
    assert files.headers() == ()


@pytest.mark.parametrize("cosine", [1e-4, 3e-4, 1e-3, 0.1])
def test_shear_is_found_where_itk_refuses_the_file(files, cosine):
    affine = np.diag((1.0, 1.0, 1.0, 1.0))
    affine[0, 1] = cosine
    path = files.write("image", EMPTY, affine, qform_code=0)
    try:
        sitk.ReadImage(str(path))
        refused = False
    except RuntimeError:
        refused = True
    found = files.headers()
    assert bool(found) is refused
    if found:
        assert only(found, "shear").figure == pytest.approx(
            math.degrees(math.atan(cosine)), rel=1e-3
        )


def test_unset_forms_are_told_once_for_all_roles(files):
    for role in ("fixed_image", "moving_image"):
        files.write(role, EMPTY, sform_code=0, qform_code=0)
    found = only(files.headers(), "directions")
    assert found.roles == ("fixed_image", "moving_image")
    assert found.sentence.startswith("fixed image, moving image: neither sform nor qform")


def test_lengths_in_metres_are_found(files):
    path = files.write("image", EMPTY)
    raw = bytearray(path.read_bytes())
    raw[123] = 1  # xyzt_units: metres
    path.write_bytes(bytes(raw))
    assert "xyzt_units" in only(files.headers(), "unit of length").sentence


def test_a_singular_affine_is_an_error(files):
    flatten(files.write("image", EMPTY, LAS, qform_code=0))
    assert only(files.headers(), "singular affine").severity == Severity.ERROR


def test_pairs_that_do_not_meet_are_found_where_it_is_promised(files):
    files.write("fixed_image", EMPTY, LAS)
    files.write("moving_image", EMPTY, shifted(LAS, 0, 0, 300))
    for alignment in ("world", "same grid"):
        found = only(files.headers(alignment), "overlap")
        assert found.severity == Severity.ERROR and found.figure == pytest.approx(300)
    assert files.headers("none") == ()


def test_pairs_off_a_promised_grid_are_found(files):
    files.write("fixed_image", EMPTY, LAS)
    for mm, severity in ((6.0, Severity.WARNING), (20.0, Severity.ERROR)):
        files.write("moving_image", EMPTY, shifted(LAS, 0, mm, 0))
        found = only(files.headers("same grid"), "same grid")
        assert found.severity == severity and found.figure == pytest.approx(mm, rel=1e-5)
        assert files.headers("world") == files.headers("none") == ()
    files.write("moving_image", EMPTY[:, 3:], LAS)
    found = only(files.headers("same grid"), "same grid")
    assert found.severity == Severity.ERROR and "40×33×30" in found.sentence


def test_mirrored_storage_of_a_pair_is_a_note_where_alignment_is_promised(files):
    files.write("fixed_image", EMPTY, LAS)
    files.write("moving_image", EMPTY, affine_of("RAS", SHAPE, SPACING))
    assert only(files.headers("world"), "pair handedness").severity == Severity.NOTE
    assert files.headers("none") == ()


def test_masks_are_compared_with_their_categories(files):
    categories = Categories(LabelTable.from_names({1: "dog", 2: "pet"}), ((0,), (0, 2)))
    files.write("label", np.zeros((*SHAPE, 2), np.uint8))
    found = only(files.headers(categories=categories), "label channels")
    assert found.severity == Severity.ERROR and "channel 2 ('pet')" in found.sentence


def test_without_geometry_only_shapes_are_compared(tmp_path):
    headers = {
        role: read_header(Source(write_h5(tmp_path / f"{role}.h5", a=np.zeros(shape)), "a"))
        for role, shape in (("image", (4, 5, 6)), ("label", (4, 5, 7)))
    }
    found = only(check_headers(Described(Sample("a", {}), headers, {}, "world")), "label shape")
    assert found.figure is None and found.sentence == "label: shape 4×5×7, its image has 4×5×6"


def test_the_affine_of_another_placement_is_not_called_unset(tmp_path):
    path = write_nifti(tmp_path / "a.nii", EMPTY, sform_code=0, qform_code=0)
    placed = read_header(Source(path, placement=Placement("PLS", SPACING)))
    assert check_headers(Described(Sample("a", {}), {"image": placed}, {}, "none")) == ()


def test_every_check_has_a_name_of_its_own():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert {check.needs for check in CHECKS} == {"headers", "voxels"}
