"""What a person is told of splits: how large they are, and what stands in two of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_medload.export.choice.leakage import compared
from napari_medload.export.choice.where import Columns
from napari_medload.loaders.splits import SPLITS

if TYPE_CHECKING:
    from napari_medload.export.selection import Selection


def reported(selection: Selection, remedy: str = "") -> list[str]:
    """Write a line for each split, then what stands in two of them, and what was compared.

    Parameters
    ----------
    selection : Selection
    remedy : str
        As of `compared`.
    """
    return [*sizes(selection), *compared(selection, remedy)]


def in_short(selection: Selection) -> str:
    """Count the samples of each split in a few words, such as ``"train 9, val 2"``."""
    counts = Counter(entry.sample.split or "no split" for entry in selection)
    return ", ".join(f"{name} {counts[name]:,}" for name in sorted(counts, key=_place))


def sizes(selection: Selection) -> list[str]:
    """Count the samples of each split, and their subjects where these are known."""
    subject = Columns(selection).reader("subject_id")
    samples: Counter[str] = Counter()
    subjects: dict[str, set[tuple[str, ...]]] = {}
    for entry in selection:
        name = entry.sample.split or "no split"
        samples[name] += 1
        subjects.setdefault(name, set()).add(subject(entry))
    known = any(found - {()} for found in subjects.values())
    return [
        f"{name}: {_counted(count, 'sample')}"
        + (f", {_counted(len(subjects[name] - {()}), 'subject')}" if known else "")
        for name, count in sorted(samples.items(), key=lambda each: _place(each[0]))
    ]


def _place(split: str) -> int:
    """Train, valid, test; others behind them, as they come."""
    low = split.lower()
    return SPLITS.index(low) if low in SPLITS else len(SPLITS)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
