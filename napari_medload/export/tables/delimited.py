"""CSV and TSV: one row a sample, with a data dictionary beside, as BIDS has it.

Tables are in UTF-8, with cells quoted where they must be, and with ``n/a`` where there is no value.
Cells that a spreadsheet would take for formulas have an apostrophe before them.
"""

from __future__ import annotations

import csv
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, ClassVar

from napari_medload.export.errors import ExportError
from napari_medload.export.tables.beside import DescribedBeside
from napari_medload.export.writing.proving import expect_same, proving
from napari_medload.export.writing.rows import AT_ONCE, Columns, as_cells, in_parts
from napari_medload.loaders.lists.schema import MISSING, guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.export.writing.rows import Values

_ODD_FIRST = frozenset("=+-@\t\r'")
"""First signs of cells that `guarded` may change."""


class Delimited(DescribedBeside):
    """A table of text."""

    delimiter: ClassVar[str]

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the table, and its dictionary beside."""
        columns = Columns.of(selection, target)
        written = target.once(_digests, selection)
        written.clear()
        with aside.open("w", encoding="utf-8", newline="") as file:
            file.write(self._lines([[name] for name in _header(columns)]))
            for cells in self._cells(selection, columns, target):
                file.write(self._lines(cells))
                written.append(_digest(cells))
        self.write_dictionary(selection, target, aside)

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the table back, and compare the cells, by their hashes, with those written."""
        try:
            self._prove_table(selection, target, aside)
        except ExportError as error:
            if isinstance(error.__cause__, csv.Error):
                self._expect_short(selection, target)
            raise
        self.prove_dictionary(selection, target, aside)

    def _prove_table(self, selection: Selection, target: Target, aside: Path) -> None:
        columns = Columns.of(selection, target)
        header = _header(columns)
        with proving(target.path), aside.open(encoding="utf-8", newline="") as file:
            found = csv.reader(file, delimiter=self.delimiter, strict=True)
            expect_same(target.path, ["the header"], [header], [next(found, [])])
            written = iter(target.once(_digests, selection))
            for start in range(0, len(selection), AT_ONCE):
                rows = list(islice(found, AT_ONCE))
                if _digest(zip_longest(*rows)) != next(written, None):
                    part = selection[start : start + AT_ONCE]
                    self._expect_rows(part, columns, target, rows)
            expect_same(target.path, [], [], islice(found, 1))

    def _expect_short(self, selection: Selection, target: Target) -> None:
        """Check that no cell is longer than Python's own reader of tables takes.

        Raises
        ------
        ExportError
            If one is; it names the sample and the column.
        """
        columns, most = Columns.of(selection, target), csv.field_size_limit()
        for cells in self._cells(selection, columns, target):
            for name, column in zip(columns.names, cells, strict=True):
                for sample_id, cell in zip(cells[0], column, strict=True):
                    if len(cell) > most:
                        raise ExportError(
                            f"{target.path}: sample {sample_id[:80]!r} has {len(cell):,} "
                            f"characters as its {name}; expected {most:,} at most, which readers "
                            "of tables take. Nothing has been saved. Shorten it, or save the list "
                            "as JSON, JSON Lines or Parquet."
                        )

    def _expect_rows(
        self, selection: Selection, columns: Columns, target: Target, rows: list[list[str]]
    ) -> None:
        """Compare the rows of some samples cell by cell; the cells are made again."""
        ids = [entry.sample.id for entry in selection]
        for cells in self._cells(selection, columns, target):
            meant = map(list, zip(*cells, strict=True))
            expect_same(target.path, ids, meant, rows, _header(columns))

    def _cells(
        self, selection: Selection, columns: Columns, target: Target
    ) -> Iterator[list[Values]]:
        for _part, values in in_parts(selection, columns, target):
            cells = as_cells(columns, values, MISSING)
            yield [  # paths are written so that they can't be taken for formulas
                column if name in columns.roles else _safe(column)
                for name, column in zip(columns.names, cells, strict=True)
            ]

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


def _digests(_selection: Selection, _target: Target) -> list[int]:
    """Hashes of the rows that were written, `AT_ONCE` rows each; filled as they are."""
    return []


def _digest(columns: Iterable[Iterable[str]]) -> int:
    return hash(tuple(map(tuple, columns)))


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
