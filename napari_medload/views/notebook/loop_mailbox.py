"""Background results, delivered to the thread that runs a notebook's cells."""

from __future__ import annotations

import asyncio
import queue
import threading
from typing import TYPE_CHECKING

from napari_medload.session import QueueMailbox

if TYPE_CHECKING:
    from collections.abc import Callable


class LoopMailbox(QueueMailbox):
    """Runs calls posted from any thread in the thread that made this object, in order.

    Where that thread runs an event loop, as a kernel does, calls are run by the loop as soon as no
    cell runs. A cell that waits for something runs them itself, by `run_until`; so does a script,
    which has no loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._open = True
        self._due = False  # whether the loop has been asked to run what is there
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    @property
    def is_here(self) -> bool:
        """Whether the caller is in the thread that calls are run in."""
        return threading.get_ident() == self._thread

    @property
    def has_loop(self) -> bool:
        """Whether calls are run by themselves."""
        return self._loop is not None and not self._loop.is_closed()

    def post(self, call: Callable[[], None]) -> None:
        """Take a call from any thread."""
        if not self._open:
            return
        super().post(call)
        self._ask_loop()

    def _ask_loop(self) -> None:
        if self._loop is not None and not self._due:
            self._due = True
            try:
                self._loop.call_soon_threadsafe(self._run_by_loop)
            except RuntimeError:  # it has ended; what is there waits for `run`
                self._due = False

    def run(self) -> None:
        """Run what has come in so far."""
        while self._open:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return
            call()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Run a call after a while, where there is a loop; else never."""
        loop = self._loop
        if loop is None or loop.is_closed() or not self._open:
            return
        loop.call_soon_threadsafe(lambda: loop.call_later(seconds, self._run_unless_closed, call))

    def close(self) -> None:
        """Drop what is still to come."""
        self._open = False

    def _run_by_loop(self) -> None:
        self._due = False  # before the calls: what comes in meanwhile asks again
        try:
            self.run()
        finally:  # where a call has failed, which the loop reports, others may be left
            if self._open and not self._calls.empty():
                self._ask_loop()

    def _run_unless_closed(self, call: Callable[[], None]) -> None:
        if self._open:
            call()
