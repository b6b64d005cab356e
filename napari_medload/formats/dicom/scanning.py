"""The tags of all files in a folder, read once while the folder stays as it is."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.format import is_directory, may_be_dicom
from napari_medload.formats.dicom.reading import Instance, read_instance
from napari_medload.formats.dicom.series import Part, parts_of

_PLACES_KEPT = 4
_FILES_KEPT = 20_000


@dataclass(frozen=True)
class Scan:
    """What the files of a folder hold, or a single file.

    Parameters
    ----------
    instances : tuple of Instance
    broken : tuple of str
        Why files that are named like DICOM files are passed over.
    """

    instances: tuple[Instance, ...]
    broken: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> list[Part]:
        """Series, and parts of them, that are a volume each."""
        return parts_of(self.instances)


class _State(NamedTuple):
    """Names, sizes and times of files, and why others are passed over: what would change."""

    files: tuple[tuple[str, int, int], ...]
    broken: tuple[str, ...] = ()


_kept: OrderedDict[str, tuple[_State, Scan]] = OrderedDict()
_lock = threading.Lock()


def scan(path: str) -> Scan:
    """Read the tags of a file or of all files in a folder, unless none has changed since.

    Raises
    ------
    FileNotFoundError
        If it is an empty folder, or not there.
    OSError
        If it cannot be listed or opened.
    """
    folder = os.path.isdir(path)
    state = _folder_state(path) if folder else _file_state(path)
    with _lock:
        known = _kept.get(path)
    if known is not None and known[0] == state:
        return known[1]
    found = _scan_folder(path, state) if folder else _scan_file(path)
    if folder or any(len(instance.planes) > 1 for instance in found.instances):
        _keep(path, state, found)
    return found


def _scan_file(path: str) -> Scan:
    instance = read_instance(path)
    return Scan(() if instance is None else (instance,))


def _scan_folder(folder: str, state: _State) -> Scan:
    found: list[Instance] = []
    broken = list(state.broken)
    for name, _size, _time in state.files:
        try:
            instance = read_instance(os.path.join(folder, name))
        except OSError as error:
            broken.append(str(error))
        else:
            if instance is not None:
                found.append(instance)
    return Scan(tuple(found), tuple(broken))


def _file_state(path: str) -> _State:
    state = os.stat(path)
    return _State((("", state.st_size, state.st_mtime_ns),))


def _folder_state(folder: str) -> _State:
    """State of the visible files in a folder, by name."""
    files, broken, anything = [], [], False
    with os.scandir(folder) as entries:
        for entry in entries:
            anything = True
            if entry.name[0] == "." or is_directory(entry.name):
                continue
            if not _is_file(entry):
                if may_be_dicom(entry.name) and not os.path.isdir(entry.path):
                    broken.append(_passed_over(entry.path))
                continue
            state = entry.stat()
            if state.st_size or not may_be_dicom(entry.name):
                files.append((entry.name, state.st_size, state.st_mtime_ns))
            else:
                broken.append(_passed_over(entry.path))
    if not anything:
        raise FileNotFoundError(
            f"{folder}: an empty folder; expected a DICOM series. Check that the copy is complete."
        )
    return _State(tuple(sorted(files)), tuple(sorted(broken)))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _passed_over(path: str) -> str:
    found = (
        "0 bytes"
        if os.path.isfile(path)
        else "a link that leads to no file"
        if os.path.islink(path)
        else "no regular file"
    )
    return str(
        UnreadableFileError.about(path, found, "a DICOM file", "Copy it again from its source.")
    )


def _keep(path: str, state: _State, found: Scan) -> None:
    """Keep the last few places: each of twenty series in one would read all its files again."""
    with _lock:
        _kept[path] = (state, found)
        _kept.move_to_end(path)
        while len(_kept) > _PLACES_KEPT or (
            len(_kept) > 1 and sum(len(known.files) for known, _ in _kept.values()) > _FILES_KEPT
        ):
            _kept.popitem(last=False)
