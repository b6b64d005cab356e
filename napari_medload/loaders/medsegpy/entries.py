"""Dataset dicts, checked one by one, so that a malformed one stops no other."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.loaders.medsegpy.names import ScanName

if TYPE_CHECKING:
    from napari_medload.loaders.medsegpy.catalog import Entry

EXPECTED = ("file_name", "sem_seg_file", "scan_id", "slice_id", "scan_num_slices")

_SHOWN = 60
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


class EntryError(ValueError):
    """A dataset dict that cannot be used; the message says key, found and expected."""


@dataclass(frozen=True, slots=True)
class ScanEntry:
    """One dataset dict that can be used.

    Parameters
    ----------
    scan, augmentation
        Which scan it belongs to.
    image : str
        ``file_name``.
    mask, inside : str or None
        ``sem_seg_file`` and ``singlefile_path``.
    number : int or None
        ``slice_id``.
    given : mapping
        The dict itself.
    """

    scan: str
    augmentation: int
    image: str
    mask: str | None
    inside: str | None
    number: int | None
    given: Entry


def checked(entry: Any) -> ScanEntry:
    """Check a dataset dict.

    Raises
    ------
    EntryError
        If it is no mapping, names no file or no scan, or has a value of another kind.
    """
    if not isinstance(entry, Mapping):
        raise EntryError(f"{brief(entry)} is no dict; expected one with {', '.join(EXPECTED)}")
    image = _path(entry, "file_name")
    named = None if image is None else scan_of(image, entry.get("scan_id"))
    if image is None or named is None:
        keys = ", ".join(map(str, entry)) or "none"
        raise EntryError(f"a dict with the keys {keys}; expected {', '.join(EXPECTED)}")
    told = entry.get("slice_id")
    number = whole_number(told)
    if told is not None and number is None:
        raise EntryError(f"slice_id is {brief(told)}; expected a whole number, from 1")
    mask, inside = _path(entry, "sem_seg_file"), _path(entry, "singlefile_path")
    return ScanEntry(*named, image, mask, inside, number, entry)


def scan_of(image: str, scan_id: Any = None) -> tuple[str, int] | None:
    """Scan id and augmentation by a file's name and the stated id; None where neither tells."""
    by_file = ScanName.parse(image)
    given = "" if scan_id is None else str(scan_id)
    if not given:
        return None if by_file is None else (by_file.scan_id, by_file.augmentation)
    by_id = ScanName.parse(given)
    if by_id is not None and by_id.augmentation and str(by_id) == given:
        return by_id.scan_id, by_id.augmentation
    return given, 0 if by_file is None else by_file.augmentation


def whole_number(value: Any) -> int | None:
    """Whole number of a value, also of ``"4"`` and ``4.0``; None where it is none."""
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value.strip()) else None
    if isinstance(value, float | np.floating):
        return int(value) if value.is_integer() else None
    try:
        return operator.index(value)
    except TypeError:
        return None


def brief(value: Any) -> str:
    """Write a value for a message, on one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _path(entry: Entry, key: str) -> str | None:
    """Path under a key; None where it is absent, None or empty."""
    value = entry.get(key)
    if value is None:
        return None
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else value
    if not isinstance(path, str):
        raise EntryError(f"{key} is {brief(value)}; expected a path")
    return path or None
