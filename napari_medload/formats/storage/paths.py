"""Paths written another way that still lead to the same file."""

from __future__ import annotations

import os
from pathlib import Path


def plain(path: Path | str) -> str:
    """Write a path absolute, without ``.`` and ``..``.

    Links are followed only where a ``..`` stands behind one: there it is not the folder that stands
    before it. A loop of links is no trouble.
    """
    absolute = os.path.join(os.getcwd(), path)
    short = os.path.normpath(absolute)
    if os.pardir in absolute.split(os.sep):
        folder = real(os.path.dirname(absolute))
        if folder != real(os.path.dirname(short)):
            return os.path.normpath(os.path.join(folder, os.path.basename(absolute)))
    return short


def real(path: str) -> str:
    """Follow all links of a path; as it is where it can name no file."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return path


def placed(path: Path | str, base: Path | None) -> str:
    """Write a path: absolute, or relative to a folder where it lies below it.

    What lies elsewhere stays absolute: it would not follow when the folder is moved.

    Parameters
    ----------
    path : path
    base : Path, optional
        Absolute.
    """
    absolute = plain(path)
    if base is None:
        return absolute
    try:
        within = os.path.relpath(absolute, base)
    except ValueError:  # on another drive of Windows
        return absolute
    return absolute if within.split(os.sep)[0] == os.pardir else Path(within).as_posix()


def seen_from(folder: Path | str, other: Path | str) -> str:
    """Write the way from one folder to another, right however the first is reached.

    Returns
    -------
    str
        With ``/`` between its parts; absolute where there is no way, as between drives of Windows.
    """
    wanted = os.path.realpath(other)
    try:
        return Path(os.path.relpath(wanted, os.path.realpath(folder))).as_posix()
    except ValueError:
        return Path(wanted).as_posix()
