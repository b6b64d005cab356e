"""The table of samples: sorted and searched through one index, never by moving rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.loaders import Sample
    from napari_medload.loaders.epoch import Draw
    from napari_medload.session.facts import SampleFacts


@dataclass(frozen=True)
class Column:
    """A column: its key, its title, and whether it sorts by number."""

    key: str
    title: str
    tip: str
    numeric: bool = False


COLUMNS = (
    Column("number", "#", "Number of the pair in the epoch", True),
    Column("moving", "moving", "Moving image, as training draws it"),
    Column("fixed", "fixed", "Fixed image, as training draws it"),
    Column("label", "label", "Channel of the labels, counted from 0"),
    Column("id", "id", "Sample"),
    Column("state", "headers", "✓: read, and nothing wrong in them; voxels are read when shown"),
    Column("shape", "shape", "Voxels along i, j, k: fixed | moving where they differ"),
    Column("spacing", "spacing mm", "Voxel spacing: fixed | moving where they differ"),
    Column("orientation", "orient.", "Direction of increasing index: fixed | moving"),
    Column("oblique", "oblique °", "Largest angle between a voxel axis and a world axis", True),
    Column("offset", "offset mm", "Distance between the centres of fixed and moving", True),
    Column("overlap", "overlap %", "Part of the smaller field of view inside the other", True),
    Column("group", "group", "Group"),
    Column("split", "split", "Split"),
)
_KEYS = tuple(column.key for column in COLUMNS)
DRAW_KEYS = ("number", "moving", "fixed", "label")
"""Columns of an epoch, where they take the place of the id."""
PENDING = "…"


class Rows:
    """Rows of a dataset, in the order a person has chosen.

    Parameters
    ----------
    samples : sequence of Sample
    draws : sequence of Draw, optional
        What each row draws, where the samples are an epoch.
    """

    def __init__(self, samples: Sequence[Sample], draws: Sequence[Draw] = ()) -> None:
        self._samples = samples
        self._draws = draws
        self.facts: list[SampleFacts | None] = [None] * len(samples)
        self._haystack = [f"{s.id}\n{s.group}\n{s.split}".casefold() for s in samples]
        self._ranks: dict[str, npt.NDArray[np.intp]] = {}
        self.order: npt.NDArray[np.intp] = np.arange(len(samples))
        self.sorted_by: tuple[str, bool] | None = None
        self.search = ""
        self.chosen: tuple[str | None, str | None] = (None, None)
        self.scanned = 0

    def __len__(self) -> int:
        return len(self.order)

    @property
    def total(self) -> int:
        """Number of samples, shown or not."""
        return len(self._samples)

    def sample_at(self, row: int) -> int:
        """Position in the dataset of a shown row."""
        return int(self.order[row])

    def row_of(self, sample: int) -> int | None:
        """Row of a sample, or None where the search hides it."""
        found = np.flatnonzero(self.order == sample)
        return int(found[0]) if found.size else None

    def add_facts(self, start: int, facts: Sequence[SampleFacts]) -> None:
        """Take in what a scan found."""
        self.scanned += sum(self.facts[start + i] is None for i in range(len(facts)))
        self.facts[start : start + len(facts)] = [f.without_headers() for f in facts]
        self._ranks.clear()

    def forget_facts(self) -> None:
        """Begin anew, for another scan."""
        self.facts = [None] * len(self._samples)
        self.scanned = 0
        self._ranks.clear()

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
        if key == "state":
            return self._state(sample)
        facts = self.facts[sample]
        if facts is None:
            return PENDING
        if key in ("shape", "spacing", "orientation"):
            return str(getattr(facts, key))
        number = _number(facts, key)
        return "" if number is None else f"{number:.0f}" if key == "overlap" else f"{number:.1f}"

    def _state(self, sample: int) -> str:
        problems = self.problems(sample)
        if problems:
            return f"! {problems[0]}"
        return "✓" if self.facts[sample] is not None else PENDING

    def sort(self, key: str, descending: bool = False) -> None:
        """Order the rows by a column; equal ones stay in the order of the dataset."""
        self.sorted_by = (key, descending)
        self._apply()

    def find(self, search: str) -> None:
        """Show only rows whose id, group, split or problem holds every word."""
        self.search = search
        self._apply()

    def choose(self, split: str | None, group: str | None) -> None:
        """Show only rows of a split and of a group; None stands for all."""
        self.chosen = (split, group)
        self._apply()

    def refresh(self) -> None:
        """Sort and search again, after facts have come in."""
        self._apply()

    def _apply(self) -> None:
        order = np.arange(self.total)
        if self.chosen != (None, None):
            order = np.array([i for i in order if self._is_chosen(int(i))], dtype=np.intp)
        words = self.search.casefold().split()
        if words:
            order = np.array([i for i in order if self._matches(int(i), words)], dtype=np.intp)
        if self.sorted_by is not None:
            key, descending = self.sorted_by
            ranks = self._sort_keys(key)[order]
            by_rank = np.argsort(ranks, kind="stable")
            if descending:  # reversed twice, so that equal rows keep their order
                by_rank = len(order) - 1 - np.argsort(ranks[::-1], kind="stable")[::-1]
            order = order[by_rank]
        self.order = order

    def _is_chosen(self, sample: int) -> bool:
        split, group = self.chosen
        found = self._samples[sample]
        return split in (None, found.split) and group in (None, found.group)

    def _matches(self, sample: int, words: list[str]) -> bool:
        text = self._haystack[sample]
        if all(word in text for word in words):
            return True
        problems = "\n".join(self.problems(sample)).casefold()
        return bool(problems) and all(word in text or word in problems for word in words)

    def _sort_keys(self, key: str) -> npt.NDArray[Any]:
        column = COLUMNS[_KEYS.index(key)]
        if key == "number":  # pairs come in the order of their numbers
            return np.arange(self.total)
        if column.numeric:
            numbers = [None if f is None else _number(f, key) for f in self.facts]
            return np.array([-np.inf if n is None else n for n in numbers])
        if key == "state":  # most problems first when descending
            return np.array([len(self.problems(i)) for i in range(self.total)])
        if key not in self._ranks:
            texts = np.array([self.text(i, key) for i in range(self.total)], dtype=np.str_)
            self._ranks[key] = np.unique(texts, return_inverse=True)[1]
        return self._ranks[key]


def _number(facts: SampleFacts, key: str) -> float | None:
    if key == "oblique":
        return facts.oblique_degrees
    if key == "offset":
        return facts.offset_mm
    return None if facts.overlap is None else facts.overlap * 100
