"""Paths that an image is made from, and what is read there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_medload.formats import Source
from napari_medload.images.family.own_reader import Reader, ReaderPixels
from napari_medload.images.family.pixels import FilePixels
from napari_medload.images.family.stacked import StackedPixels

if TYPE_CHECKING:
    from napari_medload.formats.contract import FormName
    from napari_medload.images.family.pixels import Pixels

AnyPath: TypeAlias = "str | os.PathLike[str]"


def checked_paths(path: Any, verify: bool) -> Path | list[Path] | None:
    """One path, several, or none.

    Raises
    ------
    TypeError
        For anything else.
    FileNotFoundError
        If one is missing and `verify` is set.
    """
    if path is None:
        return None
    if isinstance(path, str | os.PathLike):
        found = Path(path).expanduser()
        if verify and not os.path.exists(found):  # of a Path, it takes longer
            raise FileNotFoundError(f"{found}: no such file or folder")
        return found
    if hasattr(path, "__array__"):
        raise TypeError("a path is a string or a Path, found an array; say Image(tensor=array)")
    if isinstance(path, dict) or not isinstance(path, Iterable):
        raise TypeError(f"a path is a string or a Path, found {path.__class__.__name__}")
    paths = [checked_paths(each, verify) for each in path]
    if not paths or not all(isinstance(each, Path) for each in paths):
        raise TypeError(f"expected a path or a sequence of paths, found {path!r}")
    return [each for each in paths if isinstance(each, Path)]


def pixels_of(
    path: Path | list[Path] | None, reader: Reader | None, key: str | None, form: FormName | None
) -> Pixels | None:
    """Find what reads the voxels at some paths."""
    if path is None:
        return None
    if isinstance(path, list):
        return StackedPixels(tuple(_pixels_of_one(each, reader, key, form) for each in path))
    return _pixels_of_one(path, reader, key, form)


def _pixels_of_one(
    path: Path, reader: Reader | None, key: str | None, form: FormName | None
) -> Pixels:
    if reader is None:
        return FilePixels(Source(path, key), form)
    if key is not None or form is not None:
        raise ValueError("key and form are for files that are read here; leave the reader out")
    return ReaderPixels(path, reader)


def stems(path: Path | list[Path] | None) -> str | list[str]:
    """Name up to its first point."""
    if path is None:
        return ""
    if isinstance(path, list):
        return [each.name.split(".")[0] for each in path]
    return path.name.split(".")[0]
