"""Selections that suit each format, for the suite that every exporter must pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_medload.checks import Finding, Severity
from napari_medload.export import Entry, Selection
from napari_medload.loaders import open_dataset
from napari_medload.review import Verdict
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Example:
    """What a format is tried with.

    Parameters
    ----------
    format : str
    build : callable
        From an empty folder, in which it writes files, to a selection that can be exported.
    name : str
        Of the file, or of the folder that is filled.
    options : mapping
        Of the format.
    opened : callable, optional
        From the path of a saved list, and the ids that were exported, to where sources lie by id
        and role; None where the format can't be opened by us.
    is_text : bool
        Whether paths can be read in its bytes.
    """

    format: str
    build: Callable[[Path], Selection]
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    opened: Callable[[Path], dict[str, dict[str, str]]] | None = None
    is_text: bool = True


def opened(path: Path) -> dict[str, dict[str, str]]:
    """Open a saved list, and tell where each role of each sample lies."""
    return {
        sample.id: {role: str(source) for role, source in sample.sources.items()}
        for sample in open_dataset(path)
    }


def labelled_pairs(folder: Path) -> Selection:
    """Three pairs with labels, judged, in two splits."""
    for split, count in (("train", 2), ("test", 1)):
        write_pairs(folder / "data" / split, count, labels=True)
    return judged(folder / "data")


def judged(path: Path) -> Selection:
    """Samples of a dataset, each with a verdict, a finding and hashes."""
    dataset = open_dataset(path)
    return Selection(
        dataset,
        tuple(
            Entry(
                sample,
                Verdict(
                    sample.id,
                    "accept",
                    ("other", "shifted"),
                    "good, but:\n\ttilted | 3°",
                    reviewer="Zoë",
                    time="2026-01-01T00:00:00Z",
                ),
                (Finding("label grid", Severity.ERROR, "label lies 3 mm off, expected 0"),),
                tuple((role, f"{number:032x}") for role in sample.sources),
            )
            for number, sample in enumerate(dataset)
        ),
        ("verdict accept",),
    )


EXAMPLES = (
    Example("csv", labelled_pairs, "list.csv", opened=opened),
    Example("tsv", labelled_pairs, "list.tsv", opened=opened),
    Example("json", labelled_pairs, "list.json", opened=opened),
    Example("jsonl", labelled_pairs, "list.jsonl", opened=opened),
    Example("parquet", labelled_pairs, "list.parquet", opened=opened, is_text=False),
    Example("torchio", labelled_pairs, "subjects.json", opened=opened),
    Example("monai", labelled_pairs, "datalist.json", opened=opened),
    Example("learn2reg", labelled_pairs, "Brain_dataset.json", opened=opened),
    Example("voxelmorph", labelled_pairs, "pairs.txt"),
)
