"""Datasets of the Learn2Reg challenges.

``NAME_dataset.json`` lists pairs, ``{"fixed": path, "moving": path}``, and all single images with
what is provided of each. Labels and masks of a pair lie where its images lie, with ``labels`` or
``masks`` in place of ``images`` in the path: so the challenge's evaluation finds them too.
Training images that are in no pair are single samples. Keypoints are no volumes, whatever the
suffix that their entries state, and are left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from napari_medload.formats import suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError, SeveralDatasetsError
from napari_medload.loaders.layouts.datalist import SPLIT_NAMES
from napari_medload.loaders.layouts.described import (
    description_or_none,
    read_description,
    stated_labels,
)
from napari_medload.loaders.layouts.folds import with_problems
from napari_medload.loaders.lists import alignment_of, samples_of_rows
from napari_medload.loaders.lists.described import KEY, ListDescription
from napari_medload.loaders.pairing import missing
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import Sample, side_of

_ENDING = "_dataset.json"
_PAIRS = {
    "training_paired_images": "train",
    "registration_val": "val",
    "registration_test": "test",
    "test_paired_images": "test",
}
_HEAD = ("registration_direction", "provided_data", "pairings", "img_shift", "tensorImageSize")
_SIDES = ("fixed", "moving")
_PROVIDED = ("label", "mask")
_PAIR_LABELS = ("fixed_label", "moving_label")
_SPLITS = ("train", "val", "test")
_LABEL_ROLES = tuple(f"{side}_{kind}" for side in _SIDES for kind in _PROVIDED)


class Learn2Reg:
    """A ``NAME_dataset.json``, or the folder that holds it."""

    name: ClassVar[str] = "learn2reg"
    expects: ClassVar[str] = "NAME_dataset.json of Learn2Reg"

    def recognises(self, path: Path) -> bool:
        """Whether a file lists pairs as Learn2Reg does, or a folder holds such a file."""
        if path.is_dir():
            return any(map(_is_ours, _files(path)))
        return path.suffix.lower() == ".json" and path.is_file() and _is_ours(path)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the pairs, and the training images that are in none.

        Raises
        ------
        DatasetError
            If there is no such file, or it lists no image.
        SeveralDatasetsError
            If a folder holds several.
        """
        file = _only_file(path) if path.is_dir() else path
        content = read_description(file)
        described = ListDescription.from_json(content.get(KEY)) or ListDescription()
        folder = described.folder(file)
        pairs, notes = _pair_rows(content, folder)
        singles = _single_rows(content, pairs)
        # all of train first, so that splits come in their usual order
        placed = sorted(enumerate([*pairs, *singles]), key=lambda each: _order(each[1]))
        rows = [row for _, row in placed]
        if not rows:
            raise DatasetError(
                f"{file}: lists no image; found {', '.join(map(str, content)) or 'nothing'}. "
                f"Expected {', '.join(_PAIRS)}, training or test."
            )
        samples = list(samples_of_rows(folder, rows))
        for place, (number, _) in enumerate(placed):
            if number in notes:
                samples[place] = with_problems(samples[place], notes[number])
        samples = _lacking_labels(samples)
        categories = stated_labels(content, file)
        alignment = alignment_of(samples)
        title = str(content.get("name") or "")
        dataset = Dataset(
            path, self.name, tuple(samples), alignment, categories=categories, title=title
        )
        dataset = described.applied(dataset)
        return dataset if split is None else dataset.only(split)


def _order(row: Mapping[str, Any]) -> int:
    return _SPLITS.index(row["split"]) if row["split"] in _SPLITS else len(_SPLITS)


def _lacking_labels(samples: list[Sample]) -> list[Sample]:
    """Say where a pair lacks a label that others have; those of test pairs are often withheld."""
    usual = {
        (role, sample.split == "test")
        for sample in samples
        for role in _PAIR_LABELS
        if role in sample.sources
    }
    return [
        with_problems(
            sample,
            *(
                missing(role, sample.sources[f"{side_of(role)}_image"].path.name)
                for role in _PAIR_LABELS
                if (role, sample.split == "test") in usual
                and role not in sample.sources
                and f"{side_of(role)}_image" in sample.sources
            ),
        )
        for sample in samples
    ]


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [f for f in found if f.name.endswith(_ENDING) and f.name[0] != "." and f.is_file()]


def _only_file(folder: Path) -> Path:
    found = _files(folder)
    if not found:
        raise DatasetError(
            f"{folder}: holds no file named NAME{_ENDING}; expected one. Open the folder that "
            "holds it, or another layout."
        )
    if len(found) > 1:
        raise SeveralDatasetsError(folder, found)
    return found[0]


def _is_ours(file: Path) -> bool:
    content = description_or_none(file)
    if content is None:
        return False
    if any(isinstance(content.get(key), list) for key in _PAIRS):
        return True
    paired = any("paired" in key and isinstance(part, list) for key, part in content.items())
    return file.name.endswith(_ENDING) and (paired or any(key in content for key in _HEAD))


def _pair_rows(
    content: Mapping[str, Any], folder: Path
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """Rows of all pairs, and what has to be said of some of them."""
    provided = _provided(content)
    rows: list[dict[str, Any]] = []
    notes: dict[int, str] = {}
    tested: list[dict[str, Any]] = []
    for key, split, entry in _pairs(content):
        if not isinstance(entry, Mapping):
            notes[len(rows)] = f"an entry of '{key}' is {quoted(entry)}; expected an object"
            rows.append({"split": split})
            continue
        row, note = _sides(entry)
        row = {"split": split, **_labels(row, folder, provided), **row}
        if split == "test":
            if row in tested:  # the test pairs stand in two lists
                continue
            tested.append(row)
        if note:
            notes[len(rows)] = note
        rows.append(row)
    return rows, notes


def _pairs(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Entries of the standard lists, or of any list of pairs where those are missing."""
    standard = any(isinstance(content.get(key), list) and content[key] for key in _PAIRS)
    for key, part in content.items():
        listed = key in _PAIRS or (_has_pairs(part) and ("paired" in key or not standard))
        if listed and isinstance(part, list):
            word = key.partition("_")[0].lower()
            for entry in part:
                yield key, _PAIRS.get(key, SPLIT_NAMES.get(word, word)), entry


def _has_pairs(part: Any) -> bool:
    return isinstance(part, list) and any(
        len(_paths(entry)) > 1 and "image" not in entry
        for entry in part
        if isinstance(entry, Mapping)
    )


def _paths(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value
        for key, value in entry.items()
        if isinstance(value, str) and suffix_of(value) is not None
    }


def _sides(entry: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Cells of a pair, by the words fixed and moving in its keys, else by their order."""
    facts = {key: entry[key] for key in ("id", "subject") if key in entry}
    stated = {side: entry[side] for side in _SIDES if side in entry}
    if not stated:
        named = ((side, k) for side in _SIDES for k in _paths(entry) if side in k.lower())
        for side, key in named:
            stated.setdefault(side, entry[key])
    if stated:
        labels = {key: entry[key] for key in _LABEL_ROLES if key in entry}
        return {**facts, **{side: stated.get(side, "") for side in _SIDES}, **labels}, ""
    paths = _paths(entry)
    if len(paths) < 2:
        return {**facts, "fixed": next(iter(paths.values()), ""), "moving": ""}, ""
    return {**facts, **_by_order(paths)}, (
        f"which is fixed is not stated; the first ('{next(iter(paths))}') is taken as fixed"
    )


def _by_order(paths: Mapping[str, str]) -> dict[str, str]:
    """Take the first as fixed, the next of its kind as moving: ``Baseline CT``, ``Follow-up CT``.

    What is left are further roles of the side whose words they begin with (``Baseline PET``).
    """
    fixed, *others = paths
    kind = fixed.split()[-1]
    moving = next((key for key in others if key.split()[-1] == kind), others[0])
    row = {"fixed": paths[fixed], "moving": paths[moving]}
    for key in others:
        for side, first in (("fixed", fixed), ("moving", moving)):
            if key != moving and key.split()[:-1] == first.split()[:-1]:
                name = re.sub(r"\W+", "_", key.split()[-1]).lower()
                row[f"{side}_{name}"] = paths[key]
    return row


def _provided(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Collect what the lists of single images state of each image."""
    lists = (content.get(key) for key in ("training", "test"))
    entries = (entry for part in lists if isinstance(part, list) for entry in part)
    return {
        os.path.normpath(entry["image"]): entry
        for entry in entries
        if isinstance(entry, Mapping) and isinstance(entry.get("image"), str)
    }


def _labels(
    row: Mapping[str, Any], folder: Path, provided: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Labels and masks of both images: where a file of that name lies, else as stated."""
    found = {}
    for side in _SIDES:
        image = row[side] if isinstance(row[side], str) else ""
        for kind in _PROVIDED if image else ():
            beside = _beside(image, f"{kind}s")
            stated = provided.get(os.path.normpath(image), {}).get(kind)
            if beside != image and os.path.isfile(folder / beside):
                found[f"{side}_{kind}"] = beside
            elif isinstance(stated, str) and suffix_of(stated):
                found[f"{side}_{kind}"] = stated
    return found


def _beside(image: str, name: str) -> str:
    """Path with `name` in place of ``images``; of an absolute one only the last folder changes."""
    if not os.path.isabs(image):
        return image.replace("images", name)
    path = Path(image)
    return str(path.parent.with_name(path.parent.name.replace("images", name)) / path.name)


def _single_rows(
    content: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of single images; where there are pairs, of the training images that are in none."""
    paired = {
        os.path.normpath(row[side])
        for row in pairs
        for side in _SIDES
        if isinstance(row.get(side), str)
    }
    rows: list[dict[str, Any]] = []
    for key, split in (("training", "train"), ("validation", "val"), ("test", "test")):
        part = content.get(key) if not pairs or key == "training" else None
        for entry in part if isinstance(part, list) else ():
            cells = entry if isinstance(entry, Mapping) else {"image": entry}
            image = cells.get("image")
            if not (isinstance(image, str) and os.path.normpath(image) in paired):
                kept = {k: cells[k] for k in ("id", "image", *_PROVIDED) if k in cells}
                rows.append({"split": split, **kept})
    return rows
