"""Files that lie: an error that names the file and the field, in bounded time and memory."""

from __future__ import annotations

import gzip
import random
import struct
import subprocess
import sys
import tracemalloc
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError, read_array, read_header
from napari_medload.formats.storage import memory
from napari_medload.formats.storage.memory import memory_for
from tests.formats.examples import AFFINE, EXAMPLES, SHAPE
from tests.phantoms import noise, write_nifti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Kind:
    """How the header of a format is patched.

    Parameters
    ----------
    name : str
        Of the file.
    write : callable
        Writes a good file, uncompressed, to a path.
    fields : dict
        Offset and struct code of each field.
    """

    name: str
    write: Callable[[Path], Any]
    fields: dict[str, tuple[int, str]]


def _write_mgh(path: Path) -> None:
    path.write_bytes(nib.MGHImage(noise(SHAPE), AFFINE).to_bytes())


def _write_analyze(path: Path) -> None:
    nib.save(nib.AnalyzeImage(noise(SHAPE), np.diag((-1, 2, 3, 1))), path)


_NIFTI1 = {
    "dim": (40, "<8h"), "datatype": (70, "<h"), "pixdim": (76, "<8f"), "vox_offset": (108, "<f"),
    "scl_slope": (112, "<2f"), "codes": (252, "<2h"), "quatern": (256, "<3f"),
    "qoffset": (268, "<3f"), "srow": (280, "<12f"),
}  # fmt: skip
_NIFTI2 = {
    "datatype": (12, "<h"), "dim": (16, "<8q"), "pixdim": (104, "<8d"), "srow": (400, "<12d"),
    "vox_offset": (168, "<q"),
}  # fmt: skip
_MGH = {
    "version": (0, ">i"), "dims": (4, ">4i"), "type": (20, ">i"), "delta": (30, ">3f"),
    "Mdc": (42, ">9f"), "Pxyz_c": (78, ">3f"),
}  # fmt: skip
NII = Kind("a.nii", lambda path: write_nifti(path, noise(SHAPE), AFFINE), _NIFTI1)
NII2 = Kind("b.nii", lambda path: write_nifti(path, noise(SHAPE), AFFINE, version=2), _NIFTI2)
PAIR = Kind("a.hdr", lambda path: write_nifti(path, noise(SHAPE), AFFINE), _NIFTI1)
OLD_PAIR = Kind("b.hdr", _write_analyze, _NIFTI1)
MGH = Kind("a.mgh", _write_mgh, _MGH)

DIMS = (
    (0, 4, 5, 6, 1, 1, 1, 1), (9, 4, 5, 6, 1, 1, 1, 1), (3, 0, 5, 6, 1, 1, 1, 1),
    (3, 4, -5, 6, 1, 1, 1, 1), (7, *[30_000] * 7), (3, 32767, 32767, 32767, 1, 1, 1, 1),
)  # fmt: skip
MGH_DIMS = ((0, 5, 6, 1), (4, -5, 6, 1), (4, 5, 6, 0), (2**31 - 1,) * 4, (60_000, 5, 6, 1))
LIES = (
    *((kind, "dim", dims) for kind in (NII, NII2, PAIR, OLD_PAIR) for dims in DIMS),
    *((kind, "datatype", code) for kind in (NII, NII2, PAIR, OLD_PAIR) for code in (0, 1, 77, -4)),
    *((kind, "srow", (bad,) * 12) for kind in (NII, NII2, PAIR) for bad in (NAN, INF)),
    *((kind, "vox_offset", place) for kind in (NII, PAIR) for place in (NAN, -INF, -9.0, 1e30)),
    (NII2, "vox_offset", -(2**60)),
    (NII2, "vox_offset", 2**60),
    (NII, "scl_slope", (2.0, NAN)),
    *((OLD_PAIR, "pixdim", (1, bad, 1, 1, 1, 1, 1, 1)) for bad in (NAN, INF)),
    *((MGH, "dims", dims) for dims in MGH_DIMS),
    *((MGH, "type", code) for code in (-1, 5, 6, 77)),
    *((MGH, name, (bad,) * n) for name, n in (("delta", 3), ("Pxyz_c", 3)) for bad in (NAN, INF)),
    (MGH, "Mdc", (NAN,) * 9),
    (MGH, "version", 7),
)


def patched(path, fields, **values):
    raw = bytearray(path.read_bytes())
    for name, value in values.items():
        place, form = fields[name]
        struct.pack_into(form, raw, place, *(value if isinstance(value, tuple) else (value,)))
    path.write_bytes(raw)
    return path


def bounded(path, megabytes=64):
    """Read a file that must be refused, without much memory, and return the message."""
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFileError) as caught:
            read_array(read_header(path))
        assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    finally:
        tracemalloc.stop()
    assert "expected" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "field", "value"), LIES, ids=lambda v: getattr(v, "name", str(v)))
def test_a_header_that_lies_is_an_error_that_names_file_and_field(tmp_path, kind, field, value):
    path = tmp_path / kind.name
    kind.write(path)
    read_array(read_header(path))
    message = bounded(patched(path, kind.fields, **{field: value}))
    assert path.stem + "." in message
    of_size = "bytes" in message  # sizes that are possible, in a file that is too small for them
    assert field in message or (of_size and field in ("dim", "dims", "vox_offset"))


@pytest.mark.parametrize("column", [0, 1, 2])
def test_T24_a_singular_affine_opens_as_a_grid_that_says_so(tmp_path, column):
    affine = AFFINE.copy()
    affine[:3, column] = 0
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE)
    patched(path, _NIFTI1, srow=tuple(affine[:3].ravel()), codes=(0, 1))
    header = read_header(path)
    assert header.grid.is_singular
    assert header.grid.spacing[column] == 0
    assert header.grid.orientation[column] == "?"
    np.testing.assert_array_equal(read_array(header), noise(SHAPE))


def test_T24_a_volume_of_freesurfer_without_thickness_opens_too(tmp_path):
    _write_mgh(tmp_path / "a.mgh")
    header = read_header(patched(tmp_path / "a.mgh", _MGH, delta=(1.0, 0.0, 1.0)))
    assert header.grid.is_singular
    np.testing.assert_array_equal(read_array(header), noise(SHAPE))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr", "a.mgh", "a.mgz"])
@pytest.mark.parametrize("garbage", [b"x", b"x" * 1000, b"\0" * (40 << 20)], ids=len)
def test_garbage_after_the_last_voxel_is_an_error(tmp_path, name, garbage):
    path = tmp_path / name
    if ".mg" in name:
        garbage = garbage * ((20 << 20) // len(garbage) + 1)  # what is short may be a footer
        raw = nib.MGHImage(noise(SHAPE), AFFINE).to_bytes() + garbage
        path.write_bytes(gzip.compress(raw, 1) if name.endswith("z") else raw)
    else:
        write_nifti(path, noise(SHAPE), AFFINE)
        data = path.with_suffix(".img") if name.endswith("hdr") else path
        tail = gzip.compress(garbage) if name.endswith("gz") else garbage
        data.write_bytes(data.read_bytes() + tail)
    assert "a." in bounded(path)


ZEROS = 16 << 20


def _bomb(start: bytes, members: int) -> bytes:
    """Gzip stream that goes on with so many times 16 MiB of zeros."""
    return gzip.compress(start) + gzip.compress(bytes(ZEROS), 9) * members


def _nifti_start(folder, shape):
    path = write_nifti(folder / "start.nii", noise(SHAPE), AFFINE)
    patched(path, _NIFTI1, dim=(3, *shape, 1, 1, 1, 1))
    raw = path.read_bytes()
    path.unlink()
    return raw if shape == SHAPE else raw[:352]


def _mgh_start(folder, shape):
    _write_mgh(folder / "start.mgh")
    raw = patched(folder / "start.mgh", _MGH, dims=(*shape, 1)).read_bytes()
    (folder / "start.mgh").unlink()
    return raw if shape == SHAPE else raw[:284]


BOMBS = {"a.nii.gz": _nifti_start, "a.mgz": _mgh_start}


@pytest.mark.parametrize("name", BOMBS)
def test_a_stream_that_goes_on_for_gigabytes_is_left_early(tmp_path, name):
    (tmp_path / name).write_bytes(_bomb(BOMBS[name](tmp_path, SHAPE), 640))
    assert name in bounded(tmp_path / name)


IN_LITTLE_MEMORY = """
import resource, sys
from napari_medload.formats import UnreadableFileError, read_array, read_header
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
try:
    read_array(read_header(sys.argv[1]))
except UnreadableFileError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
@pytest.mark.parametrize("name", BOMBS)
def test_an_array_for_which_there_is_no_memory_is_an_error_that_names_the_file(tmp_path, name):
    start = BOMBS[name](tmp_path, (2048, 2048, 2560))
    (tmp_path / name).write_bytes(_bomb(start, 1280))  # as much as the header says: 20 GiB
    arguments = [sys.executable, "-c", IN_LITTLE_MEMORY, str(tmp_path / name)]
    run = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
    assert name in run.stdout
    assert "no memory" in run.stdout


@pytest.mark.parametrize("nbytes", [1 << 50, 1 << 62, 1 << 70])
def test_more_memory_than_the_machine_has_is_not_asked_for(tmp_path, nbytes):
    with pytest.raises(UnreadableFileError, match=r"a\.nii: an array of .* no memory"):
        memory_for(tmp_path / "a.nii", nbytes)


# the HDF5 library walks into damaged trees with errors of its own, which tests/formats/test_hdf5
# looks at
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_flipped_bits_give_an_array_or_an_error_that_names_the_file(tmp_path, example):
    path = example.write(tmp_path)
    good = path.read_bytes()
    is_gzip = good[:2] == b"\x1f\x8b"
    plain = gzip.decompress(good) if is_gzip else good
    rng = random.Random(zlib.crc32(example.name.encode()))
    for _ in range(40):
        broken = bytearray(plain)
        for _ in range(rng.choice((1, 1, 4))):
            broken[rng.randrange(min(len(broken), 600))] = rng.randrange(256)
        path.write_bytes(gzip.compress(broken, 1) if is_gzip else broken)
        try:
            header = read_header(path)
            assert read_array(header).shape == header.shape
        except UnreadableFileError as error:
            assert path.stem in str(error)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_an_array_beyond_the_memory_of_the_machine_is_mapped_or_refused(
    tmp_path, monkeypatch, example
):
    path = example.write(tmp_path)
    header = read_header(path)
    is_mapped = isinstance(read_array(header), np.memmap)
    monkeypatch.setattr(memory, "_physical_bytes", lambda: header.nbytes - 1)
    if is_mapped:
        assert read_array(header).shape == header.shape
        return
    with pytest.raises(UnreadableFileError, match=rf"{path.stem}.*no memory"):
        read_array(header)
