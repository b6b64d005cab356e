"""Pieces of sentences: names of files, how many there are, and what files say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def named(names: Sequence[str], most: int = 4) -> str:
    """List some names."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def counted(count: int, what: str) -> str:
    """Write a number of things, such as "1 image" and "2 images"."""
    return f"{count} {what}{'s'[: count != 1]}"


def brief(text: str, most: int) -> str:
    """Text out of a file on one line, of so many letters at most: it may be garbage."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * most])
    return " ".join(shown.split())[:most]
