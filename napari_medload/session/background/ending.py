"""Whether the interpreter is about to end, and waits for its threads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

_ASKED_EVERY_S = 0.25


class Ending:
    """Tells long work in an executor that it is waited for; made for one piece of work.

    A script may end without closing anything. Python then waits for the threads of executors, and
    says so in no other way than by refusing new work.

    Parameters
    ----------
    executor : Executor
        In which the work runs.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._asked = time.monotonic()

    @property
    def near(self) -> bool:
        """Whether the executor or the interpreter waits for this work to end."""
        now = time.monotonic()
        if now - self._asked < _ASKED_EVERY_S:
            return False
        self._asked = now
        try:
            self._executor.submit(_nothing).cancel()
        except RuntimeError:
            return True
        return False


def _nothing() -> None:
    """Do nothing; what counts is whether it may be done."""
