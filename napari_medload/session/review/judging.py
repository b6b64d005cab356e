"""Judging: each verdict is on disk before a person goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.loaders.sample import side_of
from napari_medload.review import REASONS, Verdict
from napari_medload.session.review.contents import Contents
from napari_medload.session.review.outcome import DONE
from napari_medload.session.review.review_state import NO_DATASET, Draft, ReviewState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.loaders import Dataset
    from napari_medload.review import Decision
    from napari_medload.review.review import Review
    from napari_medload.session.background.preparing import Prepared
    from napari_medload.session.review.reviewer import RememberedReviewer

UNREADABLE = "unreadable"
_OF_PAIRS = ("wrong partner", "shifted")
_BLIND = "though a file of it cannot be read: undo takes that back"
_NOT_DRAWN = "nothing was judged: the sample is not drawn yet"


class Judging(ReviewState):
    """What a person says of the sample that is seen, and takes back.

    Parameters
    ----------
    remembered : RememberedReviewer
        Who reviews.
    go_on : callable
        Goes to the next sample that is not reviewed; returns whether there is one.
    go_to : callable
        Shows a sample, by its position.

    Attributes
    ----------
    is_painted : callable
        Whether the sample that was shown last is on the screen; a view that paints says so.
    """

    def __init__(
        self,
        remembered: RememberedReviewer,
        go_on: Callable[[], bool],
        go_to: Callable[[int], None],
    ) -> None:
        super().__init__(remembered)
        self._contents = Contents()
        self._go_on, self._go_to = go_on, go_to
        self._dataset: Dataset | None = None
        self._shown: Prepared | None = None
        self._recorded: str | None = None  # said of the selected sample
        self.is_painted: Callable[[], bool] = lambda: True

    @property
    def is_unreadable(self) -> bool:
        """Whether a file of the sample that is seen cannot be read."""
        return self._shown is not None and bool(self._shown.problems)

    @property
    def offered_reasons(self) -> tuple[str, ...]:
        """Reasons that may be given of the selected sample, and those that were."""
        at, dataset = self._taken.positions.get(self._selected or ""), self._dataset
        roles = () if dataset is None or at is None else dataset.samples[at].sources
        paired = not roles or "moving" in map(side_of, roles)
        fits = {UNREADABLE: self.is_unreadable, **dict.fromkeys(_OF_PAIRS, paired)}
        return tuple(r for r in REASONS if r in self.draft.reasons or fits.get(r, True))

    def judge(
        self, decision: Decision, note: str | None = None, reasons: tuple[str, ...] | None = None
    ) -> bool:
        """Judge the sample that is seen, and go on once that is on disk.

        Parameters
        ----------
        decision : str
        note : str, optional
            In place of what was noted before.
        reasons : tuple of str, optional
            In place of those that were given before.

        Returns
        -------
        bool
            Whether it is saved.

        Raises
        ------
        ValueError
            If there is no such reason.
        """
        if self._selected is None or self.closed:
            return self._say(self.closed or NO_DATASET)
        if self._shown is None or not self.is_painted():
            return self._say(_NOT_DRAWN)
        draft, stands = self.draft, self.standing
        if decision == "accept" and stands is not None and stands.decision not in (None, "accept"):
            if draft.reasons == stands.reasons:  # they spoke against it
                draft = replace(draft, reasons=())
        if note is not None:
            draft = replace(draft, note=note.strip())
        if reasons is not None:
            draft = replace(draft, reasons=_known(reasons))
        remark = ""
        if decision == "reject" and self.is_unreadable and not draft.reasons:
            draft, remark = replace(draft, reasons=(UNREADABLE,)), f"as {UNREADABLE}"
        elif decision == "accept" and self.is_unreadable:
            remark = _BLIND
        saved = self._save(self._verdict(self._selected, decision, draft))
        if saved and remark:
            self._say(f"{self.message}, {remark}", saved=True)
        if saved and self.auto_advance and not self._go_on() and self.outcome is None:
            self._say(f"{self.message}; no other open row", saved=True)
        return saved

    def toggle_reason(self, reason: str) -> None:
        """Add or take away a reason of the selected sample.

        Raises
        ------
        ValueError
            If there is no such reason.
        """
        reasons = self.draft.reasons
        kept = tuple(r for r in reasons if r != reason)
        self.set_reasons(kept if reason in reasons else (*reasons, *_known((reason,))))

    def set_reasons(self, reasons: tuple[str, ...]) -> None:
        """Give the reasons of the selected sample; of a judged one they are saved at once."""
        self._redraft(replace(self.draft, reasons=reasons))
        self.commit()

    def set_note(self, note: str) -> None:
        """Give the note of the selected sample; of a judged one it is saved at once."""
        self.write_note(note)
        self.commit()

    def write_note(self, note: str) -> None:
        """Keep a note while it is being typed."""
        if note.strip() != self.draft.note:
            self._redraft(replace(self.draft, note=note.strip()))

    def keep_note(self, sample: str, note: str) -> None:
        """Keep a note on any sample, as of one that was left while it was typed."""
        if sample == self._selected:
            self.set_note(note)
            return
        if self.closed or sample not in self._taken.positions:
            return
        own = None if self.review is None else self.review.own.get(sample)
        judged = self.unsaved.get(sample) or own
        draft = self._drafts.get(sample) or Draft()
        if judged is not None and sample not in self._drafts:
            draft = Draft(judged.reasons, judged.note)
        self._drafts[sample] = draft = replace(draft, note=note.strip())
        if judged is not None and judged.decision is not None:
            if draft != Draft(judged.reasons, judged.note):
                self._save(replace(judged, reasons=draft.reasons, note=draft.note))

    def commit(self) -> None:
        """Save what was changed of the verdict on the selected sample; else it waits for one."""
        sample = self._selected
        judged = self.unsaved.get(sample or "") or self.standing
        if sample is None or self.closed or judged is None or judged.decision is None:
            return
        draft = self.draft
        if draft != Draft(judged.reasons, judged.note):
            self._save(self._verdict(sample, judged.decision, draft))

    def retry(self) -> bool:
        """Try again to save what could not be saved, also of datasets that were open before.

        Returns
        -------
        bool
            Whether all is on disk.
        """
        self._save_waiting()
        return not self.waiting or self._say("not saved")

    def give_up_unsaved(self) -> None:
        """Keep the verdicts that could not be saved no more: the person does without them."""
        for sample in self.unsaved:  # else leaving a judged sample would save them after all
            self._drafts.pop(sample, None)
        self._waiting.drop_all()
        self._say("given up: what was not saved")

    def undo(self) -> bool:
        """Take back the latest act, and show its sample; return whether there was one.

        Where no verdict stands any more, its reasons and note wait for another one.
        """
        sample = self._selected
        if sample is not None and sample in self.unsaved:
            self._waiting.drop(self._taken.turn, sample)
            if self.standing is not None:  # else reason and note wait for another verdict
                self._drafts.pop(sample, None)
            self._say("taken back; it was not saved")
            return True
        review = self.review
        latest = None if review is None else review.own.to_undo()
        stood = None if review is None or latest is None else review.own.get(latest.sample)
        stepped = self._step_back(lambda review: review.undo(), "undone", "nothing to undo")
        if stepped and review is not None and stood is not None:
            draft = Draft(stood.reasons, stood.note)
            if stood.sample not in review.own and draft != Draft():
                self._drafts[stood.sample] = draft
                self.changed.emit()
        return stepped

    def redo(self) -> bool:
        """Do again what was undone last, and show its sample; say whether there was."""
        return self._step_back(lambda review: review.redo(), "done again", "nothing to redo")

    def record(self, sample_id: str, sentence: str, figures: Mapping[str, float]) -> bool:
        """Write down what a hypothesis has found of a sample; it is no verdict.

        Returns
        -------
        bool
            Whether it is on disk.
        """
        if self.review is None or self.closed:
            return self._say(f"not recorded: {self.closed or self.trouble}")
        try:
            self.review.record(sample_id, sentence, figures)
        except OSError as error:
            return self._say(f"not recorded: {error}")
        self._recorded = f"recorded: {sentence}"
        return self._say(self._recorded, saved=True)

    # --- inside ----------------------------------------------------------------------------

    def _verdict(self, sample: str, decision: Decision, draft: Draft) -> Verdict:
        content = self._contents.of(sample)
        hashes, stamps = content.hashes, content.stamps
        judged = self.unsaved.get(sample) or self.standing
        if self._shown is None and judged is not None:  # its files were judged, not what is there
            hashes, stamps = judged.content, judged.stamps
        return Verdict(sample, decision, draft.reasons, draft.note, hashes, stamps)

    def _redraft(self, draft: Draft) -> None:
        if self._selected is not None and not self.closed:
            self._drafts[self._selected] = draft
            self.changed.emit()

    def _save(self, verdict: Verdict) -> bool:
        """Write a verdict; only what is on disk is shown as saved."""
        try:
            if self.review is None:
                raise OSError(self.trouble or NO_DATASET)
            self.review.save(verdict)
        except OSError as error:
            name = "" if self._dataset is None else self._dataset.name
            self._waiting.add(self._taken.turn, self.review, name, verdict, str(error))
            return self._say("not saved")
        self._waiting.drop(self._taken.turn, verdict.sample)
        self._drafts.pop(verdict.sample, None)
        self._mark(verdict.sample)
        self.marked.emit()
        return self._say(f"saved: {verdict.sample}, {verdict.decision}", saved=True)

    def _save_waiting(self) -> None:
        """Try to save what could not be saved; what fails again stays as it is."""
        told = []
        for turn, name, verdict in self._waiting.save():
            here = turn == self._taken.turn
            told.append(verdict.sample if here else f"{verdict.sample} of {name}")
            if here:
                self._drafts.pop(verdict.sample, None)
                self._mark(verdict.sample)
        if told:
            self.marked.emit()
            self._say(f"saved now: {', '.join(told)}", saved=True)

    def _step_back(self, act: Callable[[Review], Verdict | None], done: str, nothing: str) -> bool:
        review = self.review
        if self.closed or review is None:
            return self._say(self.closed or self.trouble)
        try:
            stands = act(review)
        except OSError as error:
            return self._say(f"not {done}: {error}")
        if stands is None:
            return self._say(nothing)
        self._drafts.pop(stands.sample, None)
        self._mark(stands.sample)
        self.marked.emit()
        position = self._taken.positions.get(stands.sample)
        if position is not None and stands.sample != self._selected:
            self._go_to(position)
        now = "not reviewed" if stands.decision is None else DONE[stands.decision]
        return self._say(f"{done}, saved: {stands.sample} is {now}", saved=True)

    def _mark(self, sample: str) -> None:
        """Show in the table what stands on disk."""
        self._taken.mark(sample)

    def _say(self, message: str, saved: bool = False) -> bool:
        self.message, self.saved = message, saved
        self.changed.emit()
        return saved


def _known(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Return reasons that a person gives; a misspelt one would be counted by nobody."""
    if unknown := sorted(set(reasons) - set(REASONS)):
        there = ", ".join(REASONS)
        raise ValueError(
            f"no reason is called {unknown[0]!r}; there are {there}. Write others into the note"
        )
    return reasons
