"""CSV and TSV: one row a sample, with a data dictionary beside, as BIDS has it.

Tables are in UTF-8, with cells quoted where they must be, and with ``n/a`` where there is no value.
Cells that a spreadsheet would take for formulas have an apostrophe before them.
"""

from __future__ import annotations

import csv
import json
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from napari_medload.export.remark import Remark
from napari_medload.export.tables.own_list import OwnList, dictionary_at, dictionary_of
from napari_medload.export.writing.proving import expect_json, expect_rows, proving
from napari_medload.export.writing.rows import Columns, as_cells, in_parts
from napari_medload.loaders.lists.described import dictionary_path
from napari_medload.loaders.lists.schema import MISSING, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.export.writing.rows import Values

_ODD_FIRST = frozenset("=+-@\t\r'")
"""First signs of cells that `guarded` may change."""


class Delimited(OwnList):
    """A table of text."""

    delimiter: ClassVar[str]

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which files it can't name, and what stands in the way of its dictionary."""
        yield from super().remarks(selection, target)
        beside = dictionary_path(target.path)
        told, found = target.options.dictionary, dictionary_at(beside)
        if told and found is not None and not (found and target.path.is_file()):
            what = "is no data dictionary" if not found else "describes another list"
            yield Remark(
                "error",
                f"{beside} is there already and {what}; expected to write the dictionary of this "
                "list there. Save the list under another name, or without its dictionary",
            )
        if not told and found:
            yield Remark(
                "warning",
                f"{beside} describes another list, and will be read with this one; expected none "
                "there. Remove it, or save the list with its dictionary",
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the table, and its dictionary beside."""
        columns = Columns.of(selection)
        with aside.open("w", encoding="utf-8", newline="") as file:
            file.write(self._lines([[name] for name in _header(columns)]))
            for _part, cells in self._cells(selection, columns, target):
                file.write(self._lines(cells))
        if target.options.dictionary:
            text = json.dumps(
                dictionary_of(selection, columns, target), indent=2, ensure_ascii=False
            )
            dictionary_path(aside).write_text(f"{text}\n", encoding="utf-8", newline="\n")

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the table back, and compare each cell."""
        columns = Columns.of(selection)
        header = _header(columns)
        with proving(target.path), aside.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=self.delimiter, strict=True)
            expect_rows(target.path, ["the header"], header, [tuple(header)], [next(rows, [])])
            for part, cells in self._cells(selection, columns, target):
                ids = [entry.sample.id for entry in part]
                meant = zip(*cells, strict=True)
                expect_rows(target.path, ids, header, meant, islice(rows, len(part)))
            expect_rows(target.path, [], header, (), islice(rows, 1))
        if target.options.dictionary:
            with proving(target.path):
                found = json.loads(dictionary_path(aside).read_text(encoding="utf-8"))
                expect_json(target.path, dictionary_of(selection, columns, target), found)

    def _cells(
        self, selection: Selection, columns: Columns, target: Target
    ) -> Iterator[tuple[Sequence[Entry], list[Values]]]:
        for part, values in in_parts(selection, columns, target):
            cells = as_cells(columns, values, MISSING)
            yield (
                part,
                [  # paths are written so that they can't be taken for formulas
                    column if name in columns.roles else _safe(column)
                    for name, column in zip(columns.names, cells, strict=True)
                ],
            )

    def _lines(self, cells: Sequence[Values]) -> str:
        """Write columns as lines, quoted as in RFC 4180: several times as fast as row by row."""
        quoted = [_quoted(column, self.delimiter) for column in cells]
        return "\n".join((*map(self.delimiter.join, zip(*quoted, strict=True)), ""))


class Csv(Delimited):
    """CSV."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "CSV table"
    suffixes: ClassVar[tuple[str, ...]] = (".csv",)
    delimiter: ClassVar[str] = ","


class Tsv(Delimited):
    """TSV, as BIDS has it."""

    name: ClassVar[str] = "tsv"
    title: ClassVar[str] = "TSV table (BIDS)"
    suffixes: ClassVar[tuple[str, ...]] = (".tsv",)
    delimiter: ClassVar[str] = "\t"


def _header(columns: Columns) -> Values:
    return [guarded(name) for name in columns.names]


def _safe(column: Values) -> Values:
    """Write cells so that no spreadsheet takes them for formulas."""
    firsts = {cell[:1] for cell in column}
    return column if firsts.isdisjoint(_ODD_FIRST) else list(map(guarded, column))


def _quoted(column: Values, delimiter: str) -> Values:
    """Put quotes around the cells of a column that need them."""
    together = "".join(column)
    if not any(sign in together for sign in (delimiter, '"', "\n", "\r")):
        return column
    return [
        '"' + cell.replace('"', '""') + '"'
        if delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell
        else cell
        for cell in column
    ]
