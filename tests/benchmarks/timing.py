"""Interleaved timing: noise that comes and goes hits every contender alike."""

from __future__ import annotations

import gc
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def interleaved(
    contenders: Mapping[str, Callable[[int], Any]],
    rounds: int,
    between: Callable[[], None] = lambda: None,
    warm_up: int = 1,
) -> dict[str, float]:
    """Time contenders in turns (A B C A B C …).

    Only the half of the rounds counts in which other programs were quietest: who reads with two
    threads is slowed more by a busy neighbour than who reads with one. Which rounds those are
    does not depend on any time that was measured.

    Parameters
    ----------
    contenders : mapping of name to callable
        Called with the number of the round. What a call returns is let go outside the timing.
    rounds : int
        Rounds after the warm-up.
    between : callable
        Run before each call, untimed.
    warm_up : int
        Rounds that never count.

    Returns
    -------
    dict of name to float
        Median seconds of a call.
    """
    taken: list[tuple[float, dict[str, float]]] = []
    for turn in range(warm_up + rounds):
        others, start = _others_seconds(), perf_counter()
        times = {name: _time(call, turn, between) for name, call in contenders.items()}
        taken.append(((_others_seconds() - others) / (perf_counter() - start), times))
    quietest = sorted(taken[warm_up:], key=lambda entry: entry[0])[: (rounds + 1) // 2]
    return {name: median(times[name] for _busy, times in quietest) for name in contenders}


def _time(call: Callable[[int], Any], turn: int, between: Callable[[], None]) -> float:
    between()
    gc.collect()
    start = perf_counter()
    kept = call(turn)
    seconds = perf_counter() - start
    del kept
    return seconds


def _others_seconds() -> float:
    """Processor time that all other programs have used since the machine was started."""
    whole, mine = psutil.cpu_times(), psutil.Process().cpu_times()
    idle = whole.idle + getattr(whole, "iowait", 0.0)
    # the time of virtual machines counts twice, as their own and as the user's
    guests = getattr(whole, "guest", 0.0) + getattr(whole, "guest_nice", 0.0)
    return float(sum(whole) - idle - guests - mine.user - mine.system)
