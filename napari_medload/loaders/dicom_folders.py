"""Folders of DICOM files: one member a series, never one a slice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from napari_medload.formats.dicom import SUFFIXES, Dicom, has_magic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_OPENED = 8
"""Files without a telling suffix that are opened before a folder is taken to hold no DICOM."""

_DICOM = Dicom()


def may_be_dicom(name: str) -> bool:
    """Whether a file may be DICOM by its name: such a suffix, none at all, or a number as one."""
    stem, dot, last = name.rpartition(".")
    if not dot:
        return bool(name)
    return (bool(stem) and last.isdigit()) or name.lower().endswith(SUFFIXES)


def holds_dicom(folder: str, names: Iterable[str]) -> bool:
    """Whether some of the files in a folder, given by their names, are DICOM."""
    bare = []
    for name in names:
        if name.lower().endswith(SUFFIXES):
            return True
        if may_be_dicom(name):
            bare.append(name)
    return any(has_magic(os.path.join(folder, name)) for name in bare[:_OPENED])


def series_folders(root: str, files: Iterable[str]) -> list[str]:
    """Folders that hold DICOM among files below a root, as paths below it ("" for itself).

    Parameters
    ----------
    root : str
    files : iterable of str
        Regular files, as paths below the root.
    """
    found: dict[str, list[str]] = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        if may_be_dicom(name):
            found.setdefault(folder, []).append(name)
    return sorted(
        folder for folder, names in found.items() if holds_dicom(os.path.join(root, folder), names)
    )


def series_as_members(root: str, folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and files of the series in a role's folder, and in folders below it.

    A folder below is a member, and so is each file in the role's own folder that is a series
    alone; another series there is named after the folder above, as in all roles.

    Raises
    ------
    OSError
        If the files in the role's own folder cannot be read.
    """
    for folder in folders:
        if folder:
            yield folder, folder
            continue
        several = False
        for entry in _DICOM.series(root):
            name = entry.files[0]
            if len(entry.files) == 1:
                yield _without_suffix(name), name
            elif not several:  # a folder is one member: its first series
                several = True
                yield os.path.basename(os.path.dirname(os.path.abspath(root))), ""


def _without_suffix(name: str) -> str:
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), "")
    return name[: -len(suffix) or None]
