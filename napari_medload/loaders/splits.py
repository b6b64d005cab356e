"""Train, valid and test: folders that stand above the folders of a layout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.walking import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPLITS = ("train", "training", "valid", "val", "validation", "test")

_SAME = ({"train", "training"}, {"valid", "val", "validation"}, {"test", "testing"})


def subfolders(folder: Path) -> list[Path]:
    """Visible folders in a folder, sorted.

    Raises
    ------
    DatasetError
        If it cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if entry.name[0] != "."]
        names = [entry.name for entry in visible if answers(entry.is_dir)]
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error
    return [folder / name for name in sorted(names)]


def split_places(folder: Path, holds: Callable[[Path], bool]) -> dict[str, Path]:
    """Folders that hold data: the folder itself (named ''), or its splits in their usual order.

    Parameters
    ----------
    holds : callable
        Whether a folder holds data of the layout directly.
    """
    if holds(folder):
        return {"": folder}
    below = {path.name: path for path in subfolders(folder) if path.name.lower() in SPLITS}
    order = sorted(below, key=lambda name: SPLITS.index(name.lower()))
    return {name: below[name] for name in order if holds(below[name])}


def chosen(places: dict[str, Path], split: str | None, folder: Path) -> dict[str, Path]:
    """Return the places of one split, or all of them.

    Raises
    ------
    DatasetError
        If there is no such split.
    """
    if split is None:
        return places
    name = same_split(split, places)
    if name is None:
        raise DatasetError(
            f"{folder}: no split '{split}'; found {', '.join(filter(None, places)) or 'none'}"
        )
    return {name: places[name]}


def same_split(wanted: str, names: dict[str, Path] | tuple[str, ...]) -> str | None:
    """Find a split by its name, or by another usual name of it (val, valid, validation)."""
    if wanted in names:
        return wanted
    for group in _SAME:
        if wanted.lower() in group:
            return next((name for name in names if name.lower() in group), None)
    return None
