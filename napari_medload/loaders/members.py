"""The members of one role: the files of a folder, or the datasets of an HDF5 file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, overload

from napari_medload.formats import Source, sources, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_GROUPED_KEY = re.compile(r"group-([^-]+)-([^-]+)")
_USUAL = ".nii.gz"
H5_SUFFIXES = (".h5", ".hdf5")
_NO_MEMBERS = (*H5_SUFFIXES, ".img", ".img.gz", ".im", ".seg")
"""Files that hold several arrays, or a part of one."""


class Member(NamedTuple):
    """One array of a role.

    Parameters
    ----------
    name : str
        Path below the role's folder without suffix, or the key in an HDF5 file.
    place : str
        The role's folder, or its HDF5 file.
    file : str
        Path below the folder, or the key.
    keyed : bool
        Whether the place is an HDF5 file.
    """

    name: str
    place: str
    file: str
    keyed: bool = False

    @property
    def source(self) -> Source:
        """Where the array lies."""
        return source_at(self.place, self.file, self.keyed)


@dataclass(frozen=True)
class Members(Sequence[Member]):
    """The arrays of one role, sorted by name; in columns, because there may be 100,000.

    Parameters
    ----------
    place : str
    names, files : tuple of str
    keyed : bool
        As in `Member`.
    """

    place: str
    names: tuple[str, ...]
    files: tuple[str, ...]
    keyed: bool = False

    @classmethod
    def sorted(cls, place: str, named: Iterable[tuple[str, str]]) -> Members:
        """Members of a folder from their names and files, in any order."""
        names, files = zip(*pairs, strict=True) if (pairs := sorted(named)) else ((), ())
        return cls(place, names, files)

    @overload
    def __getitem__(self, index: int) -> Member: ...
    @overload
    def __getitem__(self, index: slice) -> list[Member]: ...
    def __getitem__(self, index: int | slice) -> Member | list[Member]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return Member(self.names[index], self.place, self.files[index], self.keyed)

    def __len__(self) -> int:
        return len(self.names)


def source_at(place: str, file: str, keyed: bool) -> Source:
    """Source of a file below a folder, or of a key in an HDF5 file."""
    return Source(place, file) if keyed else Source(f"{place}{os.sep}{file}")


def role_place(folder: Path, name: str) -> Path | None:
    """Where a role's data lie: the folder `name`, or the file `name`.h5."""
    if (folder / name).is_dir():
        return folder / name
    for suffix in H5_SUFFIXES:
        if (folder / (name + suffix)).is_file():
            return folder / (name + suffix)
    return None


def list_members(place: Path, deep: bool = True) -> Members:
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
    at = str(place)
    if place.is_file():
        keys = tuple(source.key or place.stem for source in sources(place))
        return Members(at, keys, keys, keyed=True)
    files = files_below(at, deep)
    # where all are .nii.gz, names alone are sorted: five times as fast as asking the formats
    names = sorted([file[: -len(_USUAL)] for file in files if file.endswith(_USUAL)])
    if len(names) == len(files):
        return Members(at, tuple(names), tuple([name + _USUAL for name in names]))
    named = ((_volume_name(file), file) for file in files)
    return Members.sorted(at, ((name, file) for name, file in named if name is not None))


def _volume_name(file: str) -> str | None:
    """Path of a volume without its suffix; None for a file that is no member."""
    suffix = None if file.lower().endswith(_NO_MEMBERS) else suffix_of(file)
    return None if suffix is None else file[: -len(suffix)]


def files_below(folder: str, deep: bool = True, prefix: str = "") -> list[str]:
    """Paths of all visible files below a folder, relative to it, in no order.

    Links are followed, but for those to a folder that they lie in.

    Raises
    ------
    OSError
        If a folder cannot be listed.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if entry.name[0] != "."]
    folders = [entry for entry in visible if entry.is_dir()]
    if not folders:
        return [prefix + entry.name for entry in visible]
    files = [prefix + entry.name for entry in visible if not entry.is_dir()]
    for entry in folders if deep else ():
        if not (entry.is_symlink() and _leads_up(entry.path)):
            files += files_below(entry.path, deep, f"{prefix}{entry.name}/")
    return files


def _leads_up(link: str) -> bool:
    """Whether a folder is a link to one that it lies in, where a walk would never end."""
    there, here = os.path.realpath(link), os.path.realpath(os.path.dirname(link))
    return os.path.commonpath((there, here)) == there


def group_of(name: str, keyed: bool) -> tuple[str, str]:
    """Group and name within it: folder and file, or the parts of the key ``group-G-I``."""
    if keyed and (match := _GROUPED_KEY.fullmatch(name)):
        return match[1], match[2]
    group, _, name = name.rpartition("/")
    return group, name


def is_grouped(members: Members) -> bool:
    """Whether every member lies in a group."""
    return bool(members) and all(group_of(name, members.keyed)[0] for name in members.names)
