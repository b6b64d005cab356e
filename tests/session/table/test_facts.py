"""What the headers say of a sample, against formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.checks import Finding, Severity
from napari_medload.formats import Source, read_header
from napari_medload.labels import Categories, LabelTable
from napari_medload.loaders import Sample
from napari_medload.session.background.scan import facts_of, scan_sample
from tests.phantoms import affine_of, rotation, write_h5, write_nifti
from tests.session.datasets import facts_from

if TYPE_CHECKING:
    from napari_medload.session.table.facts import SampleFacts

SHAPE = (20, 16, 10)
SPACING = (1.0, 2.0, 3.0)


@pytest.fixture
def facts_of_affines(tmp_path):
    """Write empty volumes with some affines and draw conclusions from their headers."""

    def make(alignment="world", shapes=None, **affines) -> SampleFacts:
        headers = {}
        for role, affine in affines.items():
            shape = (shapes or {}).get(role, SHAPE)
            path = tmp_path / role / "a.nii"
            headers[role] = read_header(write_nifti(path, np.zeros(shape, np.uint8), affine))
        return facts_from(headers, alignment)

    return make


def shifted(affine: np.ndarray, mm: tuple[float, float, float]) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += mm
    return moved


def test_a_good_pair_has_no_problem(facts_of_affines):
    fixed = affine_of("LAS", SHAPE, SPACING)
    moving = affine_of("PIR", SHAPE, SPACING, centre=(3, 0, 4), tilt=(0, 0, 12))
    facts = facts_of_affines(
        fixed_image=fixed, moving_image=moving, fixed_label=fixed, moving_label=moving
    )
    assert facts.problems == ()
    assert facts.offset_mm == pytest.approx(5.0)
    assert facts.oblique_degrees == pytest.approx(12, abs=1e-3)
    assert 0.5 < facts.overlap < 1


def test_label_shifted_by_two_voxels_is_told_in_mm_and_voxels(facts_of_affines):
    fixed = affine_of("LAS", SHAPE, SPACING)
    moved = fixed.copy()
    moved[:3, 3] += 2 * fixed[:3, 1]  # two voxels of 2 mm
    facts = facts_of_affines(image=fixed, label=moved)
    assert facts.problems == ("label: lies 4.0 mm (2.0 voxels) from its image",)


def test_label_shift_within_half_a_voxel_is_no_problem(facts_of_affines):
    affine = affine_of("RAS", SHAPE, SPACING)
    assert facts_of_affines(image=affine, label=shifted(affine, (0.4, 0, 0))).problems == ()


def test_label_of_another_shape_is_told(facts_of_affines):
    affine = affine_of("RAS", SHAPE, SPACING)
    facts = facts_of_affines(
        shapes={"fixed_label": (20, 16, 9)}, fixed_image=affine, fixed_label=affine
    )
    assert facts.problems == (
        "fixed label: shape 20×16×9, its image has 20×16×10; their corners lie up to 3.0 mm apart",
    )


def test_forms_that_disagree_are_told_in_mm(tmp_path):
    sform = affine_of("RAS", SHAPE, SPACING)
    qform = shifted(sform, (3.0, 4.0, 0.0))
    path = write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8), sform, qform=qform)
    facts = facts_from({"image": read_header(path)}, "none")
    assert facts.problems == ("image: sform and qform disagree by 5.0 mm (3 voxels)",)


def test_no_overlap_is_a_problem_only_where_alignment_was_promised(facts_of_affines):
    fixed = affine_of("RAS", SHAPE, SPACING)
    moving = shifted(fixed, (500, 0, 0))
    for alignment in ("world", "same grid"):
        facts = facts_of_affines(alignment, fixed_image=fixed, moving_image=moving)
        (problem,) = facts.problems
        assert problem == "fixed and moving image do not overlap; their centres lie 500.0 mm apart"
    facts = facts_of_affines("none", fixed_image=fixed, moving_image=moving)
    assert facts.problems == ()
    assert facts.offset_mm == pytest.approx(500) and facts.overlap == 0


def test_distance_is_a_problem_only_where_the_same_grid_was_promised(facts_of_affines):
    fixed = affine_of("RAS", SHAPE, SPACING)
    moving = shifted(fixed, (0, 6, 0))  # three voxels
    for alignment, wrong in (
        ("world", ()),
        (
            "same grid",
            (
                "moving image: lies 6.0 mm (3.0 voxels) off the grid of the fixed image, which is "
                "promised",
            ),
        ),
    ):
        facts = facts_of_affines(alignment, fixed_image=fixed, moving_image=moving)
        assert facts.problems == wrong, alignment


def test_another_shape_breaks_the_promise_of_one_grid(facts_of_affines):
    affine = affine_of("RAS", SHAPE, SPACING)
    facts = facts_of_affines(
        "same grid", {"moving_image": (20, 16, 12)}, fixed_image=affine, moving_image=affine
    )
    (problem,) = facts.problems
    assert "shape 20×16×12, the fixed image has 20×16×10" in problem and "promised" in problem


def test_overlap_of_boxes_agrees_with_their_volumes(facts_of_affines):
    fixed = affine_of("RAS", SHAPE, SPACING)
    for shift in (0, 4, 10, 15):
        facts = facts_of_affines(fixed_image=fixed, moving_image=shifted(fixed, (shift, 0, 0)))
        assert facts.overlap == pytest.approx((20 - shift) / 20, abs=0.02)


def test_offset_of_oblique_images_is_between_their_centres(facts_of_affines):
    tilt = rotation(10, 20, 30)
    moving = affine_of("ASL", SHAPE, SPACING, centre=tuple(tilt @ (0, 0, 7)), tilt=(10, 20, 30))
    facts = facts_of_affines(fixed_image=affine_of("RAS", SHAPE, SPACING), moving_image=moving)
    assert facts.offset_mm == pytest.approx(7.0, abs=1e-4)


def test_without_geometry_nothing_is_called_mm(tmp_path):
    path = write_h5(tmp_path / "a.h5", a=np.zeros((4, 5, 6)))
    header = read_header(path)
    facts = facts_from({"fixed_image": header, "moving_image": header}, "world")
    assert (facts.offset_mm, facts.overlap, facts.oblique_degrees) == (None, None, None)
    assert facts.spacing == facts.orientation == "unknown"
    assert facts.shape == "4×5×6"
    assert facts.problems == ()


def test_what_could_not_be_read_comes_first(tmp_path):
    affine = affine_of("RAS", SHAPE, SPACING)
    headers = {
        role: read_header(write_nifti(tmp_path / role / "a.nii", np.zeros(SHAPE, np.uint8), found))
        for role, found in (("image", affine), ("label", shifted(affine, (90, 0, 0))))
    }
    facts = facts_of(Sample("a", {}, problems=("x",)), headers, {"moving_image": "gone"}, "none")
    assert [finding.severity.name for finding in facts.findings] == ["ERROR"] * 3
    assert facts.problems[:2] == ("moving image: gone", "x")  # without a file, all is lost
    assert "lies 90.0 mm (90.0 voxels) from its image" in facts.problems[2]


def test_what_is_found_later_is_sorted_in_once(facts_of_affines):
    affine = affine_of("RAS", SHAPE, SPACING)
    facts = facts_of_affines(image=affine, label=shifted(affine, (0, 2, 0)))
    note = Finding("n", Severity.NOTE, "a note")
    error = Finding("e", Severity.ERROR, "an error")
    later = facts.adding((note, error)).adding((error,), checked=True)
    assert [finding.check for finding in later.findings] == ["e", "label grid", "n"]
    assert later.problems == ("an error", *facts.problems)  # notes are no problems
    assert later.checked and not facts.checked
    assert later.without_headers().findings == later.findings


def test_cells_name_fixed_then_moving_where_they_differ(facts_of_affines):
    fixed, moving = affine_of("LAS", SHAPE, SPACING), affine_of("PIR", SHAPE, (1, 1, 2.5))
    facts = facts_of_affines(moving_image=moving, fixed_image=fixed, fixed_label=fixed)
    texts = {key: getattr(facts, key) for key in ("shape", "spacing", "orientation")}
    assert texts["shape"] == "20×16×10"
    assert set(texts["spacing"].split(" | ")) == {"1×2×3", "1×1×2.5"}
    order = [texts["orientation"].index(letters) for letters in ("LAS", "PIR")]
    assert all(a < b for a, b in pairwise(order))


CATEGORIES = Categories(LabelTable.from_names({1: "dog", 2: "pet"}), ((0,), (0, 2)))


@pytest.mark.parametrize(
    ("shape", "categories", "said"),
    [
        ((4, 5, 6, 3), CATEGORIES, None),
        ((4, 5, 6), CATEGORIES, "label: 4×5×6 without an axis of channels; expected H×W×D×C"),
        ((4, 5, 6), Categories(collation=()), "without an axis of channels"),
        ((4, 5, 6), Categories(), None),
        ((4, 5, 6), None, None),
        ((4, 5, 6, 2), CATEGORIES, "label: 2 channels, but a category names channel 2 .'pet'."),
        ((4, 5, 6, 2), Categories(LabelTable(), ((-1,),)), "channel -1, .*expected 0 to 1"),
    ],
)
def test_masks_that_do_not_fit_their_categories_are_told(tmp_path, shape, categories, said):
    path = write_h5(tmp_path / "a.h5", a=np.zeros(shape))
    sample = Sample("a", {"label": Source(path)}, categories=categories)
    problems = scan_sample(sample, "none").problems
    assert len(problems) == (said is not None)
    assert not said or re.search(said, problems[0])


def test_notes_of_the_files_are_said_once_with_the_roles_they_hold_for(facts_of_affines):
    affine = affine_of("LAS", SHAPE, SPACING)
    headers = {
        role: replace(header, notes=notes)
        for (role, header), notes in zip(
            facts_of_affines(image=affine, label=affine, moving_image=affine).headers.items(),
            (("It has a gap.",), ("It has a gap.",), ("Its units are metres.",)),
            strict=True,
        )
    }
    facts = facts_from(headers, "none")
    assert facts.notes == (
        "image, label: It has a gap.",
        "moving image: Its units are metres.",
    )
    assert facts.problems == ()
    assert facts.without_headers().notes == facts.notes
