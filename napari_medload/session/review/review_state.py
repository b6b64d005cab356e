"""What is known of the review of the open dataset: who, what stands, what is not saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_medload.review.pace import pace
from napari_medload.session.review.agreement_text import agreement_text
from napari_medload.session.review.outcome import outcome_of
from napari_medload.session.review.taking_up import TakenUp
from napari_medload.session.review.unsaved import Unsaved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.review import Verdict
    from napari_medload.review.files import Files
    from napari_medload.review.review import Review
    from napari_medload.session.review.outcome import Outcome
    from napari_medload.session.review.reviewer import RememberedReviewer, Reveal
    from napari_medload.session.review.taking_up import Pass
    from napari_medload.session.table.marks import Marks
    from napari_medload.session.table.rows import Rows

NO_DATASET = "no dataset is open"


@dataclass(frozen=True)
class Draft:
    """Reasons and note of a sample, before or beside its verdict."""

    reasons: tuple[str, ...] = ()
    note: str = ""


class ReviewState:
    """How a review stands; see `Reviewing`, which changes it.

    Parameters
    ----------
    remembered : RememberedReviewer
        Who reviews.

    Attributes
    ----------
    closed : str
        Why nothing can be judged at present; empty where it can.
    trouble : str
        What keeps verdicts from being saved, known before the first one; else empty.
    message : str
        What has become of the latest act.
    saved : bool
        Whether the latest act is on disk; False also before the first one.
    files : Files, optional
        How the disk is written.
    round : int
        Pass over the dataset; one after the first hides what was said in the others.
    """

    changed = Signal()
    marked = Signal()  # texts of the table's verdicts

    def __init__(self, remembered: RememberedReviewer) -> None:
        self._remembered = remembered
        self._taken = TakenUp()
        self._waiting = Unsaved()
        self._all_drafts: dict[Pass, dict[str, Draft]] = {}
        self._selected: str | None = None
        self._rows: Rows | None = None
        self.closed = NO_DATASET
        self.trouble = ""
        self.message = ""
        self.saved = False
        self.round = 1
        self.files: Files | None = None

    @property
    def review(self) -> Review | None:
        """The reviewer's journal, and those beside it."""
        return self._taken.review

    @property
    def reviewer(self) -> str:
        """Name of the person who reviews."""
        return self._remembered.reviewer.name

    @property
    def reviewers(self) -> list[str]:
        """Names of all who have judged samples of this dataset, and of who reviews now."""
        ratings = {} if self.review is None else self.review.ratings
        return sorted({self.reviewer, *(who for who, _round in ratings)})

    @property
    def auto_advance(self) -> bool:
        """Whether the next open sample is shown after a verdict."""
        return self._remembered.reviewer.auto_advance

    @property
    def reveal(self) -> Reveal:
        """When the verdicts of others are shown, as the reviewer wants it."""
        return self._remembered.reviewer.reveal

    @property
    def blinded(self) -> bool:
        """Whether what others have said is hidden until all samples are reviewed."""
        return self._taken.reveal == "at the end" or self.reveal == "at the end"

    @property
    def heard(self) -> str:
        """What others say of the selected sample, or how many do where that is hidden yet."""
        return "" if self.closed else self._taken.heard(self._selected or "")

    @property
    def folder(self) -> Path | None:
        """Where the journals are kept."""
        return None if self.review is None else self.review.folder

    @property
    def journal_troubles(self) -> tuple[str, ...]:
        """What could not be read in the journals, each with its file and line."""
        return () if self.review is None else self.review.troubles

    @property
    def progress(self) -> str:
        """How far the review is, such as "37 of 250 reviewed · 12 rejected · 41/h"."""
        if self.closed or not self.marks.judged:
            return ""
        done, total = self.marks.judged, len(self.marks)
        parts = [f"{done:,} of {total:,} reviewed"]
        rejected = self.marks.count("reject")
        if rejected:
            parts.append(f"{rejected:,} rejected")
        if self.pace and done < total:
            parts.append(self.pace)
        return " · ".join(parts) + ("." if done == total else "")

    @property
    def pace(self) -> str:
        """How fast it goes, such as "41/h"; empty where that cannot be told."""
        speed = None if self.review is None else pace(self.review.latest_times())
        return "" if speed is None else f"{speed:,.0f}/h"

    @property
    def outcome(self) -> Outcome | None:
        """What has come of the review, once all samples are judged, or all that are shown."""
        if self._rows is None or self.closed:
            return None
        return outcome_of(self._rows, self.round, self.pace)

    @property
    def finished(self) -> bool:
        """Whether all samples are reviewed."""
        return not self.closed and self.marks.judged == len(self.marks) > 0

    def agreement(self) -> str:
        """Write how far the reviewers agree; while others are hidden, that is hidden too."""
        if self.review is None:
            return self.trouble or NO_DATASET
        return agreement_text(self._taken.shown_ratings, self._taken.hidden)

    @property
    def marks(self) -> Marks:
        """Verdicts of all samples, as the table shows them."""
        return self._taken.marks

    @property
    def warning(self) -> str:
        """What a person must know before they go on; empty where all is well."""
        told = (*self._waiting.told(self._taken.turn), self.trouble)
        return " ".join(text for text in told if text)

    @property
    def unsaved(self) -> Mapping[str, Verdict]:
        """Verdicts on this dataset that could not be written, by sample id.

        They are not shown as saved, and are tried again until they are, or are given up.
        """
        return self._waiting.of(self._taken.turn)

    @property
    def waiting(self) -> int:
        """Number of verdicts that are not on disk, also those on datasets that were open before."""
        return len(self._waiting)

    @property
    def standing(self) -> Verdict | None:
        """Verdict of the selected sample, as it stands on disk."""
        review = self.review
        if review is None or self._selected is None:
            return None
        return review.own.get(self._selected)

    @property
    def draft(self) -> Draft:
        """Reasons and note of the selected sample."""
        if self._selected in self._drafts:
            return self._drafts[self._selected]
        verdict = self.unsaved.get(self._selected or "") or self.standing
        return Draft() if verdict is None else Draft(verdict.reasons, verdict.note)

    @property
    def drafted(self) -> tuple[str, ...]:
        """Samples of which reasons and note are not on disk as they were given last."""
        own = {} if self.review is None else self.review.own
        stand = {
            name: Draft(own[name].reasons, own[name].note) for name in self._drafts if name in own
        }
        return tuple(s for s, draft in self._drafts.items() if draft != stand.get(s, Draft()))

    @property
    def selected(self) -> str | None:
        """Id of the sample that verdicts are about."""
        return self._selected

    @property
    def _drafts(self) -> dict[str, Draft]:
        """Drafts on this dataset, kept while another one is open."""
        return self._all_drafts.setdefault(self._taken.turn, {})
