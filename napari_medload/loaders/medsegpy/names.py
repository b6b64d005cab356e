"""Names of MedSegPy's files: ``0123456_V01-Aug00_072`` is slice 72 of a visit of a subject.

Only the name of the file is looked at, never its folders, and numbers may have any width.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_SLICE = re.compile(r"([0-9]+)_V([0-9]+)-Aug([0-9]+)_([0-9]+)")
_SCAN = re.compile(r"([0-9]+)_V([0-9]+)(?:-Aug([0-9]+))?")


class ScanName(NamedTuple):
    """One scan: who, when, and which augmentation of it (0: none).

    ``str`` writes it without augmentation as ``0123456_V01``, else as ``0123456_V01-Aug04``.
    """

    subject: int
    time_point: int
    augmentation: int = 0

    @property
    def scan_id(self) -> str:
        """Subject and time point, whatever the augmentation."""
        return f"{self.subject:07d}_V{self.time_point:02d}"

    def __str__(self) -> str:
        return f"{self.scan_id}-Aug{self.augmentation:02d}" if self.augmentation else self.scan_id

    @classmethod
    def parse(cls, path: Path | str) -> Self | None:
        """Read a file's name, or a key; None where it names no scan."""
        match = _SCAN.search(os.path.basename(path))
        return None if match is None else cls(*(int(number or 0) for number in match.groups()))


class SliceName(NamedTuple):
    """One slice of a scan; its number counts from 1.

    ``str`` writes it with the usual widths, as ``0123456_V01-Aug00_072``.
    """

    subject: int
    time_point: int
    augmentation: int
    number: int

    @property
    def scan(self) -> ScanName:
        """The scan that it belongs to."""
        return ScanName(*self[:3])

    def __str__(self) -> str:
        return f"{self.scan.scan_id}-Aug{self.augmentation:02d}_{self.number:03d}"

    @classmethod
    def parse(cls, path: Path | str) -> Self | None:
        """Read a file's name; None where it names no slice."""
        match = _SLICE.search(os.path.basename(path))
        return None if match is None else cls(*map(int, match.groups()))
