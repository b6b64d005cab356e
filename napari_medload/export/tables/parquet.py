"""Parquet: columns of text, with the dictionary in the metadata of the schema.

The cells are those of a CSV table, without guards against spreadsheets; a missing value is null.
"""

from __future__ import annotations

import importlib.util
import json
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.remark import Remark
from napari_medload.export.tables.own_list import OwnList, head_of
from napari_medload.export.writing.proving import expect_json, expect_same, proving
from napari_medload.export.writing.rows import Columns, as_cells, in_parts
from napari_medload.loaders.lists.described import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection


class Parquet(OwnList):
    """Parquet."""

    name: ClassVar[str] = "parquet"
    title: ClassVar[str] = "Parquet table"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say what is missing to write it, and which files it can't name."""
        if importlib.util.find_spec("pyarrow") is None:
            yield Remark(
                "error",
                "Parquet is written by pyarrow, which is not installed. Run: "
                'pip install "napari-medload[parquet]"',
            )
        yield from super().remarks(selection, target)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the table."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = Columns.of(selection, target)
        schema = pa.schema([(name, pa.string()) for name in columns.names])
        if target.options.dictionary:
            schema = schema.with_metadata({KEY: json.dumps(head_of(selection, target))})
        with pq.ParquetWriter(aside, schema) as writer:
            for _ids, cells in _cells(selection, columns, target):
                writer.write_table(pa.Table.from_arrays(list(map(pa.array, cells)), schema=schema))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the table back, and compare each cell."""
        import pyarrow.parquet as pq

        columns = Columns.of(selection, target)
        with proving(target.path), pq.ParquetFile(aside) as file:
            if target.options.dictionary:
                told = json.loads((file.schema_arrow.metadata or {}).get(KEY.encode(), "null"))
                expect_json(target.path, head_of(selection, target), told)
            found = (row for batch in file.iter_batches() for row in _by_row(batch))
            for ids, cells in _cells(selection, columns, target):
                meant = zip(*cells, strict=True)
                expect_same(target.path, ids, meant, islice(found, len(ids)), columns.names)
            expect_same(target.path, [], [], found)


def _cells(
    selection: Selection, columns: Columns, target: Target
) -> Iterator[tuple[list[str], list[Any]]]:
    for part, values in in_parts(selection, columns, target):
        yield [entry.sample.id for entry in part], as_cells(columns, values, None)


def _by_row(batch: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)
