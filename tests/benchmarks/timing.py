"""Interleaved timing: noise that comes and goes hits every contender alike."""

from __future__ import annotations

import gc
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WARM_UP = 1


def interleaved(
    contenders: Mapping[str, Callable[[int], Any]],
    repetitions: int,
    between: Callable[[], None] = lambda: None,
    warm_up: int = WARM_UP,
) -> dict[str, float]:
    """Time contenders in turns (A B C A B C …).

    Parameters
    ----------
    contenders : mapping of name to callable
        Called with the number of the round. What a call returns is let go outside the timing.
    repetitions : int
        Rounds that count.
    between : callable
        Run before each call, untimed.
    warm_up : int
        Rounds before those.

    Returns
    -------
    dict of name to float
        Median seconds of a call.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_up + repetitions):
        for name, call in contenders.items():
            between()
            gc.collect()
            start = perf_counter()
            kept = call(turn)
            seconds = perf_counter() - start
            del kept
            if turn >= warm_up:
                times[name].append(seconds)
    return {name: median(taken) for name, taken in times.items()}
