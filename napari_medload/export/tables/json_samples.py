"""JSON and JSON Lines: one object a sample, after a head that says where the list comes from.

Both are written row by row. JSON Lines is read back row by row too: it may be larger than the
memory.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.tables.own_list import OwnList, head_of
from napari_medload.export.writing.proving import expect_json, expect_rows, proving
from napari_medload.export.writing.rows import Columns, as_objects, in_parts
from napari_medload.loaders.lists.described import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_SAMPLES = "samples"


class JsonLines(OwnList):
    """JSON Lines."""

    name: ClassVar[str] = "jsonl"
    title: ClassVar[str] = "JSON Lines"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list, a line a sample."""
        columns = Columns.of(selection)
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            if target.options.dictionary:
                file.write(f"{_ENCODER.encode(head_of(selection, columns, target))}\n")
            for _ids, rows in _rows(selection, columns, target):
                file.writelines(f"{_ENCODER.encode(row)}\n" for row in rows)

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the list back, and compare each value."""
        columns = Columns.of(selection)
        with proving(target.path), aside.open(encoding="utf-8", newline="\n") as file:
            if target.options.dictionary:
                meant = head_of(selection, columns, target)
                expect_json(target.path, meant, json.loads(file.readline()))
            _compare(selection, columns, target, map(json.loads, file))


class Json(OwnList):
    """JSON: an object that holds the samples."""

    name: ClassVar[str] = "json"
    title: ClassVar[str] = "JSON list"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list, a line a sample."""
        columns = Columns.of(selection)
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            file.write("{")
            if target.options.dictionary:
                told = head_of(selection, columns, target)[KEY]
                file.write(f"{_ENCODER.encode(KEY)}: {_ENCODER.encode(told)},\n")
            file.write(f"{_ENCODER.encode(_SAMPLES)}: [\n")
            before = ""
            for _ids, rows in _rows(selection, columns, target):
                file.write(before + ",\n".join(map(_ENCODER.encode, rows)))
                before = ",\n"
            file.write("\n]}\n")

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the list back, and compare each value."""
        columns = Columns.of(selection)
        with proving(target.path):
            content = json.loads(aside.read_text(encoding="utf-8"))
            if target.options.dictionary:
                meant = head_of(selection, columns, target)
                expect_json(target.path, meant, {KEY: content.get(KEY)})
            _compare(selection, columns, target, iter(content[_SAMPLES]))


def _rows(
    selection: Selection, columns: Columns, target: Target
) -> Iterator[tuple[list[str], Iterator[dict[str, Any]]]]:
    for part, values in in_parts(selection, columns, target):
        yield [entry.sample.id for entry in part], as_objects(columns, values)


def _compare(selection: Selection, columns: Columns, target: Target, found: Iterator[Any]) -> None:
    """Compare objects that were read with what was meant."""
    for ids, rows in _rows(selection, columns, target):
        read = (_in_order(row, columns) for row in islice(found, len(ids)))
        meant = (tuple(row.values()) for row in rows)
        expect_rows(target.path, ids, columns.names, meant, read)
    expect_rows(target.path, [], columns.names, (), ((row,) for row in islice(found, 1)))


def _in_order(row: Any, columns: Columns) -> tuple[Any, ...]:
    """Values of a row that was read, if its keys are those that were meant."""
    return tuple(row.values()) if tuple(row) == columns.names else (row,)
