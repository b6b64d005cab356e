"""Which images can't be read: by what checks have found, or else by their headers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_medload.checks import Severity
from napari_medload.export.remark import Remark
from napari_medload.formats import read_header, suffix_of
from napari_medload.loaders.identity import file_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_medload.export.contract import Target
    from napari_medload.export.remark import Gravity
    from napari_medload.export.selection import Entry
    from napari_medload.formats import Source

_CHECK = "unreadable"
_MOST = 5_000
"""Samples whose headers are read; of more it takes minutes, and they are checked beforehand."""

_THREADS = 8  # waiting for a disk or a network, most of the time
_TOLD_EVERY = 100
_REMEDY = "Mend the files, or leave these samples out"


class Readable:
    """What is known of whether images can be read.

    Parameters
    ----------
    target : Target
    opens : bool
        Whether the headers of samples that nobody has checked are to be read.
    names : callable
        Whether the list names the file of a role.
    """

    def __init__(
        self, target: Target, opens: bool, names: Callable[[str], bool] = lambda _role: True
    ) -> None:
        self._target, self._opens, self._names = target, opens, names
        self._found: list[str] = []
        self._unchecked: list[Entry] = []
        self._count = 0

    def at(self, entry: Entry) -> None:
        """Look at what was found in a sample."""
        if entry.findings:
            for finding in entry.findings:
                if finding.check == _CHECK and finding.severity is Severity.ERROR:
                    if not finding.roles or any(map(self._names, finding.roles)):
                        self._found.append(entry.sample.id)
                        return
        elif entry.findings is None:
            settings = entry.sample.settings
            told = settings.get("findings") if settings else None
            if told is not None:
                if f"error {_CHECK}" in str(told):
                    self._found.append(entry.sample.id)
            elif self._opens:
                self._count += 1
                if self._count <= _MOST:
                    self._unchecked.append(entry)

    def remarks(self, gravity: Gravity) -> Iterator[Remark]:
        """Say which samples can't be read; headers are read now."""
        if self._found:
            yield Remark(
                gravity,
                f"checks have found that files of these samples can't be read. {_REMEDY}",
                tuple(self._found),
            )
        if self._count > _MOST:
            yield Remark(
                "warning",
                f"{self._count:,} samples were not checked, too many to read their headers now; a "
                "file that is broken would not be known. Let them be checked first: the browser "
                "does so by itself, Python by 'findings', the command line by --findings headers",
            )
        elif faults := self._faults():
            first = next(iter(faults.values()))
            yield Remark(
                gravity,
                f"headers of these samples can't be read (first: {first}). {_REMEDY}",
                tuple(faults),
            )

    def _faults(self) -> dict[str, str]:
        """Ids of samples with a header that can't be read, and the first reason of each."""
        found: dict[str, str] = {}
        if not self._unchecked:
            return found
        with ThreadPoolExecutor(_THREADS, "medload-headers") as pool:
            try:
                faults = pool.map(self._fault, self._unchecked)
                for place, (entry, fault) in enumerate(zip(self._unchecked, faults, strict=True)):
                    if place % _TOLD_EVERY == 0:
                        self._target.tell(f"reading headers: {place:,} of {self._count:,}")
                    if fault:
                        found[entry.sample.id] = fault
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return found

    def _fault(self, entry: Entry) -> str:
        named: dict[str, Any] = {
            role: source
            for role, source in entry.sample.image_sources.items()
            if self._names(role) and _is_known(source)
        }
        try:
            faults = [_header_fault(each, file_stamp(each)) for each in named.values()]
        except OSError as error:  # a file that is gone, or a part of it
            return str(error)
        return next(filter(None, faults), "")


def _is_known(source: Source) -> bool:
    """Whether a file is there, and of a format that is read here; others are not judged."""
    return suffix_of(source.file) is not None and os.path.isfile(source.file)


@lru_cache(maxsize=20_000)
def _header_fault(source: Source, _stamp: tuple[int, int]) -> str:
    """Why a header can't be read; each is read once, as long as its file does not change."""
    try:
        read_header(source)
    except Exception as error:  # whatever a broken file provokes
        return str(error) or type(error).__name__
    return ""
