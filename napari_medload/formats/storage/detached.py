"""Files with the numbers of an array, as a text header names them."""

from __future__ import annotations

import math
import os
import re
from pathlib import PureWindowsPath
from typing import IO, TYPE_CHECKING

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.storage.regular import expect_file

if TYPE_CHECKING:
    from pathlib import Path

HEADER_AT_MOST = 1 << 22
_LINE_AT_MOST = 1 << 20
_FILES_AT_MOST = 100_000
_PLACEHOLDER = re.compile(r"%0?\d?d")


def header_line(file: IO[bytes]) -> str | None:
    r"""Read a line of a text header, without its end; None where there is none.

    Bytes that are no UTF-8 survive as they do in the names of files.

    Raises
    ------
    ValueError
        If it, or the header up to it, is so long that it cannot be a text.
    """
    raw = file.readline(_LINE_AT_MOST)
    if len(raw) == _LINE_AT_MOST or file.tell() > HEADER_AT_MOST:
        raise ValueError("lines that do not end")
    return raw.decode("utf-8", "surrogateescape").rstrip("\r\n") if raw else None


def numbered(pattern: str, first: int, last: int, step: int) -> list[str]:
    """Names of numbered files, such as ``slice%03d.raw`` from 1 to 20.

    Raises
    ------
    ValueError
        If the pattern holds no place for one number, or there are no such numbers, or too many.
    """
    places = _PLACEHOLDER.findall(pattern)
    if len(places) != 1 or pattern.count("%") != 1:
        raise ValueError(f"the file pattern '{pattern}', expected one number such as %03d in it")
    if not step or not 0 < (last - first) // step + 1 <= _FILES_AT_MOST:
        raise ValueError(f"data files numbered from {first} to {last} in steps of {step}")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return [pattern % number for number in numbers]


def expect_shares(names: list[str], sizes: tuple[int, ...], axes: int) -> None:
    """Check that files of some axes each make up an array, one behind another.

    Parameters
    ----------
    names : list of str
        The files.
    sizes : tuple of ints
        Of the array, from the fastest axis to the slowest.
    axes : int
        How many of them a file has; if all, each file holds an equal part along the slowest.

    Raises
    ------
    ValueError
        If it takes another number of files.
    """
    if 0 < axes < len(sizes):
        fits = len(names) == math.prod(sizes[axes:])
    else:
        fits = axes == len(sizes) and bool(names) and sizes[-1] % len(names) == 0
    if not fits:
        raise ValueError(f"{len(names)} data files of {axes} axes for an array of sizes {sizes}")


def beside(header: Path, names: list[str]) -> tuple[Path, ...]:
    """Paths of files that a header names, in its folder or below.

    Raises
    ------
    UnreadableFileError
        If one lies elsewhere: a header from a stranger may name any file of this machine.
    UnreadableFileError
        If the first is not there.
    ValueError
        If there are too many.
    """
    if not 0 < len(names) <= _FILES_AT_MOST:
        raise ValueError(f"{len(names)} data files")
    paths = tuple(header.parent / _inside(header, name) for name in names)
    try:
        expect_file(paths[0])
    except FileNotFoundError as error:
        raise UnreadableFileError.about(
            header,
            f"no {names[0]} beside it",
            "the file with its numbers, as it says",
            "Put both into one folder; if it was renamed, change its name in the header.",
        ) from error
    return paths


def _inside(header: Path, name: str) -> str:
    name = name.strip()
    parts = name.replace("\\", "/").split("/")  # headers are carried between systems
    if not name or "\0" in name or os.path.isabs(name) or PureWindowsPath(name).anchor:
        inside = False
    else:
        inside = ".." not in parts
    if not inside:
        raise UnreadableFileError.about(
            header,
            f"numbers in {name!r}",
            "the name of a file in the folder of the header, or below it",
            "Put that file beside the header, and change its name there.",
        )
    return os.path.join(*parts)
