from __future__ import annotations

import struct

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import (
    Content,
    UnreadableFileError,
    read_array,
    read_header,
    save,
    save_nifti,
)
from napari_medload.formats.lenses import look
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (4, 5, 6)
SFORM = affine_of("LPS", SHAPE, (1, 2, 3), centre=(1, 2, 3), tilt=(10, 0, 0))
QFORM = affine_of("RAI", SHAPE, (1, 2, 3), centre=(4, 5, 6), tilt=(0, 0, 20))


def patched(path, **fields):
    """Overwrite fields of a little-endian NIfTI-1 header."""
    places = {
        "dim": (40, "8h"), "datatype": (70, "h"), "pixdim": (76, "8f"), "vox_offset": (108, "f"),
        "scl_slope": (112, "f"), "scl_inter": (116, "f"), "qform_code": (252, "h"),
        "sform_code": (254, "h"), "quatern": (256, "3f"), "srow_x": (280, "4f"),
        "magic": (344, "4s"), "intent_code": (68, "h"), "xyzt_units": (123, "B"),
    }  # fmt: skip
    raw = bytearray(path.read_bytes())
    for name, value in fields.items():
        place, form = places[name]
        struct.pack_into("<" + form, raw, place, *(value if isinstance(value, tuple) else (value,)))
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("sform_code", range(6))
@pytest.mark.parametrize("qform_code", range(6))
def test_T22_the_sform_goes_before_the_qform_as_in_nibabel(tmp_path, sform_code, qform_code):
    path = write_nifti(
        tmp_path / "a.nii", noise(SHAPE), SFORM,
        sform_code=sform_code, qform_code=qform_code, qform=QFORM,
    )  # fmt: skip
    header = read_header(path)
    np.testing.assert_allclose(header.grid.affine, nib.load(path).affine, atol=1e-6)
    forms = header.forms
    assert (forms.sform_code, forms.qform_code) == (sform_code, qform_code)
    for code, form, truth in ((sform_code, forms.sform, SFORM), (qform_code, forms.qform, QFORM)):
        if code == 0:
            assert form is None
        else:
            np.testing.assert_allclose(form, truth, atol=1e-5)


def test_T22_without_forms_the_grid_is_centred_as_in_nibabel(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, sform_code=0, qform_code=0)
    header = read_header(path)
    np.testing.assert_allclose(header.grid.centre, (0, 0, 0), atol=1e-6)
    np.testing.assert_allclose(header.grid.affine, nib.load(path).affine)


def test_T22_without_forms_no_directions_are_stated(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, sform_code=0, qform_code=0)
    header = read_header(path)
    assert header.grid.known
    assert not header.grid.oriented
    np.testing.assert_allclose(header.grid.spacing, (1, 2, 3))
    assert look(path, "nibabel").grid.orientation != look(path, "itk").grid.orientation
    assert "states a spacing and no directions" in " ".join(header.notes)


def test_without_forms_and_spacing_nothing_is_known_in_mm(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, sform_code=0, qform_code=0)
    header = read_header(patched(path, pixdim=(1, 0, 0, 0, 0, 0, 0, 0)))
    assert not header.grid.known
    assert "nothing is known in mm" in " ".join(header.notes)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr"])
def test_a_grid_without_directions_is_saved_without(tmp_path, name):
    nib.save(nib.AnalyzeImage(noise(SHAPE), SFORM), tmp_path / "old.hdr")
    old = read_header(tmp_path / "old.hdr")
    save(tmp_path / name, Content(read_array(old), old.grid))
    found = read_header(tmp_path / name)
    assert found.grid == old.grid
    assert not found.grid.oriented
    np.testing.assert_allclose(nib.load(tmp_path / name).affine, old.grid.affine)


@pytest.mark.parametrize(("unit", "mm"), [(0, 1), (1, 1000), (2, 1), (3, 1e-3), (5, 1), (11, 1e-3)])
@pytest.mark.parametrize("codes", [(1, 0), (0, 1), (1, 1), (0, 0)])
def test_lengths_in_another_unit_are_converted_to_mm_and_that_is_said(tmp_path, unit, mm, codes):
    path = write_nifti(
        tmp_path / "a.nii", noise(SHAPE), SFORM, sform_code=codes[0], qform_code=codes[1]
    )
    header = read_header(patched(path, xyzt_units=unit))
    np.testing.assert_allclose(header.grid.spacing, np.multiply((1, 2, 3), mm), rtol=1e-6)
    np.testing.assert_allclose(header.grid.affine[:3], nib.load(path).affine[:3] * mm, rtol=1e-5)
    for form, code in zip(("sform", "qform"), codes, strict=True):
        if code:
            chosen = header.with_form(form).grid.affine
            np.testing.assert_allclose(chosen, header.grid.affine, rtol=1e-4, atol=1e-4 * mm)
    assert ("converted to mm" in " ".join(header.notes)) == (mm != 1)
    seen = look(path, "nibabel")
    np.testing.assert_allclose(seen.grid.spacing, (1, 2, 3), rtol=1e-6)
    assert ("unit of length" in " ".join(seen.notes)) == (mm != 1)
    if any(codes):
        seen = look(path, "itk").grid
        np.testing.assert_allclose(seen.spacing, header.grid.spacing, rtol=1e-5)
        np.testing.assert_allclose(seen.origin, header.grid.origin, rtol=1e-5)


@pytest.mark.filterwarnings("ignore")  # nibabel reports the faults it mends
@pytest.mark.parametrize(
    "fault",
    [
        {"pixdim": (0, 1, 2, 3, 0, 0, 0, 0), "sform_code": 0},
        {"pixdim": (-1, 1, 2, 3, 0, 0, 0, 0), "sform_code": 0},
        {"pixdim": (1, -1, 2, 3, 0, 0, 0, 0), "sform_code": 0},
        {"pixdim": (1, 1, 2, 0, 0, 0, 0, 0), "sform_code": 0, "qform_code": 0},
        {"pixdim": (7, 1, 2, 3, 0, 0, 0, 0)},
        {"quatern": (3, 3, 3)},
        {"sform_code": 9, "qform_code": -3},
        {"scl_slope": float("nan"), "scl_inter": 5},
        {"scl_slope": 0, "scl_inter": 5},
        {"magic": b"ni1\0"},
    ],
    ids=str,
)
def test_small_faults_of_a_header_are_read_as_nibabel_reads_them(tmp_path, fault):
    array = noise(SHAPE)
    path = patched(write_nifti(tmp_path / "a.nii", array, SFORM), **fault)
    header = read_header(path)
    image = nib.load(path)
    np.testing.assert_allclose(header.grid.affine, image.affine, atol=1e-6)
    np.testing.assert_array_equal(header.scaling.apply(read_array(header)), image.get_fdata())


@pytest.mark.parametrize(
    "fault",
    [
        {"dim": (0, 4, 5, 6, 1, 1, 1, 1)},
        {"dim": (3, -4, 5, 6, 1, 1, 1, 1)},
        {"dim": (3, 4, 0, 6, 1, 1, 1, 1)},
        {"dim": (7, *[32767] * 7)},
        {"dim": (9, 4, 5, 6, 1, 1, 1, 1)},
        {"datatype": 77},
        {"datatype": 0},
        {"datatype": 1},
        {"datatype": 1536},
        {"vox_offset": float("nan")},
        {"vox_offset": float("inf")},
        {"vox_offset": 100},
        {"vox_offset": 350},
        {"vox_offset": 1e30},
        {"srow_x": (float("nan"), 0, 0, 0)},
        {"scl_slope": 2, "scl_inter": float("nan")},
        {"quatern": (3, 3, 3), "sform_code": 0},
        {"magic": b"n+9\0"},
    ],
    ids=str,
)
def test_a_header_that_contradicts_itself_is_an_error_that_names_the_file(tmp_path, fault):
    path = patched(write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM), **fault)
    with pytest.raises(UnreadableFileError, match=r"a\.nii"):
        read_array(read_header(path))


def test_data_that_begin_where_the_header_says(tmp_path):
    array = noise(SHAPE)
    path = write_nifti(tmp_path / "a.nii", array, SFORM)
    raw = path.read_bytes()
    path.write_bytes(raw[:352] + b"\7" * 48 + raw[352:])
    np.testing.assert_array_equal(read_array(read_header(patched(path, vox_offset=400.0))), array)
    path.write_bytes(raw)
    np.testing.assert_array_equal(read_array(read_header(patched(path, vox_offset=0.0))), array)


def test_data_of_a_pair_begin_where_the_header_says(tmp_path):
    array = noise(SHAPE)
    path = write_nifti(tmp_path / "a.hdr", array, SFORM)
    data = path.with_suffix(".img")
    data.write_bytes(b"\7" * 32 + data.read_bytes())
    np.testing.assert_array_equal(read_array(read_header(patched(path, vox_offset=32.0))), array)


def test_a_pair_whose_header_was_cut_off_a_single_file(tmp_path):
    array = noise(SHAPE)
    path = patched(write_nifti(tmp_path / "a.hdr", array, SFORM), magic=b"n+1\0")
    np.testing.assert_array_equal(read_array(read_header(path)), array)


@pytest.mark.parametrize("alone", ["a.hdr", "a.img"])
def test_half_a_pair_is_an_error_that_names_the_other_half(tmp_path, alone):
    path = write_nifti(tmp_path / alone, noise(SHAPE), SFORM)
    other = "a.img" if alone == "a.hdr" else "a.hdr"
    (tmp_path / other).unlink()
    with pytest.raises(UnreadableFileError, match=other.replace(".", r"\.")):
        read_header(path)


def test_a_compressed_pair(tmp_path):
    array = noise(SHAPE)
    write_nifti(tmp_path / "a.img.gz", array, SFORM)
    for name in ("a.hdr.gz", "a.img.gz"):
        header = read_header(tmp_path / name)
        np.testing.assert_array_equal(read_array(header), array)
        np.testing.assert_allclose(header.grid.affine, SFORM, atol=1e-5)


@pytest.mark.parametrize("name", ["a.nii", "a.hdr"])
def test_colours_are_not_scaled(tmp_path, name):
    """As nifti1.h says of RGB24: the slope and the intercept are to be ignored."""
    colours = np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    colours["G"] = noise(SHAPE, np.uint8)
    kind = nib.Nifti1Pair if name == "a.hdr" else nib.Nifti1Image
    nib.save(kind(colours, SFORM), tmp_path / name)
    header = read_header(patched(tmp_path / name, scl_slope=2.0, scl_inter=5.0))
    values = header.scaling.apply(read_array(header))
    assert values.dtype == np.uint8
    np.testing.assert_array_equal(values[..., 1], colours["G"])


def test_complex_voxels_are_described_but_not_read(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE).astype(np.complex64), SFORM)
    header = read_header(path)
    assert header.shape == SHAPE
    with pytest.raises(UnreadableFileError, match="complex64"):
        read_array(header)


def test_an_uncompressed_file_is_mapped_not_read(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM)
    array = read_array(read_header(path))
    assert isinstance(array, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0, 0] = 1


def test_the_label_intent_is_known_from_the_header(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM)
    assert not read_header(path).is_label
    assert read_header(patched(path, intent_code=1002)).is_label


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "int64"])
def test_T20_a_saved_file_is_read_by_nibabel_as_it_was(tmp_path, name, dtype):
    array, affine = noise((*SHAPE, 2), dtype), SFORM
    save_nifti(tmp_path / name, array, affine, sform_code=2, qform_code=1)
    image = nib.load(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    assert image.get_data_dtype() == dtype
    np.testing.assert_allclose(image.get_sform(), affine, atol=1e-5)
    np.testing.assert_allclose(image.get_qform(), affine, atol=1e-5)
    assert (image.header["sform_code"], image.header["qform_code"]) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    np.testing.assert_array_equal(read_array(read_header(tmp_path / name)), array)


def test_T21_shear_survives_in_the_sform(tmp_path):
    affine = affine_of("RAS", SHAPE, (1, 2, 3), tilt=(10, 5, 0), shear=0.3)
    save_nifti(tmp_path / "a.nii", noise(SHAPE), affine)
    np.testing.assert_allclose(read_header(tmp_path / "a.nii").grid.affine, affine, atol=1e-5)


def test_T22_the_form_can_be_chosen(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, qform=QFORM)
    header = read_header(path)
    image = nib.load(path)
    assert header.with_form(None) is header
    for form, truth in (("sform", image.get_sform()), ("qform", image.get_qform())):
        chosen = header.with_form(form)
        np.testing.assert_allclose(chosen.grid.affine, truth, atol=1e-5)
        np.testing.assert_array_equal(read_array(chosen), noise(SHAPE))
    assert header.grid.orientation == "LPS"
    assert header.with_form("qform").grid.orientation == "RAI"


@pytest.mark.parametrize(
    ("codes", "form", "reason"),
    [
        ((0, 1), "sform", "sform is unset"),
        ((1, 0), "qform", "qform is unset"),
        ((1, 1), "qform", "qform is broken"),
        ((1, 1), "best", "expected 'sform' or 'qform'"),
    ],
)
def test_T22_a_form_that_cannot_be_chosen_is_an_error_that_says_why(tmp_path, codes, form, reason):
    path = write_nifti(
        tmp_path / "a.nii", noise(SHAPE), SFORM, sform_code=codes[0], qform_code=codes[1]
    )
    if "broken" in reason:
        patched(path, quatern=(3, 3, 3))
    with pytest.raises(ValueError, match=rf"a\.nii.*{reason}"):
        read_header(path).with_form(form)


def test_T22_only_nifti_has_forms(tmp_path):
    nib.save(nib.AnalyzeImage(noise(SHAPE), SFORM), tmp_path / "a.hdr")
    with pytest.raises(ValueError, match=r"a\.hdr.*expected a NIfTI file"):
        read_header(tmp_path / "a.hdr").with_form("qform")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_T23_values_that_are_no_numbers_stay(tmp_path, name):
    array = noise(SHAPE, np.float32)
    array[1, 2, 3], array[0, 0, 0] = np.nan, np.inf
    path = write_nifti(tmp_path / name, array, SFORM)
    np.testing.assert_array_equal(read_array(read_header(path)), array)
