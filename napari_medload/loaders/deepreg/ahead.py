"""Reading ahead in threads, in order and never far."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

Key = TypeVar("Key")
Result = TypeVar("Result")
Job: TypeAlias = "tuple[Key, Sequence[Callable[[], Result]]]"

_WORKERS_AT_MOST = 8
_AHEAD_AT_MOST = 3


def default_workers() -> int:
    """One thread for each processor, eight at most: then the disk is the limit."""
    return min(os.cpu_count() or 1, _WORKERS_AT_MOST)


def in_order(
    jobs: Iterable[Job[Key, Result]], workers: int
) -> Generator[tuple[Key, list[Result]], None, None]:
    """Do jobs in threads, and hand their results out in the order of the jobs.

    Parameters
    ----------
    jobs : iterable of (key, calls)
        Iterated in the thread of the consumer, three jobs ahead at most.
    workers : int
        Number of threads; with 0 each job is done when it is asked for.

    Yields
    ------
    key
        Of the job.
    list
        What its calls returned.

    Raises
    ------
    Exception
        What a call raised, where its turn comes.
    """
    if not workers:
        for key, calls in jobs:
            yield key, [call() for call in calls]
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="medload-ahead")
    try:
        under_way: deque[tuple[Key, list[Future[Result]]]] = deque()
        for key, calls in jobs:
            under_way.append((key, [pool.submit(call) for call in calls]))
            if len(under_way) > min(workers, _AHEAD_AT_MOST):
                yield _done(under_way)
        while under_way:
            yield _done(under_way)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _done(under_way: deque[tuple[Key, list[Future[Result]]]]) -> tuple[Key, list[Result]]:
    key, futures = under_way.popleft()
    return key, [future.result() for future in futures]
