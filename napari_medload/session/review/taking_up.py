"""Taking up a review: where its journals lie, what they say of each sample, where to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.export.choice.verdicts import stated_decision
from napari_medload.loaders.identity import dataset_id
from napari_medload.review.folder import ChosenFolders, place_of
from napari_medload.review.review import Review
from napari_medload.session.table.marks import Marks, decision_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.review import Decision, Verdict
    from napari_medload.review.files import Files
    from napari_medload.session.review.agreement_text import Hidden, Rater
    from napari_medload.session.review.reviewer import Reveal, Reviewer

Pass: TypeAlias = tuple[str, str, str, int]
"""Whose verdicts on what: dataset id, where it lies, reviewer, round."""


@dataclass
class TakenUp:
    """A review as it was found, and the marks that it leaves in the table.

    Parameters
    ----------
    marks : Marks
    positions : mapping of sample id to int
    review : Review or None
        None where no folder can be written.
    trouble : str
        What keeps verdicts from being saved.
    reveal : str
        When what others have said is shown; see `Reviewer`.
    turn : Pass
    """

    marks: Marks = field(default_factory=lambda: Marks(0))
    positions: Mapping[str, int] = field(default_factory=dict)
    review: Review | None = None
    trouble: str = ""
    reveal: Reveal = "after each verdict"
    turn: Pass = ("", "", "", 1)

    @property
    def hides_all(self) -> bool:
        """Whether nothing is to be known of others at present, not even how many there are."""
        return self.reveal == "at the end" and bool(self.marks.open.any())

    def hides(self, position: int) -> bool:
        """Whether what others say of a sample is not shown yet."""
        if self.reveal == "after each verdict":
            return self.marks.decision(position) is None
        return self.hides_all

    @property
    def hidden(self) -> Hidden:
        """What of the others is hidden at present, of any sample."""
        if self.hides_all:
            return "all"
        each = self.reveal == "after each verdict" and bool(self.marks.open.any())
        return "open samples" if each else ""

    @property
    def shown_ratings(self) -> Mapping[Rater, Mapping[str, Decision]]:
        """Decisions of each reviewer and round, as far as they may be seen."""
        if self.review is None or self.hidden == "all":
            return {}
        ratings = self.review.ratings
        if not self.hidden:
            return ratings
        own = self.review.decisions
        return {
            who: {sample: decision for sample, decision in said.items() if sample in own}
            for who, said in ratings.items()
        }

    def heard(self, sample: str) -> str:
        """Write what others say of a sample, or how many do where that is hidden."""
        position = self.positions.get(sample)
        if self.review is None or position is None or self.hides_all:
            return ""
        verdicts = [v for v in self.review.others.get(sample, ()) if v.decision is not None]
        if self.hides(position):
            return judged_by(len(verdicts))
        return " · ".join(f"{self._whose(v)}: {_said(v)}" for v in verdicts)

    def _whose(self, verdict: Verdict) -> str:
        own = self.review is not None and verdict.reviewer == self.review.reviewer
        turn = f"pass {verdict.round}"
        if own:
            return f"you, {turn}"
        return f"{verdict.reviewer}, {turn}" if verdict.round > 1 else verdict.reviewer

    def mark(self, sample: str) -> None:
        """Take what stands of a sample into its mark; samples of other datasets are left out."""
        position = self.positions.get(sample)
        if self.review is None or position is None:
            return
        hidden = self.hides_all
        own = self.review.own.get(sample)
        self.marks.judge(position, None if own is None else own.decision)
        if hidden != self.hides_all:
            self.hear_all()
        elif not hidden:
            verdicts = self.review.others.get(sample, ())
            self._hear(position, [v.decision for v in verdicts if v.decision is not None])

    def mark_all(self) -> None:
        """Take in what stands of all samples."""
        if self.review is None:
            return
        for sample, decision in self.review.decisions.items():
            if sample in self.positions:
                self.marks.judge(self.positions[sample], decision)
        self.hear_all()

    def hear_all(self) -> None:
        """Show what others have said, or hide it."""
        said: dict[str, list[Decision]] = {}
        for _who, decisions in self.others:
            for sample, decision in decisions.items():
                said.setdefault(sample, []).append(decision)
        hidden = self.hides_all
        for sample, decided in said.items():
            if sample in self.positions:
                self._hear(self.positions[sample], [] if hidden else decided)

    def _hear(self, position: int, said: list[Decision]) -> None:
        if self.hides(position):
            self.marks.hear(position, (), hidden=len(said))
        else:
            self.marks.hear(position, said)

    @property
    def others(self) -> list[tuple[Rater, Mapping[str, Decision]]]:
        """Decisions of other reviewers, and of this one in other rounds."""
        if self.review is None:
            return []
        own = (self.review.reviewer, self.review.round)
        return [(who, said) for who, said in self.review.ratings.items() if who != own]

    @property
    def resume(self) -> int:
        """Sample to begin with: the next open one after the latest verdict, in dataset order."""
        last = self.positions.get(self.review.last or "") if self.review is not None else None
        still_open = np.flatnonzero(self.marks.open)
        if last is None or not still_open.size:
            return int(last or 0)
        later = still_open[still_open > last]
        return int((later if later.size else still_open)[0])


def take_up(
    dataset: Dataset,
    reviewer: Reviewer,
    round: int | None = None,
    folder: Path | None = None,
    files: Files | None = None,
    chosen: ChosenFolders | None = None,
) -> TakenUp:
    """Read the journals of a dataset; may take a while.

    Parameters
    ----------
    round : int, optional
        A further pass hides what the earlier ones and others have said until it is finished. None
        for the one in which the reviewer stopped.
    folder : Path, optional
        Where the reviewer wants it from now on; else where it was, or beside the dataset.
    files : Files, optional
        How the disk is written.
    chosen : ChosenFolders, optional
        Where folders are remembered.
    """
    positions = {sample.id: position for position, sample in enumerate(dataset.samples)}
    marks, known = Marks(len(dataset)), dataset_id(dataset)
    chosen = chosen or ChosenFolders()
    try:
        if folder is not None:
            chosen.choose(dataset, folder)
        place = place_of(dataset, chosen)
        review = Review(place.folder, known, reviewer.name, round or 1, files)
        if round is None:
            review.turn_to(review.latest_round)
        trouble = place.trouble or review.problem()
    except (OSError, ValueError) as error:
        turn = (known, str(dataset.root), reviewer.name, round or 1)
        return TakenUp(marks, positions, None, str(error), reviewer.reveal, turn)
    turn = (known, str(dataset.root), review.reviewer, review.round)
    reveal: Reveal = "at the end" if review.round > 1 else reviewer.reveal
    taken = TakenUp(marks, positions, review, trouble, reveal, turn)
    taken.mark_all()
    if not taken.hides_all:
        for position, sample in enumerate(dataset.samples):
            if (stated := stated_decision(sample)) is not None:
                marks.state(position, stated)
    return taken


def judged_by(count: int) -> str:
    """Say how many others have judged a sample, and not what they say."""
    if not count:
        return ""
    who = "1 other has" if count == 1 else f"{count:,} others have"
    return f"{who} judged this; shown after your verdict"


def _said(verdict: Verdict) -> str:
    reasons = f" ({', '.join(verdict.reasons)})" if verdict.reasons else ""
    return f"{decision_text(verdict.decision)}{reasons}"
