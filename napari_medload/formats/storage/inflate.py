"""Compressed streams, inflated into memory of the right size: gzip and zlib by ISA-L, bzip2.

All members of a stream are read and each member's checksum is verified. The trailer's size of a
gzip stream is that of the last member, modulo 2³², and so says nothing about the whole (RFC 1952).
"""

from __future__ import annotations

import bz2
import zlib
from dataclasses import dataclass
from functools import partial
from io import FileIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.storage.ending import OTHER_ARRAY, TRUNCATED
from napari_medload.formats.storage.memory import memory_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PIECE = 1 << 18
_START_PIECE = 1 << 10
_PART = 1 << 20
"""Bytes inflated at a time: few enough to be copied from the processor's cache. numpy copies them
without holding Python's lock, so threads inflate side by side. One call for a whole stream, by
ISA-L or libdeflate, pays more than it saves: what it returns is fresh memory in small pages, with
a fault for each, and ends with the first member."""

_StreamError: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub errs
_PADDING_AT_MOST = 1 << 20


class _Bunzip:
    """A bzip2 stream with the face of a zlib stream."""

    unconsumed_tail = b""

    def __init__(self) -> None:
        self._stream = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, piece: bytes, most: int) -> bytes:
        try:
            return self._stream.decompress(piece, most)
        except OSError as error:
            raise _StreamError(str(error)) from error


@dataclass(frozen=True)
class Packing:
    """A way to compress.

    Parameters
    ----------
    name : str
        For messages.
    start : callable
        Makes a decompressor, with the methods of `zlib.decompressobj`.
    at_most : int
        How many bytes a compressed byte can stand for.
    """

    name: str
    start: Callable[[], Any]
    at_most: int


GZIP = Packing("gzip", partial(isal_zlib.decompressobj, 31), 1032)
ZLIB = Packing("zlib", partial(isal_zlib.decompressobj, 47), 1032)
"""Streams with a zlib header, or with that of gzip."""
BZIP2 = Packing("bzip2", _Bunzip, 2_000_000)

_gunzip_start = partial(zlib.decompressobj, 31)
"""For the first bytes alone: the tables that ISA-L makes for speed take it ten times as long."""


def inflate_start(path: Path | str, size: int) -> bytes:
    """Inflate the first bytes of a gzip file, reading no more of it than needed.

    Returns
    -------
    bytes
        At most `size`; fewer where the stream holds fewer.

    Raises
    ------
    UnreadableFileError
        If the file is no gzip stream.
    """
    found = bytearray()
    with FileIO(path) as file:
        try:
            stream: Any = _gunzip_start()
            # a kilobyte holds the header unless extensions or member names stand before it
            while len(found) < size and (piece := file.read(_START_PIECE)):
                while piece and len(found) < size:
                    if stream is None:
                        piece = piece.lstrip(b"\0")  # tools pad between members
                        stream = _gunzip_start() if piece else None
                        continue
                    found += stream.decompress(piece, size - len(found))
                    done = stream.eof
                    piece = stream.unused_data if done else stream.unconsumed_tail
                    stream = None if done else stream
        except zlib.error as error:
            raise _damaged(path, GZIP, error) from error
    return bytes(found)


def inflate(
    path: Path,
    size: int,
    *,
    whole: bool = True,
    tail_at_most: int = 0,
    packing: Packing = GZIP,
    start: int = 0,
) -> npt.NDArray[np.uint8]:
    """Inflate a stream that fills the rest of a file and must hold `size` bytes.

    Zero bytes after them are taken for padding and dropped.

    Parameters
    ----------
    path : Path
    size : int
    whole : bool
        Whether the stream must end after them. Otherwise what follows is not read, and its
        checksum not verified.
    tail_at_most : int
        Bytes of anything that may follow; they are inflated for their checksum, and dropped.
    packing : Packing
        How it is compressed.
    start : int
        Byte of the file at which the stream begins.

    Returns
    -------
    array of uint8, shape (size,)

    Raises
    ------
    UnreadableFileError
        If the stream is corrupt, ends early, or goes on with something else than zeros.
    """
    on_disk = max(path.stat().st_size - start, 0)
    if size > on_disk * packing.at_most:
        raise UnreadableFileError.about(
            path,
            f"{on_disk} compressed bytes",
            f"{size} bytes inside, as the header says, more than {packing.name} can hold in so few",
            TRUNCATED,
        )
    inflated = memory_for(path, size)
    with path.open("rb") as file:
        file.seek(start)
        try:
            done, extra = _fill(file, inflated, whole, tail_at_most, packing)
        except _StreamError as error:
            raise _damaged(path, packing, error) from error
    if done < size:
        raise UnreadableFileError.about(
            path,
            f"the compressed stream ends after {done} bytes",
            f"{size} bytes, as its header says",
            TRUNCATED,
        )
    if extra:
        raise UnreadableFileError.about(
            path,
            "more data follow the last voxel",
            f"{size} bytes, as its header says",
            OTHER_ARRAY,
        )
    return inflated


def _fill(
    file: IO[bytes],
    into: npt.NDArray[np.uint8],
    whole: bool,
    tail_at_most: int,
    packing: Packing,
) -> tuple[int, bool]:
    """Inflate a stream into memory; return the bytes written, and whether others follow."""
    done, padding, size = 0, 0, len(into)
    padding_at_most = max(tail_at_most, _PADDING_AT_MOST)
    stream, first = None, True
    while piece := file.read(_PIECE):
        more = False
        while piece or more:
            if stream is None:
                piece = piece if first else piece.lstrip(b"\0")  # tools pad between members
                if not piece:
                    break
                stream, first = packing.start(), False
            part = stream.decompress(piece, _PART)
            more = len(part) == _PART  # the stream may hold back what has no room, without input
            taken = part[: size - done]
            into[done : done + len(taken)] = np.frombuffer(taken, np.uint8)
            done += len(taken)
            if done == size and not whole:
                return done, False
            rest = part[len(taken) :]
            padding += len(rest)
            if padding > padding_at_most or (padding > tail_at_most and rest.strip(b"\0")):
                return done, True
            if stream.eof:
                piece, stream, more = stream.unused_data, None, False
            else:
                piece = stream.unconsumed_tail
    # a member whose checksum never came cannot be trusted, even if it gave bytes enough
    return (done if stream is None else min(done, size - 1)), False


def _damaged(path: Path | str, packing: Packing, error: Exception) -> UnreadableFileError:
    alone = packing is GZIP and str(path).lower().endswith(".gz")
    return UnreadableFileError.about(
        path,
        f"a damaged {packing.name} stream ({error})",
        f"a whole {packing.name} {'file' if alone else 'stream'}",
        "Copy it again from its source" + (", or test it with 'gzip -t'." if alone else "."),
    )
