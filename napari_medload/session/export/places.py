"""Where a list is saved, what it is called, and which folder its paths are relative to."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.export import Remark
from napari_medload.export.files.standing import is_exported
from napari_medload.review.folder import beside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export import Exporter
    from napari_medload.loaders import Dataset

_ODD = re.compile(r"[^\w.-]+")


def suggested_path(
    words: tuple[str, ...], dataset: Dataset, exporter: Exporter, review_folder: Path | None
) -> Path:
    """Propose where a list is saved: a name that is free, beside the dataset's folder or its list.

    Where nothing can be written there: where the review lies, or the user's home folder.

    Parameters
    ----------
    words : tuple of str
        Said of the samples, such as ``"accepted"``.
    """
    folder = _folder_for(dataset, review_folder)
    name = file_name_of(dataset.name)
    for word in map(file_name_of, words):
        if word and not name.endswith(f"_{word}"):  # as of a list that was exported before
            name += f"_{word}"
    for number in count(1):
        path = folder / _named(name if number == 1 else f"{name}_{number}", exporter)
        if not _is_taken(path, exporter):
            return path
    raise AssertionError  # numbers do not end


def _folder_for(dataset: Dataset, review_folder: Path | None) -> Path:
    if dataset.root.is_file():
        home: Path | None = dataset.root.parent
    else:
        sibling = beside(dataset)
        home = None if sibling is None else sibling.parent
    places = [home, review_folder, Path.home()]
    return next((p for p in places if p is not None and os.access(p, os.W_OK)), Path.home())


def _named(name: str, exporter: Exporter) -> str:
    """Name a list as its program expects it, else by the format where several have one suffix."""
    usual: str = getattr(exporter, "usual_name", "")
    if usual:
        return usual.format(name)
    suffix = exporter.suffixes[0] if exporter.suffixes else ""
    return f"{name}{suffix}" if exporter.name in suffix else f"{name}_{exporter.name}{suffix}"


def _is_taken(path: Path, exporter: Exporter) -> bool:
    """Whether it is there, or a file of its name that the format may write beside it."""
    stem = path.name
    for suffix in exporter.suffixes[:1]:
        stem = stem.removesuffix(suffix)
    try:
        beside = [p.name for p in path.parent.iterdir() if p.name.startswith(f"{stem}.")]
        return path.exists() or any((path.parent / name).is_file() for name in beside)
    except OSError:
        return True


def base_beside(path: str, exporter: Exporter) -> str:
    """Return the folder that a list lies in: so both can be moved together, and opened again."""
    place = absolute(path)
    fills = not exporter.suffixes and hasattr(exporter, "replaces")  # the list lies in the folder
    return str(place if fills else place.parent)


def absolute(path: str) -> Path:
    """Make a path of what a person has typed."""
    return Path(path.strip()).expanduser().absolute()


def file_name_of(text: str) -> str:
    """Make a plain name of a file, without its suffix, of any text."""
    return _ODD.sub("-", text).strip("-.")


def with_suffix_of(path: str, before: Exporter, after: Exporter) -> str:
    """Give a file the suffix of another format, where it had that of the one before."""
    for suffix in sorted(before.suffixes, key=len, reverse=True):
        if path.lower().endswith(suffix):
            return path[: -len(suffix)] + (after.suffixes[0] if after.suffixes else "")
    return path


def place_remarks(path: str, relative_to: str | None) -> Iterator[Remark]:
    """Say what is wrong with where a list is to be saved, beside what `remarks_of` says of it."""
    if not path.strip():
        yield Remark("error", "no file is named; expected one. Say where to save the list.")
        return
    place = absolute(path)
    if place.parent.is_dir() and not os.access(place.parent, os.W_OK):
        yield Remark("error", f"nothing can be written into {place.parent}. Choose another folder.")
    if not Path(path.strip()).expanduser().is_absolute():
        yield Remark("warning", f"the path does not say from where: it is saved as {place}")
    if place.is_file() and is_exported(place):
        yield Remark(
            "warning",
            f"{place.name} is there already, an earlier export; it is replaced, once the new one "
            "is proved",
        )
    if relative_to is not None and not relative_to.strip():
        yield Remark("error", "no folder is named that paths could be relative to. Choose one.")
