"""What a person wants to export of the dataset that is open, as a value."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from napari_medload.export import Entry, ExportError, Remark, Selection
from napari_medload.export.choice.verdicts import stated_verdict
from napari_medload.review import ReviewFolderError
from napari_medload.review.folder import beside, refuse_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_medload.export import Exporter
    from napari_medload.loaders import Dataset
    from napari_medload.review import Verdict
    from napari_medload.session.table.facts import SampleFacts
    from napari_medload.session.table.rows import Rows

VERDICTS = {
    "accept": "accepted",
    "reject": "rejected",
    "unsure": "unsure",
    "unreviewed": "not reviewed",
    "": "all",
}
"""Which samples are exported, and what that is called."""

_ODD = re.compile(r"[^\w.-]+")


class Cancelled(Exception):  # nothing went wrong
    """A person wants it no more."""


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
    """

    format: str
    verdict: str = "accept"
    split: str = ""
    shown: bool = False
    path: str = ""
    relative_to: str | None = None
    options: tuple[tuple[str, Any], ...] = ()

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
    count, total : int
        Samples that are exported, and all that there are.
    lines : tuple of str
        How the list begins.
    remarks : tuple of Remark
        What stands against it, errors first.
    known : bool
        Whether that has been looked at; before, only the samples are counted.
    """

    wish: Wish
    count: int
    total: int
    lines: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    known: bool = False

    @property
    def text(self) -> str:
        """Count the samples."""
        return f"{self.count:,} of {self.total:,} sample{'s' if self.total != 1 else ''}"

    @property
    def refusal(self) -> str:
        """Why it cannot be saved; empty where it can, or where that is not known yet."""
        return next((str(r) for r in self.remarks if r.gravity == "error"), "")


@dataclass(frozen=True)
class Chosen:
    """Samples that were chosen in the session's thread, to be listed in another.

    Parameters
    ----------
    dataset : Dataset
    positions : array of ints
        In the order of the dataset; of an epoch, in which training draws.
    decisions : list of str or None
        What stood when they were chosen.
    verdict : callable
        Returns the verdict on a sample, by its id.
    facts : list of SampleFacts or None
        Of all samples.
    chosen : tuple of str
        How they were chosen, in words.
    remarks : tuple of Remark
        What a person must know of their verdicts and findings.
    """

    dataset: Dataset
    positions: list[int]
    decisions: list[str | None]
    verdict: Callable[[str], Verdict | None]
    facts: list[SampleFacts | None]
    chosen: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()

    def selection(self, go_on: Callable[[], None]) -> Selection:
        """List the samples with what was said of them.

        Parameters
        ----------
        go_on : callable
            Asked at each sample, now and whenever the list is read; raises `Cancelled` to stop.

        Raises
        ------
        Cancelled
            If it is wanted no more.
        ExportError
            If a verdict has changed since the samples were chosen.
        """
        entries = []
        for position, decision in zip(self.positions, self.decisions, strict=True):
            go_on()
            sample, facts = self.dataset[position], self.facts[position]
            verdict = None if decision is None else self.verdict(sample.id)
            if decision != (None if verdict is None else verdict.decision):
                raise ExportError(
                    f"the verdict on {sample.id} has changed meanwhile; expected that it stays "
                    f"'{decision}' while the list is made. Save again."
                )
            if verdict is None:  # of a list that was exported before
                verdict = stated_verdict(sample)
            findings = None if facts is None else facts.findings
            content = () if verdict is None else verdict.content
            entries.append(Entry(sample, verdict, findings, content))
        return Selection(self.dataset, _Stoppable(entries, go_on), self.chosen, self.remarks)


class _Stoppable(Sequence[Entry]):
    """Entries whose reader is stopped where a person wants the list no more."""

    def __init__(self, entries: list[Entry], go_on: Callable[[], None]) -> None:
        self._entries, self._go_on = entries, go_on

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._entries:
            self._go_on()
            yield entry

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        self._go_on()
        return self._entries[index]


def positions_of(wish: Wish, dataset: Dataset, rows: Rows) -> npt.NDArray[np.intp]:
    """Find the samples of a wish, in the order of the dataset."""
    wanted = np.ones(rows.total, bool)
    if wish.verdict:
        wanted &= rows.marks.matching(wish.verdict)
    if wish.shown:
        shown = np.zeros(rows.total, bool)
        shown[rows.order] = True
        wanted &= shown
    found = np.flatnonzero(wanted)
    if not wish.split:
        return found
    return np.array([at for at in found.tolist() if dataset[at].split == wish.split], np.intp)


def suggested_path(
    wish: Wish, dataset: Dataset, exporter: Exporter, review_folder: Path | None
) -> Path:
    """Propose where a list is saved: beside the dataset's folder, never in it.

    Where nothing can be written there: where the review lies, or the user's home folder.
    """
    sibling = beside(dataset)
    places = [None if sibling is None else sibling.parent, review_folder, Path.home()]
    folder = next((p for p in places if p is not None and os.access(p, os.W_OK)), Path.home())
    suffix = exporter.suffixes[0] if exporter.suffixes else ""
    words = [dataset.name, wish.split, VERDICTS[wish.verdict] if wish.verdict else ""]
    if suffix != f".{exporter.name}":  # several formats have one suffix
        words.append(exporter.name)
    name = "_".join(_ODD.sub("-", word).strip("-.") for word in words if word)
    return folder / (name + suffix)


def with_suffix_of(path: str, before: Exporter, after: Exporter) -> str:
    """Give a file the suffix of another format, where it had that of the one before."""
    for suffix in sorted(before.suffixes, key=len, reverse=True):
        if path.lower().endswith(suffix):
            return path[: -len(suffix)] + (after.suffixes[0] if after.suffixes else "")
    return path


def usual_options(exporter: Exporter) -> dict[str, Any]:
    """Return the options of a format, as they are unless a person chooses otherwise."""
    usual = exporter.options()
    return {field.name: getattr(usual, field.name) for field in fields(exporter.options)}


def place_remarks(wish: Wish, dataset: Dataset) -> Iterator[Remark]:
    """Say what is wrong with where a list is to be saved."""
    if not wish.path.strip():
        yield Remark("error", "no file is named; expected one. Say where to save the list.")
        return
    path = Path(wish.path.strip()).expanduser().absolute()
    if not path.parent.is_dir():
        yield Remark("error", f"there is no folder {path.parent}; make it, or choose another.")
    elif path.is_file():
        yield Remark("warning", f"{path.name} is there already, and will be replaced.")
    if (base := wish.relative_to) is not None and not (base and Path(base).expanduser().is_dir()):
        yield Remark(
            "error", f"there is no folder '{base}' that paths could be relative to. Choose another."
        )
    try:
        refuse_inside(dataset, path.parent)
    except ReviewFolderError:
        yield Remark("warning", "the list would lie in the dataset's own folder. Better beside it.")


def command_of(wish: Wish, dataset: Dataset, reviewer: str, round: int) -> str:
    """Write the command that exports the same samples; empty where there is none."""
    if wish.shown or not dataset.findable:
        return ""
    words = ["napari-medload", "export", str(dataset.address), "--format", wish.format]
    words += ["-o", wish.path.strip()]
    if wish.verdict:
        words += ["--verdict", "none" if wish.verdict == "unreviewed" else wish.verdict]
    words += ["--reviewer", reviewer] if wish.verdict else []
    words += ["--round", f"{round}"] if wish.verdict and round > 1 else []
    words += ["--split", wish.split] if wish.split else []
    words += [] if wish.relative_to is None else ["--relative-to", wish.relative_to]
    for name, value in wish.options:
        text = ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
        words += ["--option", f"{name}={text}"]
    return shlex.join(words)
