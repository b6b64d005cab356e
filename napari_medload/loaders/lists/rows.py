"""Samples of rows, made column by column: a list may have 100,000 of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.lists.cells import (
    is_plain,
    is_series,
    looks_like_path,
    names_nothing,
    path_fault,
    printable,
    result_fault,
)
from napari_medload.loaders.lists.columns import Column, columns_of_header, subject_column
from napari_medload.loaders.lists.lazy import FilesOfRow, StatedInRow
from napari_medload.loaders.lists.naming import ids_of_rows
from napari_medload.loaders.lists.schema import MISSING, NONE_FOUND, cell_of, unguarded
from napari_medload.loaders.lists.table import ABSENT, Table, table_of
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_LONGEST_NOTHING = 5
_NO_SPACE = re.compile(r"\S*").fullmatch
_PAIR = ("fixed_image", "moving_image")


def samples_of_rows(folder: Path, rows: Sequence[Mapping[str, Any]]) -> tuple[Sample, ...]:
    """Make a sample of each row, with ids that are met once.

    Parameters
    ----------
    folder : Path
        Folder that paths are relative to.
    rows : sequence of mappings
        From column to cell; columns are roles, or further facts of a sample.
    """
    table = table_of(rows)
    return samples_of_table(folder, table, columns_of_header(table.header))


def samples_of_table(folder: Path, table: Table, columns: Sequence[Column]) -> tuple[Sample, ...]:
    """Make a sample of each row of a table, with ids that are met once.

    Parameters
    ----------
    folder : Path
        Folder that paths are relative to.
    table : Table
    columns : sequence of Column
        What its columns are.
    """
    if not table.count:
        return ()
    sorted_out = _Columns(str(folder), table)
    subject = subject_column(columns)
    for place, cells in enumerate(table.columns):
        sorted_out.take(columns[place], cells, place == subject)
    sorted_out.note_missing()
    return _samples(sorted_out)


def _samples(found: _Columns) -> tuple[Sample, ...]:
    count, folder = found.table.count, found.folder
    groups, splits = found.groups or [""] * count, found.splits or [""] * count
    ids = ids_of_rows(found.ids, splits, found.files, folder)
    files: dict[str, Sequence[str]] = dict(found.files)
    stated: dict[str, Sequence[str]] = dict(found.stated)
    told: list[Mapping[str, str] | None] = list(map(StatedInRow, repeat(stated), range(count)))
    for row in _empty_rows(stated, count):
        told[row] = None
    problems: list[tuple[str, ...]] = [()] * count
    for row in _empty_rows(files, count):
        problems[row] = (f"row {row + 1} names no file",)
    for row, noted in found.problems.items():
        problems[row] = tuple(noted)
    made = map(FilesOfRow, repeat(folder), repeat(files), range(count))
    none = repeat(None)
    samples = map(Sample, ids, made, groups, splits, problems, none, none, told)
    return tuple(samples) if len(set(ids)) == count else unique_ids(samples)


def _empty_rows(columns: Mapping[str, Sequence[str]], count: int) -> Iterable[int]:
    """Rows for which no column has a text."""
    rows: Iterable[int] = range(count)
    for texts in columns.values():
        rows = [row for row in rows if not texts[row]] if "" in texts else ()
        if not rows:
            return ()
    return rows


@dataclass
class _Columns:
    """Cells of a list, sorted by what they are: one text a row, empty where there is none."""

    folder: str
    table: Table
    files: dict[str, list[str]] = field(default_factory=dict)
    stated: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    problems: dict[int, list[str]] = field(default_factory=dict)
    _lacking: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.problems = {row: [fault] for row, fault in self.table.faults.items()}

    def take(self, column: Column, cells: Sequence[Any], subject: bool) -> None:
        """Take a column as what it is."""
        if column.kind == "id":
            self.ids[column.name] = self._facts(cells)
            if subject:
                self._state("subject_id", self.ids[column.name])
            elif column.name != "sample_id" and "sample_id" in map(_low, self.table.header):
                self._state(column.name, self.ids[column.name])
        elif column.kind in ("split", "group"):
            facts = self._facts(cells)
            self.splits, self.groups = (
                (facts, self.groups) if column.kind == "split" else (self.splits, facts)
            )
        elif column.kind == "stated":
            texts = self._facts(cells)
            if column.name == "findings" and self._tells_clean:
                known = zip(cells, texts, strict=True)
                texts = [NONE_FOUND if cell in ("", []) else text for cell, text in known]
            self._state(column.name, texts)
        elif column.kind != "nothing":
            self._take_files(column, cells)

    @property
    def _tells_clean(self) -> bool:
        """Whether an empty cell is one that was written so, as ours are, and JSON has them."""
        return self.table.description is not None or not self.table.guarded

    def note_missing(self) -> None:
        """Note which pairs lack a partner; a single image lacks none."""
        images = self.files.get("image", [])
        for row, role in self._lacking:
            if row not in self.table.faults and not (images and images[row]):
                self._note(row, f"names no {role.replace('_', ' ')}")

    def _take_files(self, column: Column, cells: Sequence[Any]) -> None:
        """Take a column of paths, or one that may be."""
        texts, plain = self._paths(cells)
        if column.kind == "result":
            self._note_faults(column.role, texts, lambda text: result_fault(column.role, text))
        elif self._is_role(column, texts, cells):
            if column.role in _PAIR and "" in texts:
                self._lacking += [
                    (row, column.role)
                    for row, text in enumerate(texts)
                    if not text and cells[row] is not ABSENT
                ]
            if not plain:
                self._note_faults(column.role, texts, path_fault)
        else:
            texts = self._among(column, texts, cells)
        if any(texts):
            self._add_role(column.role, texts)

    def _is_role(self, column: Column, texts: list[str], cells: Sequence[Any]) -> bool:
        """Whether a column is one of paths, whatever they are called."""
        if column.kind != "role":
            return False
        named = any(texts) or all(cell is None or isinstance(cell, str) for cell in cells)
        # 'label' names a class of each image, too, as in dicleak's lists
        return named and not (
            column.role == "label" and any(texts) and not any(map(_may_be_path, set(texts)))
        )

    def _among(self, column: Column, texts: list[str], cells: Sequence[Any]) -> list[str]:
        """Paths among the cells of a column; all others are stated."""
        distinct = set(texts)
        paths = {text for text in distinct if text and looks_like_path(text)}
        paths |= {text for text in distinct - paths if is_series(self.folder, text)}
        if not paths:
            self._state(column.name, self._facts(cells))
            return []
        kept = [text if text in paths else "" for text in texts]
        others = ["" if path else fact for path, fact in zip(kept, self._facts(cells), strict=True)]
        self._state(column.name, others)
        if not is_plain("".join(kept)):
            self._note_faults(column.role, kept, path_fault)
        return kept

    def _note_faults(self, role: str, texts: list[str], fault_of: Callable[[str], str]) -> None:
        """Note what can be no file, and take it out."""
        for row, text in enumerate(texts):
            if text and (fault := fault_of(text)):
                texts[row] = ""
                self._note(row, f": {role.replace('_', ' ')} {fault}")

    def _note(self, row: int, problem: str) -> None:
        between = "" if problem.startswith(":") else " "
        self.problems.setdefault(row, []).append(f"row {row + 1}{between}{problem}")

    def _add_role(self, role: str, texts: list[str]) -> None:
        """Add the paths of a role; of two columns for it, as JSON rows can have, the first."""
        if role in self.files:
            texts = [a or b for a, b in zip(self.files[role], texts, strict=True)]
        self.files[role] = texts

    def _state(self, name: str, texts: list[str]) -> None:
        if any(texts):
            self.stated.setdefault(name, texts)

    def _facts(self, cells: Sequence[Any]) -> list[str]:
        """Texts of cells that are no paths."""
        if {*map(type, cells)} != {str}:
            cells = [_as_text(cell) for cell in cells]
        texts, whole = self._cleaned(cells)
        if MISSING in whole:
            texts = ["" if text == MISSING else text for text in texts]
        return texts if is_plain(whole) else [printable(text) for text in texts]

    def _paths(self, cells: Sequence[Any]) -> tuple[list[str], bool]:
        """Texts of cells that may be paths, and whether all can be; no text names no file."""
        if {*map(type, cells)} != {str}:
            cells = [cell if type(cell) is str else "" for cell in cells]
        texts, whole = self._cleaned(cells)
        if min(map(len, texts)) < _LONGEST_NOTHING:
            texts = ["" if names_nothing(text) else text for text in texts]
        return texts, is_plain(whole)

    def _cleaned(self, cells: Sequence[str]) -> tuple[list[str], str]:
        """Cells without guards and white space around them; and all of them as one text."""
        if cells.count(cells[0]) == len(cells):  # one text for all rows
            texts = [cells[0]]
        else:
            texts = list(cells)
        whole = "".join(texts)
        if self.table.description is None and not (whole.isascii() and _NO_SPACE(whole)):
            texts = list(map(str.strip, texts))
        if self.table.guarded and "'" in whole:
            texts = list(map(unguarded, texts))
        return texts if len(texts) == len(cells) else texts * len(cells), whole


def _as_text(cell: Any) -> str:
    return "" if cell is ABSENT else cell_of(cell)


def _may_be_path(text: str) -> bool:
    return "/" in text or "\\" in text or "." in text or "#" in text


def _low(name: str) -> str:
    return name.strip().lower()
