"""What is found of all samples in the background, taken into the table as it comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.session.messages import Progress
from napari_medload.session.rows import Rows
from napari_medload.session.scan import scan, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from napari_medload.loaders import Dataset
    from napari_medload.session.facts import SampleFacts
    from napari_medload.session.mailbox import Mailbox


class Scanning:
    """Reads the headers of a dataset, and keeps what is known of each sample in its rows.

    Parameters
    ----------
    mailbox : Mailbox
        How results reach the session's thread.
    executor : Executor
        Where headers are read.
    progress : callable
        Told how far it is; None at its end.
    found : callable
        Told the first sample and the number of samples of which more is known.
    complete : callable
        Told when all headers are read.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        executor: Executor,
        progress: Callable[[Progress | None], None],
        found: Callable[[int, int], None],
        complete: Callable[[], None],
    ) -> None:
        self._mailbox, self._executor = mailbox, executor
        self._progress, self._found, self._complete = progress, found, complete
        self._rows = Rows(())
        self._unreadable: dict[int, Mapping[str, str]] = {}  # by sample and role
        self._token = 0

    def forget(self, rows: Rows) -> None:
        """Drop what is known, for the rows of another dataset."""
        self._token += 1
        self._rows = rows
        self._unreadable.clear()

    def stop(self) -> None:
        """End the scan; what was found stays."""
        self._token += 1

    def begin(self, dataset: Dataset) -> None:
        """Scan a dataset from its first sample."""
        self._token += 1
        token = self._token

        def found(start: int, facts: list[SampleFacts]) -> None:
            self._mailbox.post(lambda: self._scanned(token, start, facts))

        def wanted() -> bool:
            return token == self._token

        scan(dataset.samples, dataset.alignment, self._executor, found, wanted)

    def learn(
        self, sample: int, facts: SampleFacts | None, unreadable_roles: Mapping[str, str]
    ) -> None:
        """Take in what reading the voxels of a sample has shown, where the table says otherwise."""
        self._unreadable.pop(sample, None)
        if unreadable_roles:
            self._unreadable[sample] = unreadable_roles
        known = self._rows.facts[sample]
        if facts is not None and (known is None or known.problems != facts.problems):
            self._take(sample, [facts])

    def _scanned(self, token: int, start: int, facts: list[SampleFacts]) -> None:
        if token != self._token:
            return
        self._take(start, [self._with_unreadable(start + i, f) for i, f in enumerate(facts)])
        done, total = start + len(facts), self._rows.total
        if done >= total:
            self._rows.refresh()
            self._complete()
            self._progress(None)
        else:
            self._progress(Progress("reading headers", done, total))

    def _take(self, start: int, facts: list[SampleFacts]) -> None:
        self._rows.add_facts(start, facts)
        self._found(start, len(facts))

    def _with_unreadable(self, sample: int, facts: SampleFacts) -> SampleFacts:
        """Add to what the headers say why the voxels could not be read."""
        wrong = unreadable(self._unreadable.get(sample, {}))
        return replace(facts, problems=tuple(dict.fromkeys((*facts.problems, *wrong))))
