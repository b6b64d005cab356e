"""The review of the open dataset: taken up, followed and left; who judges, where and how."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_medload.review import ChosenFolders, ReviewFolderError
from napari_medload.review.staleness import is_stale
from napari_medload.session.review.ageing import Ageing
from napari_medload.session.review.judging import Judging
from napari_medload.session.review.taking_up import take_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.review import Review, Verdict
    from napari_medload.session.background.preparing import Prepared
    from napari_medload.session.review.contents import Content
    from napari_medload.session.review.reviewer import RememberedReviewer, Reveal
    from napari_medload.session.review.taking_up import TakenUp
    from napari_medload.session.table.rows import Rows

    Fetch = Callable[[str, Callable[[object], TakenUp], Callable[[TakenUp], None]], None]

EPOCH = (
    "this epoch is a preview of what training draws, and is not reviewed. Leave it to judge the "
    "samples"
)


class Reviewing(Judging):
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
    folders : ChosenFolders
        Where it is remembered in which folder the verdicts on a dataset are kept.
    """

    def __init__(
        self,
        post: Callable[[Callable[[], None]], None],
        remembered: RememberedReviewer,
        fetch: Fetch,
        go_on: Callable[[], bool],
        go_to: Callable[[int], None],
    ) -> None:
        super().__init__(remembered, go_on, go_to)
        self._ageing, self._post, self._fetch = Ageing(post), post, fetch
        self.folders = ChosenFolders()
        # also where nobody closes anything: at the end of the interpreter
        self._lose = weakref.finalize(self, self._waiting.lose)

    # --- from the session ------------------------------------------------------------------

    def read(self, dataset: Dataset) -> TakenUp:
        """Read the verdicts on a dataset that is about to be shown; in any thread.

        Another dataset is taken up in the pass in which the reviewer stopped.
        """
        same = self._dataset is not None and self._dataset.root == dataset.root
        turn = self.round if same else None
        return take_up(
            dataset, self._remembered.reviewer, turn, files=self.files, chosen=self.folders
        )

    def take_up(self, dataset: Dataset, taken: TakenUp, rows: Rows) -> None:
        """Begin or go on with the review of a dataset, whose samples are in some rows."""
        self._dataset, self._taken, self._rows = dataset, taken, rows
        self.closed, rows.marks = "", taken.marks
        self.round = taken.turn[-1]
        self.trouble = taken.trouble
        self._waiting.belong_to(taken.turn, taken.review)
        self._begin_anew(self._begun)
        review = taken.review
        if review is not None:
            judged = (~taken.marks.open).nonzero()[0].tolist()
            self._ageing.begin(dataset, judged, review.own.get, self._age)

    def close(self, reason: str) -> None:
        """Judge no more, for a reason."""
        self.commit()
        self.closed = reason
        self._ageing.stop()
        self._begin_anew()

    def end(self) -> None:
        """Save what is still open, and end all work."""
        self.changed.disconnect()  # those who listen may be gone already
        self.marked.disconnect()
        self.commit()
        self._save_waiting()
        self._lose()
        self._contents.close()
        self._ageing.close()

    def _begin_anew(self, message: str = "") -> None:
        self._contents.forget()
        self._selected = self._shown = None
        self._say(message)

    @property
    def _begun(self) -> str:
        """Say who judges, and from where they go on: several people may share a computer."""
        who = self.reviewer if self.round == 1 else f"pass {self.round}"
        done, total = self.marks.judged, len(self.marks)
        if done == total:
            return f"{who}: all {total:,} are reviewed"
        return f"{who} {'goes on' if done else 'begins'}: {done:,} of {total:,} reviewed"

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

    def _see_again(self) -> None:
        """Compare what is drawn with the verdict that stands now, perhaps of another reviewer."""
        if self._shown is not None:
            self.see(self._shown)

    def _step_back(self, act: Callable[[Review], Verdict | None], done: str, nothing: str) -> bool:
        stepped = super()._step_back(act, done, nothing)
        self._see_again()
        return stepped

    def _age(self, verdict: Verdict) -> None:
        """Mark a verdict as stale, unless it was given anew meanwhile."""
        position = self._taken.positions.get(verdict.sample)
        if self.review is None or self.closed or position is None:
            return
        if self.review.own.get(verdict.sample) == verdict and not self.marks.is_stale(position):
            self.marks.age(position, True)
            self.marked.emit()
            self.changed.emit()

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

    def set_reveal(self, reveal: Reveal) -> None:
        """Choose when the verdicts of others are shown."""
        if reveal != self.reveal:
            self._take_up_again(self.round, reveal=reveal)

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
            taken = take_up(dataset, reviewer, round, folder, self.files, self.folders)
            if folder is not None and taken.review is None:
                raise ReviewFolderError(taken.trouble)
            return taken

        def take(taken: TakenUp) -> None:
            if changes:
                self._remembered.change(**changes)
            selected, shown = self._selected, self._shown
            self.take_up(dataset, taken, rows)
            self._selected, self._shown = selected, shown
            self._see_again()
            if folder is not None:  # chosen, perhaps, because the other one could not be written
                self.retry()
            self.refresh()  # what was judged while it was read
            self.marked.emit()
            self.changed.emit()

        self._fetch("reading verdicts", make, take)
