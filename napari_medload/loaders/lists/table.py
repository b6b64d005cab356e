"""A list as it was read, whatever its form: a header, and rows as long as it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from napari_medload.loaders.lists.schema import unguarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_medload.loaders.lists.described import ListDescription


class _Absent:
    """Cell of a row that has no such column at all, as a JSON object may have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Table:
    """A list as it was read.

    Parameters
    ----------
    header : sequence of str
        Names of the columns, as written.
    columns : sequence of sequences
        Cells of each column, all of one length: texts in CSV and TSV; in JSON and Parquet whatever
        stands there, and `ABSENT` where a row has no such column.
    count : int
        How many rows there are.
    faults : mapping of row to str
        What is wrong with a row itself, by its index from 0.
    description : ListDescription, optional
        Where the list comes from, if it is one of ours. Its cells are taken as they are; others
        may have white space around them.
    guarded : bool
        Whether its cells are guarded against spreadsheets; see `schema.guarded`.
    """

    header: Sequence[str]
    columns: Sequence[Sequence[Any]]
    count: int
    faults: Mapping[int, str] = field(default_factory=dict)
    description: ListDescription | None = None
    guarded: bool = False

    def row(self, index: int) -> dict[str, Any]:
        """One row, by column, without the columns that it has not."""
        cells = {
            name: column[index] for name, column in zip(self.header, self.columns, strict=True)
        }
        if self.guarded:
            return {name: unguarded(cell) for name, cell in cells.items()}
        return {name: cell for name, cell in cells.items() if cell is not ABSENT}


def table_of(
    entries: Sequence[Mapping[Any, Any]],
    faults: Mapping[int, str] | None = None,
    description: ListDescription | None = None,
) -> Table:
    """Make a table of objects, one a row, that need not have the same keys."""
    shapes = dict.fromkeys(map(tuple, entries))
    keys = tuple(dict.fromkeys(key for shape in shapes for key in shape))
    columns = [[entry.get(key, ABSENT) for entry in entries] for key in keys]
    return Table(tuple(map(str, keys)), columns, len(entries), faults or {}, description)
