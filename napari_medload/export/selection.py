"""What is exported: samples of one dataset, in order, each with what was said of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

from napari_medload.export.errors import ExportError
from napari_medload.loaders import Dataset, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.checks import Finding
    from napari_medload.export.remark import Remark
    from napari_medload.review import Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample, and what was said of it.

    Parameters
    ----------
    sample : Sample
        Its split is the one that is exported.
    verdict : Verdict, optional
        None where nobody has judged it.
    findings : tuple of Finding, optional
        Worst first; None where it was not checked.
    content : tuple of (role, str)
        Hash of the content of each role, as `loaders.identity.content_hash` makes them; empty
        where they are not known.
    """

    sample: Sample
    verdict: Verdict | None = None
    findings: tuple[Finding, ...] | None = None
    content: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Selection(Sequence[Entry]):
    """Entries of one dataset, in order.

    Parameters
    ----------
    dataset : Dataset
        Which they are of; its label tables, promises and loader options are exported too.
    entries : sequence of Entry
        It may make them when they are asked for: a list may be larger than the memory.
    chosen : tuple of str
        How they were chosen, in words, such as ``"verdict accept"``.
    remarks : tuple of Remark
        What was met while they were chosen, such as verdicts that disagree.
    """

    dataset: Dataset
    entries: Sequence[Entry]
    chosen: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Selection: ...
    def __getitem__(self, index: int | slice) -> Entry | Selection:
        if isinstance(index, slice):
            return replace(self, entries=self.entries[index])
        return self.entries[index]

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits in order of appearance, without the empty one."""
        return tuple(dict.fromkeys(e.sample.split for e in self if e.sample.split))

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in order of appearance."""
        return tuple(dict.fromkeys(role for e in self for role in e.sample.sources))


def selection_of(samples: Selection | Dataset | Iterable[Sample | Entry]) -> Selection:
    """Take samples in any form that people have them in.

    Raises
    ------
    ExportError
        If there are none that could be exported.
    """
    if isinstance(samples, Selection):
        return samples
    if isinstance(samples, Dataset):
        return Selection(samples, tuple(map(Entry, samples.samples)))
    if isinstance(samples, str | Path) or not isinstance(samples, Iterable):
        raise _cannot_be_exported(samples)
    entries = tuple(s if isinstance(s, Entry) else Entry(s) for s in samples)
    for entry in entries:
        if not isinstance(entry.sample, Sample):
            raise _cannot_be_exported(entry.sample)
    return Selection(_dataset_around(entries), entries)


def expect_selection(found: object) -> None:
    """Check that something is a selection.

    Raises
    ------
    ExportError
        If it is a dataset or something else, with how a selection is made.
    """
    if not isinstance(found, Selection):
        raise ExportError(
            f"found {type(found).__name__}; expected a selection of samples. Make one with "
            "napari_medload.export.reviewed(open_dataset(path)), which takes all where nothing is "
            "asked for."
        )


def _cannot_be_exported(found: object) -> ExportError:
    return ExportError(
        f"cannot export {type(found).__name__}; expected a dataset, or samples of one. Open it "
        "with open_dataset first."
    )


def _dataset_around(entries: Sequence[Entry]) -> Dataset:
    """Make a dataset of samples that came without theirs: the folder that holds all their files."""
    folders = {source.path.parent for e in entries for source in e.sample.sources.values()}
    root = Path(os.path.commonpath(folders)) if folders else Path()
    return Dataset(root, "list", tuple(entry.sample for entry in entries))
