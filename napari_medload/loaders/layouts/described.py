"""JSON files that describe a dataset, and the names that they give to label values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_medload.labels import Categories, LabelTable
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import read_json

if TYPE_CHECKING:
    from pathlib import Path

_INTEGER = re.compile("-?[0-9]{1,18}")


def read_description(path: Path) -> Mapping[str, Any]:
    """Read a JSON object.

    Raises
    ------
    DatasetError
        If the file cannot be read, or holds something else.
    """
    content = read_json(path)
    if not isinstance(content, Mapping):
        raise DatasetError(
            f"{path}: holds a JSON {type(content).__name__}; expected an object with the lists of "
            "a dataset. Open an array of rows with the layout 'list'."
        )
    return content


def description_or_none(path: Path) -> Mapping[str, Any] | None:
    """Read a JSON object, or return None where there is none: to recognise a file by."""
    try:
        return read_description(path)
    except DatasetError:
        return None


def stated_labels(content: Mapping[str, Any], source: Path) -> Categories | None:
    """Names in the ``labels`` of a description, or None where it names none.

    Value to name (MSD, Learn2Reg), the same once more for each modality (Learn2Reg), name to
    value (nnU-Net), and name to the values of a region (nnU-Net) are read. A region is no value
    in a file: a value that has no name of its own is called by its number and all its regions,
    such as ``2 (whole tumor, tumor core)``. Where modalities disagree, both names are given.
    """
    names: dict[int, list[str]] = {}
    regions: dict[int, list[str]] = {}
    _collect(content.get("labels"), names, regions)
    known = {value: " / ".join(found) for value, found in names.items()}
    for value, found in regions.items():
        known.setdefault(value, f"{value} ({', '.join(found)})")
    return Categories(LabelTable.from_names(known, str(source))) if known else None


def _collect(entries: Any, names: dict[int, list[str]], regions: dict[int, list[str]]) -> None:
    for key, stated in entries.items() if isinstance(entries, Mapping) else ():
        if isinstance(stated, Mapping):  # a modality
            _collect(stated, names, regions)
        elif isinstance(stated, list):
            values = [value for each in stated if (value := _integer(each)) is not None]
            place = names if len(values) == 1 else regions
            for value in values:
                _add(place, value, str(key))
        elif (value := _integer(stated)) is not None and _integer(key) is None:
            _add(names, value, str(key))
        elif (value := _integer(key)) is not None and isinstance(stated, str):
            _add(names, value, stated)


def _add(place: dict[int, list[str]], value: int, name: str) -> None:
    found = place.setdefault(value, [])
    if name not in found:
        found.append(name)


def _integer(stated: Any) -> int | None:
    """Whole number that is stated as one or in digits, or None."""
    if isinstance(stated, str):
        return int(stated) if _INTEGER.fullmatch(stated.strip()) else None
    if isinstance(stated, bool) or not isinstance(stated, int):
        return None
    return stated
