"""The members of one role: the files of a folder, or the datasets of an HDF5 file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats import Source, sources, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROUPED_KEY = re.compile(r"group-([^-]+)-([^-]+)")
H5_SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Member:
    """One array of a role.

    Parameters
    ----------
    name : str
        Path below the role's folder without suffix, or the key in an HDF5 file.
    source : Source
    """

    name: str
    source: Source


def role_place(folder: Path, name: str) -> Path | None:
    """Where a role's data lie: the folder `name`, or the file `name`.h5."""
    if (folder / name).is_dir():
        return folder / name
    for suffix in H5_SUFFIXES:
        if (folder / (name + suffix)).is_file():
            return folder / (name + suffix)
    return None


def list_members(place: Path, deep: bool = True) -> list[Member]:
    """List the arrays of a role in sorted order; hidden files are passed over.

    Parameters
    ----------
    place : Path
        A folder, or an HDF5 file.
    deep : bool
        Whether the folders below are searched too.

    Raises
    ------
    OSError
        If the folder or file cannot be read.
    """
    if place.is_file():
        return [Member(source.key or place.stem, source) for source in sources(place)]
    found = []
    for path in walk(place) if deep else _visible_files(place):
        suffix = suffix_of(path)
        if suffix is None or path.name.lower().endswith((*H5_SUFFIXES, ".img", ".img.gz")):
            continue
        name = path.relative_to(place).as_posix()[: -len(suffix)]
        found.append(Member(name, Source(path)))
    return sorted(found, key=lambda member: (member.name, str(member.source.path)))


def walk(folder: Path) -> Iterator[Path]:
    """All files below a folder, in sorted order, without hidden ones."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not _leads_up(place, name)
        )
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(place) / name


def _visible_files(folder: Path) -> list[Path]:
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in entries if path.is_file()]


def _leads_up(place: str, name: str) -> bool:
    """Whether a folder is a link to one that it lies in, where a walk would never end."""
    path = os.path.join(place, name)
    if not os.path.islink(path):
        return False
    there, here = os.path.realpath(path), os.path.realpath(place)
    return os.path.commonpath((there, here)) == there


def group_of(member: Member) -> tuple[str, str]:
    """Group and name of a member: its folder and file, or the parts of ``group-G-I``."""
    match = _GROUPED_KEY.fullmatch(member.name)
    if match and member.source.key is not None:
        return match[1], match[2]
    group, _, name = member.name.rpartition("/")
    return group, name


def is_grouped(members: list[Member]) -> bool:
    """Whether every member lies in a group."""
    return bool(members) and all(group_of(member)[0] for member in members)
