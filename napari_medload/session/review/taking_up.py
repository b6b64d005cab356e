"""Taking up a review: where its journals lie, what they say of each sample, where to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.loaders.identity import dataset_id
from napari_medload.review.folder import ChosenFolders, place_of
from napari_medload.review.review import Review
from napari_medload.session.table.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.review import Decision
    from napari_medload.review.files import Files
    from napari_medload.session.review.reviewer import Reviewer

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
    blinded : bool
        Whether what others have said is hidden until all samples are reviewed.
    turn : Pass
    """

    marks: Marks = field(default_factory=lambda: Marks(0))
    positions: Mapping[str, int] = field(default_factory=dict)
    review: Review | None = None
    trouble: str = ""
    blinded: bool = False
    turn: Pass = ("", "", "", 1)

    @property
    def hides_others(self) -> bool:
        """Whether others are hidden at present."""
        return self.blinded and bool(self.marks.open.any())

    def mark(self, sample: str) -> None:
        """Take what stands of a sample into its mark; samples of other datasets are left out."""
        position = self.positions.get(sample)
        if self.review is None or position is None:
            return
        hidden = self.hides_others
        own = self.review.own.get(sample)
        self.marks.judge(position, None if own is None else own.decision)
        if hidden != self.hides_others:
            self.hear_all()
        elif not hidden:
            self._hear(sample, position)

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
        hidden = self.hides_others
        for sample, decided in said.items():
            if sample in self.positions:
                self.marks.hear(self.positions[sample], () if hidden else decided)

    @property
    def others(self) -> list[tuple[tuple[str, int], Mapping[str, Decision]]]:
        """Decisions of other reviewers, and of this one in other rounds."""
        if self.review is None:
            return []
        own = (self.review.reviewer, self.review.round)
        return [(who, said) for who, said in self.review.ratings.items() if who != own]

    def _hear(self, sample: str, position: int) -> None:
        verdicts = () if self.review is None else self.review.others.get(sample, ())
        said = () if self.hides_others else verdicts
        self.marks.hear(position, [v.decision for v in said if v.decision is not None])

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
    """
    positions = {sample.id: position for position, sample in enumerate(dataset.samples)}
    marks, known = Marks(len(dataset)), dataset_id(dataset)
    chosen = ChosenFolders()
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
        return TakenUp(marks, positions, None, str(error), reviewer.blinded, turn)
    turn = (known, str(dataset.root), review.reviewer, review.round)
    blinded = reviewer.blinded or review.round > 1
    taken = TakenUp(marks, positions, review, trouble, blinded, turn)
    taken.mark_all()
    return taken
