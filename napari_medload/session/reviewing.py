"""The review of the open dataset: each verdict is on disk before a person goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_medload.review import Verdict
from napari_medload.review.pace import pace
from napari_medload.review.staleness import is_stale
from napari_medload.session.ageing import Ageing
from napari_medload.session.agreement_text import agreement_text
from napari_medload.session.contents import Contents
from napari_medload.session.taking_up import TakenUp, take_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.review import Decision
    from napari_medload.review.files import Files
    from napari_medload.review.review import Review
    from napari_medload.session.contents import Content
    from napari_medload.session.marks import Marks
    from napari_medload.session.preparing import Prepared
    from napari_medload.session.reviewer import RememberedReviewer
    from napari_medload.session.rows import Rows

    Fetch = Callable[[str, Callable[[object], TakenUp], Callable[[TakenUp], None]], None]

UNREADABLE = "unreadable"
NO_DATASET = "no dataset is open"
EPOCH = (
    "this epoch is a preview of what training draws, and is not reviewed. Leave it to judge the "
    "samples"
)
_NOT_DRAWN = "nothing was judged: the sample is not drawn yet"


@dataclass(frozen=True)
class Draft:
    """Reasons and note of a sample, before or beside its verdict."""

    reasons: tuple[str, ...] = ()
    note: str = ""


class Reviewing:
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
        Goes to the next sample that is not reviewed.
    go_to : callable
        Shows a sample, by its position.

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
    unsaved : mapping of sample id to Verdict
        Verdicts that could not be written. They are not shown as saved, and can be tried again.
    files : Files, optional
        How the disk is written.
    round : int
        Pass over the dataset; one after the first hides what was said in the others.
    """

    changed = Signal()
    marked = Signal()  # texts of the table's verdicts

    def __init__(
        self,
        post: Callable[[Callable[[], None]], None],
        remembered: RememberedReviewer,
        fetch: Fetch,
        go_on: Callable[[], None],
        go_to: Callable[[int], None],
    ) -> None:
        self._contents, self._ageing, self._post = Contents(), Ageing(post), post
        self._remembered, self._fetch = remembered, fetch
        self._go_on, self._go_to = go_on, go_to
        self._dataset: Dataset | None = None
        self._rows: Rows | None = None
        self._taken = TakenUp()
        self._failure = ""
        self._drafts: dict[str, Draft] = {}
        self._selected: str | None = None
        self._shown: Prepared | None = None
        self.closed = NO_DATASET
        self.trouble = ""
        self.message = ""
        self.saved = False
        self.unsaved: dict[str, Verdict] = {}
        self.round = 1
        self.files: Files | None = None

    # --- what is known ---------------------------------------------------------------------

    @property
    def review(self) -> Review | None:
        """The reviewer's journal, and those beside it."""
        return self._taken.review

    @property
    def reviewer(self) -> str:
        """Name of the person who reviews."""
        return self._remembered.reviewer.name

    @property
    def auto_advance(self) -> bool:
        """Whether the next open sample is shown after a verdict."""
        return self._remembered.reviewer.auto_advance

    @property
    def blinded(self) -> bool:
        """Whether what others have said is hidden until all samples are reviewed."""
        return self._remembered.reviewer.blinded

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
        speed = None if self.review is None else pace(self.review.latest_times())
        if speed is not None and done < total:
            parts.append(f"{speed:.0f}/h")
        return " · ".join(parts) + ("." if done == total else "")

    @property
    def finished(self) -> bool:
        """Whether all samples are reviewed."""
        return not self.closed and self.marks.judged == len(self.marks) > 0

    def agreement(self) -> str:
        """Write how far the reviewers agree; while others are hidden, that is hidden too."""
        if self.review is None:
            return self.trouble or NO_DATASET
        return agreement_text(self.review.ratings, self._taken.hides_others)

    @property
    def marks(self) -> Marks:
        """Verdicts of all samples, as the table shows them."""
        return self._taken.marks

    @property
    def warning(self) -> str:
        """What a person must know before they go on; empty where all is well."""
        if self.unsaved:
            names = ", ".join(f"{v.sample} ({v.decision})" for v in self.unsaved.values())
            return f"NOT SAVED: {names}. {self._failure}"
        return self.trouble

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
    def selected(self) -> str | None:
        """Id of the sample that verdicts are about."""
        return self._selected

    # --- from the session ------------------------------------------------------------------

    def read(self, dataset: Dataset) -> TakenUp:
        """Read the verdicts on a dataset that is about to be shown; in any thread.

        Another dataset is begun with the first pass.
        """
        same = self._dataset is not None and self._dataset.root == dataset.root
        turn = self.round if same else 1
        return take_up(dataset, self._remembered.reviewer, turn, files=self.files)

    def take_up(self, dataset: Dataset, taken: TakenUp, rows: Rows) -> None:
        """Begin or go on with the review of a dataset, whose samples are in some rows."""
        self._dataset, self._taken, self._rows = dataset, taken, rows
        self.closed, rows.marks = "", taken.marks
        self.round = 1 if taken.review is None else taken.review.round
        self.trouble = taken.trouble
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
        self._contents.close()
        self._ageing.close()

    def _begin_anew(self) -> None:
        self._contents.forget()
        self._drafts.clear()
        self.unsaved.clear()
        self._selected = self._shown = None
        self._failure = ""
        self._say("")

    def look_at(self, sample_id: str) -> None:
        """Turn to a sample, which is not drawn yet."""
        if sample_id == self._selected:
            return
        self.commit()  # of the sample that is left
        self._selected, self._shown = sample_id, None
        self.changed.emit()

    def see(self, prepared: Prepared) -> None:
        """Take in that a sample is drawn; only what is seen can be judged."""
        self._shown = prepared
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
        if self._shown is None:
            return self._say(_NOT_DRAWN)
        draft = self.draft
        if decision == "reject" and self._shown.problems and not draft.reasons:
            draft = replace(draft, reasons=(UNREADABLE,))
        saved = self._save(self._verdict(self._selected, decision, draft))
        if saved and self.auto_advance:
            self._go_on()
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
        """Try again to save what could not be saved."""
        saved = [self._save(verdict) for verdict in list(self.unsaved.values())]
        return all(saved)

    def undo(self) -> None:
        """Take back the latest act, and show its sample."""
        if self._selected in self.unsaved:
            self.unsaved.pop(self._selected)
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
        return self._say(f"recorded: {sentence}", saved=True)

    def refresh(self) -> None:
        """Take in what other windows and copied files have added."""
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
            self._remembered.change(name=name.strip())
            self._take_up_again()

    def set_blinded(self, on: bool) -> None:
        """Hide what others have said until all samples are reviewed, or show it."""
        if on != self.blinded:
            self._remembered.change(blinded=on)
            self._take_up_again()

    def set_round(self, round: int) -> None:
        """Begin or go on with another pass over the dataset."""
        if round != self.round:
            self.round = round
            self._take_up_again()

    def set_folder(self, folder: Path) -> None:
        """Keep the journals in another folder from now on; those that are there are read."""
        self._take_up_again(folder)

    def _take_up_again(self, folder: Path | None = None) -> None:
        dataset, rows, turn = self._dataset, self._rows, self.round
        if dataset is None or rows is None or self.closed:
            self.changed.emit()
            return
        self.commit()

        def take(taken: TakenUp) -> None:
            selected, shown, unsaved = self._selected, self._shown, dict(self.unsaved)
            self.take_up(dataset, taken, rows)
            self._selected, self._shown = selected, shown
            if folder is not None:  # chosen, perhaps, because the other one could not be written
                self.unsaved = unsaved
                self.retry()
            self.marked.emit()
            self.changed.emit()

        reviewer = self._remembered.reviewer
        self._fetch(
            "reading verdicts",
            lambda _tell: take_up(dataset, reviewer, turn, folder, self.files),
            take,
        )

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
            self.unsaved[verdict.sample] = verdict
            self._failure = str(error)
            return self._say("not saved")
        self.unsaved.pop(verdict.sample, None)
        self._drafts.pop(verdict.sample, None)
        self._mark(verdict.sample)
        self.marked.emit()
        return self._say(f"saved: {verdict.sample}, {verdict.decision}", saved=True)

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
