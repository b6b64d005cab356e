"""Content of the samples that are looked at: hashed in a thread of its own, for their verdicts."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlowError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.loaders.identity import bytes_hash, file_stamp

if TYPE_CHECKING:
    from napari_medload.session.background.preparing import Prepared

_KEPT = 16
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class Content:
    """What a verdict is bound to.

    Parameters
    ----------
    hashes : tuple of (role, str)
        Of the stored array and affine of each role, or of the bytes of a file that can't be read.
    stamps : tuple of (role, bytes, modification time in ns)
        Of the files, as they were before they were read.
    """

    hashes: tuple[tuple[str, str], ...] = ()
    stamps: tuple[tuple[str, int, int], ...] = ()


def content_of(prepared: Prepared) -> Content:
    """Hash what was read of a sample; of what could not be read, the bytes of its files."""
    hashes, stamps = [], stamps_of(prepared)
    for role, source in prepared.sample.sources.items():
        resident = prepared.residents.get(role)
        try:
            content = bytes_hash(source) if resident is None else resident.content()
        except OSError:  # not even its bytes can be read
            content = ""
        hashes.append((role, content))
    return Content(tuple(hashes), stamps)


def stamps_of(prepared: Prepared) -> tuple[tuple[str, int, int], ...]:
    """Stamps of the files of a sample, without those that are not there."""
    stamps = []
    for role, source in prepared.sample.sources.items():
        resident = prepared.residents.get(role)
        with suppress(OSError):
            stamp = file_stamp(source) if resident is None else resident.stamp
            if stamp is not None:
                stamps.append((role, *stamp))
    return tuple(stamps)


class Contents:
    """Hashes what has been prepared for drawing, while a person looks at it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "medload-hash")
        self._counted: OrderedDict[str, Future[Content]] = OrderedDict()
        self._stamps: dict[str, tuple[tuple[str, int, int], ...]] = {}
        self._open = True

    def count(self, prepared: Prepared) -> Future[Content] | None:
        """Hash a sample in the background; None once this is closed.

        It is not held: who goes by many samples quickly would fill the memory.
        """
        if not self._open:
            return None
        seen = weakref.ref(prepared)

        def work() -> Content:
            found = seen()
            return Content() if found is None else content_of(found)

        self._stamps[prepared.sample.id] = stamps_of(prepared)
        future = self._pool.submit(work)
        self._counted[prepared.sample.id] = future
        self._counted.move_to_end(prepared.sample.id)
        while len(self._counted) > _KEPT:
            self._stamps.pop(self._counted.popitem(last=False)[0], None)
        return future

    def of(self, sample_id: str) -> Content:
        """Return the content of a sample; of a huge one that is not hashed yet, its stamps."""
        future = self._counted.get(sample_id)
        if future is None:
            return Content()
        try:
            return future.result(_PATIENCE_S)
        except (TooSlowError, OSError):
            return Content(stamps=self._stamps.get(sample_id, ()))

    def forget(self) -> None:
        """Begin anew, for another dataset."""
        self._counted.clear()
        self._stamps.clear()

    def close(self) -> None:
        """End all work."""
        self._open = False
        self._pool.shutdown(wait=False, cancel_futures=True)
