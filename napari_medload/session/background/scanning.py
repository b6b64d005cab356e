"""What is found of all samples in the background, taken into the table as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.checks.files import unreadable_findings
from napari_medload.session.background.messages import Progress
from napari_medload.session.background.scan import scan
from napari_medload.session.table.facts import SampleFacts
from napari_medload.session.table.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from napari_medload.checks import Finding
    from napari_medload.checks.pairing import Judgement
    from napari_medload.loaders import Dataset
    from napari_medload.session.background.checking import Checked, Checking
    from napari_medload.session.background.mailbox import Mailbox

_CHECKED = SampleFacts({}, checked=True)
"""What has been found of most samples: nothing. All of them share it."""


class Scanning:
    """Reads the headers of a dataset, then has its voxels checked; keeps what is known in rows.

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
        Told when all headers are read, with False, and when all voxels are checked, with True.
    checking : Checking
        Checks the voxels, once the headers are read.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        executor: Executor,
        progress: Callable[[Progress | None], None],
        found: Callable[[int, int], None],
        complete: Callable[[bool], None],
        checking: Checking,
    ) -> None:
        self._mailbox, self._executor = mailbox, executor
        self._progress, self._found, self._complete = progress, found, complete
        self._checking = checking
        self._rows = Rows(())
        # what headers alone do not say, by sample: told by reading it to be shown, or by checks
        self._shown: dict[int, tuple[Finding, ...]] = {}
        self._checked: dict[int, SampleFacts] = {}
        self._voxels = True
        self._readable: set[int] = set()  # samples of which all was there when they were shown
        self._token = 0

    def forget(self, rows: Rows) -> None:
        """Drop what is known, for the rows of another dataset."""
        self.stop()
        self._rows = rows
        self._shown.clear()
        self._checked.clear()
        self._readable.clear()

    def stop(self) -> None:
        """End the scan and the checks; what was found stays."""
        self._token += 1
        self._checking.stop()

    def begin(self, dataset: Dataset, voxels: bool = True) -> None:
        """Scan a dataset from its first sample; checks begin anew, under its own promise.

        Parameters
        ----------
        voxels : bool
            Whether its voxels are checked as well: those of an epoch were, where it draws from.
        """
        self.stop()
        self._checked.clear()
        self._voxels = voxels
        token = self._token

        def found(start: int, facts: list[SampleFacts]) -> None:
            self._mailbox.post(lambda: self._scanned(token, start, facts))
            if voxels and start + len(facts) >= len(dataset):
                self._mailbox.post(lambda: self._check(token, dataset))

        def wanted() -> bool:
            return token == self._token

        scan(dataset.samples, dataset.alignment, self._executor, found, wanted)

    def learn(
        self, sample: int, facts: SampleFacts | None, unreadable_roles: Mapping[str, str]
    ) -> None:
        """Take in what reading the voxels of a sample has shown, where the table says otherwise."""
        self._shown.pop(sample, None)
        self._readable.discard(sample)
        if unreadable_roles:
            self._shown[sample] = unreadable_findings(unreadable_roles)
        else:  # whatever a check could not read, it is there now
            self._readable.add(sample)
        if facts is not None:
            self._compare(sample, facts)

    def add(
        self, sample: int, findings: Iterable[Finding], pairing: Judgement | None = None
    ) -> None:
        """Take in what checks have found of a sample beyond its headers.

        Parameters
        ----------
        findings : iterable of Finding
        pairing : Judgement, optional
            Whether its images fit each other.
        """
        self._checked[sample] = self._checked.get(sample, _CHECKED).adding(findings, pairing)
        known = self._rows.facts[sample]
        if known is not None:
            self._compare(sample, known)

    def merged(self, sample: int, facts: SampleFacts) -> SampleFacts:
        """Add to what the headers of a sample say what has been found of it since."""
        facts = facts.adding(self._shown.get(sample, ()))
        found = self._checked.get(sample)
        if found is not None and sample in self._readable:
            found = found.readable()
        if found is None:  # of an epoch nothing more will come
            return facts.adding((), checked=not self._voxels)
        return facts.adding(found.findings, found.pairing, True)

    def _compare(self, sample: int, facts: SampleFacts) -> None:
        """Take facts into the table where they are not those that it has."""
        known, facts = self._rows.facts[sample], self.merged(sample, facts)
        if known is None or _told(known) != _told(facts):
            self._take(sample, [facts])

    def _check(self, token: int, dataset: Dataset) -> None:
        if token == self._token:
            self._checking.begin(dataset, self._take_checked, self._checks_progress)

    def _take_checked(self, checked: Checked) -> None:
        self.add(checked.sample, checked.findings, checked.pairing)

    def _checks_progress(self, progress: Progress | None) -> None:
        if progress is None:
            self._complete(True)
        self._progress(progress)

    def _scanned(self, token: int, start: int, facts: list[SampleFacts]) -> None:
        if token != self._token:
            return
        self._take(start, [self.merged(start + i, f) for i, f in enumerate(facts)])
        done, total = start + len(facts), self._rows.total
        if done >= total:
            self._complete(False)
            self._progress(None)
        else:
            self._progress(Progress("reading headers", done, total))

    def _take(self, start: int, facts: list[SampleFacts]) -> None:
        self._rows.add_facts(start, facts)
        self._found(start, len(facts))


def _told(facts: SampleFacts) -> tuple[Any, ...]:
    return facts.findings, facts.pairing, facts.checked
