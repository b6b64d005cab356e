from __future__ import annotations

import gzip
import struct
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import Content, UnreadableFileError, read_array, read_header, save
from napari_medload.geometry import Grid
from tests.formats.examples import AFFINE, MGH, SHAPE, mgh_truth
from tests.phantoms import ORIENTATIONS, affine_of, noise

SHEARED = affine_of("RAS", SHAPE, (1, 2, 3), tilt=(10, 5, 0), shear=0.3)


def written(folder, array=None, affine=AFFINE, name="a.mgh", **fields):
    """An uncompressed file by nibabel, with fields of its header overwritten."""
    image = nib.MGHImage(noise(SHAPE) if array is None else array, affine)
    places = {
        "version": (0, ">i"), "dims": (4, ">4i"), "type": (20, ">i"), "goodRASFlag": (28, ">h"),
        "delta": (30, ">3f"), "Mdc": (42, ">9f"), "Pxyz_c": (78, ">3f"),
    }  # fmt: skip
    raw = bytearray(image.to_bytes())
    for key, value in fields.items():
        place, form = places[key]
        struct.pack_into(form, raw, place, *(value if isinstance(value, tuple) else (value,)))
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith("z") else raw)
    return path


@pytest.mark.parametrize("orientation", ORIENTATIONS[::5])
@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_the_geometry_is_what_nibabel_reads(tmp_path, orientation, name):
    affine = affine_of(orientation, SHAPE, (0.5, 2, 3.25), (10, -20, 30), (5, 10, 15))
    grid = read_header(written(tmp_path, affine=affine, name=name)).grid
    np.testing.assert_allclose(grid.affine, affine, atol=1e-5)
    assert grid.known and grid.oriented
    assert grid.orientation == orientation


@pytest.mark.parametrize("example", MGH, ids=lambda e: e.name)
def test_a_header_needs_no_pixels(tmp_path, example):
    path = example.write(tmp_path)
    whole, raw = read_header(path), path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        path.write_bytes(gzip.compress(gzip.decompress(raw)[:284]))
    else:
        path.write_bytes(raw[:284])
    bare = read_header(path)
    assert replace(bare, source=whole.source) == whole
    with pytest.raises(UnreadableFileError, match=path.name):
        read_array(bare)


def test_without_a_geometry_the_affine_is_nibabels_and_the_grid_unknown(tmp_path):
    path = written(tmp_path, goodRASFlag=0)
    header = read_header(path)
    np.testing.assert_allclose(header.grid.affine, mgh_truth(path).affine)
    assert not header.grid.known
    assert "goodRASFlag 0" in header.notes[0]


def test_an_uncompressed_file_is_mapped_and_a_box_of_it_too(tmp_path):
    header = read_header(written(tmp_path))
    assert isinstance(read_array(header), np.memmap)
    assert isinstance(read_array(header, (slice(0, 2), slice(0, 2), slice(1, 2))), np.memmap)


@pytest.mark.parametrize("tail", [b"", bytes(4), bytes(20), bytes(20) + b"tags of FreeSurfer"])
@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_what_stands_after_the_voxels_is_not_read(tmp_path, name, tail):
    array = noise(SHAPE)
    raw = written(tmp_path, array).read_bytes()[: 284 + array.nbytes] + tail
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith("z") else raw)
    np.testing.assert_array_equal(read_array(read_header(path)), array)


def test_a_compressed_file_whose_footer_is_damaged_is_an_error(tmp_path):
    raw = bytearray(written(tmp_path, name="a.mgz").read_bytes())
    raw[-6] ^= 1  # in the checksum, which covers the voxels
    (tmp_path / "a.mgz").write_bytes(raw)
    with pytest.raises(UnreadableFileError, match=r"a\.mgz"):
        read_array(read_header(tmp_path / "a.mgz"))


def test_the_first_slices_of_a_compressed_file_need_no_others(tmp_path):
    array = noise((20, 20, 40))
    raw = written(tmp_path, array, name="a.mgz").read_bytes()
    path = tmp_path / "a.mgz"
    path.write_bytes(raw[: len(raw) // 2])
    found = read_array(read_header(path), (slice(0, 20), slice(0, 20), slice(0, 4)))
    np.testing.assert_array_equal(found, array[:, :, :4])


@pytest.mark.parametrize("code", [2, 5, 6, 7, -1])
def test_other_data_types_are_refused_by_name(tmp_path, code):
    with pytest.raises(UnreadableFileError, match=rf"a\.mgh.*\(type\) {code}"):
        read_header(written(tmp_path, type=code))


def test_an_intent_in_the_version_says_that_voxels_are_labels(tmp_path):
    assert not read_header(written(tmp_path)).is_label
    assert read_header(written(tmp_path, version=0x101)).is_label


@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_T21_shear_survives(tmp_path, name):
    save(tmp_path / name, Content(noise(SHAPE), Grid(SHAPE, SHEARED)))
    np.testing.assert_allclose(read_header(tmp_path / name).grid.affine, SHEARED, atol=1e-5)
    np.testing.assert_allclose(mgh_truth(tmp_path / name).affine, SHEARED, atol=1e-5)


@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_T20_a_saved_file_is_read_by_nibabel_as_it_was(tmp_path, name):
    array = noise((*SHAPE, 3), np.float32)
    save(tmp_path / name, Content(array, Grid(SHAPE, AFFINE)))
    image = mgh_truth(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    np.testing.assert_allclose(image.affine, AFFINE, atol=1e-5)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([True, False]), "uint8"),
        (np.array([-5, 5], np.int8), "int16"),
        (np.array([0, 65535], np.uint16), "int32"),
        (np.array([0, 2**31 - 1], np.uint32), "int32"),
        (np.array([0, 200], np.int64), "uint8"),
        (np.array([-1, 2**31 - 1], np.int64), "int32"),
        (np.array([0.5, np.nan, np.inf], np.float16), "float32"),
        (np.array([0.5, np.nan, 3.0], np.float64), "float32"),
    ],
    ids=lambda a: str(getattr(a, "dtype", a)),
)
def test_T20_other_types_become_one_that_holds_every_value(tmp_path, array, kind):
    volume = np.resize(array, SHAPE)
    save(tmp_path / "a.mgz", Content(volume, Grid(SHAPE, AFFINE)))
    found = read_array(read_header(tmp_path / "a.mgz"))
    assert found.dtype.newbyteorder("=") == kind
    np.testing.assert_array_equal(found, volume)


@pytest.mark.parametrize(
    "array",
    [
        np.array([0, 2**32 - 1], np.uint32),
        np.array([2**40, 1], np.int64),
        np.array([0.1, 1], np.float64),
        np.array([1e300, 1], np.float64),
        np.array([1j, 1], np.complex64),
    ],
    ids=lambda a: str(a),
)
def test_values_that_no_type_holds_are_refused_with_the_remedy(tmp_path, array):
    with pytest.raises(ValueError, match=r"a\.mgz.*MGH cannot hold.*expected.*NIfTI"):
        save(tmp_path / "a.mgz", Content(np.resize(array, SHAPE), Grid(SHAPE, AFFINE)))
    assert not list(tmp_path.iterdir())
