"""What a person wants to export of the dataset that is open, as a value."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from napari_medload.export import Entry, Remark, Selection
from napari_medload.export.choice.choosing import entry_of, is_wanted
from napari_medload.export.choice.splitting import split
from napari_medload.loaders.backends import backend_for, layout_names
from napari_medload.session.export_places import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_medload.export import Exporter
    from napari_medload.export.choice.verdicts import Said
    from napari_medload.loaders import Dataset
    from napari_medload.session.table.facts import SampleFacts

VERDICTS = {
    "accept": "accepted",
    "reject": "rejected",
    "unsure": "unsure",
    "none": "not reviewed",
    "": "all",
}
"""Which samples are exported, and what that is called."""


class Cancelled(Exception):  # nothing went wrong
    """A person wants it no more."""


@dataclass(frozen=True)
class Division:
    """How the samples are divided into splits.

    Parameters
    ----------
    percent : tuple of (name, int)
        Share of each split; one without a share is not made.
    by : str
        What stays together: subject, group, sample, or a column.
    seed : int
    stratify : str
        Column whose values are shared out alike; empty for none.
    """

    percent: tuple[tuple[str, int], ...] = (("train", 70), ("val", 15), ("test", 15))
    by: str = "subject"
    seed: int = 0
    stratify: str = ""

    @property
    def shares(self) -> dict[str, float]:
        """Shares that add up to 1 where the percents add up to 100."""
        return {name: percent / 100 for name, percent in self.percent if percent}

    def of(self, selection: Selection) -> Selection:
        """Divide a selection.

        Raises
        ------
        ExportError
            If the shares do not add up, or there are fewer units than splits.
        """
        if not len(selection):
            return selection
        return split(selection, self.shares, self.by, self.seed, self.stratify or None)


@dataclass(frozen=True)
class Wish:
    """What is exported, how and to where.

    Parameters
    ----------
    format : str
        Name of an exporter.
    verdict : str
        One of `VERDICTS`.
    split : str
        Empty for all.
    shown : bool
        Whether only those that the table shows.
    path : str
        File, or folder for a format that fills one.
    relative_to : str, optional
        Folder that paths are written relative to; None for absolute paths.
    options : tuple of (name, value)
        Of the format, where they differ from what is usual.
    division : Division, optional
        How splits are made, in place of those that there are.
    """

    format: str
    verdict: str = "accept"
    split: str = ""
    shown: bool = False
    path: str = ""
    relative_to: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    division: Division | None = None

    @property
    def chosen(self) -> tuple[str, ...]:
        """Say in words how the samples are chosen."""
        parts = (
            f"verdict {self.verdict}" if self.verdict else "",
            f"split {self.split}" if self.split else "",
            "shown in the table" if self.shown else "",
        )
        return tuple(filter(None, parts))


@dataclass(frozen=True)
class Outlook:
    """What would come of a wish.

    Parameters
    ----------
    wish : Wish
    total : int
        All samples that there are.
    count : int, optional
        Those that are exported; None before they are counted.
    notes : tuple of str
        What is good to know of their verdicts and findings.
    lines : tuple of str
        How the list begins.
    rows : tuple of tuples of str
        The same as a table, with its header; empty for a format that is none.
    remarks : tuple of Remark
        What stands against it, errors first.
    known : bool
        Whether that has been looked at.
    replaces : bool
        Whether a file is there already.
    """

    wish: Wish
    total: int
    count: int | None = None
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[Remark, ...] = ()
    known: bool = False
    replaces: bool = False

    @property
    def text(self) -> str:
        """Count the samples."""
        of = f"{self.total:,} sample{'s' if self.total != 1 else ''}"
        return of if self.count is None else f"{self.count:,} of {of}"

    @property
    def refusal(self) -> str:
        """Why it cannot be saved; empty where it can, or where that is not known yet."""
        return next((str(r) for r in self.remarks if r.gravity == "error"), "")


@dataclass(frozen=True)
class Chosen:
    """What is known of the samples at a moment, taken in the session's thread for another.

    A sample counts by the reviewer's verdict, where there is none by the one that stands in the
    list that it was opened from, as in `export.reviewed`.

    Parameters
    ----------
    dataset : Dataset
    wish : Wish
    said : Said
        Verdicts as they are on disk.
    shown : array of ints
        Positions of the samples that the table shows.
    facts : list of SampleFacts or None
        Of all samples.
    stale : array of bools
        Whose files have changed since they were judged.
    whose : tuple of str
        Whose verdicts count, in words.
    remarks : tuple of Remark
        What a person must know of the verdicts, whichever are chosen.
    """

    dataset: Dataset
    wish: Wish
    said: Said
    shown: npt.NDArray[np.intp]
    facts: list[SampleFacts | None]
    stale: npt.NDArray[np.bool_]
    whose: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def positions(self, go_on: Callable[[], None]) -> npt.NDArray[np.intp]:
        """Find the samples, in the order of the dataset; of an epoch, in which training draws.

        Parameters
        ----------
        go_on : callable
            Asked now and then; raises `Cancelled` to stop.
        """
        wish, samples = self.wish, self.dataset.samples
        wanted = np.ones(len(samples), bool)
        if wish.shown:
            wanted[:] = False
            wanted[self.shown] = True
        if wish.verdict or wish.split:
            verdicts = (wish.verdict,) if wish.verdict else ()
            for position in np.flatnonzero(wanted).tolist():
                go_on()
                sample = samples[position]
                wanted[position] = wish.split in ("", sample.split) and is_wanted(
                    self.said.decision(sample), verdicts
                )
        return np.flatnonzero(wanted)

    def selection(self, positions: npt.NDArray[np.intp], go_on: Callable[[], None]) -> Selection:
        """List the samples at some positions with what was said of them, in the splits wished for.

        Parameters
        ----------
        go_on : callable
            Asked at each sample, whenever the list is read; raises `Cancelled` to stop.

        Raises
        ------
        ExportError
            If they cannot be divided so.
        """
        stale = tuple(self.dataset[at].id for at in positions[self.stale[positions]].tolist())
        remarks = self.remarks
        if stale:
            sentence = "the files have changed since they were judged; look at these again."
            remarks = (*remarks, Remark("warning", sentence, stale))
        entries = _Entries(self, positions, go_on)
        chosen = Selection(self.dataset, entries, (*self.wish.chosen, *self.whose), remarks)
        return chosen if self.wish.division is None else self.wish.division.of(chosen)

    def notes(self, positions: npt.NDArray[np.intp], go_on: Callable[[], None]) -> Iterator[str]:
        """Say quietly where the verdicts come from, and whether findings are still being made."""
        stated = 0
        for position in positions.tolist():
            go_on()
            sample = self.dataset[position]
            stated += sample.id not in self.said.lines and self.said.decision(sample) is not None
        if stated:
            yield f"{stated:,} with the verdict that the opened list states"
        waiting = sum(not (facts and facts.checked) for facts in self._facts_at(positions))
        if waiting:
            yield f"findings so far: {waiting:,} still to be checked"

    def depth(self, positions: npt.NDArray[np.intp]) -> str:
        """Name what all samples were checked by, one of `DEPTHS`; empty where they differ."""
        depths = {
            "none" if facts is None else "voxels" if facts.checked else "headers"
            for facts in self._facts_at(positions)
        }
        return depths.pop() if len(depths) == 1 else ""

    def _facts_at(self, positions: npt.NDArray[np.intp]) -> Iterator[SampleFacts | None]:
        return map(self.facts.__getitem__, positions.tolist())


class _Entries(Sequence[Entry]):
    """Entries that are made when they are first read, until a person wants the list no more."""

    def __init__(
        self, chosen: Chosen, positions: npt.NDArray[np.intp], go_on: Callable[[], None]
    ) -> None:
        self._chosen, self._positions, self._go_on = chosen, positions, go_on
        self._made: dict[int, Entry] = {}  # formats go through them again and again

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Entry]:
        return map(self._at, self._positions.tolist())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(index, slice):
            return _Entries(self._chosen, self._positions[index], self._go_on)
        return self._at(int(self._positions[index]))

    def _at(self, position: int) -> Entry:
        self._go_on()
        entry = self._made.get(position)
        if entry is None:
            chosen = self._chosen
            facts = chosen.facts[position]
            findings = None if facts is None else facts.findings
            entry = entry_of(chosen.dataset[position], chosen.said, findings)
            self._made[position] = entry
        return entry


def usual_options(exporter: Exporter) -> dict[str, Any]:
    """Return the options of a format, as they are unless a person chooses otherwise."""
    usual = exporter.options()
    return {field.name: getattr(usual, field.name) for field in fields(exporter.options)}


def command_of(chosen: Chosen, depth: str, reviewer: str, round: int) -> str:
    """Write the command that exports the same samples; empty where there is none.

    Parameters
    ----------
    depth : str
        What the samples were checked by; see `Chosen.depth`.
    reviewer : str
        Whose verdicts count; empty where all stand in the list that was opened.
    round : int
        Which pass of the reviewer.
    """
    wish, dataset = chosen.wish, chosen.dataset
    if wish.shown or not depth or not dataset.findable:
        return ""
    words = ["napari-medload", "export", str(dataset.address), "--format", wish.format]
    words += ["-o", str(absolute(wish.path))]
    words += _layout_of(dataset)
    words += ["--verdict", wish.verdict] if wish.verdict else []
    words += ["--reviewer", reviewer, "--round", f"{round}"] if reviewer else []
    words += ["--findings", depth] if depth != "none" else []
    split = wish.split or (dataset.splits[0] if len(dataset.splits) == 1 else "")
    words += ["--split", split] if split else []
    words += _division_in(wish.division)
    if wish.relative_to is not None:
        words += ["--relative-to", str(absolute(wish.relative_to))]
    for name, value in wish.options:
        text = ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
        words += ["--option", f"{name}={text}"]
    return shlex.join(words)


def _division_in(division: Division | None) -> list[str]:
    if division is None:
        return []
    shares = ",".join(f"{name}={share:g}" for name, share in division.shares.items())
    words = ["--make-splits", shares, "--by", division.by, "--seed", f"{division.seed}"]
    return words + (["--stratify", division.stratify] if division.stratify else [])


def _layout_of(dataset: Dataset) -> list[str]:
    """Name the layout where the path alone would be read in another."""
    if dataset.layout not in layout_names():
        return []
    backend = backend_for(dataset.root)
    same = backend is not None and backend.name == dataset.layout
    return [] if same else ["--layout", dataset.layout]
