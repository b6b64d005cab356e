from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import read_header
from napari_medload.images.facts import (
    form_disagreement_mm,
    header_facts,
    is_label_file,
    voxel_facts,
)
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SHAPE = (4, 5, 6)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), (10, 20, 30), tilt=(10, 0, 0))


def test_facts_are_complete_and_are_json(tmp_path):
    facts = header_facts(read_header(write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE)))
    assert set(facts) == {
        "path", "shape", "dtype", "spacing", "orientation", "origin", "affine", "bounds",
        "oblique_degrees", "sform_code", "qform_code",
    }  # fmt: skip
    again = json.loads(json.dumps(facts, allow_nan=False))
    assert again == facts
    assert facts["shape"] == [4, 5, 6]
    assert facts["dtype"] == "int16"
    assert facts["orientation"] == "PIR"
    assert facts["spacing"] == pytest.approx([1, 2, 3])
    assert facts["oblique_degrees"] == pytest.approx(10, abs=1e-4)
    np.testing.assert_allclose(facts["affine"], AFFINE, atol=1e-5)


def test_a_dataset_without_geometry_states_none(tmp_path):
    facts = header_facts(read_header(write_h5(tmp_path / "a.h5", data=noise(SHAPE))))
    assert facts["key"] == "data"
    for name in ("spacing", "orientation", "origin", "affine", "bounds", "sform_code"):
        assert facts[name] is None


@pytest.mark.parametrize("shift", [(0, 0, 0), (3, 4, 0), (0, 0, 30)])
def test_the_disagreement_of_two_forms_is_the_distance_between_them(tmp_path, shift):
    qform = AFFINE.copy()
    qform[:3, 3] += shift
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE, qform=qform)
    expected = np.linalg.norm(shift)
    assert form_disagreement_mm(read_header(path)) == pytest.approx(expected, abs=1e-4)


def test_the_disagreement_of_a_flip_is_the_width_of_the_image(tmp_path):
    affine = affine_of("RAS", SHAPE)
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), affine, qform=affine_of("LAS", SHAPE))
    assert form_disagreement_mm(read_header(path)) == pytest.approx(4)


def test_one_form_alone_cannot_disagree(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE, qform_code=0)
    assert form_disagreement_mm(read_header(path)) is None
    path = write_h5(tmp_path / "a.h5", data=noise(SHAPE))
    assert form_disagreement_mm(read_header(path)) is None


def test_voxel_facts_are_of_values(tmp_path):
    array = noise(SHAPE)
    path = write_nifti(tmp_path / "a.nii", array, AFFINE, slope=0.5, intercept=-10)
    facts = voxel_facts(read_header(path))
    values = array * 0.5 - 10
    assert facts["min"] == values.min()
    assert facts["max"] == values.max()
    assert facts["mean"] == pytest.approx(values.mean())
    assert facts["nonfinite"] == 0
    assert "counts" not in facts


def test_voxel_facts_count_labels(tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:3], labels[0, 0, 0] = 7, 200
    path = write_nifti(tmp_path / "seg" / "a.nii.gz", labels, AFFINE)
    assert is_label_file(read_header(path))
    assert voxel_facts(read_header(path))["counts"] == {"0": 59, "7": 60, "200": 1}
    path = write_nifti(tmp_path / "images" / "b.nii.gz", labels.astype(np.float32), AFFINE)
    assert not is_label_file(read_header(path))
    assert voxel_facts(read_header(path))["counts"] == {"0": 59, "7": 60, "200": 1}


def test_voxel_facts_of_nothing_finite(tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.full(SHAPE, np.nan, np.float32), AFFINE)
    facts = voxel_facts(read_header(path))
    assert facts == {"min": None, "max": None, "mean": None, "nonfinite": 120}


def test_facts_of_real_files_agree_with_nibabel(shared_data):
    reference = json.loads((shared_data / "facts.json").read_text())["files"]
    checked = 0
    for name, entry in reference.items():
        if not name.endswith((".nii", ".nii.gz")):
            continue
        truth, facts = entry["nibabel"], header_facts(read_header(shared_data / name))
        assert facts["shape"] == truth["shape"], name
        assert np.dtype(facts["dtype"]) == np.dtype(truth["dtype_on_disk"]), name
        assert facts["orientation"] == truth["axcodes"], name
        assert facts["sform_code"] == truth["sform"]["code"], name
        assert facts["qform_code"] == truth["qform"]["code"], name
        bounds = [truth["bounds_ras"]["min"], truth["bounds_ras"]["max"]]
        for key, value in (
            ("spacing", truth["spacing_from_affine"]),
            ("origin", truth["origin_ras"]),
            ("affine", truth["affine"]),
            ("bounds", bounds),
            ("oblique_degrees", truth["oblique_deg"]),
        ):
            # the reference holds bounds to three decimals
            atol = 6e-4 if key == "bounds" else 1e-4
            np.testing.assert_allclose(facts[key], value, atol=atol, err_msg=f"{name} {key}")
        checked += 1
    assert checked >= 80


@pytest.mark.parametrize(
    "name",
    [
        "brain_paired/fixed_labels/brain.nii.gz",
        "spine_paired/moving_images/cervical.nii.gz",
        "abdomen_unpaired/labels/ct.nii.gz",
        "formats/nifti/anatomical_bigendian.nii",
        "formats/nifti/functional_4d_scaled.nii",
        "formats/nifti/example_nifti2.nii.gz",
        "formats/nifti/someones_anatomy.nii.gz",
        "deepreg_nifti/paired/test/fixed_images/case000025.nii.gz",
    ],
)
def test_voxels_of_real_files_agree_with_nibabel(shared_data, name):
    truth = json.loads((shared_data / "facts.json").read_text())["files"][name]["nibabel"]["stats"]
    facts = voxel_facts(read_header(shared_data / name))
    for key in ("min", "max", "mean"):
        assert facts[key] == pytest.approx(truth[key], rel=1e-5, abs=1e-4)
    if "counts" in facts and "n_unique" in truth:
        assert len(facts["counts"]) == truth["n_unique"]


def test_a_file_without_forms_has_the_facts_that_nibabel_takes_and_a_note(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE, sform_code=0, qform_code=0)
    facts = header_facts(read_header(path))
    np.testing.assert_allclose(facts["affine"], nib.load(path).affine)
    assert facts["orientation"] == "".join(nib.aff2axcodes(nib.load(path).affine))
    assert "no directions" in " ".join(facts["notes"])
