"""The exporter of nnU-Net v2.

It fills a folder such as ``nnUNet_raw/Dataset001_NAME`` with ``dataset.json``, whose ``dataset``
names the files of each case where they lie, and ``splits_final.json`` with the folds, which
nnU-Net looks for in ``nnUNet_preprocessed/Dataset001_NAME``. Nothing is copied.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.errors import ExportError
from napari_medload.export.training.nnunet.cases import (
    Case,
    Segmented,
    cases_of,
    channels_of,
    segmented,
    trained,
)
from napari_medload.export.training.nnunet.folds import Fold, folds_of
from napari_medload.export.training.nnunet.headers import ending_of
from napari_medload.export.training.nnunet.labels import labels_of
from napari_medload.export.training.nnunet.remarks import remarks_of
from napari_medload.export.writing.facts import Facts, origin
from napari_medload.export.writing.json_lists import as_read, read_object
from napari_medload.export.writing.proving import expect_json, expect_same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.remark import Remark
    from napari_medload.export.selection import Selection

LIST, FOLDS = "dataset.json", "splits_final.json"


@dataclass(frozen=True)
class NnUnetOptions:
    """Options of an nnU-Net dataset.

    Parameters
    ----------
    role : str
        Which image is segmented: ``"image"``, ``"fixed"``, ``"moving"``, or ``"both"`` as two
        cases; ``"any"`` for single images, or the fixed ones where there are only pairs.
    channel_names : str
        Names of the channels with commas between them, such as ``"CT"``, which nnU-Net normalises
        in its own way; where they are left out, those of the dataset, or else their roles.
    folds : int
        Make so many, by subject; 0 for the one that the splits are.
    seed : int
        Of the folds.
    """

    role: Segmented = field(default="any", metadata={"label": "which image"})
    channel_names: str = ""
    folds: int = field(default=0, metadata={"label": "number of folds"})
    seed: int = field(default=0, metadata={"label": "fold seed"})


class NnUnetDataset:
    """``dataset.json`` and ``splits_final.json``."""

    name: ClassVar[str] = "nnunet"
    title: ClassVar[str] = "nnU-Net v2 dataset"
    usual_name: ClassVar[str] = "Dataset{number:03}_{name}"
    suffixes: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[type] = NnUnetOptions
    consumer: ClassVar[str] = "nnunetv2"
    replaces: ClassVar[tuple[str, ...]] = (LIST, FOLDS)
    looks_inside: ClassVar[bool] = True

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what nnU-Net would refuse; the labels are read for it, each once."""
        yield from remarks_of(selection, target, FOLDS)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write both files."""
        aside.mkdir()
        cases = list(cases_of(selection, target.options.role))
        for name, content in (
            (LIST, _content(selection, cases, target)),
            (FOLDS, _folds(selection, cases, target.options)),
        ):
            if content:
                # in ASCII alone: nnU-Net reads with the encoding of the machine
                text = json.dumps(content, indent=1, default=str)
                (aside / name).write_text(text + "\n", encoding="utf-8")

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read both files back and compare them case by case."""
        cases = list(cases_of(selection, target.options.role))
        meant, found = as_read(_content(selection, cases, target)), read_object(aside / LIST)
        entries, listed = meant.pop("dataset"), found.pop("dataset", None) or {}
        expect_same(target.path / LIST, list(entries), entries.items(), listed.items())
        expect_json(target.path / LIST, meant, found)
        _prove_folds(_folds(selection, cases, target.options), target, aside)

    def items(self, selection: Selection, target: Target) -> int:
        """Count the cases: none of a test sample, and two of a pair where both are segmented."""
        return sum(1 for _ in cases_of(selection, target.options.role))


def _content(selection: Selection, cases: Sequence[Case], target: Target) -> dict[str, Any]:
    first = next(source for case in cases for source in case.held.values())
    return {
        "name": target.path.name,
        "channel_names": _channels(selection, target.options),
        "labels": labels_of(selection, cases),
        "numTraining": len(cases),
        "file_ending": ending_of(first) or "",
        "dataset": dict(_entries(selection, cases, target)),
        # of paths it says nothing: nnU-Net takes them from its folder
        **origin(selection, replace(target, base=None)),
    }


def _entries(
    selection: Selection, cases: Sequence[Case], target: Target
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of the cases, each with its files and what is stated of its sample."""
    rows = Facts.of(selection, target).rows()
    stated = dict(zip((e.sample.id for e in selection), rows, strict=True))
    for case in cases:
        images = [target.place(source.path) for source in case.held.values()]
        label = "" if case.label is None else target.place(case.label.path)
        yield case.name, {**stated[case.sample.id], "images": images, "label": label}


def _channels(selection: Selection, options: NnUnetOptions) -> dict[str, str]:
    """Names of the channels; the roles of the same names are found when it is opened again."""
    images = segmented(selection, options.role)
    endings = channels_of(selection, images)
    given = [name.strip() for name in options.channel_names.split(",") if name.strip()]
    stated = selection.dataset.channel_names
    known = stated if len(stated) == len(endings) else ()
    names = given or known or [ending.lstrip("_") or "image" for ending in endings]
    return {str(number): name for number, name in enumerate(names)}


def _folds(selection: Selection, cases: Sequence[Case], options: NnUnetOptions) -> list[Fold]:
    return folds_of(trained(selection), cases, options.folds, options.seed)


def _prove_folds(expected: list[Fold], target: Target, aside: Path) -> None:
    file = aside / FOLDS
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    if found != expected:
        raise ExportError(
            f"{target.path / FOLDS}: the folds were not read back as they were meant; found "
            f"{len(found)}, expected {len(expected)}"
        )
