"""The members of one role: the files of a folder, or the datasets of an HDF5 file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, overload

from napari_medload.formats import Source, suffix_of
from napari_medload.formats.dicom import SUFFIXES
from napari_medload.formats.hdf5.format import keys_and_reasons
from napari_medload.loaders.dicom_folders import series_as_members, series_folders
from napari_medload.loaders.walking import Trouble, walk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Form: TypeAlias = Literal["nifti", "h5"]
"""How a role is stored: a folder of volumes, or one HDF5 file; DeepReg's ``format``."""

_GROUPED_KEY = re.compile(r"group-([^-]+)-([^-]+)")
_USUAL = ".nii.gz"
H5_SUFFIXES = (".h5", ".hdf5")
_NO_MEMBERS = (*H5_SUFFIXES, ".img", ".img.gz", ".im", ".seg", *SUFFIXES)
"""Files that hold several arrays, or a part of one; DICOM files are members by their series."""

_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
"""Files that count only where nothing else does: thumbnails and logos lie beside volumes."""


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
    troubles : tuple of Trouble
        What lies there and cannot be a member, under the name that it would have.
    """

    place: str
    names: tuple[str, ...]
    files: tuple[str, ...]
    keyed: bool = False
    troubles: tuple[Trouble, ...] = ()

    @classmethod
    def sorted(
        cls,
        place: str,
        named: Iterable[tuple[str, str]],
        keyed: bool = False,
        troubles: Iterable[Trouble] = (),
    ) -> Members:
        """Members from their names and files, in any order."""
        names, files = zip(*pairs, strict=True) if (pairs := sorted(named)) else ((), ())
        return cls(place, names, files, keyed, tuple(sorted(troubles)))

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


def role_place(folder: Path, name: str, form: Form | None = None) -> Path | None:
    """Where a role's data lie: the folder `name`, or the file `name`.h5.

    Parameters
    ----------
    folder : Path
    name : str
        Of the role.
    form : str, optional
        ``"nifti"`` for the folder only, ``"h5"`` for the file only; else the folder goes first.
    """
    # os.path answers no where pathlib raises: in a folder that may be listed and not entered
    if form != "h5" and os.path.isdir(folder / name):
        return folder / name
    for suffix in H5_SUFFIXES if form != "nifti" else ():
        if os.path.isfile(folder / (name + suffix)):
            return folder / (name + suffix)
    return None


def list_members(
    place: Path, deep: bool = True, *, series: bool = True, pictures: bool = True
) -> Members:
    """List the arrays of a role in sorted order; hidden files are passed over.

    What is named like one and cannot be read is among the ``troubles``.

    Parameters
    ----------
    place : Path
        A folder, or an HDF5 file.
    deep : bool
        Whether the folders below are searched too.
    series : bool
        Whether folders of DICOM files are members.
    pictures : bool
        Whether 2D pictures are, where nothing else is.

    Raises
    ------
    OSError
        If the folder or file cannot be read.
    """
    at = str(place)
    if place.is_file():
        return _keys_of(place)
    files, troubles = walk(at, lambda name: _volume_name(name) is not None, deep)
    # where all are .nii.gz, names alone are sorted: five times as fast as asking the formats
    names = sorted([file[: -len(_USUAL)] for file in files if file.endswith(_USUAL)])
    if len(names) == len(files) and not troubles:
        return Members(at, tuple(names), tuple([name + _USUAL for name in names]))
    named = [(name, file) for file in files if (name := _volume_name(file)) is not None]
    if series and (folders := series_folders(at, files)):
        found, reasons = series_as_members(at, folders)
        named += found
        troubles += reasons
    volumes = [(name, file) for name, file in named if not _is_picture(file)]
    pictures = pictures and not volumes and all(map(_is_picture, filter(suffix_of, files)))
    return Members.sorted(
        at,
        named if pictures else volumes,
        troubles=[Trouble(_volume_name(name) or name, reason) for name, reason in troubles],
    )


def _keys_of(file: Path) -> Members:
    """Keys at the top of an HDF5 file, as DeepReg lists them; what they lead to may be refused."""
    found = keys_and_reasons(file)
    return Members.sorted(
        str(file),
        ((key, key) for key, reason in found if not reason),
        keyed=True,
        troubles=(Trouble(key, reason) for key, reason in found if reason),
    )


def _volume_name(file: str) -> str | None:
    """Path of a volume without its suffix; None for a file that is no member."""
    suffix = None if file.lower().endswith(_NO_MEMBERS) else suffix_of(file)
    return None if suffix is None else file[: -len(suffix)]


def _is_picture(file: str) -> bool:
    return file.lower().endswith(_PICTURES)


def group_of(name: str, keyed: bool) -> tuple[str, str]:
    """Group and name within it: folder and file, or the parts of the key ``group-G-I``."""
    if keyed and (match := _GROUPED_KEY.fullmatch(name)):
        return match[1], match[2]
    group, _, name = name.rpartition("/")
    return group, name


def lies_in_group(key: str) -> bool:
    """Whether a key names its group, as DeepReg reads it: ``group-X-Y``."""
    parts = key.split("-")
    return len(parts) == 3 and parts[0] == "group"


def is_grouped(members: Members) -> bool:
    """Whether every member lies in a group."""
    return bool(members) and all(group_of(name, members.keyed)[0] for name in members.names)
