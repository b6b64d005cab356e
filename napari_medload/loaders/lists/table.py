"""Sample lists: CSV, TSV and JSON tables whose columns are roles.

A path is absolute or relative to the folder of the list; ``file.h5#key`` names a dataset in an
HDF5 file, and ``folder#UID`` a series in a folder of DICOM files; a folder alone names its first
series; an empty cell or ``n/a`` means that the sample has no such image. A JSON list is an
array of rows, or an object that holds one as ``samples`` or ``pairs``; any other object belongs to
`datalist`.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

from napari_medload.formats import Source, suffix_of
from napari_medload.loaders.dataset import UNDECLARED, Alignment, Dataset
from napari_medload.loaders.dicom_folders import holds_dicom
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import check_size, read_json
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import (
    LANDMARK_ROLES,
    TRANSFORM_ROLES,
    USUAL_ROLES,
    WARPED_ROLES,
    Sample,
    is_image_role,
    suffix_in_role,
)

LIST_SUFFIXES = (".csv", ".tsv", ".json")
OWN_KEYS = ("samples", "pairs")
"""Keys of a JSON object under which rows lie that name no split."""
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
    "transforms": "transform",
    "warped": "warped_image",
    "warped_images": "warped_image",
    "warped_labels": "warped_label",
    "warped_seg": "warped_label",
    "fixed_landmark": "fixed_landmarks",
    "moving_landmark": "moving_landmarks",
    "fixed_points": "fixed_landmarks",
    "moving_points": "moving_landmarks",
}
_KNOWN_ROLES = (*USUAL_ROLES, *WARPED_ROLES, *TRANSFORM_ROLES, *LANDMARK_ROLES)
_SERIES = re.compile(r"(.+)#([0-2](?:\.\d+){2,}(?::\d+)?)")
"""A folder of DICOM files, and the UID of a series in it."""

_IDS = ("sample_id", "id", "name", "subject_id", "subject", "case")
_MISSING = ("", "n/a", "na", "none", "null")


class SampleList:
    """A CSV, TSV or JSON file with one row a sample."""

    name: ClassVar[str] = "list"
    expects: ClassVar[str] = "a CSV, TSV or JSON list"

    def recognises(self, path: Path) -> bool:
        """Whether the name is that of a list."""
        markups = path.name.lower().endswith(".mrk.json")  # of 3D Slicer
        return path.is_file() and path.suffix.lower() in LIST_SUFFIXES and not markups

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list; see `open_list`."""
        dataset = open_list(path)
        return dataset if split is None else dataset.only(split)


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
    check_columns(path, rows[0])
    samples = samples_of_rows(path.parent, rows)
    if not any(sample.sources for sample in samples):
        raise DatasetError(
            f"{path}: no column holds paths; found {', '.join(map(str, rows[0]))}. Expected "
            f"columns such as fixed, moving, fixed_label, moving_label, or image and label."
        )
    return Dataset(path, "list", samples, alignment_of(samples))


def alignment_of(samples: Sequence[Sample]) -> Alignment:
    """Promise of a list: none where it has no pairs; else it is to be guessed from them."""
    return UNDECLARED if any("moving_image" in sample.sources for sample in samples) else "none"


def check_columns(path: Path, row: Mapping[str, Any]) -> None:
    """Refuse a column of paths whose name is nearly that of a role: a slip of the pen.

    Raises
    ------
    DatasetError
        If there is one.
    """
    known = (*_ROLE_NAMES, *_KNOWN_ROLES)
    for column, value in row.items():
        name = str(column).strip().lower()
        if name in known or name.rstrip("_0123456789") in known:  # a further channel
            continue
        if not isinstance(value, str):
            continue
        meant = known if _looks_like_path(name, value) else _read_from(value.strip())
        near = get_close_matches(name, meant, n=1, cutoff=0.8)
        if near and near[0] not in {str(other).strip().lower() for other in row}:
            raise DatasetError(
                f"{path}: no role is named '{column}'; did you mean '{near[0]}'? "
                "Rename the column; a further role needs a name of its own."
            )


def _read_from(text: str) -> list[str]:
    """Names of the roles without image that can be read from the file that a cell names."""
    roles = (*TRANSFORM_ROLES, *LANDMARK_ROLES)
    fitting = {role for role in roles if suffix_in_role(role, text)}
    return [*fitting, *(name for name, role in _ROLE_NAMES.items() if role in fitting)]


def _read_rows(path: Path) -> Sequence[Mapping[str, Any]]:
    if path.suffix.lower() == ".json":
        return _json_rows(path, read_json(path))
    try:
        check_size(path, path.stat().st_size)
        text = path.read_text(encoding="utf-8-sig")
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
        return list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path}: cannot be read as a list ({error}); expected CSV, TSV or JSON in UTF-8."
        ) from error


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _json_rows(path: Path, content: Any) -> list[Mapping[str, Any]]:
    """Rows of a JSON list, or of an object that holds one under one of `OWN_KEYS`.

    An entry that is no object becomes an empty row, so that the others keep their numbers.
    """
    entries = content
    if isinstance(content, Mapping):
        parts = [part for key in OWN_KEYS if isinstance(part := content.get(key), list)]
        entries = [entry for part in parts for entry in part] if parts else None
    if not isinstance(entries, list):
        raise DatasetError(
            f"{path}: expected a JSON list of objects, one a sample; found "
            f"{_KINDS.get(type(content), 'a number')}. Write one such as "
            '[{"fixed": "a.nii.gz", "moving": "b.nii.gz"}].'
        )
    if entries and not any(isinstance(entry, Mapping) for entry in entries):
        raise DatasetError(
            f"{path}: expected a JSON list of objects, one a sample; found a list of "
            f"{len(entries)}, of which the first is {quoted(entries[0])}. Name the roles: "
            '{"fixed": "a.nii.gz", "moving": "b.nii.gz"}.'
        )
    return [entry if isinstance(entry, Mapping) else {} for entry in entries]


_KINDS = {dict: "an object", str: "a text", type(None): "null", bool: "true or false"}


def samples_of_rows(folder: Path, rows: Sequence[Mapping[str, Any]]) -> tuple[Sample, ...]:
    """Make a sample of each row, with ids that are met once.

    Parameters
    ----------
    folder : Path
        Folder that paths are relative to.
    rows : sequence of mappings
        From column to cell; columns are roles, or further facts of a sample.
    """
    samples = [sample_of_row(folder, number, row) for number, row in enumerate(rows, start=1)]
    met = Counter(sample.id for sample in samples)
    for place, (row, sample) in enumerate(zip(rows, samples, strict=True)):
        if met[sample.id] > 1 and not _given_name(row):  # ct.nii.gz in a folder of each case
            name = _name_from(sample.sources, place + 1, folder)
            samples[place] = replace(sample, id=_with_split(sample.split, name))
    return unique_ids(samples)


def sample_of_row(folder: Path, number: int, row: Mapping[str, Any]) -> Sample:
    """Make the sample of a row, which is named by its number in problems."""
    sources: dict[str, Source] = {}
    problems = []
    fields = _fields(row)
    for column, value in fields.items():
        role = _ROLE_NAMES.get(column, column)
        text = str(value).strip() if isinstance(value, str) else ""
        if text.lower() in _MISSING:
            if role in ("fixed_image", "moving_image"):
                problems.append(f"row {number} names no {role.replace('_', ' ')}")
            continue
        if not is_image_role(role):
            if fault := _no_file_of(role, text):
                problems.append(f"row {number}: {role.replace('_', ' ')} {fault}")
            elif text:
                sources[role] = Source(_below(folder, text))
            continue
        named = role in USUAL_ROLES or _looks_like_path(column, text)
        if named or (column not in _IDS and _is_series(folder, text)):
            if fault := path_fault(text):
                problems.append(f"row {number}: {role.replace('_', ' ')} {fault}")
            else:
                sources[role] = source_named(folder, text)
    if not sources and not problems:
        problems.append(f"row {number} names no file")
    split, group = (_text(fields.get(key)) for key in ("split", "group"))
    name = _given_name(row) or _name_from(sources, number)
    return Sample(_with_split(split, name), sources, group, split, tuple(problems))


def _no_file_of(role: str, text: str) -> str:
    """Say why a cell names no transform or landmarks; empty where it does."""
    if fault := path_fault(text):
        return fault
    if suffix_in_role(role, text) is not None:
        return ""
    kinds = "a transform of ITK or a displacement field" if role in TRANSFORM_ROLES else _TABLES
    return f"names {quoted(text)}, which is no file of a known kind; expected {kinds}"


_TABLES = "landmarks as .csv, .fcsv or .mrk.json"


def path_fault(text: str) -> str:
    """Say why no file can be named so; empty where one can."""
    try:
        wrong = "a NUL" if b"\0" in os.fsencode(text) else ""
    except UnicodeEncodeError:
        wrong = "half of a character"
    return f"names {quoted(text)}, which holds {wrong} and can be no path" if wrong else ""


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).strip().lower(): value for key, value in row.items() if key is not None}


def _given_name(row: Mapping[str, Any]) -> str:
    fields = _fields(row)
    return next(filter(None, (_text(fields.get(key)) for key in _IDS)), "")


def _with_split(split: str, name: str) -> str:
    return f"{split}/{name}" if split and not name.startswith(f"{split}/") else name


def _text(value: Any) -> str:
    return "" if value is None else printable(str(value).strip())


def printable(text: str) -> str:
    """Spell out what could be neither shown nor saved: half characters, which JSON can hold."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _looks_like_path(column: str, text: str) -> bool:
    if column in (*_IDS, "split", "group"):
        return False
    return suffix_of(text.partition("#")[0]) is not None or bool(_SERIES.fullmatch(text))


def _is_series(folder: Path, text: str) -> bool:
    """Whether a cell names a folder of DICOM files."""
    path = os.path.join(folder, text)
    if "/" not in text or path_fault(text) or not os.path.isdir(path):
        return False
    try:
        return holds_dicom(path, os.listdir(path))
    except OSError:  # nobody says that it is an image
        return False


def source_named(folder: Path, text: str) -> Source:
    """Source of a path below a folder, with a key or series behind ``#`` where it has one."""
    path, key = text, ""
    if ".h5#" in text or ".hdf5#" in text:
        path, _, key = text.partition("#")
    elif series := _SERIES.fullmatch(text):
        path, key = series.groups()
    return Source(_below(folder, path), key or None)


def _below(folder: Path, path: str) -> Path:
    """Path of what a cell names."""
    # only '~/' means the home folder: '~x.nii' is a file name
    place = os.path.expanduser(path) if path.startswith("~/") else path
    return Path(os.path.join(folder, place))


def _name_from(sources: Mapping[str, Source], number: int, folder: Path | None = None) -> str:
    """Readable id of a row without one: the names of its images, or their paths in a folder."""
    images = [role for role in sources if role.endswith("image") and role not in WARPED_ROLES]
    named = [sources[role] for role in images]
    names = list(dict.fromkeys(_stem(source, folder) for source in named))
    return "–".join(names[:2]) if names else f"row {number}"


def _stem(source: Source, folder: Path | None) -> str:
    name = source.path.name
    if folder is not None:
        path = Path(os.path.normpath(source.path))
        below = path.is_relative_to(folder)
        name = path.relative_to(folder).as_posix() if below else path.as_posix()
    return name[: -len(suffix_of(name) or "") or None] + (f"#{source.key}" if source.key else "")
