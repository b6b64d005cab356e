"""Verdicts whose files have changed since: looked for in the background."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from napari_medload.loaders.identity import bytes_hash, file_stamp, hash_of_source
from napari_medload.loaders.sample import is_image_role
from napari_medload.review.staleness import is_stale
from napari_medload.session.background.checking import step_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.loaders import Dataset, Sample
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


def has_aged(sample: Sample, verdict: Verdict) -> bool:
    """Whether a sample has other content than when it was judged.

    Files are read only where size or time have changed.
    """
    stamps, content = [], []
    for role, source in sample.sources.items():
        try:
            stamps.append((role, *file_stamp(source)))
        except OSError:  # it is gone
            continue
    answer = is_stale(verdict, stamps)
    if answer is None and (verdict.content or verdict.stamps):
        for role, source in sample.sources.items():
            try:
                hashed = hash_of_source if is_image_role(role) else bytes_hash
                content.append((role, hashed(source)))
            except OSError:
                continue
        answer = is_stale(verdict, stamps, content)
    return bool(answer)
