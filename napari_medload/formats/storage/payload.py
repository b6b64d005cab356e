"""The numbers of an array behind a text header, or in files beside it.

NRRD and MetaImage store them alike: the fastest axis first, as they are in memory, compressed, or
written out as text; in the header's file, in another one, or in several that follow each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.contract import Array, Box, UnreadableFileError, cut, shape_text
from napari_medload.formats.storage.ending import (
    OTHER_ARRAY,
    TAIL_AT_MOST,
    TRUNCATED,
    expect_end,
)
from napari_medload.formats.storage.inflate import Packing, inflate
from napari_medload.formats.storage.memory import memory_for
from napari_medload.formats.storage.regular import expect_file

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats.contract import Header

_LINE_PIECE = 1 << 16
_DIGITS_AT_MOST = 64


@dataclass(frozen=True)
class Payload:
    """Where the numbers of an array lie, and how.

    Parameters
    ----------
    files : tuple of Path
        Each holds an equal share of the numbers.
    start : int
        Byte of each file before which the header stands.
    sizes : tuple of ints
        Along the axes on disk, from the fastest to the slowest.
    dtype : numpy dtype
        On disk, with its byte order.
    spatial : tuple of one to three ints
        Which axes on disk are i, j and k. The others follow behind: time, which stands behind
        space on disk, before channels, which stand in front of it.
    packing : Packing, optional
        How they are compressed.
    text : bool
        Whether they are written out, with white space between.
    lines, skip : int
        What else stands before the numbers in each file: lines, and then bytes. Bytes before
        compressed numbers are compressed with them. -1 bytes: the numbers end with the file.
    """

    files: tuple[Path, ...]
    start: int
    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    spatial: tuple[int, ...]
    packing: Packing | None = None
    text: bool = False
    lines: int = 0
    skip: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array: i, j, k, then the other axes; i and j alone in two dimensions."""
        i_j_k = [self.sizes[axis] for axis in self.spatial]
        others = [self.sizes[axis] for axis in self._others]
        return tuple(i_j_k + [1] * (3 - len(i_j_k)) * bool(others) + others)

    @property
    def _others(self) -> list[int]:
        first, last = self.spatial[0], len(self.sizes)
        behind = [axis for axis in range(first, last) if axis not in self.spatial]
        return [*behind, *range(first)]

    def read(self, box: Box | None = None) -> Array:
        """Read the numbers, or those of a box; mapped from disk where they lie there as they are.

        Raises
        ------
        UnreadableFileError
            If there are fewer numbers or more than the header says.
        """
        sizes, last = self.sizes, len(self.sizes) - 1
        if box is not None and last in self.spatial:  # nothing behind the box is needed
            sizes = (*sizes[:-1], box[self.spatial.index(last)].stop)
        stored = self._first(math.prod(sizes)).reshape(sizes, order="F")
        stored = stored.transpose((*self.spatial, *self._others))
        shape = (*(sizes[axis] for axis in self.spatial), *self.shape[len(self.spatial) :])
        stored = cut(stored.reshape(shape, order="A"), box)
        stored.flags.writeable = False
        return stored

    def _first(self, count: int) -> Array:
        """Read the first numbers, shape (count,)."""
        share = math.prod(self.sizes) // len(self.files)
        if len(self.files) == 1:
            return self._share(self.files[0], count, share)
        joined: Array = memory_for(self.files[0], count * self.dtype.itemsize).view(self.dtype)
        for number, path in enumerate(self.files[: -(-count // share)]):
            part = joined[number * share : (number + 1) * share]
            part[...] = self._share(path, len(part), share)
        return joined

    def _share(self, path: Path, count: int, share: int) -> Array:
        """Read the first of the numbers that a file holds."""
        expect_file(path)
        start = self.start + _length_of_lines(path, self.start, self.lines)
        if self.text:
            return _written_out(path, start + self.skip, share, self.dtype)[:count]
        if self.packing is None:
            return self._map(path, start, share)[:count]
        size = self.skip + count * self.dtype.itemsize
        flat = inflate(path, size, whole=count == share, packing=self.packing, start=start)
        numbers: Array = flat[self.skip :].view(self.dtype)
        return numbers

    def _map(self, path: Path, start: int, share: int) -> Array:
        """Map the numbers of a file, shape (share,)."""
        size = share * self.dtype.itemsize
        begin = path.stat().st_size - size if self.skip < 0 else start + self.skip
        expect_end(path, max(begin, start) + size)
        return np.memmap(path, self.dtype, "r", begin, (share,))


def expect_unchanged(before: Header, now: Header) -> None:
    """Check that a file still describes the same array.

    Raises
    ------
    UnreadableFileError
        If its shape or type is another.
    """
    if (now.shape, now.dtype) != (before.shape, before.dtype):
        raise UnreadableFileError.about(
            before.source,
            f"an array of {shape_text(now.shape)} and type {now.dtype}",
            f"{shape_text(before.shape)} of type {before.dtype}, as it was before",
            "The file was changed meanwhile; open it again.",
        )


def _length_of_lines(path: Path, start: int, lines: int) -> int:
    """Bytes that some lines of a file take, with their ends."""
    if not lines:
        return 0
    with path.open("rb") as file:
        file.seek(start)
        for number in range(lines):
            while not (piece := file.readline(_LINE_PIECE)).endswith(b"\n"):
                if not piece:
                    raise UnreadableFileError.about(
                        path, f"{number} lines before the numbers", f"{lines}", TRUNCATED
                    )
        return file.tell() - start


def _written_out(path: Path, start: int, count: int, dtype: np.dtype[Any]) -> Array:
    """Numbers that are written out, shape (count,)."""
    with path.open("rb") as file:
        file.seek(start)
        tokens = file.read(min(count * _DIGITS_AT_MOST, path.stat().st_size)).split()
        more = bool(file.read(TAIL_AT_MOST).strip())
    if len(tokens) != count or more:
        found = f"more than {count} numbers" if more else f"{len(tokens)} numbers"
        raise UnreadableFileError.about(path, found, f"{count}, as the header says", TRUNCATED)
    wide = np.dtype(np.float64 if dtype.kind == "f" else f"{dtype.kind}8")
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(tokens).astype(wide)
            stored: Array = numbers.astype(dtype)
    except (ValueError, OverflowError) as error:
        raise UnreadableFileError.about(
            path, f"a text that is no number ({error})", f"numbers of type {dtype}", OTHER_ARRAY
        ) from error
    if dtype.kind != "f" and (stored != numbers).any():
        worst = numbers[stored != numbers][0]
        raise UnreadableFileError.about(
            path, f"the number {worst}", f"numbers that fit into {dtype}", OTHER_ARRAY
        )
    return stored
