"""Telling how far something is, no more often than a person can read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_S = 0.1


class Seldom:
    """Tells the first text at once, and of those that follow too fast none.

    Parameters
    ----------
    tell : callable
        Told a text.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._next = 0.0

    def __call__(self, text: str) -> None:
        """Tell a text, if the last one was told some time ago."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_S
            self._tell(text)
