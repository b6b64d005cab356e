"""Folders of DICOM files: one member a series, never one a slice."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from napari_medload.formats.dicom import SUFFIXES, Dicom, has_magic, may_be_dicom
from napari_medload.loaders.walking import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OPENED = 8
"""Files without a telling suffix that are opened before a folder is taken to hold no DICOM."""

_DICOM = Dicom()


def holds_dicom(folder: str, names: Iterable[str]) -> bool:
    """Whether some of the files in a folder are DICOM, by their names or how they begin.

    Parameters
    ----------
    folder : str
    names : iterable of str
        Of all that is in it, or of its files.
    """
    bare = []
    for name in names:
        if name.lower().endswith(SUFFIXES):
            return True
        if may_be_dicom(name):
            bare.append(name)
    paths = (os.path.join(folder, name) for name in bare)
    return any(map(has_magic, islice(filter(os.path.isfile, paths), _OPENED)))


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


def series_as_members(
    root: str, folders: Sequence[str]
) -> tuple[list[tuple[str, str]], list[Trouble]]:
    """Names and files of the series in a role's folder and below it, and why some are none.

    A folder below is a member, and so is each file in the role's own folder that is a series
    alone; another series there is named after the folder above, as in all roles. Nobody knows
    which partner each of several series there has: they are a trouble.
    """
    members = [(folder, folder) for folder in folders if folder]
    if "" not in folders:
        return members, []
    name = os.path.basename(os.path.dirname(os.path.abspath(root)))
    try:
        found = _DICOM.series(root)
    except OSError as error:
        return members, [Trouble(name, str(error))]
    alone = dict.fromkeys(entry.files[0] for entry in found if len(entry.files) == 1)
    members += ((_without_suffix(file), file) for file in alone)
    stacks = {entry.uid: entry.title for entry in found if len(entry.files) > 1}
    if len(stacks) > 1:
        return members, [Trouble(name, _several(root, sorted(stacks.values())))]
    return [*members, *((name, "") for _ in stacks)], []


def _several(root: str, titles: Sequence[str]) -> str:
    shown = ", ".join(titles[:4]) + (" …" if len(titles) > 4 else "")
    return (
        f"{root}: {len(titles)} series side by side ({shown}); expected one, or a folder for each. "
        "Put the files of each series into a folder that is named after its sample."
    )


def _without_suffix(name: str) -> str:
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), "")
    return name[: -len(suffix) or None]
