"""What has come of a review, once nothing that is shown is open any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.review import DECISIONS

if TYPE_CHECKING:
    from napari_medload.session.table.rows import Rows

DONE = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}
"""What a sample is, by what was decided on it."""


@dataclass(frozen=True)
class Outcome:
    """How a review has ended, or the part of it that the table shows.

    Parameters
    ----------
    text : str
        A sentence for a person.
    others : int
        Samples that the table does not show, and that are not reviewed; 0 where all are.
    rejected, unsure : int
        Of all samples.
    """

    text: str
    others: int
    rejected: int
    unsure: int


def outcome_of(rows: Rows, round: int = 1, pace: str = "") -> Outcome | None:
    """Say what has come of a review; None while a shown sample is open.

    Parameters
    ----------
    rows : Rows
    round : int
        Pass over the dataset.
    pace : str
        Such as "41/h"; empty where it is not known.
    """
    marks, total = rows.marks, len(rows.marks)
    counts = {decision: marks.count(decision) for decision in DECISIONS}
    left = total - marks.judged
    if not total:
        return None
    if not left:
        parts = ", ".join(f"{n:,} {DONE[decision]}" for decision, n in counts.items() if n)
        which = f"Pass {round}: " if round > 1 else ""
        speed = f" · {pace}" if pace else ""
        text = f"{which}{total:,} of {total:,} reviewed: {parts}{speed}"
    elif rows.filter.verdict not in ("", "unreviewed"):
        return None  # who looks at what they have judged knows that it is
    elif len(rows) == 0 or marks.open[rows.order].any():
        return None
    else:
        shown = "The one shown is" if len(rows) == 1 else f"All {len(rows):,} shown are"
        rest = "1 other is not" if left == 1 else f"{left:,} others are not"
        text = f"{shown} reviewed, {rest}"
    return Outcome(text, left, counts["reject"], counts["unsure"])
