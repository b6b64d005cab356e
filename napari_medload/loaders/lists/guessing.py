"""Which column of somebody's list may be what: proposals, for a person to mend."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import check_size
from napari_medload.loaders.lists.cells import looks_like_path
from napari_medload.loaders.lists.columns import columns_of_header
from napari_medload.loaders.lists.reading import TABLE_SUFFIXES, iter_text_rows, read_table
from napari_medload.loaders.lists.schema import cell_of
from napari_medload.loaders.sample import USUAL_ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_medload.loaders.dataset import Dataset

MAPPABLE = (*USUAL_ROLES, "sample_id", "subject_id", "group", "split")
"""What columns can be chosen for by hand, besides roles of any other name."""

MAIN_IMAGES = ("fixed_image", "moving_image", "image")
"""What programs that train look for; a list that knows none of them is mapped by hand."""

_LOOKED_AT = 100
_FIRST = 20
_HINTS = {
    "split": ("split", "fold", "subset", "partition", "set"),
    "subject_id": ("subject", "subject_id", "patient", "participant", "subj", "pid"),
    "sample_id": ("sample_id", "id", "case", "name", "sample"),
    "group": ("group", "session", "visit", "site"),
}
"""A name, or a word of one; the better ones first."""

_LABELS = ("label", "seg", "mask", "annotation", "contour")
_TOLD_FIXED = ("fixed", "target", "reference", "atlas", "planning", "baseline", "pre")
_TOLD_MOVING = ("moving", "source", "followup", "post")
_FIXED = (*_TOLD_FIXED, "ct", "t1", "t1w")
_MOVING = (*_TOLD_MOVING, "mr", "mri", "mrt", "t2", "t2w", "flair", "pet", "us", "cbct")
_IMAGES = ("image", "img", "scan", "volume", "file", "path")


@dataclass(frozen=True)
class ColumnsFound:
    """Columns of a list, for a form in which they are chosen.

    Parameters
    ----------
    header : tuple of str
        Names of the columns, as written.
    first_rows : tuple of tuples of str
        Some rows from the beginning, as long as the header.
    guess : mapping of role to column
        What may be meant; `open_dataset` takes it as ``columns``.
    """

    header: tuple[str, ...]
    first_rows: tuple[tuple[str, ...], ...]
    guess: Mapping[str, str]


def needs_mapping(dataset: Dataset) -> bool:
    """Whether it is a list in which nothing is called fixed, moving or image."""
    images = {role for sample in dataset.samples[:_LOOKED_AT] for role in sample.sources}
    return dataset.layout == "list" and images.isdisjoint(MAIN_IMAGES)


def columns_of(path: Path) -> ColumnsFound:
    """Look at the columns of a list, and guess which is what.

    Of CSV and TSV the beginning alone is read.

    Raises
    ------
    DatasetError
        If it cannot be read, or has no header.
    """
    if path.suffix.lower() in TABLE_SUFFIXES:
        try:
            check_size(path, path.stat().st_size)
            found = list(islice(iter_text_rows(path), _FIRST + 1))
        except (OSError, ValueError, csv.Error) as error:
            raise DatasetError(
                f"{path}: cannot be read ({error}); expected a table in UTF-8. Save it as such."
            ) from error
        header: Sequence[str] = found[0] if found else ()
        cells: list[Sequence[Any]] = list(found[1:])
    else:
        table = read_table(path)
        header = table.header
        rows = [table.row(place) for place in range(min(_FIRST, table.count))]
        cells = [[row.get(name) for name in header] for row in rows]
    if not header:
        raise DatasetError(f"{path}: no header; expected the names of columns in the first row.")
    width = len(header)
    first = tuple((*map(cell_of, row[:width]), *[""] * (width - len(row))) for row in cells)
    return ColumnsFound(tuple(header), first, guess_columns(header, first))


def guess_columns(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Guess which column is what: by names, and by cells that look like paths.

    Parameters
    ----------
    header : sequence of str
    first_rows : sequence of rows
        Texts, as long as the header.

    Returns
    -------
    dict of role to column
        Roles, and ``sample_id``, ``subject_id``, ``group`` and ``split``.
    """
    guess: dict[str, str] = {}
    of_paths = [
        name
        for place, name in enumerate(header)
        if any(looks_like_path(row[place].strip()) for row in first_rows)
    ] or _named_as_files(header, first_rows)
    for name, column in zip(header, columns_of_header(header), strict=True):
        if column.kind == "role" and (name in of_paths or not of_paths):
            guess.setdefault(column.role, name)
    free = [name for name in of_paths if name not in guess.values()]
    for name, role in zip(free, _roles_of(free, guess), strict=True):
        if role:
            guess.setdefault(role, name)
    for meant, hints in _HINTS.items():
        names = [name for name in header if name not in of_paths and name not in guess.values()]
        fitting = [n for hint in hints for n in names if n.strip().lower() == hint]
        fitting += [n for hint in hints for n in names if hint in _words(n)]
        if fitting:
            guess[meant] = fitting[0]
    return guess


def _named_as_files(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns that are called like images where no cell looks like a path; numbers are none."""
    return [
        name
        for place, name in enumerate(header)
        if (_side(name) or any(word in name.lower() for word in _LABELS) or _is_image(name))
        and not any(row[place].replace(".", "").strip().isdecimal() for row in first_rows)
    ]


def _is_image(name: str) -> bool:
    return any(word in _IMAGES for word in _words(name))


def _roles_of(names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Roles of columns of paths that are named by nobody's rules; empty where none is told."""
    labels = [any(word in name.lower() for word in _LABELS) for name in names]
    sides = [_side(name) for name in names]
    images = [place for place, label in enumerate(labels) if not label]
    paired = any(role.startswith(("fixed", "moving")) for role in known) or len(images) > 1
    if not paired:
        return ["label" if label else "image" for label in labels]
    if not any(sides[place] for place in images) and not known:  # the first two are the pair
        for place, side in zip(images, ("fixed", "moving"), strict=False):
            sides[place] = side
    elif len(images) == 2 and not known:  # one is told, so the other is its partner
        first, second = images
        sides[first] = sides[first] or ("moving" if sides[second] == "fixed" else "fixed")
        other = "moving" if sides[first] == "fixed" else "fixed"
        sides[second] = other
    return [
        f"{side}_{'label' if label else 'image'}" if side else ""
        for side, label in zip(sides, labels, strict=True)
    ]


def _side(name: str) -> str:
    """Side that a name tells: by fixed or moving and the like, else by how it was imaged."""
    words = _words(name)
    for told, side in (
        (_TOLD_FIXED, "fixed"),
        (_TOLD_MOVING, "moving"),
        (_FIXED, "fixed"),
        (_MOVING, "moving"),
    ):
        if any(word in told for word in words):
            return side
    return ""


def _words(name: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in name.lower()).split()
