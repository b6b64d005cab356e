"""MedSegPy's standard dataset dicts, made from folders and files."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import h5py

from napari_medload.formats.contract import shape_text
from napari_medload.formats.hdf5.format import group_names, open_h5
from napari_medload.formats.hdf5.slices import IMAGE_SUFFIX, MASK_SUFFIX
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.medsegpy.names import ScanName, SliceName
from napari_medload.loaders.members import H5_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VOLUME_KEY, SEG_KEY = "volume", "seg"

_LOOKED = 3
UNREADABLE = (OSError, RuntimeError, KeyError)


def slice_dicts(folder: Path | str) -> list[dict[str, Any]]:
    """Dicts of the slices in a folder, sorted by subject, time point, augmentation and slice.

    Returns
    -------
    list of dict
        ``file_name``, ``sem_seg_file`` (where there is one), ``scan_id`` (without the
        augmentation), ``subject_id``, ``time_point``, ``slice_id`` (from 1) and
        ``scan_num_slices``, counted for each augmentation.

    Raises
    ------
    DatasetError
        If the folder cannot be listed.
    """
    names = visible_files(folder)
    found = [(parsed, name) for name in names if (parsed := image_slice(name)) is not None]
    found.sort()
    numbers = {parsed for parsed, _name in found}
    counts = Counter(parsed.scan for parsed in numbers)
    return [_slice_dict(folder, names, parsed, name, counts) for parsed, name in found]


def _slice_dict(
    folder: Path | str, names: set[str], parsed: SliceName, name: str, counts: Counter[ScanName]
) -> dict[str, Any]:
    mask = name[: -len(IMAGE_SUFFIX)] + MASK_SUFFIX
    return {
        "file_name": os.path.join(folder, name),
        **({"sem_seg_file": os.path.join(folder, mask)} if mask in names else {}),
        "scan_id": parsed.scan.scan_id,
        "subject_id": parsed.subject,
        "time_point": parsed.time_point,
        "slice_id": parsed.number,
        "scan_num_slices": counts[parsed.scan],
    }


def masks_alone(folder: Path | str) -> dict[ScanName, list[int]]:
    """Numbers of the slices of each scan that have a mask and no image."""
    names = visible_files(folder)
    alone: dict[ScanName, list[int]] = {}
    for name in sorted(names):
        stem = name.removesuffix(MASK_SUFFIX)
        parsed = SliceName.parse(name) if stem != name else None
        if parsed is not None and stem + IMAGE_SUFFIX not in names:
            alone.setdefault(parsed.scan, []).append(parsed.number)
    return alone


def image_slice(name: str) -> SliceName | None:
    """Read the name of an image slice; None for any other file."""
    return SliceName.parse(name) if name.endswith(IMAGE_SUFFIX) else None


def volume_dicts(folder: Path | str) -> list[dict[str, Any]]:
    """Dicts of the 3D files in a folder, sorted; files without a volume are passed over.

    Returns
    -------
    list of dict
        ``file_name``, ``sem_seg_file`` (the same file, where it holds masks), ``scan_id`` and
        ``image_size``; ``subject_id`` and ``time_point`` where the name tells them. A file that
        cannot be read has no ``image_size``.

    Raises
    ------
    DatasetError
        If the folder cannot be listed.
    """
    return volumes_in(folder)[0]


def volumes_in(folder: Path | str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Dicts of the 3D files in a folder, and why other files of a scan have none.

    Returns
    -------
    list of dict
        As of `volume_dicts`.
    dict of str to str
        From the name of a file that holds masks without a volume, or a volume of other axes, to
        what is wrong with it.
    """
    dicts, wrong = [], {}
    for name in sorted(visible_files(folder)):
        if not name.lower().endswith(H5_SUFFIXES):
            continue
        path = os.path.join(folder, name)
        try:
            with open_h5(path) as file:
                found, reason = _volume_dict(file, path), _fault(file)
        except UNREADABLE:  # reading it will say why
            found, reason = {"file_name": path}, ""
        if found:
            dicts.append(found | _scan_dict(os.path.splitext(name)[0]))
        elif reason:
            wrong[name] = reason
    return dicts, wrong


def file_dicts(path: Path | str) -> list[dict[str, Any]]:
    """Dicts of one file: of the volume in it, else of the scans in its groups.

    Raises
    ------
    DatasetError
        If the file cannot be read.
    """
    try:
        with open_h5(path) as file:
            found = _volume_dict(file, str(path))
    except UNREADABLE:  # looking for groups will say why
        found = {}
    name = os.path.splitext(os.path.basename(path))[0]
    return [found | _scan_dict(name)] if found else singlefile_dicts(path)


def singlefile_dicts(path: Path | str) -> list[dict[str, Any]]:
    """Dicts of a file with one group a scan.

    Returns
    -------
    list of dict
        As of `volume_dicts`, but ``file_name`` and ``sem_seg_file`` are the group, and
        ``singlefile_path`` is the file.

    Raises
    ------
    DatasetError
        If the file cannot be read.
    """
    try:
        with open_h5(path) as file:
            found = [(name, _volume_dict(node, name)) for name, node in _groups(file)]
    except UNREADABLE as error:
        raise DatasetError(
            f"{path}: cannot be read as one group a scan ({error}). Check that the copy is "
            "complete."
        ) from error
    more = {"singlefile_path": str(path)}
    return [entry | _scan_dict(name) | more for name, entry in found if entry]


def visible_files(folder: Path | str) -> set[str]:
    """Names in a folder, without hidden ones.

    Raises
    ------
    DatasetError
        If it cannot be listed.
    """
    try:
        return {name for name in os.listdir(folder) if not name.startswith(".")}
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error


def holds_volume(path: Path) -> bool:
    """Whether an HDF5 file is a volume, with or without masks."""
    return _answers(path, lambda file: bool(_volume_dict(file, "")))


def holds_scans(path: Path) -> bool:
    """Whether an HDF5 file is a volume with masks, or holds one group a scan.

    The first few groups tell.
    """
    return _answers(
        path,
        lambda file: (
            "sem_seg_file" in _volume_dict(file, "")
            or any(_volume_dict(node, "") for _name, node in islice(_groups(file), _LOOKED))
        ),
    )


def _answers(path: Path, question: Callable[[Any], bool]) -> bool:
    try:
        with open_h5(path) as file:
            return question(file)
    except UNREADABLE:
        return False


def _groups(file: Any) -> Iterator[tuple[str, Any]]:
    for name in group_names(file):
        if isinstance(file.get(name, getlink=True), h5py.HardLink):
            node = file[name]
            if isinstance(node, h5py.Group):
                yield name, node


def _volume_dict(node: Any, file_name: str) -> dict[str, Any]:
    """Entry of a file or group; empty where it holds no volume."""
    volume = _dataset(node, VOLUME_KEY)
    if volume is None or not _is_volume(volume.shape):
        return {}
    masks = {} if _dataset(node, SEG_KEY) is None else {"sem_seg_file": file_name}
    return {"file_name": file_name, **masks, "image_size": tuple(map(int, volume.shape[:3]))}


def _is_volume(shape: tuple[int, ...]) -> bool:
    """Whether a shape is H×W×D, or H×W×D×1."""
    return len(shape) == 3 or (len(shape) == 4 and shape[3] == 1)


def _fault(node: Any) -> str:
    """Why a file that has a key of a scan holds no volume; empty where it has no such key."""
    volume = _dataset(node, VOLUME_KEY)
    if volume is not None:
        return f"'{VOLUME_KEY}' has the shape {shape_text(volume.shape)}; expected H×W×D"
    if VOLUME_KEY in group_names(node):
        return f"'{VOLUME_KEY}' is no dataset of this file; expected H×W×D numbers in it"
    if SEG_KEY in group_names(node):
        return f"it holds '{SEG_KEY}' alone; expected '{VOLUME_KEY}' beside it"
    return ""


def _dataset(node: Any, key: str) -> Any:
    """Dataset of this very file, or None."""
    if not isinstance(node.get(key, getlink=True), h5py.HardLink):
        return None
    found = node[key]
    return found if isinstance(found, h5py.Dataset) and found.shape is not None else None


def _scan_dict(name: str) -> dict[str, Any]:
    scan = ScanName.parse(name)
    if scan is None:
        return {"scan_id": name}
    return {
        "scan_id": scan.scan_id,
        "subject_id": scan.subject,
        "time_point": scan.time_point,
    }
