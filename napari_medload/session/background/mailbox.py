"""How results of background work reach the thread that owns the session."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Mailbox(Protocol):
    """Runs calls, in order, in the thread that owns the session."""

    def post(self, call: Callable[[], None]) -> None:
        """Take a call from any thread."""
        ...


class QueueMailbox:
    """Keeps calls until their owner asks; for scripts and tests, without an event loop."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, call: Callable[[], None]) -> None:
        """Take a call from any thread."""
        self._calls.put(call)

    def run_until(self, condition: Callable[[], bool], timeout: float = 60.0) -> None:
        """Run calls as they come until a condition holds.

        Raises
        ------
        TimeoutError
            If it does not hold in time (seconds).
        """
        end = time.monotonic() + timeout
        while not condition():
            try:
                self._calls.get(timeout=max(0.0, end - time.monotonic()))()
            except queue.Empty:
                raise TimeoutError(f"still waiting after {timeout} s") from None
