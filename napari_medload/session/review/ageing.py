"""Verdicts whose files have changed since: looked for in the background."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from napari_medload.review.staleness import has_aged
from napari_medload.session.background.checking import step_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.loaders import Dataset
    from napari_medload.review import Verdict


class Ageing:
    """Compares verdicts with the files of their samples, one after the other.

    Parameters
    ----------
    post : callable
        Runs a call in the session's thread.
    """

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(1, "medload-age", step_back)
        self._token = 0

    def begin(
        self,
        dataset: Dataset,
        judged: Sequence[int],
        verdict_on: Callable[[str], Verdict | None],
        found: Callable[[Verdict], None],
    ) -> None:
        """Look for stale verdicts.

        Parameters
        ----------
        judged : sequence of int
            Positions of the samples.
        verdict_on : callable
            Returns what stands of a sample; asked in another thread.
        found : callable
            Takes each stale verdict, in the session's thread.
        """
        self._token += 1
        token = self._token

        def tell(verdict: Verdict) -> None:
            self._post(lambda: found(verdict) if token == self._token else None)

        def work() -> None:
            for sample in map(dataset.__getitem__, judged):
                if token != self._token:
                    return
                verdict = verdict_on(sample.id)
                if verdict is not None and has_aged(sample, verdict):
                    tell(verdict)

        if judged:
            self._pool.submit(work)

    def stop(self) -> None:
        """Look no further."""
        self._token += 1

    def close(self) -> None:
        """End all work."""
        self.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
