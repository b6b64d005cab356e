"""How far a review is, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from napari_medload.review.verdict import Decision

PAUSE = timedelta(minutes=5)
"""Longer gaps between two verdicts are pauses."""

WINDOW = timedelta(minutes=15)
_FEWEST = 2


@dataclass(frozen=True)
class Progress:
    """How many samples are judged.

    Parameters
    ----------
    judged, total : int
    accepted, rejected, unsure : int
        Of the judged ones.
    """

    judged: int
    total: int
    accepted: int
    rejected: int
    unsure: int

    @property
    def finished(self) -> bool:
        """Whether nothing is left to judge."""
        return self.judged == self.total > 0

    def __str__(self) -> str:
        return f"{self.judged} of {self.total} · {self.rejected} rejected"


def progress(decisions: Mapping[str, Decision], samples: Collection[str]) -> Progress:
    """Count the verdicts on the samples that are there; others may have been judged and removed.

    Parameters
    ----------
    decisions : mapping of sample id to decision
    samples : collection of str
        Ids of all samples.
    """
    counts = {"accept": 0, "reject": 0, "unsure": 0}
    for sample in samples:
        decision = decisions.get(sample)
        if decision is not None:
            counts[decision] += 1
    accepted, rejected, unsure = counts.values()
    return Progress(accepted + rejected + unsure, len(samples), accepted, rejected, unsure)


def pace(
    latest_first: Iterable[str], window: timedelta = WINDOW, pause: timedelta = PAUSE
) -> float | None:
    """Count samples judged per hour of work.

    Parameters
    ----------
    latest_first : iterable of str
        When samples were judged (ISO 8601), each sample once, latest first:
        `Review.latest_times`. It is read as far as needed.
    window : timedelta
        How much of the latest work counts.
    pause : timedelta
        Longer gaps are left out.

    Returns
    -------
    float or None
        None where fewer than three samples were judged without a pause between them.
    """
    worked, steps = timedelta(0), 0
    later: datetime | None = None
    for text in latest_first:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:  # a line of another hand
            continue
        if moment.tzinfo is None:
            continue
        if later is not None and timedelta(0) <= (gap := later - moment) <= pause:
            worked += gap
            steps += 1
            if worked >= window:
                break
        later = moment
    if steps < _FEWEST or not worked:
        return None
    return steps * timedelta(hours=1) / worked
