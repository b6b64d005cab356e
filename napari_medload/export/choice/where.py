"""Conditions on columns: ``reasons=flipped``, ``age>60``, ``note~left``.

The columns are those of our lists (`loaders.lists.schema`), the roles, and whatever a dataset
states of its samples besides.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_medload.export.errors import ExportError
from napari_medload.loaders.advice import near_word
from napari_medload.loaders.lists.schema import (
    IDENTITY,
    JUDGED,
    MISSING,
    NONE_FOUND,
    SEVERAL,
    parted,
)
from napari_medload.loaders.lists.stated import subject_of
from napari_medload.loaders.sample import USUAL_ROLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.checks import Finding
    from napari_medload.export.selection import Entry, Selection

Parts: TypeAlias = tuple[str, ...]
"""What stands in a column of one entry: several texts, or none where it is missing."""

Reader: TypeAlias = "Callable[[Entry], Parts]"

_SIGNS = re.compile(r"!=|<=|>=|[=~<>]")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}


@dataclass(frozen=True)
class Condition:
    """A condition on a column.

    Parameters
    ----------
    column : str
    sign : str
        ``=``, ``!=``, ``~`` (contains, whatever the case), ``<``, ``>``, ``<=`` or ``>=``.
    value : str
        ``n/a`` for what is missing.
    """

    column: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.value}"

    @classmethod
    def parsed(cls, text: str) -> Condition:
        """Read a condition.

        Raises
        ------
        ExportError
            If it is none.
        """
        sign = _SIGNS.search(text)
        column = text[: sign.start()].strip() if sign else ""
        if sign is None or not column:
            raise ExportError(
                f"'{text}' is no condition; expected COLUMN=VALUE, or !=, ~, <, >, <=, >= in place "
                "of =, such as reasons=flipped."
            )
        return cls(column, sign.group(), text[sign.end() :].strip())

    def holds(self, parts: Parts) -> bool:
        """Whether what stands in the column of an entry fits.

        A column of several texts fits where any part does, and ``!=`` where none is the value.
        """
        if self.sign == "!=":
            return self.value not in (parts or (MISSING,))
        if self.sign == "=":
            return self.value in (parts or (MISSING,))
        if self.sign == "~":
            wanted = self.value.casefold()
            return any(wanted in part.casefold() for part in parts)
        return any(self._is_ordered(part) for part in parts)

    def _is_ordered(self, part: str) -> bool:
        """Compare numbers as numbers, and other texts, such as times, by their letters."""
        one, other = _number(part), self._limit
        if other is not None:
            return one is not None and _ORDERED[self.sign](one, other)
        return _ORDERED[self.sign](part, self.value)

    def no_number(self, parts: Parts) -> str:
        """Tell what can't be compared where numbers are; empty where all can, or texts are."""
        if self.sign not in _ORDERED or self._limit is None:
            return ""
        return next((part for part in parts if _number(part) is None), "")

    @cached_property
    def _limit(self) -> float | None:
        return _number(self.value)


class Columns:
    """What stands in the columns of a selection.

    Parameters
    ----------
    selection : Selection
        Its entries are looked through only for a column that is not one of our own.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All columns: ours, the roles, and the stated ones, in order of appearance."""
        roles: dict[tuple[str, ...], None] = {}
        stated: dict[tuple[str, ...], None] = {}
        for entry in self._selection:
            roles[tuple(entry.sample.sources)] = None
            if entry.sample.settings:
                stated[tuple(map(str, entry.sample.settings))] = None
        further = (name for some in (*roles, *stated) for name in some)
        return tuple(dict.fromkeys((*IDENTITY, *JUDGED, *further)))

    def reader(self, name: str) -> Reader:
        """Make what reads a column.

        Raises
        ------
        ExportError
            If there is none of that name.
        """
        if name in _READERS:
            return _READERS[name]
        if name in USUAL_ROLES or name in self.names:
            return lambda entry: _of_role_or_stated(entry, name)
        raise ExportError(
            f"there is no column '{name}'; found {', '.join(self.names)}."
            f"{near_word(name, self.names)}"
        )


def finding_text(finding: Finding) -> str:
    """Write a finding as lists have it: ``"error label grid: sentence"``, its name once."""
    sentence = finding.sentence.removeprefix(f"{finding.check}: ")
    return f"{finding.severity.name.lower()} {finding.check}: {sentence}"


def once_stated(entry: Entry, name: str) -> Parts:
    """Read what the dataset itself states in a column: it may be a list that was exported."""
    value = entry.sample.settings.get(name) if entry.sample.settings else None
    if name == "findings" and value == NONE_FOUND:
        return ()
    return parts_of(value, name in SEVERAL)


def parts_of(value: Any, several: bool = False) -> Parts:
    """Read a value of a table or of JSON as texts; none where it is missing."""
    if value is None or value in ("", MISSING):
        return ()
    if isinstance(value, str):
        return parted(value) if several else (value,)
    if several and isinstance(value, dict):
        return tuple(f"{key}:{found}" for key, found in value.items())
    if several and isinstance(value, list | tuple):
        return tuple(map(str, value))
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number
        return (str(int(value)),)
    return (_text(value),)


def _text(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


def _given(text: str) -> Parts:
    return (text,) if text else ()


def _verdict(entry: Entry, name: str) -> Parts:
    if entry.verdict is None:
        return once_stated(entry, name)
    if name == "verdict":
        return _given(entry.verdict.decision or "")
    return _given(getattr(entry.verdict, name))


def _reasons(entry: Entry) -> Parts:
    return once_stated(entry, "reasons") if entry.verdict is None else entry.verdict.reasons


def _findings(entry: Entry) -> Parts:
    if entry.findings is None:
        return once_stated(entry, "findings")
    return tuple(map(finding_text, entry.findings))


def _content(entry: Entry) -> Parts:
    if not entry.content:
        return once_stated(entry, "content_hash")
    return tuple(f"{role}:{found}" for role, found in entry.content)


def _of_role_or_stated(entry: Entry, name: str) -> Parts:
    source = entry.sample.sources.get(name)
    return once_stated(entry, name) if source is None else (str(source),)


_READERS: dict[str, Reader] = {
    "sample_id": lambda entry: (entry.sample.id,),
    "subject_id": lambda entry: _given(subject_of(entry.sample)),
    "group": lambda entry: _given(entry.sample.group),
    "split": lambda entry: _given(entry.sample.split),
    "verdict": lambda entry: _verdict(entry, "verdict"),
    "reasons": _reasons,
    "note": lambda entry: _verdict(entry, "note"),
    "reviewer": lambda entry: _verdict(entry, "reviewer"),
    "time": lambda entry: _verdict(entry, "time"),
    "findings": _findings,
    "content_hash": _content,
}


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return None if math.isnan(found) else found
