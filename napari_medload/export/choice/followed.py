"""Files behind their names: links of several names may lead to one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.formats.storage.paths import real

if TYPE_CHECKING:
    from napari_medload.formats import Source

File: TypeAlias = tuple[str, str, str | None, tuple[str | None, ...]]
"""Folder, name, key and slices of an array, in which no link is left."""

_NO_LINKS: frozenset[str] = frozenset()


class Followed:
    """Where arrays lie once all links are followed; each folder is looked at once."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[str, frozenset[str]]] = {}

    def __call__(self, source: Source) -> File:
        """Say where an array lies; a file that is not there lies where its name says."""
        folder, name = source.parts
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = (real(folder), _links_in(folder))
        place, links = known
        if name in links:
            place, name = os.path.split(real(os.path.join(place, name)))
        return place, name, source.key, source.slices


def _links_in(folder: str) -> frozenset[str]:
    """Names in a folder that are links; none where it can't be listed."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            return frozenset(entry.name for entry in entries if entry.is_symlink())
    except (OSError, ValueError):
        return _NO_LINKS
