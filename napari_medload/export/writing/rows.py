"""Rows of our own lists: what stands in each column, made column by column.

`Columns.values` gives what is meant: texts, tuples of texts, and None where there is no value.
`as_cells` writes it as the cells of a table, `as_objects` as JSON has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_medload.export.choice.where import finding_text, once_stated
from napari_medload.export.files.naming import Naming
from napari_medload.loaders.lists.cells import is_plain, printable
from napari_medload.loaders.lists.schema import (
    IDENTITY,
    JUDGED,
    NONE_FOUND,
    SEVERAL,
    cell_of,
    joined,
)
from napari_medload.loaders.lists.stated import subject_of
from napari_medload.loaders.sample import USUAL_ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.loaders import Sample

Values: TypeAlias = list[Any]
"""Of one column: str, tuple of str or None; of a stated column whatever was stated."""

AT_ONCE = 1000
"""Rows that are made together."""


@dataclass(frozen=True)
class Columns:
    """Columns of a list.

    Parameters
    ----------
    roles : tuple of str
        That its samples have: the usual ones first.
    stated : tuple of str
        What the dataset states of its samples besides, such as the columns of a list that was
        opened.
    splits : tuple of str
        That its samples are in; an empty one where some are in none.
    """

    roles: tuple[str, ...]
    stated: tuple[str, ...]
    splits: tuple[str, ...]

    @classmethod
    def of(cls, selection: Selection, target: Target) -> Columns:
        """Find the columns of a selection; one pass over it, once for a target."""
        return target.once(cls._found, selection)

    @classmethod
    def _found(cls, selection: Selection, _target: Target) -> Columns:
        roles: dict[tuple[str, ...], None] = {}
        stated: dict[tuple[str, ...], None] = {}
        splits: dict[str, None] = {}
        for entry in selection.entries:
            sample = entry.sample
            roles[tuple(sample.sources)] = None
            splits[sample.split] = None
            if sample.settings:
                stated[tuple(map(str, sample.settings))] = None
        found = dict.fromkeys(role for some in roles for role in some)
        usual = [role for role in USUAL_ROLES if role in found]
        ordered = tuple(dict.fromkeys((*usual, *found)))
        taken = {*IDENTITY, *ordered, *JUDGED}
        further = dict.fromkeys(name for some in stated for name in some)
        own = tuple(name for name in further if name.strip().lower() not in taken)
        return cls(ordered, own, tuple(splits))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return (*IDENTITY, *self.roles, *JUDGED, *self.stated)

    def values(self, entries: Sequence[Entry], naming: Naming) -> list[Values]:
        """Make what stands in the columns, one list for each."""
        samples = [entry.sample for entry in entries]
        return [
            *_identity(samples),
            *(_named(samples, role, naming) for role in self.roles),
            *_said(entries),
            *(_stated(samples, name) for name in self.stated),
        ]


def in_parts(
    selection: Selection, columns: Columns, target: Target
) -> Iterator[tuple[Sequence[Entry], list[Values]]]:
    """Go through a selection, some entries at a time, with what stands in their columns."""
    naming = Naming(target)
    entries = iter(selection.entries)
    while part := list(islice(entries, AT_ONCE)):
        yield part, columns.values(part, naming)


def as_cells(columns: Columns, values: Sequence[Values], missing: str | None) -> list[Values]:
    """Write values as the cells of a table: texts, or `missing`."""
    cells = []
    for name, column in zip(columns.names, values, strict=True):
        if name == "content_hash":  # names and digits: looked at as a whole, for speed
            column = [missing if v is None else joined(v) for v in column]
        elif name in SEVERAL:
            column = [missing if v is None else joined(map(printable, v)) for v in column]
        elif name in columns.stated:
            column = [cell_of(value) or missing for value in column]
        elif None in column:
            column = [missing if value is None else value for value in column]
        cells.append(_written(column))
    return cells


def as_objects(columns: Columns, values: Sequence[Values]) -> Iterator[dict[str, Any]]:
    """Write values as JSON objects, one a row: arrays of reasons and findings, hashes by role."""
    ready = []
    for name, column in zip(columns.names, values, strict=True):
        if name == "content_hash":
            column = [None if v is None else dict(map(_role_and_hash, v)) for v in column]
        elif name in SEVERAL:
            column = [None if v is None else list(map(printable, v)) for v in column]
        elif name in columns.stated:
            column = list(map(_for_json, column))
        else:
            column = _written(column)
        ready.append(column)
    names = columns.names
    return (dict(zip(names, row, strict=True)) for row in zip(*ready, strict=True))


def _role_and_hash(text: str) -> tuple[str, str]:
    role, _, found = text.partition(":")
    return role, found


def _identity(samples: Sequence[Sample]) -> Iterator[Values]:
    yield [sample.id for sample in samples]
    yield [subject_of(sample) or None for sample in samples]
    yield [sample.group or None for sample in samples]
    yield [sample.split or None for sample in samples]


def _named(samples: Sequence[Sample], role: str, naming: Naming) -> Values:
    return naming.all([sample.sources.get(role) for sample in samples])


def _said(entries: Sequence[Entry]) -> Iterator[Values]:
    """Columns of `JUDGED`: of the verdict, or what an opened list said where there is none."""
    told = any(entry.sample.settings for entry in entries)
    for name, of_verdict in _OF_VERDICT.items():
        found = [(e.verdict is not None and of_verdict(e.verdict)) or None for e in entries]
        if told:
            found = [
                _once_said(entry, name) if entry.verdict is None else value
                for entry, value in zip(entries, found, strict=True)
            ]
        yield found
    yield [
        _once_said(entry, "findings")
        if entry.findings is None
        else tuple(map(finding_text, entry.findings))
        for entry in entries
    ]
    yield [
        list(map(":".join, entry.content))  # role and hash
        if entry.content
        else _once_said(entry, "content_hash")
        for entry in entries
    ]


_OF_VERDICT: Mapping[str, Callable[[Any], Any]] = {
    "verdict": attrgetter("decision"),
    **{name: attrgetter(name) for name in ("reasons", "note", "reviewer", "time")},
}


def _once_said(entry: Entry, name: str) -> Any:
    """Value of a column of ours in the list that a sample was opened from, or None."""
    parts = once_stated(entry, name)
    if not parts and name == "findings" and entry.sample.settings:
        return () if entry.sample.settings.get(name) == NONE_FOUND else None
    return (parts if name in SEVERAL else parts[0]) if parts else None


def _stated(samples: Sequence[Sample], name: str) -> Values:
    return [sample.settings.get(name) if sample.settings else None for sample in samples]


def _for_json(value: Any) -> Any:
    """Write what a dataset states as JSON can have it."""
    try:
        plain = is_plain(json.dumps(value, allow_nan=False, ensure_ascii=False))
    except (TypeError, ValueError):  # an array, a path, a number that is none
        plain = False
    return value if plain else printable(str(value))


def _written(column: Values) -> Values:
    """Spell out what a journal can hold and a list cannot: halves of characters, and NUL."""
    if is_plain("".join(filter(None, column))):
        return column
    return [text and printable(text) for text in column]
