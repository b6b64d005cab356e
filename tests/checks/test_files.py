"""Files that are missing, unreadable, misnamed or hidden, found in datasets on disk."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.checks import Severity
from napari_medload.checks.battery import check_headers
from napari_medload.checks.described import Described
from napari_medload.checks.files import unreadable_findings
from napari_medload.formats import Source
from napari_medload.loaders import Sample, open_dataset
from tests.checks.phantoms import only
from tests.phantoms import affine_of, write_h5, write_nifti

SHAPE = (6, 7, 8)
AFFINE = affine_of("RAS", SHAPE)


def write(path, value=1):
    return write_nifti(path, np.full(SHAPE, value, np.uint8), AFFINE)


def write_pair(folder, name):
    for role in ("fixed_images", "moving_images"):
        write(folder / role / name)


def findings(sample: Sample, **reasons: str):
    return check_headers(Described(sample, {}, reasons, "world"))


def test_a_pair_with_all_its_files_has_no_finding(tmp_path):
    write_pair(tmp_path, "a.nii.gz")
    (sample,) = open_dataset(tmp_path)
    assert findings(sample) == ()


def test_an_orphan_is_an_error(tmp_path):
    write_pair(tmp_path, "a.nii.gz")
    write(tmp_path / "fixed_images" / "b.nii.gz")
    found = only(findings(open_dataset(tmp_path)[1]), "missing file")
    assert found.severity == Severity.ERROR
    assert "moving image" in found.sentence and "'b'" in found.sentence


def test_names_that_differ_in_case_are_an_error(tmp_path):
    write_pair(tmp_path, "a.nii.gz")
    write(tmp_path / "fixed_images" / "Case.nii.gz")
    write(tmp_path / "moving_images" / "case.nii.gz")
    bad = [sample for sample in open_dataset(tmp_path) if sample.id != "a"]
    found = only(findings(bad[0]), "file name")
    assert found.severity == Severity.ERROR and "Case" in found.sentence + bad[0].id


def test_what_cannot_be_read_stands_above_all_else(tmp_path):
    sample = Sample("a", {"image": Source(tmp_path / "a.nii")}, problems=("no label: is missing",))
    first, second = findings(sample, image="a.nii: truncated")
    assert (first.check, first.sentence) == ("unreadable", "image: a.nii: truncated")
    assert second.check == "missing file" and first.rank > second.rank
    assert unreadable_findings({"image": "a.nii: truncated"}) == (first,)


def test_a_row_without_any_file_is_an_error():
    found = only(findings(Sample("a", {}, problems=("row 3 is strange",))), "missing file")
    assert found.severity == Severity.ERROR and found.sentence == "row 3 is strange"


@pytest.mark.parametrize(
    ("problem", "severity"),
    [
        ("label: a pipe; expected a file", Severity.ERROR),  # the role is lost by it
        ("image: two files of one name, a.nii and a.mha; the first is shown", Severity.WARNING),
        ("in both train and val of the first fold of splits_final.json", Severity.WARNING),
    ],
)
def test_what_the_loaders_say_weighs_by_what_is_lost(tmp_path, problem, severity):
    sample = Sample("a", {"image": Source(tmp_path / "a.nii")}, problems=(problem,))
    assert only(findings(sample), "listing").severity == severity


def test_a_shadowed_file_is_found_which_itk_takes_for_the_other(tmp_path):
    packed, plain = write(tmp_path / "a.nii.gz", 1), write(tmp_path / "a.nii", 2)
    seen = sitk.GetArrayFromImage(sitk.ReadImage(str(packed)))
    sample = Sample("a", {"image": Source(packed)})
    found = findings(sample)
    assert bool(found) is bool((seen == 2).all())  # if ITK mends it, this check may go
    assert "a.nii.gz lies beside a.nii" in only(found, "shadowed file").sentence
    plain.unlink()
    assert findings(sample) == ()


def test_keys_and_slices_are_not_shadowed(tmp_path):
    h5 = write_h5(tmp_path / "a.h5", a=np.zeros(SHAPE))
    write(tmp_path / "a.nii")
    assert findings(Sample("a", {"image": Source(h5, "a")})) == ()
