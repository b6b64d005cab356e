"""Sample lists: CSV, TSV and JSON tables whose columns are roles.

A path is absolute or relative to the folder of the list; ``file.h5#key`` names a dataset in an
HDF5 file; an empty cell or ``n/a`` means that the sample has no such image.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

from napari_medload.formats import Source, suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.sample import USUAL_ROLES, Sample

LIST_SUFFIXES = (".csv", ".tsv", ".json")
_ROLE_NAMES = {
    "moving": "moving_image",
    "fixed": "fixed_image",
    "moving_images": "moving_image",
    "fixed_images": "fixed_image",
    "moving_labels": "moving_label",
    "fixed_labels": "fixed_label",
    "moving_seg": "moving_label",
    "fixed_seg": "fixed_label",
    "images": "image",
    "labels": "label",
    "seg": "label",
}
_IDS = ("sample_id", "id", "name", "subject_id", "subject", "case")
_MISSING = ("", "n/a", "na", "none", "null")


class SampleList:
    """A CSV, TSV or JSON file with one row a sample."""

    name: ClassVar[str] = "list"
    expects: ClassVar[str] = "a CSV, TSV or JSON list"

    def recognises(self, path: Path) -> bool:
        """Whether the name is that of a list."""
        return path.is_file() and path.suffix.lower() in LIST_SUFFIXES

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list; see `open_list`."""
        return open_list(path)


def open_list(path: Path) -> Dataset:
    """Open a list of samples.

    Raises
    ------
    DatasetError
        If the file is no table, or none of its columns is a role.
    """
    rows = _read_rows(path)
    if not rows:
        raise DatasetError(f"{path}: the list is empty; expected one row a sample.")
    _check_columns(path, rows[0])
    samples = [_sample(path.parent, number, row) for number, row in enumerate(rows, start=1)]
    if not any(sample.sources for sample in samples):
        raise DatasetError(
            f"{path}: no column holds paths; found {', '.join(map(str, rows[0]))}. Expected "
            f"columns such as fixed, moving, fixed_label, moving_label, or image and label."
        )
    paired = any("moving_image" in sample.sources for sample in samples)
    return Dataset(path, "list", unique_ids(samples), "world" if paired else "none")


def _check_columns(path: Path, row: Mapping[str, Any]) -> None:
    """Refuse a column of paths whose name is nearly that of a role: a slip of the pen."""
    known = (*_ROLE_NAMES, *USUAL_ROLES)
    for column, value in row.items():
        name = str(column).strip().lower()
        if name in known or not (isinstance(value, str) and _looks_like_path(name, value)):
            continue
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if near and near[0] not in {str(other).strip().lower() for other in row}:
            raise DatasetError(
                f"{path}: no role is named '{column}'; did you mean '{near[0]}'? "
                "Rename the column; a further role needs a name of its own."
            )


def _read_rows(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return _json_rows(path, json.loads(text))
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
        return list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path}: cannot be read as a list ({error}); expected CSV, TSV or JSON in UTF-8."
        ) from error


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _json_rows(path: Path, content: Any) -> list[Mapping[str, Any]]:
    """Rows of a JSON list, or of the lists in an object, whose keys name splits."""
    if isinstance(content, list):
        return [row for row in content if isinstance(row, Mapping)]
    if isinstance(content, Mapping):
        rows: list[Mapping[str, Any]] = []
        for name, part in content.items():
            if isinstance(part, list):
                split = {} if name in ("samples", "pairs") else {"split": name}
                rows += [{**split, **row} for row in part if isinstance(row, Mapping)]
        if rows:
            return rows
    raise DatasetError(f"{path}: expected a JSON list of objects, one a sample.")


def _sample(folder: Path, number: int, row: Mapping[str, Any]) -> Sample:
    sources: dict[str, Source] = {}
    problems = []
    fields = {str(k).strip().lower(): v for k, v in row.items() if k is not None}
    for column, value in fields.items():
        role = _ROLE_NAMES.get(column, column)
        text = str(value).strip() if isinstance(value, str) else ""
        if text.lower() in _MISSING:
            if role in ("fixed_image", "moving_image"):
                problems.append(f"row {number} names no {role.replace('_', ' ')}")
            continue
        if role in USUAL_ROLES or _looks_like_path(column, text):
            sources[role] = _source(folder, text)
    split, group = (_text(fields.get(key)) for key in ("split", "group"))
    names = (_text(fields.get(key)) for key in _IDS)
    name = next(filter(None, names), "") or _name_from(sources, number)
    return Sample(
        f"{split}/{name}" if split and not name.startswith(f"{split}/") else name,
        sources,
        group,
        split,
        tuple(problems),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _looks_like_path(column: str, text: str) -> bool:
    return column not in (*_IDS, "split", "group") and suffix_of(text.partition("#")[0]) is not None


def _source(folder: Path, text: str) -> Source:
    path, _, key = text.partition("#") if ".h5#" in text or ".hdf5#" in text else (text, "", "")
    # only '~/' means the home folder: '~x.nii' is a file name
    place = os.path.expanduser(path) if path.startswith("~/") else path
    return Source(Path(os.path.join(folder, place)), key or None)


def _name_from(sources: Mapping[str, Source], number: int) -> str:
    """Readable id of a row without one: the names of its images."""
    names = list(dict.fromkeys(_stem(s) for role, s in sources.items() if role.endswith("image")))
    return "–".join(names[:2]) if names else f"row {number}"


def _stem(source: Source) -> str:
    name = source.path.name
    return name[: -len(suffix_of(name) or "") or None] + (f"#{source.key}" if source.key else "")
