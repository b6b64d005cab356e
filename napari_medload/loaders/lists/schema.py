"""The schema of our own lists: which columns there are, what they mean, how cells are written.

Writers and the reader go by this module alone, so that a list can be opened again. The same names
stand in every format that can carry them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = "n/a"
"""A cell that has no value, as in BIDS."""

NONE_FOUND = "none"
"""What is stated as findings where checks have found nothing: in lists the cell is empty then."""

IDENTITY = ("sample_id", "subject_id", "group", "split")
"""Columns that stand first; the roles follow, and then `JUDGED`."""

JUDGED = ("verdict", "reasons", "note", "reviewer", "time", "findings", "content_hash")

SEVERAL = ("reasons", "findings", "content_hash")
"""Columns that hold several texts."""

OWN = frozenset((*IDENTITY, *JUDGED))

DESCRIPTIONS = {
    "sample_id": "Id of the sample, unique in the list",
    "subject_id": "Id of the person who was imaged; one subject stands in one split only",
    "group": "Group of images that belong together, such as the visits of a subject",
    "split": "What the sample is for: train, valid or test",
    "verdict": "What a reviewer said of the sample: accept, reject or unsure",
    "reasons": "Why, in tags; in tables with | between them",
    "note": "Why, in the reviewer's words",
    "reviewer": "Who said so",
    "time": "When it was said: ISO 8601, UTC",
    "findings": "What was found by checks: severity, check: sentence; in tables | between; empty "
    "where they found nothing, n/a where nobody checked",
    "content_hash": "BLAKE2b of voxels and affine of each role; in tables role:hash with | between",
}
"""What stands in the columns that are no roles, for the dictionary beside a list."""

_BETWEEN = "|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"


def description_of(column: str) -> str:
    """Say what stands in a column: one of ours, or the path of a role."""
    if column in DESCRIPTIONS:
        return DESCRIPTIONS[column]
    return f"Path of the {column.replace('_', ' ')}, absolute or relative to the folder of the list"


def joined(parts: Iterable[str]) -> str:
    """Write several texts as one cell: ``a|b``; see `parted`."""
    parts = tuple(parts)
    text = _BETWEEN.join(parts)
    if not text or ("\\" not in text and text.count(_BETWEEN) == len(parts) - 1):
        return text  # nothing to escape
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


def hash_cell(content: Iterable[tuple[str, str]]) -> str:
    """Write the hash of each role as one cell: ``fixed_image:0a1b|fixed_label:2c3d``."""
    return joined(f"{role}:{found}" for role, found in content)


def hashes_of(cell: str) -> tuple[tuple[str, str], ...]:
    """Read a cell that `hash_cell` wrote: pairs of role and hash."""
    pairs = (part.partition(":") for part in parted(cell))
    return tuple((role, found) for role, _, found in pairs if found)


def cell_of(value: object) -> str:
    """Write a value of a JSON or Parquet list as the cell of a table; empty where it is missing.

    An array becomes its parts with ``|`` between them, and an object ``key:value`` for each, so
    that a list says the same in whatever form it is kept.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return joined(f"{key}:{cell_of(part)}" for key, part in value.items() if part is not None)
    if isinstance(value, tuple):  # an entry of a map in Parquet
        return ":".join(map(cell_of, value))
    if isinstance(value, list):
        return joined(map(cell_of, value))
    return str(value)
