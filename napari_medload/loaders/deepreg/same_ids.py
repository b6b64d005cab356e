"""Whether loaders of several roles name the same data in the same order."""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING

from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.loaders.deepreg.file_loader import DataId, FileLoader

_SHOWN = 5


def check_same_ids(loaders: Mapping[str, FileLoader], kind: str) -> None:
    """Check that all loaders have the same data.

    Parameters
    ----------
    loaders : mapping of role to loader
        All are compared with the first.
    kind : str
        Of the data loader, for the message.

    Raises
    ------
    LoaderError
        If they differ; it names some files that only one has.
    """
    (first, reference), *others = loaders.items()
    expected = reference.get_data_ids()
    for role, loader in others:
        found = loader.get_data_ids()
        if found != expected:
            raise LoaderError(
                f"{first} and {role} in {kind} loader are not identical: "
                f"{_difference(first, expected, role, found)}. Looked in "
                f"{_places(reference)} and {_places(loader)}; expected the same names in both. "
                f"{_remedy(role)}"
            )


def _difference(first: str, expected: list[DataId], role: str, found: list[DataId]) -> str:
    lacking, beyond = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    parts = []
    if lacking:
        parts.append(f"{len(lacking)} only in {first} ({_some(lacking)})")
    if beyond:
        parts.append(f"{len(beyond)} only in {role} ({_some(beyond)})")
    if not parts:
        one, other = next(ids for ids in zip_longest(expected, found) if ids[0] != ids[1])
        parts.append(f"their order differs first at {_name(one)} and {_name(other)}")
    return ", ".join(parts)


def _some(ids: list[DataId]) -> str:
    more = len(ids) - _SHOWN
    return ", ".join(map(_name, ids[:_SHOWN])) + (f" and {more} more" if more > 0 else "")


def _name(data_id: DataId | None) -> str:
    return "nothing" if data_id is None else os.path.join(*map(str, data_id))


def _places(loader: FileLoader) -> str:
    return " and ".join(os.path.join(folder, loader.name) for folder in loader.dir_paths)


def _remedy(role: str) -> str:
    if "label" in role:
        return (
            "Add what is missing, or load with labeled=False: data that are labeled in part "
            "cannot be loaded with labels."
        )
    return "Add what is missing, or take away what has no partner."
