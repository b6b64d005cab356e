"""Cells that name files: which do, what they name, and why some can't."""

from __future__ import annotations

import os
import re
from pathlib import Path

from napari_medload.formats import Source, suffix_of
from napari_medload.loaders.dicom_folders import holds_dicom
from napari_medload.loaders.lists.schema import MISSING
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import TRANSFORM_ROLES, suffix_in_role

_SERIES = re.compile(r"(.+)#([0-2](?:\.\d+){2,}(?::\d+)?)")
"""A folder of DICOM files, and the UID of a series in it."""

_TABLES = "landmarks as .csv, .fcsv or .mrk.json"
_NO_PATHS = ("", MISSING, "na", "none", "null")


def names_nothing(cell: str) -> bool:
    """Whether a cell in a column of paths means that there is no file."""
    return len(cell) < 5 and cell.lower() in _NO_PATHS


def looks_like_path(cell: str) -> bool:
    """Whether a cell names a file of a format that is read, or a series, by its name alone."""
    return suffix_of(cell.partition("#")[0]) is not None or bool(_SERIES.fullmatch(cell))


def is_series(folder: str, cell: str) -> bool:
    """Whether a cell names a folder of DICOM files."""
    path = os.path.join(folder, cell)
    if "/" not in cell or path_fault(cell) or not os.path.isdir(path):
        return False
    try:
        return holds_dicom(path, os.listdir(path))
    except OSError:  # nobody says that it is an image
        return False


def path_fault(text: str) -> str:
    """Say why no file can be named so; empty where one can."""
    try:
        wrong = "a NUL" if b"\0" in os.fsencode(text) else ""
    except UnicodeEncodeError:
        wrong = "half of a character"
    return f"names {quoted(text)}, which holds {wrong} and can be no path" if wrong else ""


def result_fault(role: str, text: str) -> str:
    """Say why a cell names no transform or landmarks; empty where it does."""
    if fault := path_fault(text):
        return fault
    if suffix_in_role(role, text) is not None:
        return ""
    kinds = "a transform of ITK or a displacement field" if role in TRANSFORM_ROLES else _TABLES
    return f"names {quoted(text)}, which is no file of a known kind; expected {kinds}"


def source_named(folder: Path | str, text: str) -> Source:
    """Source of a path below a folder, with a key or series behind ``#`` where it has one."""
    path, key = path_and_key(text)
    return Source(below(folder, path), key or None)


def path_and_key(text: str) -> tuple[str, str]:
    """Part a cell into the path, and the key or series behind ``#``, which may be empty."""
    if ".h5#" in text or ".hdf5#" in text:
        path, _, key = text.partition("#")
        return path, key
    if "#" in text and (series := _SERIES.fullmatch(text)):
        return series[1], series[2]
    return text, ""


def below(folder: Path | str, path: str) -> str:
    """Path of what a cell names."""
    # only '~/' means the home folder: '~x.nii' is a file name
    place = os.path.expanduser(path) if path.startswith("~/") else path
    joined = os.path.join(folder, place)
    return str(Path(joined)) if "./" in joined or "//" in joined or joined[-1:] in "/." else joined


def printable(text: str) -> str:
    """Spell out what could be neither shown nor saved: half characters, which JSON can hold."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def is_plain(text: str) -> bool:
    """Whether a text, or several in one, can be shown and saved, and be paths."""
    try:
        return "\0" not in text and (text.isascii() or bool(text.encode()))
    except UnicodeEncodeError:
        return False
