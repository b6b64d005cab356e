"""Gzip streams, inflated by ISA-L into memory of the right size.

All members of a stream are read and each member's checksum is verified. The trailer's size is
that of the last member, modulo 2³², and so says nothing about the whole (RFC 1952).
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from napari_medload.formats.contract import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 1 << 18
_START_PIECE = 1 << 10
_PART = 1 << 20
"""Bytes inflated at a time: few enough to be copied from the processor's cache. numpy copies them
without holding Python's lock, so threads inflate side by side."""

_GzipError: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub errs
_GZIP = 31
_DEFLATE_AT_MOST = 1032
_PADDING_AT_MOST = 1 << 20


def inflate_start(path: Path, size: int) -> bytes:
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
    with open(path, "rb", buffering=0) as file:
        try:
            stream: Any = isal_zlib.decompressobj(_GZIP)
            # a kilobyte holds the header unless extensions or member names stand before it
            while len(found) < size and (piece := file.read(_START_PIECE)):
                while piece and len(found) < size:
                    if stream is None:
                        piece = piece.lstrip(b"\0")  # tools pad between members
                        stream = isal_zlib.decompressobj(_GZIP) if piece else None
                        continue
                    found += stream.decompress(piece, size - len(found))
                    done = stream.eof
                    piece = stream.unused_data if done else stream.unconsumed_tail
                    stream = None if done else stream
        except _GzipError as error:
            raise _not_gzip(path, error) from error
    return bytes(found)


def inflate(path: Path, size: int, *, whole: bool = True) -> npt.NDArray[np.uint8]:
    """Inflate a gzip file that must hold `size` bytes.

    Zero bytes after them are taken for padding and dropped.

    Parameters
    ----------
    path : Path
    size : int
    whole : bool
        Whether the stream must end after them. Otherwise what follows is not read, and its
        checksum not verified.

    Returns
    -------
    array of uint8, shape (size,)

    Raises
    ------
    UnreadableFileError
        If the stream is corrupt, ends early, or goes on with something else than zeros.
    """
    on_disk = path.stat().st_size
    if size > on_disk * _DEFLATE_AT_MOST:
        raise UnreadableFileError.about(
            path,
            f"{on_disk} compressed bytes",
            f"{size} bytes inside, as the header says, more than gzip can hold in so few",
            "The file is truncated or its header is wrong; copy it again from its source.",
        )
    inflated = np.empty(size, dtype=np.uint8)
    with path.open("rb") as file:
        try:
            done, extra = _fill(file, inflated, whole)
        except _GzipError as error:
            raise _not_gzip(path, error) from error
    if done < size:
        raise UnreadableFileError.about(
            path,
            f"the compressed stream ends after {done} bytes",
            f"{size} bytes, as its header says",
            "The file is truncated or its header is wrong; copy it again from its source.",
        )
    if extra:
        raise UnreadableFileError.about(
            path,
            "more data follow the last voxel",
            f"{size} bytes, as its header says",
            "The header does not describe this array; write the file again.",
        )
    return inflated


def _fill(file: IO[bytes], into: npt.NDArray[np.uint8], whole: bool) -> tuple[int, bool]:
    """Inflate a stream into memory; return the bytes written, and whether others follow."""
    done, padding, size = 0, 0, len(into)
    stream, first = None, True
    while piece := file.read(_PIECE):
        more = False
        while piece or more:
            if stream is None:
                piece = piece if first else piece.lstrip(b"\0")  # tools pad between members
                if not piece:
                    break
                stream, first = isal_zlib.decompressobj(_GZIP), False
            part = stream.decompress(piece, _PART)
            more = len(part) == _PART  # the stream may hold back what has no room, without input
            taken = part[: size - done]
            into[done : done + len(taken)] = np.frombuffer(taken, np.uint8)
            done += len(taken)
            if done == size and not whole:
                return done, False
            rest = part[len(taken) :]
            padding += len(rest)
            if rest.strip(b"\0") or padding > _PADDING_AT_MOST:
                return done, True
            if stream.eof:
                piece, stream, more = stream.unused_data, None, False
            else:
                piece = stream.unconsumed_tail
    # a member whose checksum never came cannot be trusted, even if it gave bytes enough
    return (done if stream is None else min(done, size - 1)), False


def _not_gzip(path: Path, error: Exception) -> UnreadableFileError:
    return UnreadableFileError.about(
        path,
        f"a damaged gzip stream ({error})",
        "a whole gzip file",
        "Copy it again from its source, or test it with 'gzip -t'.",
    )
