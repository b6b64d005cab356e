"""The review of the open dataset: each verdict is on disk before a person goes on."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_medload.review import ReviewFolderError, Verdict
from napari_medload.review.staleness import is_stale
from napari_medload.session.review.ageing import Ageing
from napari_medload.session.review.contents import Contents
from napari_medload.session.review.review_state import NO_DATASET, Draft, ReviewState
from napari_medload.session.review.taking_up import take_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.review import Decision
    from napari_medload.review.review import Review
    from napari_medload.session.background.preparing import Prepared
    from napari_medload.session.review.contents import Content
    from napari_medload.session.review.reviewer import RememberedReviewer
    from napari_medload.session.review.taking_up import TakenUp
    from napari_medload.session.table.rows import Rows

    Fetch = Callable[[str, Callable[[object], TakenUp], Callable[[TakenUp], None]], None]

UNREADABLE = "unreadable"
EPOCH = (
    "this epoch is a preview of what training draws, and is not reviewed. Leave it to judge the "
    "samples"
)
_NOT_DRAWN = "nothing was judged: the sample is not drawn yet"
_LOG = logging.getLogger(__name__)


class Reviewing(ReviewState):
    """A reviewer's verdicts on the open dataset.

    Parameters
    ----------
    post : callable
        Runs a call in the session's thread.
    remembered : RememberedReviewer
        Who reviews.
    fetch : callable
        Makes something in another thread, and hands it over; see `Opening.fetch`.
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
        post: Callable[[Callable[[], None]], None],
        remembered: RememberedReviewer,
        fetch: Fetch,
        go_on: Callable[[], bool],
        go_to: Callable[[int], None],
    ) -> None:
        super().__init__(remembered)
        self._contents, self._ageing, self._post = Contents(), Ageing(post), post
        self._fetch, self._go_on, self._go_to = fetch, go_on, go_to
        self._dataset: Dataset | None = None
        self._rows: Rows | None = None
        self._shown: Prepared | None = None
        self._recorded: str | None = None  # said of the selected sample
        self.is_painted: Callable[[], bool] = lambda: True

    @property
    def is_unreadable(self) -> bool:
        """Whether a file of the sample that is seen cannot be read."""
        return self._shown is not None and bool(self._shown.problems)

    # --- from the session ------------------------------------------------------------------

    def read(self, dataset: Dataset) -> TakenUp:
        """Read the verdicts on a dataset that is about to be shown; in any thread.

        Another dataset is taken up in the pass in which the reviewer stopped.
        """
        same = self._dataset is not None and self._dataset.root == dataset.root
        turn = self.round if same else None
        return take_up(dataset, self._remembered.reviewer, turn, files=self.files)

    def take_up(self, dataset: Dataset, taken: TakenUp, rows: Rows) -> None:
        """Begin or go on with the review of a dataset, whose samples are in some rows."""
        self._dataset, self._taken, self._rows = dataset, taken, rows
        self.closed, rows.marks = "", taken.marks
        self.round = taken.turn[-1]
        self.trouble = taken.trouble
        self._waiting.belong_to(taken.turn, taken.review)
        self._begin_anew()
        review = taken.review
        if review is not None:
            judged = {s: taken.positions[s] for s in review.decisions if s in taken.positions}
            self._ageing.begin(dataset, judged, review.own.get, self._age)

    def close(self, reason: str) -> None:
        """Judge no more, for a reason."""
        self.commit()
        self.closed = reason
        self._ageing.stop()
        self._begin_anew()

    def end(self) -> None:
        """Save what is still open, and end all work."""
        self.commit()
        self._save_waiting()
        for told in self._waiting.told(("", "", "", 0)):
            _LOG.error(told)
        self._contents.close()
        self._ageing.close()

    def _begin_anew(self) -> None:
        self._contents.forget()
        self._selected = self._shown = None
        self._say("")

    def look_at(self, sample_id: str) -> None:
        """Turn to a sample, which is not drawn yet."""
        if sample_id == self._selected:
            return
        self.commit()  # of the sample that is left
        self._selected, self._shown = sample_id, None
        if self.message == self._recorded:  # it is about the sample that is left
            self.message, self.saved = "", False
        self._recorded = None
        self.changed.emit()

    def see(self, prepared: Prepared) -> None:
        """Take in that a sample is drawn; only what is seen can be judged."""
        self._shown = prepared
        if prepared.problems:
            self.changed.emit()
        counted = self._contents.count(prepared)
        standing = self.standing
        if counted is None or standing is None:
            return

        def compare(content: Content) -> None:
            if is_stale(standing, content.stamps, content.hashes):
                self._age(standing)

        counted.add_done_callback(lambda done: self._post(lambda: compare(done.result())))

    def _age(self, verdict: Verdict) -> None:
        """Mark a verdict as stale, unless it was given anew meanwhile."""
        position = self._taken.positions.get(verdict.sample)
        if self.review is None or self.closed or position is None:
            return
        if self.review.own.get(verdict.sample) == verdict and not self.marks.is_stale(position):
            self.marks.age(position, True)
            self.marked.emit()
            self.changed.emit()

    # --- intents ---------------------------------------------------------------------------

    def judge(self, decision: Decision) -> bool:
        """Judge the sample that is seen, and go on once that is on disk.

        Returns
        -------
        bool
            Whether it is saved.
        """
        if self._selected is None or self.closed:
            return self._say(self.closed or NO_DATASET)
        if self._shown is None or not self.is_painted():
            return self._say(_NOT_DRAWN)
        draft = self.draft
        if decision == "reject" and self.is_unreadable and not draft.reasons:
            draft = replace(draft, reasons=(UNREADABLE,))
        saved = self._save(self._verdict(self._selected, decision, draft))
        if saved and self.auto_advance and not self._go_on() and not self.finished:
            self._say(f"{self.message}; the table shows no other open sample", saved=True)
        return saved

    def toggle_reason(self, reason: str) -> None:
        """Add or take away a reason of the selected sample."""
        reasons = self.draft.reasons
        kept = tuple(r for r in reasons if r != reason)
        self.set_reasons(kept if reason in reasons else (*reasons, reason))

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

    def undo(self) -> None:
        """Take back the latest act, and show its sample."""
        sample = self._selected
        if sample is not None and sample in self.unsaved:
            self._waiting.drop(self._taken.turn, sample)
            if self.standing is not None:  # else reason and note wait for another verdict
                self._drafts.pop(sample, None)
            self._say("taken back; it was not saved")
        else:
            self._step_back(lambda review: review.undo(), "undone", "nothing to undo")

    def redo(self) -> None:
        """Do again what was undone last, and show its sample."""
        self._step_back(lambda review: review.redo(), "done again", "nothing to redo")

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

    def refresh(self) -> None:
        """Take in what other windows and copied files have added."""
        if self.waiting:
            self._save_waiting()
        if self.review is None or self.closed:
            return
        try:
            concerned = self.review.refresh()
        except OSError as error:
            self._say(f"the journals can't be read: {error}")
            return
        if concerned:
            for sample in concerned:
                self._mark(sample)
            self.marked.emit()
            self.changed.emit()

    # --- who, where and how ------------------------------------------------------------------

    def set_auto_advance(self, on: bool) -> None:
        """Go on by itself after a verdict, or stay."""
        if on != self.auto_advance:
            self._remembered.change(auto_advance=on)
            self.changed.emit()

    def set_reviewer(self, name: str) -> None:
        """Go on as another person, whose verdicts are shown instead."""
        if name.strip() and name.strip() != self.reviewer:
            self._take_up_again(None, name=name.strip())

    def set_blinded(self, on: bool) -> None:
        """Hide what others have said until all samples are reviewed, or show it."""
        if on != self.blinded:
            self._take_up_again(self.round, blinded=on)

    def set_round(self, round: int) -> None:
        """Begin or go on with another pass over the dataset."""
        if round != self.round:
            self._take_up_again(round)

    def set_folder(self, folder: Path) -> None:
        """Keep the journals in another folder from now on; those that are there are read."""
        self._take_up_again(self.round, folder)

    def _take_up_again(self, round: int | None, folder: Path | None = None, **changes: Any) -> None:
        """Read the verdicts as another reviewer, or in another way; until then all stays."""
        dataset, rows = self._dataset, self._rows
        if dataset is None or rows is None or self.closed:
            self._remembered.change(**changes)
            self.changed.emit()
            return
        self.commit()
        reviewer = replace(self._remembered.reviewer, **changes)

        def make(_tell: object) -> TakenUp:
            taken = take_up(dataset, reviewer, round, folder, self.files)
            if folder is not None and taken.review is None:
                raise ReviewFolderError(taken.trouble)
            return taken

        def take(taken: TakenUp) -> None:
            if changes:
                self._remembered.change(**changes)
            selected, shown = self._selected, self._shown
            self.take_up(dataset, taken, rows)
            self._selected, self._shown = selected, shown
            if folder is not None:  # chosen, perhaps, because the other one could not be written
                self.retry()
            self.refresh()  # what was judged while it was read
            self.marked.emit()
            self.changed.emit()

        self._fetch("reading verdicts", make, take)

    # --- inside ----------------------------------------------------------------------------

    def _verdict(self, sample: str, decision: Decision, draft: Draft) -> Verdict:
        content = self._contents.of(sample)
        return Verdict(sample, decision, draft.reasons, draft.note, content.hashes, content.stamps)

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

    def _step_back(self, act: Callable[[Review], Verdict | None], done: str, nothing: str) -> None:
        review = self.review
        if self.closed or review is None:
            self._say(self.closed or self.trouble)
            return
        try:
            stands = act(review)
        except OSError as error:
            self._say(f"not {done}: {error}")
            return
        if stands is None:
            self._say(nothing)
            return
        self._drafts.pop(stands.sample, None)
        self._mark(stands.sample)
        self.marked.emit()
        position = self._taken.positions.get(stands.sample)
        if position is not None and stands.sample != self._selected:
            self._go_to(position)
        now = "not reviewed" if stands.decision is None else stands.decision
        self._say(f"{done}, saved: {stands.sample} is {now}", saved=True)

    def _mark(self, sample: str) -> None:
        """Show in the table what stands on disk."""
        self._taken.mark(sample)

    def _say(self, message: str, saved: bool = False) -> bool:
        self.message, self.saved = message, saved
        self.changed.emit()
        return saved
