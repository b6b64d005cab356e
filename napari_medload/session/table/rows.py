"""The table of samples: sorted and filtered through one index, never by moving rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.checks import Severity
from napari_medload.session.table.columns import (
    COLUMNS,
    DRAW_KEYS,
    PENDING,
    SHAPES,
    WORST_FIRST,
    Column,
    finding_text,
    number_text,
)
from napari_medload.session.table.filtering import Filter
from napari_medload.session.table.found import QUEUED, Found
from napari_medload.session.table.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_medload.loaders import Sample
    from napari_medload.loaders.epoch import Draw
    from napari_medload.session.table.facts import SampleFacts

__all__ = ["COLUMNS", "DRAW_KEYS", "PENDING", "WORST_FIRST", "Column", "Rows"]

_BY_KEY = {column.key: column for column in COLUMNS}
_OF_SAMPLES = ("id", "group", "split")
_KEPT = (*_OF_SAMPLES, *DRAW_KEYS)  # no fact changes them


@dataclass(frozen=True)
class Queue:
    """What should be looked at first of all that is not reviewed, shown or not.

    Parameters
    ----------
    first : int
        The worst sample.
    count : int
        Samples that are as bad as that.
    what : str
        How bad: "errors" or "warnings".
    """

    first: int
    count: int
    what: str


class Rows:
    """Rows of a dataset, in the order a person has chosen.

    What comes in while a person works changes texts, and never the order or the choice of rows:
    these change when something is asked for, or by `refresh`.

    Parameters
    ----------
    samples : sequence of Sample
    draws : sequence of Draw, optional
        What each row draws, where the samples are an epoch.

    Attributes
    ----------
    order : array of ints
        Positions in the dataset of the rows that are shown.
    sorted_by : (str, bool) or None
        Column and whether it descends; None for the order of the dataset.
    marks : Marks
        Verdicts of the samples.
    held : int or None
        Sample that stays in the table whatever its verdict and findings are.
    outdated : bool
        Whether what has come in since would order or choose the rows otherwise.
    """

    def __init__(self, samples: Sequence[Sample], draws: Sequence[Draw] = ()) -> None:
        self._samples = samples
        self._draws = draws
        self._found = Found(samples)
        self._haystack = [f"{s.id}\n{s.group}\n{s.split}".casefold() for s in samples]
        # sorted here, where nobody waits: of 100,000 ids it takes longer than a blink
        self._ranks = {key: _ranked(getattr(s, key) for s in samples) for key in _OF_SAMPLES}
        self._searched: tuple[str, npt.NDArray[np.bool_]] | None = None
        self._chosen: tuple[tuple[str | None, str | None], npt.NDArray[np.bool_]] | None = None
        self.order: npt.NDArray[np.intp] = np.arange(len(samples))
        self.sorted_by: tuple[str, bool] | None = None
        self.filter = Filter()
        self.marks = Marks(len(samples))
        self.held: int | None = None
        self.outdated = False
        self._usual = None if draws else WORST_FIRST  # an epoch is read in its own order

    def __len__(self) -> int:
        return len(self.order)

    @property
    def total(self) -> int:
        """Number of samples, shown or not."""
        return len(self._samples)

    @property
    def search(self) -> str:
        """Words that are searched for."""
        return self.filter.search

    @property
    def chosen(self) -> tuple[str | None, str | None]:
        """Split and group that are shown; None stands for all."""
        return self.filter.split, self.filter.group

    @property
    def facts(self) -> list[SampleFacts | None]:
        """What is known of each sample."""
        return self._found.facts

    @property
    def scanned(self) -> int:
        """Number of samples of which something is known."""
        return self._found.scanned

    @property
    def checks(self) -> dict[str, int]:
        """Checks that have found something, with the number of samples."""
        return self._found.checks

    @property
    def matching(self) -> int:
        """Number of rows that the filter wants; without the one that only stays for a while."""
        return len(self) - self.holds_on

    @property
    def holds_on(self) -> bool:
        """Whether the sample that a person looks at is shown, though the filter says otherwise."""
        if self.held is None or not self.filter.follows_work or self.row_of(self.held) is None:
            return False
        return not self._wanted()[self.held]

    def sample_at(self, row: int) -> int:
        """Position in the dataset of a shown row."""
        return int(self.order[row])

    def near(self, sample: int, after: int = 4, before: int = 1) -> tuple[int, ...]:
        """List what a person is likely to look at next: this sample, and the rows around it."""
        row = self.row_of(sample)
        if row is None:
            return (sample,)
        rows = (*range(row, row + after + 1), *range(row - 1, row - before - 1, -1))
        return tuple(self.sample_at(r) for r in rows if 0 <= r < len(self))

    def row_of(self, sample: int) -> int | None:
        """Row of a sample, or None where it is hidden."""
        found = np.flatnonzero(self.order == sample)
        return int(found[0]) if found.size else None

    def next_open(self, sample: int | None) -> int | None:
        """Return the next sample that is not reviewed, in the order of the table.

        After the last row it goes on at the first. None where no other row is open.
        """
        row = None if sample is None else self.row_of(sample)
        ahead = self.order if row is None else np.roll(self.order, -row - 1)
        still_open = ahead[self.marks.open[ahead]]
        others = still_open[still_open != sample]
        return int(others[0]) if others.size else None

    def queue(self) -> Queue | None:
        """Find the worst of all that is not reviewed; None where nothing has a problem."""
        waiting = np.flatnonzero(self.marks.open)
        ranks = self._found.ranks[waiting]
        for least, what in QUEUED.items():
            bad = ranks >= least
            if bad.any():
                return Queue(int(waiting[np.argmax(ranks)]), int(np.count_nonzero(bad)), what)
        return None

    # --- what is known --------------------------------------------------------------------

    def add_facts(self, start: int, facts: Sequence[SampleFacts]) -> None:
        """Take in what a scan found."""
        others = self._found.add(start, facts)
        self._forget_ranks()
        self.outdated |= others and (self.sorted_by or self._usual) == WORST_FIRST

    def _forget_ranks(self) -> None:
        for key in self._ranks.keys() - set(_KEPT):
            del self._ranks[key]
        self._searched = None

    def forget_facts(self) -> None:
        """Begin anew, for another scan."""
        self._found.forget()
        self._forget_ranks()

    def said(self, sample: int) -> tuple[str, ...]:
        """Return all that is to be said of a sample: findings, or what was wrong beforehand."""
        facts = self.facts[sample]
        if facts is None:
            return tuple(f"{SHAPES[Severity.WARNING]} {known}" for known in self.problems(sample))
        wrong = (f for f in facts.findings if f.severity > Severity.NOTE)  # notes have their tab
        return tuple(f"{SHAPES[f.severity]} {f.sentence}" for f in wrong)

    def problems(self, sample: int) -> tuple[str, ...]:
        """Return what is wrong with a sample, as far as it is known."""
        facts = self.facts[sample]
        return self._samples[sample].problems if facts is None else facts.problems

    def notes(self, sample: int) -> tuple[str, ...]:
        """Return what is good to know of how its files are read."""
        facts = self.facts[sample]
        return () if facts is None else facts.notes

    def text(self, sample: int, key: str) -> str:
        """Text of a cell."""
        if key in ("id", "group", "split"):
            return str(getattr(self._samples[sample], key))
        if key in DRAW_KEYS:
            return str(getattr(self._draws[sample], key)) if self._draws else ""
        if key == "verdict":
            return self.marks.text(sample)
        facts = self.facts[sample]
        if key == "finding":
            its = self._samples[sample]
            return finding_text(facts, its.problems, [s.file for s in its.sources.values()])
        if facts is None:
            return PENDING
        if key in ("shape", "spacing", "orientation"):
            return str(getattr(facts, key))
        return number_text(facts, key)

    # --- order and choice -----------------------------------------------------------------

    def sort(self, key: str, descending: bool = False) -> None:
        """Order the rows by a column; equal ones stay in the order of the dataset."""
        self.sorted_by = (key, descending)
        self._apply()

    def find(self, search: str) -> None:
        """Show only rows whose id, group, split or finding holds every word."""
        self.choose_by(search=search)

    def choose(self, split: str | None, group: str | None) -> None:
        """Show only rows of a split and of a group; None stands for all."""
        self.choose_by(split=split, group=group)

    def choose_by(self, **changes: Any) -> None:
        """Change which rows are shown, by fields of `Filter`."""
        self.filter = replace(self.filter, **changes)
        self._apply()

    def refresh(self) -> None:
        """Sort and filter again as before, after facts and verdicts have come in."""
        self._apply()

    def let_go(self) -> None:
        """Take away rows that the filter no longer shows; the others stay where they are.

        What has been found meanwhile must not move the table under a person's hands. A row that
        comes back, because its verdict was taken back, goes to its place in the order.
        """
        shown = self._shown()
        kept = self.order[shown[self.order]]
        if len(kept) < np.count_nonzero(shown):
            self._apply()
        else:
            self.order = kept

    def sort_again(self) -> None:
        """Sort and filter by what is known now; worst first unless it was sorted otherwise."""
        self.sorted_by = self.sorted_by or self._usual
        self._apply()

    def _apply(self) -> None:
        order = np.flatnonzero(self._shown())
        if self.sorted_by is not None:
            key, descending = self.sorted_by
            ranks = self._sort_keys(key)[order]
            by_rank = np.argsort(ranks, kind="stable")
            if descending:  # reversed twice, so that equal rows keep their order
                by_rank = len(order) - 1 - np.argsort(ranks[::-1], kind="stable")[::-1]
            order = order[by_rank]
        self.order = order
        self.outdated = False

    def _wanted(self) -> npt.NDArray[np.bool_]:
        """Which samples have the verdict and the finding that are asked for."""
        wanted = np.ones(self.total, bool)
        if self.filter.verdict:
            wanted &= self.marks.matching(self.filter.verdict)
        if self.filter.finding:
            wanted &= self._found.matching(self.filter.finding)
        return wanted

    def _shown(self) -> npt.NDArray[np.bool_]:
        wanted = self.filter
        shown = self._wanted()
        if self.held is not None and wanted.follows_work:
            shown[self.held] = True
        if self.chosen != (None, None):
            shown &= self._is_chosen()
        if wanted.words:
            shown &= self._matches()
        return shown

    def _is_chosen(self) -> npt.NDArray[np.bool_]:
        """Which samples are of the split and the group; kept, as neither changes."""
        if self._chosen is None or self._chosen[0] != self.chosen:
            split, group = self.chosen
            found = [split in (None, s.split) and group in (None, s.group) for s in self._samples]
            self._chosen = self.chosen, np.array(found, bool)
        return self._chosen[1]

    def _matches(self) -> npt.NDArray[np.bool_]:
        """Which samples hold every word; kept, because verdicts change more often."""
        if self._searched is None or self._searched[0] != self.filter.search:
            found = np.ones(self.total, bool)
            for word in self.filter.words:
                named = np.array([word in text for text in self._haystack], bool)
                found &= named | self._found.saying(word)
            self._searched = self.filter.search, found
        return self._searched[1]

    def _sort_keys(self, key: str) -> npt.NDArray[Any]:
        if key == "number":  # pairs come in the order of their numbers
            return np.arange(self.total)
        if key == "finding":
            return self._found.ranks
        if key == "verdict":
            return self.marks.ranks
        if _BY_KEY[key].numeric:
            return self._found.numbers(key)
        if key not in self._ranks:
            self._ranks[key] = _ranked(self.text(i, key) for i in range(self.total))
        return self._ranks[key]


def _ranked(texts: Iterable[str]) -> npt.NDArray[np.intp]:
    """Rank of each text among all that there are."""
    every = list(texts)
    ranks = {text: rank for rank, text in enumerate(sorted(set(every)))}
    return np.fromiter(map(ranks.__getitem__, every), np.intp, len(every))
