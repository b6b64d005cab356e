from __future__ import annotations

import struct

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError, read_array, read_header
from tests.formats.examples import ANALYZE, SHAPE
from tests.phantoms import noise, write_nifti

SPACING = (1.5, 2, 3)
PLACES = {
    "sizeof_hdr": (0, "i"), "dim": (40, "8h"), "datatype": (70, "h"), "pixdim": (76, "8f"),
    "vox_offset": (108, "f"), "funused1": (112, "f"), "originator": (253, "5h"),
}  # fmt: skip


def analyze(folder, array=None, order="<", **fields):
    array = noise(SHAPE, np.dtype(np.int16).newbyteorder(order)) if array is None else array
    header = nib.AnalyzeHeader(endianness=order)
    header.set_data_dtype(array.dtype)
    nib.save(nib.AnalyzeImage(array, np.diag((-1.5, 2, 3, 1)), header), folder / "a.hdr")
    path = folder / "a.hdr"
    raw = bytearray(path.read_bytes())
    for name, value in fields.items():
        place, form = PLACES[name]
        numbers = value if isinstance(value, tuple) else (value,)
        struct.pack_into(order + form, raw, place, *numbers)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("example", ANALYZE, ids=lambda e: e.name)
def test_the_spacing_is_known_and_the_directions_are_not(tmp_path, example):
    path = example.write(tmp_path)
    header, image = read_header(path), nib.load(path)
    grid = header.grid
    assert grid.known and not grid.oriented
    assert grid.orientation == "???"
    assert grid.spacing == pytest.approx(image.header.get_zooms()[:3])
    np.testing.assert_allclose(grid.affine, image.affine, atol=1e-6)
    assert "left and right can't be told" in header.notes[0]
    assert header.forms is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_spms_scale_factor_is_applied_as_nibabel_does_and_told(tmp_path, order):
    path = analyze(tmp_path, order=order, funused1=0.5)
    header = read_header(path)
    values = header.scaling.apply(read_array(header))
    np.testing.assert_array_equal(values, nib.load(path).get_fdata())
    assert any("0.5" in note and "funused1" in note for note in header.notes)


@pytest.mark.parametrize("slope", [0.0, 1.0, float("nan"), float("inf")])
def test_a_scale_factor_that_is_none_changes_nothing(tmp_path, slope):
    header = read_header(analyze(tmp_path, funused1=slope))
    assert header.scaling.is_identity
    assert len(header.notes) == 1


def test_spms_origin_and_matrix_are_told(tmp_path):
    path = analyze(tmp_path, originator=(2, 3, 4, 0, 0))
    (tmp_path / "a.mat").write_bytes(b"matlab")
    notes = read_header(path.with_suffix(".img")).notes
    assert any("(2, 3, 4)" in note for note in notes)
    assert any("a.mat" in note for note in notes)


def test_without_a_spacing_nothing_is_known_in_mm(tmp_path):
    header = read_header(analyze(tmp_path, pixdim=(0, 1, 0, 1, 0, 0, 0, 0)))
    assert not header.grid.known
    assert "pixdim" in header.notes[0]


def test_data_begin_where_the_header_says(tmp_path):
    array = noise(SHAPE)
    path = analyze(tmp_path, array, vox_offset=32.0)
    data = path.with_suffix(".img")
    data.write_bytes(b"\7" * 32 + data.read_bytes())
    np.testing.assert_array_equal(read_array(read_header(path)), array)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dim", (0, 4, 5, 6, 1, 1, 1, 1)),
        ("dim", (3, 4, -5, 6, 1, 1, 1, 1)),
        ("dim", (3, 4, 0, 6, 1, 1, 1, 1)),
        ("datatype", 1),
        ("datatype", 255),
        ("datatype", 77),
        ("pixdim", (0, 1, float("nan"), 1, 0, 0, 0, 0)),
        ("pixdim", (0, 1, float("inf"), 1, 0, 0, 0, 0)),
        ("vox_offset", -8.0),
        ("vox_offset", float("nan")),
    ],
)
def test_a_header_that_contradicts_itself_is_an_error_that_names_file_and_field(
    tmp_path, field, value
):
    with pytest.raises(UnreadableFileError, match=rf"a\.hdr.*\({field}\)"):
        read_header(analyze(tmp_path, **{field: value}))


def test_a_nifti_pair_stays_a_nifti_pair(tmp_path):
    header = read_header(write_nifti(tmp_path / "a.img", noise(SHAPE), np.diag((1, 2, 3, 1))))
    assert header.grid.orientation == "RAS"
    assert header.notes == ()


def test_a_single_file_is_never_analyze(tmp_path):
    path = analyze(tmp_path)
    single = tmp_path / "b.nii"
    single.write_bytes(path.read_bytes() + path.with_suffix(".img").read_bytes())
    with pytest.raises(UnreadableFileError, match=r"b\.nii.*no NIfTI header"):
        read_header(single)
