"""Verdicts that could not be written: kept, whatever is opened next, until they are on disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.review import Verdict
    from napari_medload.review.review import Review
    from napari_medload.session.review.taking_up import Pass

_LOG = logging.getLogger(__name__)


@dataclass
class _Kept:
    """Verdicts of one pass over one dataset, and the journal that they are for."""

    verdicts: dict[str, Verdict]
    review: Review | None
    name: str
    failure: str


class Unsaved:
    """Verdicts that are not on disk, of all datasets that were open."""

    def __init__(self) -> None:
        self._kept: dict[Pass, _Kept] = {}

    def __len__(self) -> int:
        return sum(len(kept.verdicts) for kept in self._kept.values())

    def of(self, turn: Pass) -> Mapping[str, Verdict]:
        """Return the verdicts of one pass, by sample id."""
        kept = self._kept.get(turn)
        return {} if kept is None else kept.verdicts

    def add(
        self, turn: Pass, review: Review | None, name: str, verdict: Verdict, failure: str
    ) -> None:
        """Keep a verdict, in place of another one on the same sample.

        Parameters
        ----------
        turn : Pass
        review : Review or None
            The journal that it is for; None where there was none.
        name : str
            Of the dataset, for a person.
        verdict : Verdict
        failure : str
            Why it is not saved.
        """
        kept = self._kept.setdefault(turn, _Kept({}, review, name, failure))
        kept.review, kept.failure = review, failure
        kept.verdicts[verdict.sample] = verdict

    def drop(self, turn: Pass, sample: str) -> None:
        """Keep a verdict no more, where one was kept."""
        kept = self._kept.get(turn)
        if kept is not None:
            kept.verdicts.pop(sample, None)
            if not kept.verdicts:
                del self._kept[turn]

    def drop_all(self) -> None:
        """Keep nothing any more: a person gives it up."""
        self._kept.clear()

    def belong_to(self, turn: Pass, review: Review | None) -> None:
        """Let the verdicts of a pass, which is taken up again, go to another journal."""
        if turn in self._kept:
            self._kept[turn].review = review

    def save(self) -> list[tuple[Pass, str, Verdict]]:
        """Try to write all of them, and keep those that fail again.

        Returns
        -------
        list of (Pass, str, Verdict)
            What is on disk now, with the name of its dataset.
        """
        saved = []
        for turn, kept in list(self._kept.items()):
            if kept.review is None:
                continue
            for verdict in list(kept.verdicts.values()):
                try:
                    kept.review.save(verdict)
                except OSError as error:
                    kept.failure = str(error)
                else:
                    self.drop(turn, verdict.sample)
                    saved.append((turn, kept.name, verdict))
        return saved

    def told(self, turn: Pass) -> list[str]:
        """Say what is not saved, and why; of other passes with their dataset and reviewer."""
        told = []
        for other, kept in self._kept.items():
            names = ", ".join(f"{v.sample} ({v.decision})" for v in kept.verdicts.values())
            _dataset, _root, reviewer, number = other
            whose = "" if other == turn else f" of {kept.name}, {reviewer}, pass {number}"
            told.append(f"NOT SAVED{whose}: {names}. {kept.failure}")
        return told

    def lose(self) -> None:
        """Try a last time to write all of them, and say loudly which are lost."""
        self.save()
        for told in self.told(("", "", "", 0)):
            _LOG.error("%s. These verdicts are lost", told.rstrip("."))
