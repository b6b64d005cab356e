"""Volumes kept in memory within a budget; each is read once, by whoever asks first."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import psutil

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_FREE_SHARE = 4
_AT_MOST = 4 << 30


class Sized(Protocol):
    """Something that knows its memory."""

    @property
    def nbytes(self) -> int:
        """Bytes held at present."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


_MALLOC_TRIM: Callable[[int], int] | None = (
    getattr(ctypes.CDLL(None), "malloc_trim", None) if (sys.platform == "linux") else None
)
"""Gives freed memory back to the system. The C library of Linux keeps it for each thread that has
read volumes, several times what is in use."""


class SupersededError(Exception):
    """A read that nobody wanted any more when its turn came."""


def default_budget() -> int:
    """Return a quarter of the free memory, at most 4 GiB."""
    return int(min(psutil.virtual_memory().available // _FREE_SHARE, _AT_MOST))


def forget_frames(future: Future[Any]) -> None:
    """Drop the traceback of a future's error.

    Its frames hold the volumes that were read until then, and the future itself: a circle that
    the collector may leave alone for long, while the memory runs full.
    """
    error = None if future.cancelled() else future.exception()
    if error is not None:
        error.__traceback__ = error.__context__ = None


class Cache(Generic[K, V]):
    """Least recently used values go first once their bytes exceed the budget.

    Sizes are asked for at each trim, because a value may grow after it was read.

    Parameters
    ----------
    budget : int
        Bytes.
    executor : Executor
        Where reading happens.
    """

    def __init__(self, budget: int, executor: Executor) -> None:
        self.budget = budget
        self._executor = executor
        self._lock = threading.Lock()
        self._reads: OrderedDict[K, Future[V]] = OrderedDict()

    def read(self, key: K, read: Callable[[], V], wanted: Callable[[], bool]) -> Future[V]:
        """Value of a key, read unless it is there or on its way.

        Parameters
        ----------
        key : hashable
        read : callable
            Reads the value, in the executor.
        wanted : callable
            Asked before reading begins; if nobody wants it, the future holds `SupersededError`.
        """
        with self._lock:
            future = self._reads.get(key)
            if future is not None and not (future.done() and future.exception() is not None):
                self._reads.move_to_end(key)
                return future
            future = self._executor.submit(_read_if_wanted, read, wanted)
            future.add_done_callback(forget_frames)
            self._reads[key] = future
            return future

    def held(self, key: K) -> V | None:
        """Return a value that is there, without asking for it: it grows no younger by this."""
        with self._lock:
            future = self._reads.get(key)
        there = future is not None and future.done() and not future.cancelled()
        return future.result() if future and there and future.exception() is None else None

    @property
    def reading(self) -> bool:
        """Whether a read is under way, or waits for its turn."""
        with self._lock:
            return any(not future.done() for future in self._reads.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._reads.clear()

    def trim(self, keep: Collection[K], free: int = 0) -> None:
        """Evict least recently used values until the rest fits; those in `keep` stay.

        Parameters
        ----------
        free : int
            Bytes to leave for what is about to be read.
        """
        with self._lock:
            held = self._sizes()
            total = sum(held.values())
            evicted = False
            for key, size in held.items():
                if total + free <= self.budget:
                    break
                if key not in keep:
                    del self._reads[key]
                    total -= size
                    evicted = True
        if evicted and _MALLOC_TRIM is not None:
            self._executor.submit(_MALLOC_TRIM, 0)

    @property
    def nbytes(self) -> int:
        """Bytes of all values at present."""
        with self._lock:
            return sum(self._sizes().values())

    def _sizes(self) -> dict[K, int]:
        return {
            key: future.result().nbytes
            for key, future in self._reads.items()
            if future.done() and not future.cancelled() and future.exception() is None
        }


def _read_if_wanted(read: Callable[[], V], wanted: Callable[[], bool]) -> V:
    if not wanted():
        raise SupersededError
    return read()
