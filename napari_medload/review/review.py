"""A review: what one person says of a dataset, beside what all others have said."""

from __future__ import annotations

import gc
import os
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from napari_medload.review.errors import JournalError
from napari_medload.review.files import Disk, Files, opened
from napari_medload.review.folder import make_folder, why_not_writable
from napari_medload.review.history import History
from napari_medload.review.journals import Journals, News, journal_name
from napari_medload.review.lines import (
    FORMAT,
    Entry,
    decode,
    encode,
    fields_of,
    finite,
    hypothesis_of,
    verdict_of,
)
from napari_medload.review.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from napari_medload.review.lines import Act
    from napari_medload.review.verdict import Decision, Hypothesis

_SHORTEST = timedelta(microseconds=1)


class Review:
    """Verdicts of one reviewer on one dataset, on disk before they count.

    It is used from one thread. Other reviews, in this program or another, on this machine or
    another, may write into the same folder at the same time.

    Parameters
    ----------
    folder : Path
        Review folder; all journals in it are read, one is written. It is made with the first
        verdict.
    dataset : str
        Id of the dataset.
    reviewer : str
    round : int
        A further pass begins with nothing judged, whatever the first said.
    files : Files, optional
        How the disk is written.

    Attributes
    ----------
    path : Path
        The journal that is written.

    Raises
    ------
    ValueError
        If the reviewer has no name, or there is no such round.
    """

    def __init__(
        self,
        folder: Path,
        dataset: str,
        reviewer: str,
        round: int = 1,
        files: Files | None = None,
    ) -> None:
        reviewer = unicodedata.normalize("NFC", reviewer).strip()
        if not reviewer:
            raise ValueError("a reviewer without a name; expected one. Enter your name.")
        if round < 1:
            raise ValueError(f"round {round}; expected 1 for the first pass, 2 for the second")
        self.folder, self.dataset, self.reviewer, self.round = folder, dataset, reviewer, round
        self.path = folder / journal_name(reviewer)
        self._files = files or Disk()
        self._journals = Journals(folder, self.path, dataset)
        self._histories: dict[tuple[str, int], History] = {(reviewer, round): History()}
        self._hypotheses: dict[str, list[Entry]] = {}
        self._news: set[str] = set()
        self._folder_synced = False
        self._begun = False
        with _uncollected():
            self._apply(self._journals.look())
        self._begun = True

    # --- what is known ---------------------------------------------------------------------

    @property
    def troubles(self) -> tuple[str, ...]:
        """What could not be read in the journals, each with its file and line."""
        return self._journals.troubles

    @property
    def own(self) -> History:
        """Standing verdicts of this reviewer in this round, by sample id; none taken back."""
        return self._histories[self.reviewer, self.round]

    @property
    def others(self) -> Mapping[str, tuple[Verdict, ...]]:
        """Standing verdicts of other reviewers and rounds, by sample id."""
        return _Others(
            {who: found for who, found in self._histories.items() if found is not self.own}
        )

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """Own standing decisions, by sample id: quicker than the whole verdicts."""
        return self.own.decisions

    @property
    def ratings(self) -> Mapping[tuple[str, int], Mapping[str, Decision]]:
        """Standing decisions of each reviewer and round, this one's too, by sample id."""
        return {who: found.decisions for who, found in sorted(self._histories.items())}

    @property
    def standing(self) -> Mapping[tuple[str, int], Mapping[str, Entry]]:
        """Lines that say what stands, by reviewer and round, then by sample; none without any."""
        found = ((who, history.standing) for who, history in sorted(self._histories.items()))
        return {who: entries for who, entries in found if entries}

    @property
    def hypotheses(self) -> Mapping[str, tuple[Hypothesis, ...]]:
        """Recorded hypotheses of all reviewers, by sample id, in the order of their time."""
        return {
            sample: tuple(map(hypothesis_of, entries))
            for sample, entries in self._hypotheses.items()
        }

    @property
    def latest_round(self) -> int:
        """Round in which this reviewer wrote last; 1 before the first verdict."""
        rounds = [turn for who, turn in self._histories if who == self.reviewer]
        return max(rounds, key=lambda turn: (self._histories[self.reviewer, turn].order, turn))

    def turn_to(self, round: int) -> None:
        """Go on with another round of this reviewer."""
        self.round = round
        self._histories.setdefault((self.reviewer, round), History())

    @property
    def last(self) -> str | None:
        """Sample of the latest own verdict, where a review is taken up again."""
        return self.own.last

    def latest_times(self) -> Iterator[str]:
        """When samples were judged, latest first, each sample once; see `pace`."""
        met: set[str] = set()
        for entry in self.own.latest_first():
            if entry.sample not in met and entry.decision is not None:
                met.add(entry.sample)
                yield entry.order

    def problem(self) -> str:
        """Why no verdict could be written now; empty where one could. Nothing is left behind."""
        return why_not_writable(self.folder, self.path)

    # --- acts ------------------------------------------------------------------------------

    def save(self, verdict: Verdict) -> Verdict:
        """Write a verdict and wait until it is on disk.

        Reviewer, round, time, dataset and tool are filled in. Only after this returns may it be
        shown as saved.

        Raises
        ------
        JournalError
            (OSError) If it could not be written whole: nothing counts as saved.
        ValueError
            If it is no verdict: nothing is written.
        """
        return self._say("judge", lambda: (verdict, ""))

    def record(self, sample: str, hypothesis: str, figures: Mapping[str, float]) -> None:
        """Write down what a hypothesis has found of a sample. It is no verdict.

        Raises
        ------
        JournalError
            (OSError) If it could not be written whole.
        """
        told = {"sample_id": sample, "hypothesis": hypothesis, "figures": finite(figures)}
        self._write(lambda: {"kind": "hypothesis", **told})

    def undo(self) -> Verdict | None:
        """Take back the latest own act, on disk; return the verdict that stands now.

        A verdict with decision None where none stands, and None where nothing is left to undo.

        Raises
        ------
        JournalError
            (OSError) If that could not be written whole: nothing is taken back.
        """
        self._apply(self._journals.look())
        if self.own.to_undo() is None:
            return None

        def before() -> tuple[Verdict, str]:
            latest = self.own.to_undo()
            if latest is None:
                raise _NothingLeftError
            stood = self.own.before(latest)
            return Verdict(latest.sample, None) if stood is None else verdict_of(stood), latest.id

        try:
            return self._say("undo", before)
        except _NothingLeftError:  # another window was quicker
            return None

    def redo(self) -> Verdict | None:
        """Do again what was undone last, on disk; None where nothing was.

        Raises
        ------
        JournalError
            (OSError) If that could not be written whole: nothing is done again.
        """
        self._apply(self._journals.look())
        if self.own.to_redo() is None:
            return None

        def after() -> tuple[Verdict, str]:
            undone = self.own.to_redo()
            if undone is None:
                raise _NothingLeftError
            return verdict_of(undone), undone.id

        try:
            return self._say("redo", after)
        except _NothingLeftError:
            return None

    def refresh(self) -> frozenset[str]:
        """Read what other windows and copied files have added; return the samples concerned."""
        self._apply(self._journals.look())
        news = frozenset(self._news)
        self._news.clear()
        return news

    # --- inside ----------------------------------------------------------------------------

    def _say(self, act: Act, what: Callable[[], tuple[Verdict, str]]) -> Verdict:
        """Write what stands after an act, and which other act it is about.

        Parameters
        ----------
        act : str
        what : callable
            Asked for the verdict and the id of that act once nobody else can write.
        """
        said: list[Verdict] = []

        def fields() -> dict[str, Any]:
            verdict, of = what()
            said.append(verdict)
            about = {"of": of} if of else {}
            return {"kind": "verdict", "act": act, **about, **fields_of(verdict)}

        entry, line = self._write(fields)
        filled = {name: line[name] for name in ("reviewer", "round", "time", "dataset", "tool")}
        return self.own.keep(entry, replace(said[0], **filled))

    def _write(self, fields: Callable[[], Mapping[str, Any]]) -> tuple[Entry, Mapping[str, Any]]:
        """Append a line that is made once nobody else can write, and count it."""
        try:
            made = make_folder(self.folder)
            with opened(self._files, self.path) as descriptor:
                if not self._journals.own.is_current(descriptor):
                    self._apply(self._journals.look_at_own())
                self._sync_folders(made)
                line = {**self._stamp(), **fields()}
                entry = decode(encode(line), self.dataset)  # what is not understood is not written
                if entry is None:
                    raise AssertionError("a line about another dataset")
                self._journals.append(self._files, descriptor, entry)
        except JournalError:
            raise
        except OSError as error:
            raise JournalError.from_os(self.path, error) from error
        self._count([entry])
        return entry, line

    def _stamp(self) -> dict[str, Any]:
        """Fields of each line; its order lies after all own ones, whatever the clock says."""
        now = datetime.now(UTC)
        stamp: dict[str, Any] = {
            "format": FORMAT,
            "id": os.urandom(8).hex(),
            "dataset": self.dataset,
            "reviewer": self.reviewer,
            "round": self.round,
            "time": _text(now),
            "tool": _tool(),
        }
        if stamp["time"] <= self.own.order:
            stamp["order"] = _just_after(self.own.order)
        return stamp

    def _sync_folders(self, made: list[Path]) -> None:
        """Let the names of file and folders be on disk before what stands in them."""
        if made or not (self._folder_synced and self._journals.own.count):
            self._files.fsync_folder(self.folder)
            for folder in made:
                self._files.fsync_folder(folder.parent)
            self._folder_synced = True

    def _apply(self, news: News) -> None:
        if self._begun:
            self._news.update([entry.sample for entry in news.entries])
        if news.anew or not self._count(news.entries):
            self._folder_synced = False  # the file may be another one
            for history in self._histories.values():
                self._news.update(history)
                history.clear()
            self._hypotheses.clear()
            self._count(sorted(self._journals.entries.values(), key=attrgetter("order")))

    def _count(self, entries: Iterable[Entry]) -> bool:
        """Take in lines; False where one was written before another that is known already."""
        of, turn, history = self.reviewer, self.round, self.own
        for entry in entries:
            order, _, sample, act, _, _, reviewer, number, _ = entry
            if act is None:
                self._hypotheses.setdefault(sample, []).append(entry)
                continue
            if reviewer != of or number != turn:
                of, turn = reviewer, number
                history = self._histories.setdefault((of, turn), History())
            if order < history.order:
                return False
            history.apply(entry)
        return True


class _NothingLeftError(Exception):
    """Nothing to undo or redo, known once the journal is locked."""


class _Others(Mapping[str, tuple[Verdict, ...]]):
    """Verdicts of several histories, by sample id; they are made when asked for."""

    def __init__(self, histories: Mapping[tuple[str, int], History]) -> None:
        self._histories = [history for _, history in sorted(histories.items())]

    def __getitem__(self, sample: str) -> tuple[Verdict, ...]:
        found = tuple(history[sample] for history in self._histories if sample in history)
        if not found:
            raise KeyError(sample)
        return found

    def __contains__(self, sample: object) -> bool:
        return any(sample in history for history in self._histories)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(sample for history in self._histories for sample in history))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many small objects that stay, which else are looked through again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@cache
def _tool() -> str:
    try:
        return f"napari-medload {version('napari-medload')}"
    except PackageNotFoundError:  # run from a folder of sources
        return "napari-medload"


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _just_after(order: str) -> str:
    try:
        return _text(datetime.fromisoformat(order).astimezone(UTC) + _SHORTEST)
    except (ValueError, OverflowError):
        return f"{order}~"
