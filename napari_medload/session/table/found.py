"""What is known of the samples of a table: facts one by one, and arrays to sort and filter by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.checks import Severity
from napari_medload.session.table.columns import UNJUDGED_RANK, finding_rank, is_unjudged, number_of
from napari_medload.session.table.filtering import (
    ANY_FINDING,
    ERRORS,
    NOT_JUDGED,
    NOTHING_FOUND,
    WARNINGS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.loaders import Sample
    from napari_medload.session.table.facts import SampleFacts

_STEP = 10_000  # between the ranks of two severities
_LEAST = {
    ANY_FINDING: int(Severity.NOTE) * _STEP,
    WARNINGS: int(Severity.WARNING) * _STEP,
    ERRORS: int(Severity.ERROR) * _STEP,
}
QUEUED = {_LEAST[ERRORS]: ERRORS, _LEAST[WARNINGS]: WARNINGS}
"""From which rank on a sample should be looked at, and what that is called; worst first."""


class Found:
    """Facts of all samples, as they come.

    Parameters
    ----------
    samples : sequence of Sample
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        self.facts: list[SampleFacts | None] = []
        self._by_check: dict[str, set[int]] = {}
        self._said: dict[int, str] = {}  # without its case, where anything is said
        self.scanned = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew, for another scan."""
        self.facts = [None] * len(self._samples)
        self._by_check.clear()
        self._said = {
            i: "\n".join(s.problems).casefold() for i, s in enumerate(self._samples) if s.problems
        }
        self.scanned = 0
        self._unjudged = np.zeros(len(self._samples), bool)
        self.ranks = np.array([finding_rank(None, s.problems) for s in self._samples], np.int32)

    def add(self, start: int, facts: Sequence[SampleFacts]) -> bool:
        """Take in what was found of samples; return whether the worst of one is another now."""
        before = self.ranks[start : start + len(facts)].copy()
        for sample, fact in enumerate(facts, start):
            known = self.facts[sample]
            self.scanned += known is None
            for finding in known.findings if known is not None else ():
                self._by_check[finding.check].discard(sample)
            for finding in fact.findings:
                self._by_check.setdefault(finding.check, set()).add(sample)
            if fact.findings:
                self._said[sample] = "\n".join(f.sentence for f in fact.findings).casefold()
            else:
                self._said.pop(sample, None)
            self.facts[sample] = fact.without_headers()
            self._unjudged[sample] = is_unjudged(fact)
            self.ranks[sample] = finding_rank(fact, self._samples[sample].problems)
        return not np.array_equal(before, self.ranks[start : start + len(facts)])

    @property
    def checks(self) -> dict[str, int]:
        """Checks that have found something, by name, with the number of samples."""
        return {check: len(found) for check, found in sorted(self._by_check.items()) if found}

    def matching(self, wanted: str) -> npt.NDArray[np.bool_]:
        """Which samples a filter by finding shows."""
        if wanted == NOTHING_FOUND:
            return np.asarray(self.ranks < UNJUDGED_RANK)
        if wanted == NOT_JUDGED:
            return self._unjudged.copy()
        if wanted in _LEAST:
            return np.asarray(self.ranks >= _LEAST[wanted])
        mask = np.zeros(len(self._samples), bool)
        mask[list(self._by_check.get(wanted, ()))] = True
        return mask

    def saying(self, word: str) -> npt.NDArray[np.bool_]:
        """Which samples something is said of with a word in it, given without its case."""
        mask = np.zeros(len(self._samples), bool)
        mask[[sample for sample, said in self._said.items() if word in said]] = True
        return mask

    def numbers(self, key: str) -> npt.NDArray[Any]:
        """Numbers of a numeric column; what is not known stands below all."""
        found = [None if f is None else number_of(f, key) for f in self.facts]
        return np.array([-np.inf if n is None else n for n in found])
