"""The schema of our own lists: which columns there are, what they mean, how cells are written.

Writers and the reader go by this module alone, so that a list can be opened again. The same names
stand in every format that can carry them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = "n/a"
"""A cell that has no value, as in BIDS."""

IDENTITY = ("sample_id", "subject_id", "group", "split")
"""Columns that stand first; the roles follow, and then `JUDGED`."""

JUDGED = ("verdict", "reasons", "note", "reviewer", "time", "findings", "content_hash")

_BETWEEN = "|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"


def joined(parts: Iterable[str]) -> str:
    """Write several texts as one cell: ``a|b``; see `parted`."""
    return _BETWEEN.join(
        part.replace("\\", "\\\\").replace(_BETWEEN, f"\\{_BETWEEN}") for part in parts
    )


def parted(cell: str) -> tuple[str, ...]:
    """Read a cell that `joined` wrote."""
    parts, part, escaped = [], "", False
    for sign in cell:
        if escaped or sign not in ("\\", _BETWEEN):
            part, escaped = part + sign, False
        elif sign == "\\":
            escaped = True
        else:
            parts.append(part)
            part = ""
    return (*parts, part) if cell else ()


def guarded(cell: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula; see `unguarded`.

    A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an
    apostrophe before it, and so does one that begins with apostrophes and then one of these.
    """
    return _GUARD + cell if cell.lstrip(_GUARD).startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """Read a cell that `guarded` wrote."""
    if cell.startswith(_GUARD) and cell.lstrip(_GUARD).startswith(_FORMULA):
        return cell[1:]
    return cell
