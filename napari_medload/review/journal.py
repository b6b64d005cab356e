"""A journal: one file that is only ever appended to, and read on from where it was left."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from napari_medload.review.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.review.files import Files

_REMEMBERED = 64
"""Bytes before the place where reading goes on, by which a file is known again."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Found:
    """What a look at a journal has found.

    Parameters
    ----------
    lines : list of str
        Whole lines that were not read before.
    first : int
        Number of the first of them, counted from 1.
    anew : bool
        Whether what was read before does not count: another file, or another content, has its
        place, or nothing.
    """

    lines: list[str]
    first: int
    anew: bool = False


class Journal:
    """One file of lines.

    Parameters
    ----------
    path : Path
        It need not be there.

    Attributes
    ----------
    cut : str
        What stands after the last whole line.
    count : int
        Number of whole lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.cut = ""
        self.count = 0
        self._read_to = 0
        self._before = b""
        self._seen: os.stat_result | None = None
        self._just_written = False

    @property
    def known(self) -> bool:
        """Whether a file was there at the last look."""
        return self._seen is not None

    def look(self) -> Found:
        """Read what was added.

        Raises
        ------
        OSError
            If it is there and cannot be read.
        """
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            was = self.known
            self._forget()
            return Found([], 1, anew=was)
        if self._is_as_seen(now):
            return Found([], self.count + 1)
        with open(self.path, "rb") as file:
            now = os.fstat(file.fileno())
            anew = not self._goes_on(now)
            if not anew:
                file.seek(self._read_to - len(self._before))
                anew = file.read(len(self._before)) != self._before
            if anew:
                was = self.known
                self._forget()
                file.seek(0)
                return self._read_on(file, now, anew=was)
            return self._read_on(file, now)

    def is_current(self, descriptor: int) -> bool:
        """Whether nothing happened to an open journal since the last look."""
        return self._is_as_seen(os.fstat(descriptor))

    def append(self, files: Files, descriptor: int, text: str) -> None:
        """Append lines in one call, and wait until they are on disk.

        Parameters
        ----------
        files : Files
        descriptor : int
            Of the open journal, which was looked at since it is locked.
        text : str
            Lines in ASCII, each with its end.

        Raises
        ------
        OSError
            If they were not written whole, or may not be on disk. What was written of them is
            taken away again where nobody has written after it; else the next line begins anew.
        """
        data = (f"\n{text}" if self.cut else text).encode("ascii")
        before = os.fstat(descriptor).st_size
        written = 0
        try:
            written = files.write(descriptor, data)
            if written != len(data):
                raise JournalError.about(
                    self.path,
                    f"{written} of {len(data)} bytes of a line could be written",
                    "all of them: the disk is full, or a quota is reached",
                    "Nothing was saved. Free some space, or choose another review folder, and "
                    "judge again.",
                )
            files.fsync(descriptor)
        except OSError:
            self._take_back(files, descriptor, before, before + written)
            raise
        now = os.fstat(descriptor)
        if self.known and now.st_size == before + len(data) and before == self._size():
            self.count += text.count("\n") + bool(self.cut)
            self._read_to, self.cut, self._seen = now.st_size, "", now
            self._just_written = True
            self._before = (self._before + data)[-_REMEMBERED:]

    def _take_back(self, files: Files, descriptor: int, before: int, after: int) -> None:
        with suppress(OSError):  # a line that is cut off is no verdict either
            if before < os.fstat(descriptor).st_size == after:
                files.truncate(descriptor, before)
                files.fsync(descriptor)

    def _size(self) -> int:
        return -1 if self._seen is None else self._seen.st_size

    def _is_as_seen(self, now: os.stat_result) -> bool:
        seen = self._seen
        if seen is None or (seen.st_size, *_place(seen)) != (now.st_size, *_place(now)):
            return False
        if self._just_written:  # some disks tell the time of a write only once it is closed
            self._seen, self._just_written = now, False
            return True
        return seen.st_mtime_ns == now.st_mtime_ns

    def _goes_on(self, now: os.stat_result) -> bool:
        """Whether a file may be the one that was read, with something added."""
        seen = self._seen
        return seen is not None and _place(seen) == _place(now) and now.st_size > seen.st_size

    def _read_on(self, file: IO[bytes], now: os.stat_result, anew: bool = False) -> Found:
        first = self.count + 1
        lines: list[str] = []
        rest = bytearray()
        while block := file.read(_BLOCK):
            end = block.rfind(b"\n") + 1
            if end:
                rest += block[:end]
                lines += _text(rest).split("\n")
                lines.pop()  # what follows the last end
                self._read_to += len(rest)
                self._before = (self._before + rest[-_REMEMBERED:])[-_REMEMBERED:]
                rest = bytearray(block[end:])
            else:
                rest += block
        self.cut = _text(rest)
        self.count += len(lines)
        self._seen, self._just_written = now, False
        return Found(lines, first, anew)


def _place(seen: os.stat_result) -> tuple[int, int]:
    """Return what tells a file apart from others."""
    return seen.st_dev, seen.st_ino


def _text(data: bytes | bytearray) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # such a line is no JSON any more; the others are
        return data.decode("utf-8", "backslashreplace")
