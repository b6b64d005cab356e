"""Datalists of MONAI and of the Medical Segmentation Decathlon.

A JSON object holds lists, most often ``training``, ``validation`` and ``test``, of objects such
as ``{"image": path, "label": path}``. An image that is a list of paths has one file a channel. In
``test`` bare paths may stand. Paths are relative to the folder of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.formats import suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.layouts.described import (
    description_or_none,
    read_description,
    stated_labels,
)
from napari_medload.loaders.lists import (
    OWN_KEYS,
    alignment_of,
    check_columns,
    samples_of_rows,
)
from napari_medload.loaders.lists.described import KEY, ListDescription
from napari_medload.loaders.lists.schema import MISSING
from napari_medload.loaders.quoting import quoted

if TYPE_CHECKING:
    from pathlib import Path

SPLIT_NAMES = {"training": "train", "validation": "val", "testing": "test"}
FACTS = "facts"
"""Key of an object in an item that holds what is stated of it, and no paths."""


class Datalist:
    """A JSON object of lists that are splits."""

    name: ClassVar[str] = "monai"
    expects: ClassVar[str] = "a MONAI datalist (JSON with training, validation, test)"

    def recognises(self, path: Path) -> bool:
        """Whether a JSON object holds lists of paths, and is none of our own lists."""
        if not path.is_file() or path.suffix.lower() != ".json":
            return False
        content = description_or_none(path)
        return content is not None and not _is_own(content) and bool(lists_of_paths(content))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the datalist.

        Raises
        ------
        DatasetError
            If the file is no JSON object, or none of its lists holds paths.
        """
        content = read_description(path)
        lists = lists_of_paths(content)
        if not lists:
            raise DatasetError(
                f"{path}: no list of images; found {', '.join(map(str, content)) or 'nothing'}. "
                'Expected a list such as "training": [{"image": "a.nii.gz", "label": "b.nii.gz"}]. '
                "Write one, or open a CSV list."
            )
        rows: list[dict[str, Any]] = []
        wrong: dict[int, str] = {}
        for key, part in lists.items():
            check_columns(path, next(row for entry in part if _has_path(row := row_of(entry))))
            for number, entry in enumerate(part, start=1):
                if not isinstance(entry, Mapping) and not _is_path(entry):
                    wrong[len(rows)] = (
                        f"entry {number} of '{key}' is {quoted(entry)}; expected an object "
                        "or a path"
                    )
                rows.append({"split": SPLIT_NAMES.get(key, key), **row_of(entry)})
        described = ListDescription.from_json(content.get(KEY)) or ListDescription()
        samples = list(samples_of_rows(described.folder(path), rows))
        for place, reason in wrong.items():
            samples[place] = replace(samples[place], problems=(reason,))
        categories = stated_labels(content, path)
        dataset = Dataset(
            path, self.name, tuple(samples), alignment_of(samples), categories=categories
        )
        dataset = described.applied(dataset)
        return dataset if split is None else dataset.only(split)


def lists_of_paths(content: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Find the lists of a description in which at least one entry names a volume."""
    return {
        key: part
        for key, part in content.items()
        if isinstance(part, list) and any(names_a_path(entry) for entry in part)
    }


def names_a_path(entry: Any) -> bool:
    """Whether an entry is, or holds, the path of a volume."""
    return _has_path(row_of(entry))


def _has_path(row: Mapping[str, Any]) -> bool:
    return any(map(_is_path, row.values()))


def row_of(entry: Any) -> dict[str, Any]:
    """Cells of an entry: a list of paths becomes one cell a channel, a bare path an image."""
    if _is_path(entry):
        return {"image": entry}
    row: dict[str, Any] = {}
    for key, value in _stated(entry).items():
        if isinstance(value, list):
            for channel, path in enumerate(each for each in value if _is_path(each)):
                row[f"{key}_{channel:04d}" if channel else key] = path
        else:
            row[key] = value
    return row


def _stated(entry: Any) -> Mapping[str, Any]:
    """Take what an entry states, with what stands under `FACTS`; a missing split is none."""
    if not isinstance(entry, Mapping):
        return {}
    facts = entry.get(FACTS)
    if isinstance(facts, Mapping):
        entry = {**{key: entry[key] for key in entry if key != FACTS}, **facts}
    return {**entry, "split": ""} if entry.get("split") == MISSING else entry


def _is_path(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return suffix_of(value) is not None or suffix_of(value.partition("#")[0]) is not None


def _is_own(content: Mapping[str, Any]) -> bool:
    return any(isinstance(content.get(key), list) for key in OWN_KEYS)
