"""Whether the interpreter is about to end, and waits for its threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

_ASKED_EVERY_S = 0.25


class Ending:
    """Tells work in a thread that the interpreter ends; made for one piece of work.

    A script may end without closing anything. Python then waits for the threads of executors, and
    says so in no other way than by refusing new work.
    """

    def __init__(self) -> None:
        self._asked = time.monotonic()

    @property
    def near(self) -> bool:
        """Whether the interpreter waits for this work to end; asked now and then."""
        now = time.monotonic()
        if now - self._asked < _ASKED_EVERY_S:
            return False
        self._asked = now
        try:
            _PROBE.submit(_nothing)
        except RuntimeError:
            return True
        return False


_PROBE = ThreadPoolExecutor(1, "medload-ending")


def _nothing() -> None:
    """Do nothing; what counts is whether it may be done."""
