"""Verdicts as a table shows them: one mark a sample, sorted and filtered as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.review import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.review import Decision

SHAPES: dict[Decision, str] = {"accept": "✓", "reject": "✗", "unsure": "?"}
OPEN = "–"
VERDICT_FILTERS = ("unreviewed", *DECISIONS, "stale", "disagreement")

_CODES: dict[Decision | None, int] = {None: 0, "unsure": 1, "accept": 2, "reject": 3}
_DECISIONS = {code: decision for decision, code in _CODES.items()}


def decision_text(decision: Decision | None) -> str:
    """Write a decision by shape and word."""
    return OPEN if decision is None else f"{SHAPES[decision]} {decision}"


class Marks:
    """What has been said of each sample.

    Parameters
    ----------
    count : int
        Number of samples.
    """

    def __init__(self, count: int) -> None:
        self._codes = np.zeros(count, np.int8)
        self._stated = np.zeros(count, np.int8)
        self._stale = np.zeros(count, bool)
        self._differs = np.zeros(count, bool)
        self._others: dict[int, tuple[Decision, ...]] = {}
        self._hidden: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def decision(self, sample: int) -> Decision | None:
        """Return the reviewer's own decision."""
        return _DECISIONS[int(self._codes[sample])]

    def is_stale(self, sample: int) -> bool:
        """Whether its files have changed since it was judged."""
        return bool(self._stale[sample])

    def others(self, sample: int) -> tuple[Decision, ...]:
        """Return what other reviewers have decided, as far as it may be seen."""
        return self._others.get(sample, ())

    def judge(self, sample: int, decision: Decision | None) -> None:
        """Take in the reviewer's own decision; it counts for the files as they are now."""
        self._codes[sample] = _CODES[decision]
        self._stale[sample] = False
        self._compare(sample)

    def state(self, sample: int, decision: Decision) -> None:
        """Take in what the opened list states; it is nobody's here, and counts in no progress."""
        self._stated[sample] = _CODES[decision]

    def stated(self, sample: int) -> Decision | None:
        """Return what the opened list states, where the reviewer has not judged."""
        return None if self._codes[sample] else _DECISIONS[int(self._stated[sample])]

    def age(self, sample: int, stale: bool) -> None:
        """Take in whether the files of a sample have changed since it was judged."""
        self._stale[sample] = stale and self._codes[sample] != 0

    def hear(self, sample: int, others: Iterable[Decision], hidden: int = 0) -> None:
        """Take in what others have decided.

        Parameters
        ----------
        sample : int
        others : iterable of Decision
        hidden : int
            Number of verdicts that may not be seen yet.
        """
        said = tuple(others)
        if hidden:
            self._hidden[sample] = hidden
        else:
            self._hidden.pop(sample, None)
        if said:
            self._others[sample] = said
        else:
            self._others.pop(sample, None)
        self._compare(sample)

    def _compare(self, sample: int) -> None:
        said = {*self._others.get(sample, ()), self.decision(sample)} - {None}
        self._differs[sample] = len(said) > 1

    def text(self, sample: int) -> str:
        """Write the mark of a sample by shape and word."""
        own, others = self.decision(sample), self._others.get(sample, ())
        stated = self.stated(sample)
        text = decision_text(own) if stated is None else f"{SHAPES[stated]} stated"
        if self._stale[sample]:
            text += " · stale"
        said = list(dict.fromkeys(others))
        if self._differs[sample]:
            text += f" ≠ {', '.join(d for d in said if d != own)}"
        elif said and own is None:
            text += f" · other: {said[0]}"
        hidden = self._hidden.get(sample, 0)
        if hidden:
            text += f" · {hidden} other{'s' * (hidden > 1)}"
        return text

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which samples the reviewer has not judged."""
        return np.asarray(self._codes == 0)

    @property
    def stale(self) -> npt.NDArray[np.bool_]:
        """Which samples have files that have changed since they were judged."""
        return self._stale

    @property
    def judged(self) -> int:
        """Number of samples that the reviewer has judged."""
        return int(np.count_nonzero(self._codes))

    def count(self, decision: Decision) -> int:
        """Return the number of samples with one decision."""
        return int(np.count_nonzero(self._codes == _CODES[decision]))

    def counts_as(self, decision: Decision) -> int:
        """Count the samples that are exported with a decision: their own, else the stated one."""
        standing = np.where(self._codes == 0, self._stated, self._codes)
        return int(np.count_nonzero(standing == _CODES[decision]))

    @property
    def ranks(self) -> npt.NDArray[Any]:
        """Sort keys: not reviewed, unsure, accepted, rejected; stale ones and conflicts last."""
        return self._codes + 4 * self._stale.astype(np.int8) + 8 * self._differs.astype(np.int8)

    def matching(self, wanted: str) -> npt.NDArray[np.bool_]:
        """Which samples a filter of `VERDICT_FILTERS` shows."""
        if wanted == "unreviewed":
            return self.open
        if wanted == "stale":
            return self._stale
        if wanted == "disagreement":
            return self._differs
        codes = {str(decision): code for decision, code in _CODES.items()}
        return np.asarray(self._codes == codes[wanted])
