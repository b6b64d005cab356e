"""What stands already where a list is to be saved: one of ours, or what would be lost."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.export.remark import Remark
from napari_medload.loaders.lists.described import DESCRIBED_BESIDE, KEY, dictionary_path
from napari_medload.loaders.lists.schema import IDENTITY, JUDGED
from napari_medload.regions.listed import FORMAT
from napari_medload.review import ReviewFolderError
from napari_medload.review.folder import refuse_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.export.contract import Exporter, Target
    from napari_medload.export.remark import Gravity
    from napari_medload.loaders import Dataset

_KEYS = (f'"{KEY}"'.encode(), f"\n{KEY}:".encode(), f'"{FORMAT}"'.encode())
"""How the description of a list stands in JSON and in YAML, and that of lists of regions."""

_COLUMNS = (IDENTITY[0].encode(), JUDGED[-1].encode())
"""The first and the last column of each list of ours."""

_PARQUET = b"PAR1"
_DESCRIBED_WITHIN = "nnunet"
"""Layout whose folders hold a list of their own beside the files."""

_UNMARKED = "nothing in it tells that it was exported here"
_REPLACED = "it is replaced, once the new one is proved"
_REMEDY = (
    "Save under another name; or say overwrite (in Python overwrite=True, on the command line "
    "--overwrite) where it is to be replaced"
)


def standing_remarks(
    dataset: Dataset, target: Target, kept: Sequence[str] | None = None
) -> Iterator[Remark]:
    """Say what would be lost where a list is saved, and whether it would lie in the dataset.

    What was exported here before is replaced without a word.

    Parameters
    ----------
    dataset : Dataset
        Which samples are exported of.
    target : Target
        Where it is to be overwritten, a warning is made of each error.
    kept : sequence of str, optional
        For a format that fills a folder: names of the files in it that are replaced one by one.
        None for a format that is one file.
    """
    gravity: Gravity = "warning" if target.overwrite else "error"
    done, path = _REPLACED if target.overwrite else "", target.path
    if kept is not None:
        yield from _of_folder(dataset, target, gravity, kept)
    elif what := _opened_from(dataset, path):
        yield Remark(gravity, f"{path} is {what}; {done or f'expected another name. {_REMEDY}'}")
    elif path.is_file() and not is_exported(path):
        wanted = f"expected a name that is free, or an earlier export. {_REMEDY}"
        yield Remark(gravity, f"{path} is there already, and {_UNMARKED}; {done or wanted}")
    if kept is None or dataset.layout != _DESCRIBED_WITHIN:
        yield from _inside(dataset, path / kept[0] if kept else path)


def standing_at(path: Path, kept: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Find the files that saving there would replace.

    Parameters
    ----------
    path : Path
        File, or folder for a format that fills one.
    kept : sequence of str, optional
        As of `standing_remarks`.
    """
    places = (path,) if kept is None else tuple(path / name for name in kept)
    return tuple(place for place in places if place.is_file())


def earlier_exports(path: Path, kept: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Find those of `standing_at` that were exported here, as far as they can tell."""
    main = kept[0] if kept else path.name
    return tuple(place for place in standing_at(path, kept) if _is_ours(place, main))


def kept_by(exporter: Exporter) -> tuple[str, ...] | None:
    """Name the files that a format replaces in the folder that it fills; None for one file."""
    return None if exporter.suffixes else getattr(exporter, "replaces", ())


def _of_folder(
    dataset: Dataset, target: Target, gravity: Gravity, kept: Sequence[str]
) -> Iterator[Remark]:
    """Say what would be lost in a folder, or would be another's beside what is put there."""
    path = target.path
    wanted = f"expected an empty folder, a new name, or an earlier export. {_REMEDY}"
    if not path.is_dir():
        return
    for file in standing_at(path, kept):
        if why := _why_lost(dataset, file, kept[0]):
            done = _REPLACED if target.overwrite else wanted
            yield Remark(gravity, f"{file} is there already, and {why}; {done}")
            return
    if _describes(path, dataset, target) or not (lost := _foreign_in(path, kept)):
        return
    if not kept:
        said = "expected an empty folder, or a new name. Name another, or remove this one first"
        yield Remark("error", f"{path} is there already, and holds {lost}; {said}")
        return
    done = f"{' and '.join(kept)} are put there, and nothing else in it is touched"
    said = done if target.overwrite else wanted
    yield Remark(gravity, f"{path} is there already, and holds {lost}; {said}")


def _why_lost(dataset: Dataset, file: Path, main: str) -> str:
    """Say why a file is not to be replaced unasked; empty where it may be."""
    if any(_is_same(dataset.root, place) for place in (file, file.parent)):
        return "these samples were opened from it"
    return "" if _is_ours(file, main) else _UNMARKED


def _is_ours(file: Path, main: str) -> bool:
    """Whether a file was exported here, or the main one that it stands beside."""
    return is_exported(file) or is_exported(file.with_name(main))


def is_exported(path: Path) -> bool:
    """Whether a file was exported here, as far as it can tell; pair lists and scenes can't."""
    if path.suffix.lower() in (".yaml", ".yml"):  # of DeepReg, with its samples beside
        return _has_mark(path) or _has_mark(path.with_name(f"{path.stem}_samples.csv"))
    return _has_mark(path)


def _has_mark(path: Path) -> bool:
    """Whether a description of ours stands in a file, or our columns in its first line."""
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if any(content.find(key) >= 0 for key in _KEYS):
                    return True
                whole = content[:4] == _PARQUET or content[:1] == b"{"  # columns stand anywhere
                end = len(content) if whole else content.find(b"\n") % (len(content) + 1)
                return all(content.find(column, 0, end) >= 0 for column in _COLUMNS)
    except (OSError, ValueError):
        return False


def _foreign_in(folder: Path, kept: Sequence[str]) -> str:
    """Name something in a folder that is no export of ours; empty where it is one, or empty."""
    names = sorted(os.listdir(folder))
    if not names or (kept and kept[0] in names and is_exported(folder / kept[0])):
        return ""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"


def _opened_from(dataset: Dataset, path: Path) -> str:
    """Say that a path is the list that the samples come from, or its dictionary."""
    root = dataset.root
    if not root.is_file():
        return ""
    if _is_same(root, path):
        return "the list that these samples were opened from"
    if root.suffix.lower() in DESCRIBED_BESIDE and _is_same(dictionary_path(root), path):
        return f"the data dictionary of {root.name}, which these samples were opened from"
    return ""


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return False


def _describes(folder: Path, dataset: Dataset, target: Target) -> bool:
    """Whether a list is to describe the folder that the samples lie in, as nnU-Net has it.

    A dataset of another layout would not be opened as what it is any more.
    """
    inner, outer = os.path.realpath(dataset.root), os.path.realpath(folder)
    if inner == outer and dataset.layout != _DESCRIBED_WITHIN:
        return target.base == folder
    return target.base == folder or Path(inner).is_relative_to(outer)


def _inside(dataset: Dataset, path: Path) -> Iterator[Remark]:
    root = dataset.root
    # samples that came without their dataset have none, and who opened a list keeps lists there
    if root.parent == path.parent if root.is_file() else dataset.layout == "list":
        return
    try:
        refuse_inside(dataset, path.parent)
    except ReviewFolderError:
        yield Remark(
            "warning",
            f"{path} would lie in the folder of the dataset, which is better left as it is. Save "
            "the list beside it",
        )
