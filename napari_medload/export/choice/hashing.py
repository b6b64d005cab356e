"""Hashes of contents; each file is hashed once, as long as its size and time stay as they are."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from napari_medload.loaders.identity import bytes_hash, file_stamp, hash_of_source
from napari_medload.loaders.sample import is_image_role

if TYPE_CHECKING:
    from typing import TypeAlias

    from napari_medload.formats import Source

    Stamp: TypeAlias = tuple[int, int]


class Hashes:
    """Hashes that were made, for threads that ask side by side."""

    def __init__(self) -> None:
        self._known: dict[tuple[bool, Source], tuple[Stamp, str]] = {}
        self._making: dict[tuple[bool, Source], Lock] = {}

    def __call__(self, role: str, source: Source) -> str:
        """Hash what a role holds, or say what is known of it.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        key = is_image_role(role), source
        with self._making.setdefault(key, Lock()):  # an atlas is asked for by many at once
            stamp = file_stamp(source)
            known = self._known.get(key)
            if known is None or known[0] != stamp:
                known = self._known[key] = stamp, hash_in_role(role, source)
            return known[1]


def hash_in_role(role: str, source: Source) -> str:
    """Hash what a role holds: an array, or the bytes of what is none.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return (hash_of_source if is_image_role(role) else bytes_hash)(source)
