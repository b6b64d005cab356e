"""JSON and JSON Lines: one object a sample.

Where a list comes from stands at the head of JSON, and beside JSON Lines, which hold samples alone.
These are written and read back some rows at a time: they may be larger than the memory. Only where
there are several splits are the subjects, files and hashes of all samples held, to find leaks.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.tables.beside import DescribedBeside
from napari_medload.export.tables.own_list import OwnList, head_of
from napari_medload.export.writing.json_lists import PLAIN, read_object, write_object
from napari_medload.export.writing.proving import expect_json, expect_same, proving
from napari_medload.export.writing.rows import Columns, as_objects, in_parts
from napari_medload.loaders.lists.described import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection

_SAMPLES = "samples"


class JsonLines(DescribedBeside):
    """JSON Lines."""

    name: ClassVar[str] = "jsonl"
    title: ClassVar[str] = "JSON Lines"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson")

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list, a line a sample, and its dictionary beside."""
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            for _ids, rows in _parts(selection, target):
                file.writelines(f"{PLAIN.encode(row)}\n" for row in rows)
        self.write_dictionary(selection, target, aside)

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the list back, and compare each value."""
        with proving(target.path), aside.open(encoding="utf-8", newline="\n") as file:
            _expect_samples(selection, target, map(json.loads, file))
        self.prove_dictionary(selection, target, aside)


class Json(OwnList):
    """JSON: an object that holds the samples."""

    name: ClassVar[str] = "json"
    title: ClassVar[str] = "JSON list"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list, a line a sample."""
        told = target.options.dictionary
        head = {KEY: head_of(selection, target)} if told else {}
        rows = (row for _ids, some in _parts(selection, target) for row in some)
        write_object(aside, {**head, _SAMPLES: rows}.items(), PLAIN)

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the list back, and compare each value."""
        content = read_object(aside)
        if target.options.dictionary:
            expect_json(target.path, head_of(selection, target), content.get(KEY))
        _expect_samples(selection, target, iter(content.get(_SAMPLES) or []))


def _parts(
    selection: Selection, target: Target
) -> Iterator[tuple[list[str], Iterator[dict[str, Any]]]]:
    """Ids and objects, some samples at a time."""
    columns = Columns.of(selection, target)
    for part, values in in_parts(selection, columns, target):
        yield [entry.sample.id for entry in part], as_objects(columns, values)


def _expect_samples(selection: Selection, target: Target, found: Iterator[Any]) -> None:
    for ids, rows in _parts(selection, target):
        expect_same(target.path, ids, rows, islice(found, len(ids)))
    expect_same(target.path, [], [], islice(found, 1))
