"""The geometry panel as a value: cells and marks, against formulas."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import read_header
from napari_medload.session.table.geometry_table import Cell, facts_as_json, geometry_table
from tests.phantoms import affine_of, write_h5, write_nifti
from tests.session.datasets import facts_from

SHAPE = (20, 16, 10)
SPACING = (1.0, 2.0, 3.0)


@pytest.fixture
def table(tmp_path):
    """Lay out the table of some affines, or of headers."""

    def make(alignment="world", shapes=None, **affines):
        headers = {}
        for role, affine in affines.items():
            shape = (shapes or {}).get(role, SHAPE)
            if isinstance(affine, np.ndarray):
                path = tmp_path / role / "a.nii"
                affine = read_header(write_nifti(path, np.zeros(shape, np.int16), affine))
            headers[role] = affine
        return geometry_table(facts_from(headers, alignment), alignment)

    return make


def cell(table, row: str, column: str) -> Cell:
    return dict(table.rows)[row][table.columns.index(column)]


def marked(table) -> set[tuple[str, str]]:
    return {
        (name, column)
        for name, cells in table.rows
        for column, found in zip(table.columns, cells, strict=True)
        if found.marked
    }


def shifted(affine: np.ndarray, *mm: float) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += mm
    return moved


def test_facts_of_an_oblique_image_as_nibabel_has_them(table, tmp_path):
    affine = affine_of("PIR", SHAPE, SPACING, centre=(10, -20, 30), tilt=(0, 0, 8.2))
    found = table(image=affine)
    theirs = nib.load(tmp_path / "image" / "a.nii")
    letters = "".join(nib.aff2axcodes(theirs.affine))
    assert cell(found, "shape", "image").text == "20×16×10"
    assert cell(found, "dtype", "image").text == "int16"
    assert cell(found, "spacing", "image").text == "1×2×3"
    assert cell(found, "orient.", "image").text == f"{letters} 8.2°"
    origin = [float(v) for v in cell(found, "origin", "image").tip.split(",")]
    assert origin == pytest.approx(theirs.affine[:3, 3], abs=1e-3)
    assert cell(found, "centre", "image").text == "10, -20, 30"
    assert cell(found, "extent", "image").text == "20, 32, 30"
    assert cell(found, "file", "image").text == "a.nii"
    assert cell(found, "s/q form", "image").text == "1, 1"
    assert marked(found) == set()


def test_columns_stand_fixed_beside_moving_beside_labels(table):
    affine = affine_of("RAS", SHAPE, SPACING)
    roles = ("landmarks_label", "moving_label", "fixed_label", "moving_image", "fixed_image")
    columns = table(**dict.fromkeys(roles, affine)).columns
    assert columns[:4] == ("fixed image", "moving image", "fixed label", "moving label")
    assert columns[4:] == ("landmarks label",)


def test_a_label_two_voxels_off_is_marked_in_mm(table):
    affine = affine_of("RAS", SHAPE, SPACING)
    found = table(image=affine, label=shifted(affine, 0, 4, 0))
    assert cell(found, "distance", "label").text == "4.0 mm"
    assert "2 voxels" in cell(found, "distance", "label").tip
    assert marked(found) == {("distance", "label")}


def test_a_label_of_another_shape_is_marked(table):
    affine = affine_of("RAS", SHAPE, SPACING)
    found = table(shapes={"label": (20, 16, 8)}, image=affine, label=affine)
    assert ("shape", "label") in marked(found)
    assert "20×16×10" in cell(found, "shape", "label").tip
    # two slices of 3 mm are missing at the end: the centre lies 3 mm lower
    assert cell(found, "distance", "label").text == "centre 3.0 mm"


def test_forms_that_disagree_are_marked_in_mm(table, tmp_path):
    sform = affine_of("RAS", SHAPE, SPACING)
    path = write_nifti(
        tmp_path / "a.nii", np.zeros(SHAPE, np.uint8), sform, qform=shifted(sform, 0, 3, 4)
    )
    found = table(image=read_header(path))
    assert cell(found, "s/q form", "image").text == "1, 1  5.0 mm"
    assert marked(found) == {("s/q form", "image")}


@pytest.mark.parametrize(
    ("codes", "used"), [((1, 0), "sform"), ((0, 1), "qform"), ((0, 0), "neither")]
)
def test_the_form_in_use_is_named(table, tmp_path, codes, used):
    path = write_nifti(
        tmp_path / "a.nii",
        np.zeros(SHAPE, np.uint8),
        affine_of("RAS", SHAPE),
        sform_code=codes[0],
        qform_code=codes[1],
    )
    found = cell(table(image=read_header(path)), "s/q form", "image")
    assert found.text == f"{codes[0]}, {codes[1]}" and used in found.tip


def test_distance_of_a_pair_is_a_fact_in_one_world_and_a_mark_where_nothing_overlaps(table):
    fixed = affine_of("RAS", SHAPE, SPACING)
    near = table(fixed_image=fixed, moving_image=shifted(fixed, 3, 4, 0))
    assert cell(near, "distance", "moving image").text == "Δ 5.0 mm"
    assert "3.0, 4.0, 0.0" in cell(near, "distance", "moving image").tip
    assert marked(near) == set()
    far = shifted(fixed, 0, 0, 300)
    assert marked(table(fixed_image=fixed, moving_image=far)) == {("distance", "moving image")}
    assert marked(table("none", fixed_image=fixed, moving_image=far)) == set()


def test_distance_of_a_pair_on_one_grid_is_marked_beyond_half_a_voxel(table):
    fixed = affine_of("RAS", SHAPE, SPACING)
    for mm, is_marked in ((0.4, False), (0.6, True)):
        found = table("same grid", fixed_image=fixed, moving_image=shifted(fixed, mm, 0, 0))
        assert cell(found, "distance", "moving image").marked is is_marked


def test_unknown_geometry_is_called_unknown(table, tmp_path):
    header = read_header(write_h5(tmp_path / "a.h5", scan=np.zeros((4, 5, 6))))
    found = table(fixed_image=header, moving_image=header)
    for row in ("spacing", "orient.", "origin", "extent", "centre"):
        assert cell(found, row, "fixed image").text == "unknown", row
    assert cell(found, "distance", "moving image").text == "–"
    assert cell(found, "file", "fixed image").text == "a.h5 scan"


def test_scaling_is_told(table, tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.int16), slope=0.5, intercept=-1024)
    assert "0.5" in cell(table(image=read_header(path)), "dtype", "image").tip


def test_text_for_a_letter_has_every_cell_and_its_marks(table):
    affine = affine_of("RAS", SHAPE, SPACING)
    lines = table(image=affine, label=shifted(affine, 0, 4, 0)).as_text().splitlines()
    assert lines[0].split("\t") == ["", "image", "label"]
    assert all(len(line.split("\t")) == 3 for line in lines)
    assert "distance\t–\t4.0 mm !" in lines


def test_json_is_unrounded_and_by_role(tmp_path):
    affine = affine_of("PIR", SHAPE, (1 / 3, 1, 1), tilt=(1, 2, 3)).astype(np.float32)
    path = write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8), affine)
    facts = facts_from({"image": read_header(path)}, "none")
    found = json.loads(facts_as_json(facts))
    np.testing.assert_allclose(found["image"]["affine"], nib.load(path).affine, rtol=0, atol=1e-12)
    assert found["image"]["path"] == str(path)
