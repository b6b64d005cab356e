"""Where a list is saved, what it is called, and which folder its paths are relative to."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.export import Remark
from napari_medload.export.files.standing import earlier_exports, kept_by
from napari_medload.export.tables.beside import DescribedBeside
from napari_medload.loaders.lists.described import DESCRIBED_BESIDE, dictionary_path
from napari_medload.review.folder import beside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export import Exporter
    from napari_medload.loaders import Dataset

_ODD = re.compile(r"[^\w.-]+")
_NUMBER = "{number"
_NUMBERED = re.compile(r"^Dataset\d{3}_")
"""How the name of a dataset of nnU-Net begins; an export gets a number of its own."""


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
    name = _NUMBERED.sub("", file_name_of(dataset.name))
    for word in map(file_name_of, words):
        if word and not name.endswith(f"_{word}"):  # as of a list that was exported before
            name += f"_{word}"
    for number in count(1):
        path = folder / _named(name, number, exporter)
        if not _is_taken(path, number, exporter):
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


def _named(name: str, number: int, exporter: Exporter) -> str:
    """Name a list as its program expects it, else by the format where several have one suffix."""
    usual: str = getattr(exporter, "usual_name", "")
    if _NUMBER in usual:
        return usual.format(name=name, number=number)
    name = name if number == 1 else f"{name}_{number}"
    if usual:
        return usual.format(name=name)
    suffix = exporter.suffixes[0] if exporter.suffixes else ""
    return f"{name}{suffix}" if exporter.name in suffix else f"{name}_{exporter.name}{suffix}"


def _is_taken(path: Path, number: int, exporter: Exporter) -> bool:
    """Whether it is there, or a file beside it that the format would write, or break."""
    usual: str = getattr(exporter, "usual_name", "")
    try:
        if _NUMBER in usual:  # one number, one dataset
            begin = usual.format(name="", number=number)
            return any(each.name.startswith(begin) for each in path.parent.iterdir())
        return any(os.path.lexists(each) for each in (path, *_beside(path, exporter)))
    except OSError:
        return True


def _beside(path: Path, exporter: Exporter) -> list[Path]:
    """Name what a format writes beside a list, or what the list would be the dictionary of."""
    names: tuple[str, ...] = getattr(exporter, "beside", ())
    found = [path.with_name(name.format(path.stem)) for name in names]
    if isinstance(exporter, DescribedBeside):
        found.append(dictionary_path(path))
    if path.suffix == ".json":
        found += [path.with_suffix(suffix) for suffix in DESCRIBED_BESIDE]
    return found


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


def place_remarks(path: str, relative_to: str | None, exporter: Exporter) -> Iterator[Remark]:
    """Say what is wrong with where a list is to be saved, beside what `remarks_of` says of it."""
    if not path.strip():
        yield Remark("error", "no file is named; expected one. Say where to save the list.")
        return
    place = absolute(path)
    if place.parent.is_dir() and not os.access(place.parent, os.W_OK):
        yield Remark("error", f"nothing can be written into {place.parent}. Choose another folder.")
    if not Path(path.strip()).expanduser().is_absolute():
        yield Remark("warning", f"the path does not say from where: it is saved as {place}")
    kept = kept_by(exporter)
    for file in earlier_exports(place, kept)[:1]:
        name = file.name if kept is None else f"{place.name}/{file.name}"
        yield Remark(
            "warning",
            f"{name} is there already, an earlier export; it is replaced, once the new one is "
            "proved",
        )
    if relative_to is not None and not relative_to.strip():
        yield Remark("error", "no folder is named that paths could be relative to. Choose one.")
