from __future__ import annotations

import hashlib
import os

import h5py
import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.loaders import Dataset, Sample, open_dataset
from napari_medload.loaders.identity import (
    bytes_hash,
    content_hash,
    dataset_id,
    file_stamp,
    hash_of,
    hash_of_source,
)

AFFINE = np.array([[0.9, 0, 0, -90.5], [0, 0.9, 0.1, 12], [0, -0.1, 3, 7], [0, 0, 0, 1]])


def save(path, array, affine=AFFINE, dtype=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, affine, dtype=dtype), path)
    return path


@pytest.fixture
def array():
    return np.random.default_rng(3).integers(-900, 900, (5, 6, 7), dtype=np.int16)


# --- content -----------------------------------------------------------------------------


def test_the_definition(array):
    """What docs/review.md tells, computed without the code: a hash of type, grid and bytes."""
    told = b"<i2 (5, 6, 7)" + np.round(AFFINE, 6).astype("<f8").tobytes()
    told += b"".join(array[i, j, k].tobytes() for k in range(7) for j in range(6) for i in range(5))
    assert content_hash(array, AFFINE) == hashlib.blake2b(told, digest_size=16).hexdigest()


def test_neither_layout_nor_byte_order_nor_memory_counts(array, monkeypatch):
    monkeypatch.setattr("napari_medload.loaders.identity._PIECE", 100)  # in many pieces
    expected = content_hash(np.asfortranarray(array), AFFINE)
    padded = np.zeros((10, 12, 7), np.int16)
    padded[::2, ::2] = array
    read_only = array.copy()
    read_only.flags.writeable = False
    reversed_twice = np.ascontiguousarray(array[::-1])[::-1]
    swapped = array.astype(">i2")
    others = (array, padded[::2, ::2], read_only, reversed_twice, swapped, array[..., None])
    assert {content_hash(each, AFFINE) for each in others} == {expected}
    assert content_hash(np.asfortranarray(swapped), AFFINE) == expected


def test_whatever_a_person_could_see_counts(array):
    changed = array.copy()
    changed[4, 5, 6] += 1
    moved = AFFINE.copy()
    moved[0, 3] += 0.001
    different = [
        content_hash(array, AFFINE),
        content_hash(changed, AFFINE),
        content_hash(array[::-1], AFFINE),
        content_hash(array.transpose(1, 0, 2), AFFINE),
        content_hash(array.reshape(6, 5, 7, order="F"), AFFINE),
        content_hash(array.astype(np.int32), AFFINE),
        content_hash(array.view(np.uint16), AFFINE),
        content_hash(array, moved),
        content_hash(array, None),
        content_hash(np.stack([array, array], -1), AFFINE),
    ]
    assert len(set(different)) == len(different)


def test_noise_of_computing_does_not_count(array):
    noisy = AFFINE * (1 + 1e-12)
    noisy[0, 1] = -0.0
    assert content_hash(array, noisy) == content_hash(array, AFFINE)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.bool_, np.float16, np.float64, np.complex64, [("R", "u1"), ("G", "u1")]]
)
def test_any_type(dtype):
    zeros = np.zeros((2, 3, 4), dtype)
    assert content_hash(zeros, None) != content_hash(np.zeros((2, 3, 5), dtype), None)
    assert len(content_hash(np.zeros((0, 3, 4), dtype), None)) == 32


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.sampled_from("CF"))
def test_slabs_of_any_shape(i, j, k, order):
    array = np.arange(i * j * k, dtype=">f4").reshape((i, j, k), order=order)
    same = np.array(array, dtype="<f4", order="F")
    assert content_hash(array, None) == content_hash(same, None)


def test_the_same_in_any_file(array, tmp_path):
    plain = save(tmp_path / "a.nii", array)
    packed = save(tmp_path / "b" / "c.nii.gz", array)
    big = tmp_path / "big.nii"
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    nib.save(nib.Nifti1Image(array, AFFINE, header), big)
    assert big.read_bytes()[:4] == b"\0\0\x01\x5c"
    found = {hash_of_source(Source(path)) for path in (plain, packed, big)}
    assert len(found) == 1
    assert hash_of(read_volume(Source(plain))) in found
    assert hash_of_source(Source(save(tmp_path / "d.nii", array[::-1]))) not in found


def test_a_file_that_cannot_be_read_is_known_by_its_bytes(tmp_path):
    broken = tmp_path / "a.nii.gz"
    broken.write_bytes(b"no volume")
    found = hash_of_source(Source(broken))
    assert found == bytes_hash(Source(broken)) != ""
    assert found == f"bytes:{hashlib.blake2b(b'no volume', digest_size=16).hexdigest()}"
    broken.write_bytes(b"no volumf")
    assert hash_of_source(Source(broken)) != found
    with pytest.raises(OSError, match="gone"):
        hash_of_source(Source(tmp_path / "gone.nii"))


# --- stamps ------------------------------------------------------------------------------


def test_the_stamp_of_a_file(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(b"12345")
    os.utime(path, ns=(7, 1_600_000_000_123_456_700))
    assert file_stamp(Source(path)) == (5, os.stat(path).st_mtime_ns)
    with pytest.raises(OSError, match="gone"):
        file_stamp(Source(tmp_path / "gone.nii"))


def test_the_stamp_of_several_files(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.dcm").write_bytes(b"x" * number)
        os.utime(tmp_path / f"{number}.dcm", ns=(0, 1000 + number))
    (tmp_path / ".hidden").write_bytes(b"x" * 100)
    assert file_stamp(Source(tmp_path)) == (3, 1002)
    slices = Source(tmp_path / "0.dcm", slices=("0.dcm", None, "2.dcm"))
    assert file_stamp(slices) == (2, 1002)
    (tmp_path / "empty").mkdir()
    with pytest.raises(OSError, match="no file"):
        file_stamp(Source(tmp_path / "empty"))


@pytest.mark.parametrize(("named", "other"), [("a.hdr", "a.img"), ("a.img", "a.hdr")])
def test_numbers_apart_from_their_header_count(tmp_path, array, named, other):
    nib.save(nib.Nifti1Pair(array, AFFINE), tmp_path / "a.img")
    before = file_stamp(Source(tmp_path / named))
    os.utime(tmp_path / other, ns=(1, 2**62))
    assert file_stamp(Source(tmp_path / named)) != before
    assert before[0] == sum((tmp_path / name).stat().st_size for name in (named, other))


def test_raw_numbers_beside_a_metaimage_count(tmp_path, array):
    text = "ObjectType = Image\nNDims = 3\nDimSize = 5 6 7\nElementType = MET_SHORT\n"
    (tmp_path / "a.mhd").write_text(text + "ElementDataFile = numbers.raw\n")
    (tmp_path / "numbers.raw").write_bytes(array.tobytes())
    before = file_stamp(Source(tmp_path / "a.mhd"))
    os.utime(tmp_path / "numbers.raw", ns=(1, 2**62))
    assert file_stamp(Source(tmp_path / "a.mhd")) != before
    (tmp_path / "a.mhd").write_text("broken")
    assert file_stamp(Source(tmp_path / "a.mhd"))[0] == 6


def test_a_key_is_of_its_whole_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.zeros((2, 2, 2))
        file["y"] = np.ones((2, 2, 2))
    x, y = (Source(tmp_path / "a.h5", key) for key in "xy")
    assert file_stamp(x) == file_stamp(y)
    assert hash_of_source(x) != hash_of_source(y)


# --- datasets ----------------------------------------------------------------------------


def pairs(root, *names):
    for role in ("fixed_images", "moving_images"):
        for name in names:
            save(root / role / f"{name}.nii.gz", np.zeros((2, 2, 2), np.uint8))
    return open_dataset(root)


def test_a_dataset_that_grows_or_moves_keeps_its_id(tmp_path):
    first = dataset_id(pairs(tmp_path / "one" / "brain", "a"))
    assert first == "brain (paired)"
    assert dataset_id(pairs(tmp_path / "one" / "brain", "a", "b", "c")) == first
    assert dataset_id(pairs(tmp_path / "two" / "brain", "z")) == first
    assert dataset_id(pairs(tmp_path / "two" / "knees", "z")) != first


def test_a_split_is_of_its_dataset(tmp_path):
    root = tmp_path / "brain"
    for split in ("train", "test"):
        pairs(root / split, "a")
    whole = open_dataset(root)
    assert dataset_id(whole) == dataset_id(whole.only("train")) == "brain (paired)"
    assert dataset_id(open_dataset(root / "train")) == "brain (paired)"


def test_names_are_the_same_in_both_encodings(tmp_path):
    sample = Sample("a", {"image": Source("a.nii")})
    one = Dataset(tmp_path / "G\u00e9ant", "list", (sample,), "none")
    other = Dataset(tmp_path / "Ge\u0301ant", "list", (sample,), "none")
    assert dataset_id(one) == dataset_id(other)


def test_a_registered_name_is_the_id(tmp_path):
    dataset = Dataset(tmp_path / "train", "registered", (), "none", title="oai_train")
    assert dataset_id(dataset) == "oai_train (registered)"
