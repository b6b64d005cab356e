"""What a verdict is bound to: which dataset, which content, which files.

A *dataset's id* is its name and layout, in words. It depends on neither the place of the folder
nor on its samples: a dataset that grows, or of which one split alone is opened, keeps its verdicts.
It keeps apart what shares a review folder; that a verdict is about the same images is told by the
sample's id and by the content.

*Content* is a hash of the stored array and the affine of each role, the same wherever the file
lies, however it is compressed, and on machines of either byte order.

*Stamps* are sizes and times of the files. Equal stamps spare reading them; different ones prove
nothing, because copying changes them.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Source, read_header
from napari_medload.images import read_volume
from napari_medload.loaders.splits import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray
    from napari_medload.images import Volume
    from napari_medload.loaders.dataset import Dataset

_DIGEST = 16
_PIECE = 1 << 22
_DECIMALS = 6
"""Of the affine, in mm: what two machines compute from one header may differ after them."""

_DETACHED = (".mhd", ".nhdr", ".hdr", ".img", ".img.gz")
"""Suffixes of files whose numbers, or whose header, lie in another file."""


def dataset_id(dataset: Dataset) -> str:
    """Id of a dataset, such as ``"brain (paired)"``; see the top of this module."""
    name = dataset.name
    if not dataset.title and name.lower() in SPLITS:  # a split that was opened alone
        name = dataset.root.parent.name or name
    return unicodedata.normalize("NFC", f"{name} ({dataset.layout})")


def content_hash(array: Array, affine: FloatArray | None) -> str:
    """Hash an array and where it lies.

    Parameters
    ----------
    array : array, shape (i, j, k) or (i, j, k, frames)
        Stored numbers. A single frame counts as none. Neither memory layout nor byte order counts.
    affine : array, shape (4, 4), optional
        From indices to mm, RAS+; None where the grid is unknown. It counts to a millionth of a mm.

    Returns
    -------
    str
        32 hexadecimal digits, by BLAKE2b.
    """
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    kind = array.dtype.newbyteorder("<").str
    found = blake2b(f"{kind} {array.shape}".encode(), digest_size=_DIGEST)
    if affine is None:
        found.update(b"unknown")
    else:
        rounded = np.round(np.asarray(affine, np.float64), _DECIMALS) + 0.0  # no negative zero
        found.update(rounded.astype("<f8").tobytes())
    for piece in _pieces(array):
        found.update(piece)
    return found.hexdigest()


def hash_of(volume: Volume) -> str:
    """Hash the content of a volume as it was read."""
    grid = volume.grid
    return content_hash(volume.array, grid.affine if grid.known else None)


def hash_of_source(source: Source) -> str:
    """Read an array and hash its content; of what cannot be read, the bytes of its files.

    Raises
    ------
    OSError
        If there is no such file, or its bytes cannot be read either.
    """
    try:
        return hash_of(read_volume(source))
    except (OSError, ValueError):
        return bytes_hash(source)


def bytes_hash(source: Source) -> str:
    """Hash the bytes of all files of an array that cannot be read, or that is none.

    Returns
    -------
    str
        ``"bytes:"`` and 32 hexadecimal digits: never equal to the hash of an array.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    found = blake2b(digest_size=_DIGEST)
    for path in files_of(source):
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    return f"bytes:{found.hexdigest()}"


def file_stamp(source: Source) -> tuple[int, int]:
    """Size in bytes and time of modification in ns: of all files of an array, and of the latest.

    Raises
    ------
    OSError
        If one is not there.
    """
    if not (source.slices or source.file.lower().endswith(_DETACHED)):
        only = os.stat(source.file)  # asked of 100,000 samples: once a file
        if not stat.S_ISDIR(only.st_mode):
            return only.st_size, only.st_mtime_ns
    found = [os.stat(path) for path in files_of(source)]
    return sum(each.st_size for each in found), max(each.st_mtime_ns for each in found)


def files_of(source: Source) -> list[str]:
    """Paths of all files that an array is read from, sorted.

    Of a folder of DICOM files all count, whichever series is meant.

    Raises
    ------
    OSError
        If a folder cannot be listed, or is empty.
    """
    path = source.file
    if source.slices:
        folder = os.path.dirname(path)
        return sorted(os.path.join(folder, name) for name in source.slices if name is not None)
    if os.path.isdir(path):
        with os.scandir(path) as entries:
            files = sorted(e.path for e in entries if e.name[0] != "." and e.is_file())
        if not files:
            raise FileNotFoundError(f"{path}: no file in it; expected those of a DICOM series")
        return files
    if path.lower().endswith(_DETACHED):
        return sorted({path, *_attached(source)})
    return [path]


def _attached(source: Source) -> Iterator[str]:
    """Other files that belong to a header, or to the numbers that a header goes with."""
    try:
        data = read_header(source).data_path
    except (OSError, ValueError):  # then the file itself has to do
        data = None
    if data is not None and os.path.isfile(data):
        yield str(data)
    stem, suffix = os.path.splitext(source.file.removesuffix(".gz"))
    for other in {".hdr": (".img", ".img.gz"), ".img": (".hdr",)}.get(suffix.lower(), ()):
        if os.path.isfile(stem + other):
            yield stem + other


def _pieces(array: Array) -> Iterator[memoryview]:
    """Bytes of an array with i running fastest, little-endian; no copy where they lie so."""
    little = array.dtype.newbyteorder("<")
    if array.dtype == little and array.flags.f_contiguous:
        yield array.reshape(-1, order="F").view(np.uint8).data
        return
    last = array.shape[-1]
    step = max(1, _PIECE * last // max(1, array.nbytes))
    for start in range(0, last, step):
        copied = np.asfortranarray(array[..., start : start + step], dtype=little)
        yield copied.reshape(-1, order="F").view(np.uint8).data
