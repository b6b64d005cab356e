"""Naming files in lists: quickly, and so that neither a spreadsheet nor a reader mistakes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.export.contract import Target
    from napari_medload.formats import Source

_ODD_FIRST = frozenset("=+-@~'\"\t\r\n ")
"""First signs of a relative path that would be taken for a formula, a home folder, or nothing."""
_NO_VALUE = ("n/a", "na", "none", "null")
_FOLDERS_KEPT = 4096


class Naming:
    """Names of sources in a list, as `Target.name` writes them.

    A relative path that begins oddly gets ``./`` before it. What is known of folders is kept and
    used for all files in them, and forgotten again where there are very many.

    Parameters
    ----------
    target : Target
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._places: dict[str, str] = {}

    def __call__(self, source: Source) -> str:
        """Write where one array lies."""
        return self.all((source,))[0] or ""

    def all(self, sources: Iterable[Source | None]) -> list[str | None]:
        """Write where arrays lie; None stays None."""
        places = self._places
        names: list[str | None] = []
        for source in sources:
            if source is None:
                names.append(None)
                continue
            folder, name = source.parts
            place = places.get(folder)
            if place is None:
                place = self._place(folder)
            text = place + name if place else _disarmed(name)
            names.append(text if source.key is None else f"{text}#{source.key}")
        return names

    def _place(self, folder: str) -> str:
        """Write what stands before the names of files in a folder; empty for that of the base."""
        if len(self._places) >= _FOLDERS_KEPT:
            self._places.clear()
        text = self._target.place(os.path.join(folder, "x"))[:-1]
        found = self._places[folder] = _disarmed(text) if text else ""
        return found


def _disarmed(path: str) -> str:
    """Write a relative path, or its beginning, so that it can only be taken for a path."""
    odd = path[:1] in _ODD_FIRST or path.lower() in _NO_VALUE or path.lower() == "n/"
    return f"./{path}" if odd else path
