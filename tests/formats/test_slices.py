"""Stacks of slices against h5py, however they are stored."""

from __future__ import annotations

import zlib

import h5py
import numpy as np
import pytest

from napari_medload.formats import Placement, Source, UnreadableFileError, read_array, read_header
from napari_medload.formats.hdf5 import slices as slices_module
from tests.phantoms import noise

SHAPE = (13, 11)
DEPTH, CHANNELS = 7, 3
STORED = {
    "contiguous": {},
    "chunked": {"chunks": (5, 4)},
    "gzip": {"chunks": (5, 4), "compression": "gzip"},
    "shuffled": {"chunks": (5, 4), "compression": "gzip", "shuffle": True},
    "checked": {"chunks": (5, 4), "fletcher32": True},
    "timed": {"track_times": True},
}


def plane(k, suffix=".im", dtype=np.int16):
    shape = (*SHAPE, 1) if suffix == ".im" else (*SHAPE, 1, CHANNELS)
    return np.ascontiguousarray(noise(shape, dtype, k))


def write(path, array, **options):
    if "chunks" in options:
        options["chunks"] = (*options["chunks"], 1, 2)[: array.ndim]
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=array, **options)
    return path


def name_of(k, suffix=".im"):
    return f"{k + 1:03d}{suffix}"


def write_stack(folder, suffix=".im", dtype=np.int16, **options):
    for k in range(DEPTH):
        write(folder / name_of(k, suffix), plane(k, suffix, dtype), **options)
    return stack(folder, suffix)


def stack(folder, suffix=".im", missing=()):
    names = tuple(None if k in missing else name_of(k, suffix) for k in range(DEPTH))
    return Source(folder / next(filter(None, names)), slices=names)


def by_h5py(folder, suffix=".im"):
    found = []
    for k in range(DEPTH):
        with h5py.File(folder / name_of(k, suffix)) as file:
            found.append(file["data"][:, :, 0])
    return np.stack(found, axis=2, dtype=found[0].dtype)


def read(source):
    return read_array(read_header(source))


@pytest.fixture
def opened(monkeypatch):
    """Names of the files that the HDF5 library opens."""
    names, real = [], slices_module.open_h5

    def opening(path, what):
        names.append(path.name)
        return real(path, what)

    monkeypatch.setattr(slices_module, "open_h5", opening)
    return names


@pytest.mark.parametrize("how", STORED)
@pytest.mark.parametrize("suffix", [".im", ".seg"])
@pytest.mark.parametrize("dtype", ["int16", "uint8", "float32", ">f8", "bool"])
def test_m02_a_stack_is_what_h5py_reads(tmp_path, how, suffix, dtype):
    source = write_stack(tmp_path, suffix, np.dtype(dtype), **STORED[how])
    header, found, truth = read_header(source), read(source), by_h5py(tmp_path, suffix)
    np.testing.assert_array_equal(found, truth)
    assert found.shape == truth.shape == header.shape
    assert found.dtype == truth.dtype == header.dtype
    assert not found.flags.writeable
    assert np.moveaxis(found, 2, 0).flags.c_contiguous  # slice after slice, as on disk


def test_a_header_opens_the_first_slice_alone(tmp_path, opened):
    source = write_stack(tmp_path)
    for k in range(1, DEPTH):
        (tmp_path / name_of(k)).unlink()
    header = read_header(source)
    assert header.shape == (*SHAPE, DEPTH)
    assert not header.grid.known
    assert opened == [name_of(0)]


def test_slices_that_one_program_wrote_are_read_without_the_library(tmp_path, opened):
    source = write_stack(tmp_path)
    header = read_header(source)
    opened.clear()
    read_array(header)
    assert opened == [name_of(0)]


def test_a_slice_with_another_header_is_read_by_the_library(tmp_path, opened):
    source = write_stack(tmp_path)
    write(tmp_path / name_of(3), plane(3), chunks=(5, 4))
    with h5py.File(tmp_path / name_of(5), "a") as file:
        file["data"].attrs["note"] = "this file has been touched"
    with h5py.File(tmp_path / name_of(6), "w", userblock_size=512) as file:
        file["data"] = plane(6)
    np.testing.assert_array_equal(read(source), by_h5py(tmp_path))
    assert {name_of(3), name_of(5), name_of(6)} <= set(opened)


def test_files_of_equal_length_whose_numbers_lie_elsewhere_are_not_mixed_up(tmp_path):
    """Other bytes around the numbers are what tells: here a decoy lies where the numbers were."""
    for k in range(DEPTH):
        order = ("decoy", "data") if k % 2 else ("data", "decoy")
        with h5py.File(tmp_path / name_of(k), "w") as file:
            for key in order:
                file[key] = plane(k) if key == "data" else plane(k) * 0 - 1
    np.testing.assert_array_equal(read(stack(tmp_path)), by_h5py(tmp_path))


@pytest.mark.parametrize("missing", [(3,), (0,), (0, 1, 6)])
@pytest.mark.parametrize("how", ["contiguous", "gzip"])
def test_a_gap_is_blank(tmp_path, how, missing):
    write_stack(tmp_path, **STORED[how])
    truth = by_h5py(tmp_path)
    truth[:, :, missing] = 0
    np.testing.assert_array_equal(read(stack(tmp_path, missing=missing)), truth)


@pytest.mark.parametrize("how", STORED)
@pytest.mark.parametrize("place", [0, 4])
def test_a_truncated_slice_is_an_error_that_names_it(tmp_path, how, place):
    source = write_stack(tmp_path, **STORED[how])
    path = tmp_path / name_of(place)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnreadableFileError, match=path.name):
        read(source)


def test_a_damaged_chunk_is_an_error_that_names_it(tmp_path):
    source = write_stack(tmp_path, **STORED["gzip"])
    path = tmp_path / name_of(4)
    with h5py.File(path) as file:
        chunk = file["data"].id.get_chunk_info(2)
    raw = bytearray(path.read_bytes())
    raw[chunk.byte_offset + chunk.size - 2] ^= 1  # in the checksum
    path.write_bytes(raw)
    with pytest.raises(UnreadableFileError, match=path.name):
        read(source)


@pytest.mark.parametrize(
    "stored",
    [
        zlib.compress(plane(4).tobytes() + b"more"),
        zlib.compress(plane(4).tobytes())[:-4],
        zlib.compress(plane(4).tobytes()[:-2]),
    ],
    ids=["too long", "without checksum", "too short"],
)
def test_a_chunk_of_another_length_is_an_error_that_names_it(tmp_path, stored):
    source = write_stack(tmp_path, chunks=SHAPE, compression="gzip")
    path = tmp_path / name_of(4)
    with h5py.File(path, "a") as file:
        file["data"].id.write_direct_chunk((0, 0, 0), stored)
    with pytest.raises(UnreadableFileError, match=path.name):
        read(source)


def test_bytes_behind_the_end_are_left_to_the_library(tmp_path, opened):
    source = write_stack(tmp_path)
    path = tmp_path / name_of(4)
    path.write_bytes(path.read_bytes() + b"more")
    np.testing.assert_array_equal(read(source), by_h5py(tmp_path))
    assert path.name in opened


@pytest.mark.parametrize("how", ["contiguous", "gzip"])
@pytest.mark.parametrize(
    "other", [plane(3)[:-1], plane(3).astype(np.int32), plane(3).astype(">i2")]
)
def test_a_slice_unlike_the_first_is_an_error_that_names_it(tmp_path, how, other):
    source = write_stack(tmp_path, **STORED[how])
    write(tmp_path / name_of(3), other)
    with pytest.raises(UnreadableFileError, match=rf"{name_of(3)}.*expected 13×11×1 of type int16"):
        read(source)


def test_a_slice_that_vanishes_is_an_error_that_names_it(tmp_path):
    source = write_stack(tmp_path)
    (tmp_path / name_of(3)).unlink()
    with pytest.raises(FileNotFoundError, match=name_of(3)):
        read(source)


@pytest.mark.parametrize(
    ("name", "stored", "shape"),
    [
        ("a.im", (6, 7, 1), (6, 7, 1)),
        ("a.im", (6, 7), (6, 7, 1)),
        ("a.IM", (6, 7), (6, 7, 1)),
        ("a.seg", (6, 7, 1, 4), (6, 7, 1, 4)),
        ("a.seg", (6, 7, 1, 1), (6, 7, 1, 1)),
        ("a.seg", (6, 7, 1), (6, 7, 1)),
        ("a.seg", (6, 7), (6, 7, 1)),
        ("a.seg", (6, 7, 4), (6, 7, 1, 4)),
    ],
)
def test_m02_a_single_file_is_one_slice(tmp_path, name, stored, shape):
    array = noise(stored, np.int16)
    found = read(write(tmp_path / name, array))
    assert found.shape == shape
    np.testing.assert_array_equal(found, array.reshape(shape))


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a.im", (6, 7, 3)), ("a.im", (6, 7, 1, 3)), ("a.seg", (6, 7, 9)), ("a.seg", (6, 7, 2, 3)),
     ("a.seg", (1, 7, 6)), ("a.im", (2, 3, 4, 5, 6))],
)  # fmt: skip
def test_axes_that_could_be_several_things_are_an_error(tmp_path, name, stored):
    path = write(tmp_path / name, noise(stored))
    with pytest.raises(UnreadableFileError, match=rf"{name}.*{'×'.join(map(str, stored))}.*H×W×1"):
        read_header(path)


@pytest.mark.parametrize("place", [0, 3])
def test_numbers_outside_a_file_are_refused(tmp_path, place):
    source = write_stack(tmp_path)
    write(tmp_path / "other.h5", plane(3))
    with h5py.File(tmp_path / name_of(place), "w") as file:
        file["data"] = h5py.ExternalLink("other.h5", "data")
    with pytest.raises(UnreadableFileError, match=name_of(place)):
        read(source)


def test_a_placement_says_where_a_stack_lies(tmp_path):
    write_stack(tmp_path)
    names = stack(tmp_path).slices
    placement = Placement("PLS", (1.0, 2.0, 3.0), (0, 0, 4))
    header = read_header(Source(tmp_path / names[0], slices=names, placement=placement))
    assert header.grid.spacing == (1, 2, 3)
    assert header.grid.origin == (0, 0, 12)
    np.testing.assert_array_equal(read_array(header), by_h5py(tmp_path))


def test_slices_with_and_without_their_last_axis_are_one_stack(tmp_path):
    source = write_stack(tmp_path)
    for k in (0, 3):
        write(tmp_path / name_of(k), plane(k)[..., 0])
    found = read(source)
    for k in range(DEPTH):
        np.testing.assert_array_equal(found[:, :, k], plane(k)[..., 0])


def test_m02_masks_with_and_without_the_axis_of_one_slice_are_one_stack(tmp_path):
    source = write_stack(tmp_path, ".seg")
    write(tmp_path / name_of(3, ".seg"), plane(3, ".seg")[:, :, 0])
    np.testing.assert_array_equal(read(source)[:, :, 3], plane(3, ".seg")[:, :, 0])


def test_a_header_names_the_slices_that_no_file_holds(tmp_path):
    write_stack(tmp_path)
    header = read_header(stack(tmp_path, missing=(0, 3, 4)))
    assert header.absent == (0, 3, 4)
    found = read_array(header)
    assert not found[:, :, list(header.absent)].any() and found[:, :, 1].any()
    assert read_header(stack(tmp_path)).absent == ()


@pytest.mark.parametrize("suffix", [".im", ".seg"])
@pytest.mark.parametrize("shape", [(6, 7, 5), (6, 7, 5, 3)])
def test_m03_a_key_that_is_named_is_a_whole_volume(tmp_path, suffix, shape):
    path = write(tmp_path / f"a{suffix}", noise(shape))
    np.testing.assert_array_equal(read(Source(path, "data")), noise(shape))


def promise(folder, count, shape):
    """Small files whose datasets were made and never written."""
    names = tuple(name_of(k) for k in range(count))
    for name in names:
        with h5py.File(folder / name, "w") as file:
            file.create_dataset("data", shape, "u1")
    return Source(folder / names[0], slices=names)


def test_a_stack_of_small_files_that_promises_too_much_is_refused(tmp_path):
    header = read_header(promise(tmp_path, 20, (4096, 4096, 1)))  # 16 MiB each, 320 MiB in all
    with pytest.raises(UnreadableFileError, match=r"\.im.*never written.*256 MiB"):
        read_array(header)


def test_masks_that_were_never_written_are_a_stack_of_zeros(tmp_path):
    assert not read(promise(tmp_path, 160, (384, 384, 1))).any()


@pytest.mark.parametrize("kind", ["stack", "volume"])
def test_an_array_for_which_there_is_no_memory_is_an_error_that_says_so(
    tmp_path, monkeypatch, kind
):
    def full(*_args, **_more):
        raise MemoryError

    header = read_header(write_stack(tmp_path))
    if kind == "volume":
        header = read_header(Source(tmp_path / name_of(0), "data"))
        monkeypatch.setattr(h5py.Dataset, "__getitem__", full)
    monkeypatch.setattr(np, "zeros", full)
    with pytest.raises(UnreadableFileError, match=rf"{name_of(0)}.* GB.*memory"):
        read_array(header)
