"""Reading the forms of a list: CSV, TSV, JSON, JSON Lines and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import SIZE_AT_MOST, check_size, read_json
from napari_medload.loaders.lists.described import (
    KEY,
    ListDescription,
    description_beside,
    dictionary_fault,
)
from napari_medload.loaders.lists.schema import unguarded
from napari_medload.loaders.lists.table import Table, table_of
from napari_medload.loaders.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE_SUFFIXES = (".csv", ".tsv")
LINES_SUFFIXES = (".jsonl", ".ndjson")
REGIONS = "napari-medload regions"
"""What the first line of a list of regions states as its ``format``; see `regions.listed`."""
PARQUET_SUFFIXES = (".parquet",)
LIST_SUFFIXES = (*TABLE_SUFFIXES, ".json", *LINES_SUFFIXES, *PARQUET_SUFFIXES)

OWN_KEYS = ("samples", "pairs")
"""Keys of a JSON object under which rows lie that name no split."""

_LINES_AT_MOST = 16
"""How much larger than other forms JSON Lines may be: they are read line by line."""
_AT_ONCE = 500
_LINE_AT_MOST = 1 << 26
_KINDS = {dict: "an object", str: "a text", type(None): "null", bool: "true or false"}


def read_table(path: Path) -> Table:
    """Read a list of any form, by the suffix of its name.

    Raises
    ------
    DatasetError
        If it cannot be read, or is no list.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json_table(path, read_json(path))
    try:
        if suffix in LINES_SUFFIXES:
            return _lines_table(path)
        check_size(path, path.stat().st_size)
        if suffix in PARQUET_SUFFIXES:
            return _parquet_table(path)
        return _text_table(path)
    except DatasetError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(
            f"{path}: cannot be read as a list ({error}); expected CSV, TSV, JSON, JSON Lines or "
            "Parquet, text in UTF-8. Check that it is complete, and save it as UTF-8."
        ) from error


def iter_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Go through the rows of a list, those of JSON Lines and Parquet in constant memory.

    Yields
    ------
    dict of column to cell
        As they stand in the file, guards taken off; a description is none of them.

    Raises
    ------
    DatasetError
        If the list cannot be read, or a line of it.
    """
    suffix = path.suffix.lower()
    if suffix in LINES_SUFFIXES:
        for number, entry in _lines(path):
            if isinstance(entry, str):
                raise DatasetError(f"{path}: line {number} {entry}")
            if not _is_header(number, entry):
                yield dict(entry)
    elif suffix in PARQUET_SUFFIXES:
        for batch in _parquet(path).iter_batches(batch_size=1000):
            yield from batch.to_pylist()
    else:
        table = read_table(path)
        yield from map(table.row, range(table.count))


# --- CSV and TSV -----------------------------------------------------------------------------


def iter_text_rows(path: Path) -> Iterator[list[str]]:
    """Go through the rows of a CSV or TSV file, its header first; blank lines are none."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = file.readline()
        file.seek(0)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
        yield from filter(None, csv.reader(file, delimiter=delimiter))


def _text_table(path: Path) -> Table:
    faults: dict[int, str] = {}
    found = iter_text_rows(path)
    header = next(found, [])
    width = len(header)
    columns: list[list[str]] = [[] for _ in header]
    count = 0
    while rows := list(islice(found, _AT_ONCE)):  # all at once would be slow to let go
        if {*map(len, rows)} != {width}:
            faults |= _to_width(rows, width, count)
        count += len(rows)
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            column += cells
    names = [unguarded(name).strip() for name in header]
    return Table(names, columns, count, faults, description_beside(path), guarded=True)


def _to_width(rows: list[list[str]], width: int, before: int) -> dict[int, str]:
    """Make all rows as long as the header, and say which were not."""
    faults = {}
    for place, row in enumerate(rows):
        if len(row) == width:
            continue
        rows[place] = [*row[:width], *[""] * (width - len(row))]
        if len(row) < width or any(map(str.strip, row[width:])):
            faults[before + place] = (
                f"row {before + place + 1} has {len(row)} cells; expected {width}, as the header "
                "has. A cell that holds a delimiter needs quotes around it"
            )
    return faults


# --- JSON ------------------------------------------------------------------------------------


def _json_table(path: Path, content: Any) -> Table:
    """Table of a JSON list, or of an object that holds one under one of `OWN_KEYS`.

    An entry that is no object becomes an empty row, so that the others keep their numbers.
    """
    if fault := dictionary_fault(path, content):
        raise DatasetError(fault)
    entries, description = content, None
    if isinstance(content, Mapping):
        parts = [part for key in OWN_KEYS if isinstance(part := content.get(key), list)]
        entries = [entry for part in parts for entry in part] if parts else None
        description = ListDescription.from_json(content.get(KEY))
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
    rows = [entry if isinstance(entry, Mapping) else {} for entry in entries]
    return table_of(rows, description=description)


# --- JSON Lines ------------------------------------------------------------------------------


def _lines_table(path: Path) -> Table:
    rows: list[Mapping[str, Any]] = []
    faults: dict[int, str] = {}
    description = None
    for number, entry in _lines(path):
        if isinstance(entry, str):
            faults[len(rows)] = f"line {number} {entry}"
            rows.append({})
        elif _is_header(number, entry):
            description = ListDescription.from_json(entry[KEY])
        elif number == 1 and entry.get("format") == REGIONS:
            raise DatasetError(
                f"{path}: a list of regions; expected a list of samples. Read it with "
                "napari_medload.regions.read_regions, or open the dataset that it was made of."
            )
        else:
            rows.append(entry)
    if rows and len(faults) == len(rows):
        raise DatasetError(
            f"{path}: no line is a JSON object ({next(iter(faults.values()))}). Is it JSON Lines?"
        )
    return table_of(rows, faults, description or description_beside(path))


def _is_header(number: int, entry: Mapping[str, Any]) -> bool:
    return number == 1 and isinstance(entry.get(KEY), Mapping)


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Objects of a file, with the numbers of their lines from 1; or why a line is none."""
    size = path.stat().st_size
    if size > SIZE_AT_MOST * _LINES_AT_MOST:
        check_size(path, size)
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_LINE_AT_MOST):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, _object(line)


def _object(line: bytes) -> Mapping[str, Any] | str:
    try:
        entry = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        return f"is no JSON ({error}); expected one object. Is it cut off?"
    return entry if isinstance(entry, dict) else f"is {quoted(entry)}; expected a JSON object"


# --- Parquet ---------------------------------------------------------------------------------


def _parquet_table(path: Path) -> Table:
    file = _parquet(path)
    stated = (file.schema_arrow.metadata or {}).get(KEY.encode())
    try:
        description = ListDescription.from_json(json.loads(stated)) if stated else None
    except ValueError:
        description = None
    read = file.read()
    columns = [column.to_pylist() for column in read.columns]
    return Table(list(read.column_names), columns, read.num_rows, {}, description)


def _parquet(path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise DatasetError(
            f"{path}: Parquet is read by pyarrow, which is an extra: pip install "
            '"napari-medload[parquet]". Or save the list as CSV.'
        ) from error
    return ParquetFile(path)
