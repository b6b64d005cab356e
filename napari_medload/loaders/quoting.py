"""Quoting what a person's file holds: short, whatever it is."""

from __future__ import annotations

import reprlib

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 4
_SHORT.maxstring = _SHORT.maxother = 200


def quoted(value: object) -> str:
    """Write a value as Python would, or the beginning of it."""
    try:
        return _SHORT.repr(value)
    except RecursionError:
        return f"a {type(value).__name__}"
