"""What every format promises, for every kind of file."""

from __future__ import annotations

import gzip
from dataclasses import replace

import h5py
import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import (
    UnreadableFileError,
    format_of,
    read_array,
    read_header,
    sources,
    suffix_of,
)
from napari_medload.formats.door import FORMATS
from tests.formats.examples import AFFINE, EXAMPLES, ITK, NIFTI, SHAPE, stored_truth
from tests.phantoms import noise, snapshot, write_h5, write_nifti

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
every_nifti = pytest.mark.parametrize("example", NIFTI, ids=lambda e: e.name)


def test_every_format_has_examples():
    suffixes = (".nii", ".h5", ".im", ".mgz", ".png", ".nrrd", ".mha", ".dcm")
    with_example = {format_of(f"x{suffix}").name for suffix in suffixes}
    assert with_example == {form.name for form in FORMATS}


@every_example
def test_the_array_is_what_the_peer_reads(tmp_path, example):
    path = example.write(tmp_path)
    truth = stored_truth(path)
    header = read_header(path)
    array = read_array(header)
    np.testing.assert_array_equal(array, truth)
    assert header.shape == array.shape == truth.shape
    assert header.dtype == array.dtype == truth.dtype
    assert header.dtype.byteorder == truth.dtype.byteorder
    assert header.nbytes == truth.nbytes
    assert not array.flags.writeable


@every_example
def test_the_values_are_what_the_peer_reads(tmp_path, example):
    path = example.write(tmp_path)
    header = read_header(path)
    values = header.scaling.apply(read_array(header))
    by_nibabel = "rgb" not in example.name and path.suffix in (".nii", ".gz", ".hdr", ".img")
    truth = np.asarray(nib.load(path).dataobj) if by_nibabel else stored_truth(path)
    np.testing.assert_allclose(values, truth, rtol=1e-12)


@every_nifti
def test_the_geometry_is_what_nibabel_reads(tmp_path, example):
    path = example.write(tmp_path)
    grid = read_header(path).grid
    image = nib.load(path)
    np.testing.assert_allclose(grid.affine, image.affine, atol=1e-6)
    assert grid.orientation == "".join(nib.aff2axcodes(image.affine))
    assert grid.shape == (*image.shape[:3], 1, 1)[:3]
    assert grid.known


def test_an_hdf5_dataset_has_no_geometry(tmp_path):
    grid = read_header(write_h5(tmp_path / "a.h5", data=noise(SHAPE))).grid
    assert not grid.known
    assert grid.shape == SHAPE


@pytest.mark.parametrize(
    "example", [e for e in NIFTI + ITK if e.header_bytes or e.data_suffix], ids=lambda e: e.name
)
def test_a_header_needs_no_pixels(tmp_path, example):
    path = example.write(tmp_path)
    whole, data = read_header(path), example.data_path(path)
    if example.header_bytes:
        _keep(path, example.header_bytes)
    else:
        data.write_bytes(b"")
    bare = read_header(path)
    assert replace(bare, forms=None) == replace(whole, forms=None)
    with pytest.raises(UnreadableFileError, match=data.name):
        read_array(bare)


@every_example
def test_a_box_holds_the_same_voxels(tmp_path, example):
    path = example.write(tmp_path)
    header, truth = read_header(path), stored_truth(path)
    i, j, k = header.grid.shape
    part = (slice(i // 4, i - i // 4), slice(0, max(1, j // 2)), slice(k // 2, k))
    planes = (slice(0, i), slice(0, j), slice(k // 3, k // 3 + max(1, k // 2)))
    for box in (part, planes):
        found = read_array(header, box)
        np.testing.assert_array_equal(found, truth[box[: truth.ndim]])
        assert not found.flags.writeable


def _keep(path, size):
    """Cut a file off after its header: uncompressed bytes for gzip, too."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(gzip.decompress(raw)[:size]))
    else:
        path.write_bytes(raw[:size])


@every_example
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, -1])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path, example, part):
    path = example.write(tmp_path)
    data = example.data_path(path)
    raw = data.read_bytes()
    data.write_bytes(raw[: -1 if part < 0 else int(len(raw) * part)])
    with pytest.raises(UnreadableFileError, match=data.name):
        read_array(read_header(path))


@pytest.mark.parametrize("suffix", [s for form in FORMATS for s in form.suffixes])
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 1000, b"not an image at all" * 100, gzip.compress(b"text" * 200), b"\x89HDF\r\n"],
    ids=["empty", "zeros", "text", "compressed text", "half a magic"],
)
def test_garbage_is_an_error_that_names_it(tmp_path, suffix, content):
    for other in (suffix, suffix.replace("hdr", "img"), suffix.replace("img", "hdr")):
        (tmp_path / f"a{other}").write_bytes(content)
    path = tmp_path / f"a{suffix}"
    with pytest.raises(UnreadableFileError, match=r"a\.\w+") as caught:
        read_array(read_header(path))
    assert "expected" in str(caught.value)


@every_example
def test_reading_writes_nothing(tmp_path, example):
    path = example.write(tmp_path)
    before = snapshot(tmp_path)
    read_array(read_header(path))
    sources(path)
    assert snapshot(tmp_path) == before


@every_example
def test_a_file_that_vanishes_after_its_header_is_an_error_that_names_it(tmp_path, example):
    path = example.write(tmp_path)
    header, data = read_header(path), example.data_path(path)
    data.unlink()
    with pytest.raises(OSError, match=data.name):
        read_array(header)
    with pytest.raises(OSError, match=path.stem):
        read_header(path)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.nii", ".nii"),
        ("a.b.NII.GZ", ".NII.GZ"),
        ("a.img.gz", ".img.gz"),
        ("ä [1].h5", ".h5"),
        ("a.txt", None),
        ("nii", None),
        ("a.nii.bz2", None),
    ],
)
def test_suffixes(name, suffix):
    assert suffix_of(name) == suffix
    if suffix is None:
        with pytest.raises(UnreadableFileError, match=r"no known format.*\.nii"):
            format_of(name)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_header_that_lies_about_the_size_is_an_error(tmp_path, suffix, change):
    path = write_nifti(tmp_path / f"a{suffix}", noise(SHAPE), AFFINE)
    raw = gzip.decompress(path.read_bytes()) if suffix.endswith("gz") else path.read_bytes()
    lying = bytearray(raw)
    lying[42:44] = np.int16(SHAPE[0] + change).tobytes()
    path.write_bytes(gzip.compress(lying) if suffix.endswith("gz") else lying)
    with pytest.raises(UnreadableFileError, match=path.name):
        read_array(read_header(path))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_zeros_after_the_last_voxel_are_padding(tmp_path, suffix):
    array = noise(SHAPE)
    path = write_nifti(tmp_path / f"a{suffix}", array, AFFINE)
    raw = gzip.decompress(path.read_bytes()) if suffix.endswith("gz") else path.read_bytes()
    padded = raw + b"\0" * 512
    path.write_bytes(gzip.compress(padded) if suffix.endswith("gz") else padded)
    np.testing.assert_array_equal(read_array(read_header(path)), array)


def test_a_compressed_file_with_a_flipped_bit_is_an_error(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", noise((20, 20, 20)), AFFINE)
    raw = path.read_bytes()
    for place in (-1, -5, -8, len(raw) // 2):
        broken = bytearray(raw)
        broken[place] ^= 4
        path.write_bytes(broken)
        with pytest.raises(UnreadableFileError, match=r"a\.nii\.gz"):
            read_array(read_header(path))


def test_a_damaged_hdf5_chunk_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=noise((16, 16, 16)), chunks=(16, 16, 16), fletcher32=True)
        place = file["data"].id.get_chunk_info(0).byte_offset
    raw = bytearray(path.read_bytes())
    raw[place + 100] ^= 1
    path.write_bytes(raw)
    with pytest.raises(UnreadableFileError, match=r"a\.h5"):
        read_array(read_header(path))


def test_a_missing_file_is_told_from_a_broken_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.nii"):
        read_header(tmp_path / "gone.nii")


def test_awkward_names(tmp_path):
    array = noise(SHAPE)
    for name in ("Grüße [1] {2} #3 100%.nii.gz", "日本.nii", "a b.c.nii"):
        path = write_nifti(tmp_path / name, array, AFFINE)
        np.testing.assert_array_equal(read_array(read_header(path)), array)
        assert str(read_header(path).source) == str(path)
