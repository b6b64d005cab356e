"""Compressed HDF5 datasets, inflated by ISA-L outside the HDF5 library.

The library lets one thread in at a time and inflates with zlib. Fetching the chunks as they are
stored leaves only that to it; ISA-L is faster, and threads inflate side by side.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from isal import isal_zlib

from napari_medload.formats.contract import Array, UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

_ZLIB = 15
_AS_ONE = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}
_InflateError: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub errs


def read_into(out: Array, path: Path, dataset: Any) -> None:
    """Read a whole dataset into memory of its size.

    Parameters
    ----------
    out : array
        In C order, of the dataset's dtype and size; axes of length 1 may lack.
    path : path
        For errors.
    dataset : h5py.Dataset

    Raises
    ------
    UnreadableFileError
        If a chunk is damaged or missing.
    """
    place = out.reshape(dataset.shape)
    try:
        if _is_deflated(dataset):
            _inflate_chunks(place, dataset)
        else:
            dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, place)
    except MemoryError as error:
        raise UnreadableFileError.too_large(path, out.nbytes) from error
    except (OSError, RuntimeError, ValueError, _InflateError) as error:
        raise UnreadableFileError.about(
            path,
            f"dataset '{dataset.name.lstrip('/')}' that cannot be read ({error})",
            f"{dataset.shape} numbers of type {dataset.dtype}",
            "Copy the file again from its source.",
        ) from error


def _is_deflated(dataset: Any) -> bool:
    """Whether every chunk is there, deflated, and otherwise as numpy has it in memory."""
    plist = dataset.id.get_create_plist()
    if plist.get_layout() != h5py.h5d.CHUNKED or plist.get_nfilters() != 1:
        return False
    return bool(
        plist.get_filter(0)[0] == h5py.h5z.FILTER_DEFLATE
        and dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype, logical=True)
        and dataset.id.get_num_chunks() == math.prod(_counts(dataset.shape, dataset.chunks))
    )


def _inflate_chunks(out: Array, dataset: Any) -> None:
    shape, dtype = dataset.chunks, dataset.dtype
    size = math.prod(shape) * dtype.itemsize
    for first, place, kept in _places(out.shape, shape):
        skipped, stored = dataset.id.read_direct_chunk(first)
        raw = stored if skipped else _inflate(stored, size)
        if len(raw) != size:
            raise ValueError(f"a chunk of {len(raw):,} bytes, expected {size:,}")
        _copy(np.frombuffer(raw, dtype).reshape(shape)[kept], out[place])


@lru_cache(maxsize=8)
def _places(shape: tuple[int, ...], chunk: tuple[int, ...]) -> list[tuple[Any, Any, Any]]:
    """First index of each chunk, where it lies in the whole, and the part of it that counts."""
    places = []
    for number in np.ndindex(*_counts(shape, chunk)):
        first = tuple(n * step for n, step in zip(number, chunk, strict=True))
        sizes = [min(step, n - at) for at, step, n in zip(first, chunk, shape, strict=True)]
        place = tuple(slice(at, at + size) for at, size in zip(first, sizes, strict=True))
        places.append((first, place, tuple(slice(0, size) for size in sizes)))
    return places


def _counts(shape: tuple[int, ...], chunk: tuple[int, ...]) -> list[int]:
    return [-(-size // step) for size, step in zip(shape, chunk, strict=True)]


def _copy(part: Array, place: Array) -> None:
    """Copy the numbers; a few that stand together along the last axis are copied as one."""
    whole = _AS_ONE.get(part.shape[-1] * part.dtype.itemsize)
    if whole is not None and part.strides[-1] == place.strides[-1] == part.dtype.itemsize:
        part, place = part.view(whole), place.view(whole)
    place[...] = part


def _inflate(stored: bytes, size: int) -> bytes:
    stream: Any = isal_zlib.decompressobj(_ZLIB)
    raw: bytes = stream.decompress(stored, size)
    if not stream.eof:  # the end of the stream, with its checksum, may still be to come
        raw += stream.decompress(stream.unconsumed_tail, 1)
    if not stream.eof:
        raise ValueError("a chunk that is longer than it should be, or cut off")
    return raw
