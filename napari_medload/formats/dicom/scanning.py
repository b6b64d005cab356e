"""The tags of all files in a folder, read once while the folder stays as it is."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

from napari_medload.formats.dicom.reading import Instance, read_instance

_FOLDERS_KEPT = 4
_FILES_KEPT = 20_000


@dataclass(frozen=True)
class Scan:
    """What the files of a folder hold.

    Parameters
    ----------
    instances : tuple of Instance
    broken : tuple of str
        Why files that are named like DICOM files are passed over.
    """

    instances: tuple[Instance, ...]
    broken: tuple[str, ...]


_kept: OrderedDict[str, tuple[tuple[tuple[str, int, int], ...], Scan]] = OrderedDict()
_lock = threading.Lock()


def scan_folder(folder: str) -> Scan:
    """Read the tags of all files in a folder, unless none has changed since the last time.

    Raises
    ------
    FileNotFoundError
        If the folder is empty.
    OSError
        If it cannot be listed.
    """
    stamps = tuple(_stamps(folder))
    with _lock:
        known = _kept.get(folder)
    if known is not None and known[0] == stamps:
        return known[1]
    found: list[Instance] = []
    broken: list[str] = []
    for name, _size, _time in stamps:
        try:
            instance = read_instance(os.path.join(folder, name))
        except OSError as error:
            broken.append(str(error))
        else:
            if instance is not None:
                found.append(instance)
    scan = Scan(tuple(found), tuple(broken))
    _keep(folder, stamps, scan)
    return scan


def _stamps(folder: str) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the visible regular files in a folder, by name."""
    stamps, anything = [], False
    with os.scandir(folder) as entries:
        for entry in entries:
            anything = True
            if entry.name[0] != "." and entry.name.upper() != "DICOMDIR" and _is_file(entry):
                state = entry.stat()
                stamps.append((entry.name, state.st_size, state.st_mtime_ns))
    if not anything:
        raise FileNotFoundError(
            f"{folder}: an empty folder; expected a DICOM series. Check that the copy is complete."
        )
    return sorted(stamps)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _keep(folder: str, stamps: tuple[tuple[str, int, int], ...], scan: Scan) -> None:
    """Keep the last few folders: each of twenty series in one would read all its files again."""
    with _lock:
        _kept[folder] = (stamps, scan)
        _kept.move_to_end(folder)
        while len(_kept) > _FOLDERS_KEPT or (
            len(_kept) > 1 and sum(len(known[0]) for known in _kept.values()) > _FILES_KEPT
        ):
            _kept.popitem(last=False)
