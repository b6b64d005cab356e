"""Ids of the rows of a list: as given, or made of the names of their files."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from napari_medload.formats import suffix_of
from napari_medload.loaders.lists.cells import below, path_and_key
from napari_medload.loaders.lists.columns import IDS, SHARED_IDS
from napari_medload.loaders.sample import WARPED_ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ids_of_rows(
    given: Mapping[str, Sequence[str]],
    splits: Sequence[str],
    files: Mapping[str, Sequence[str]],
    folder: str,
) -> list[str]:
    """Name each row; what is met twice gets a longer name where it was not given.

    Parameters
    ----------
    given : mapping of column to ids
        Columns that name samples, with an id for each row, or an empty text.
    splits : sequence of str
        One a row. It stands first in each id, but for a ``sample_id``: that is taken as it is.
    files : mapping of role to paths
        Of each row, as the list has them; empty where there is none.
    folder : str
        Folder of the list.

    Returns
    -------
    list of str
        One a row; ids that were given may still be met several times.
    """
    own = given.get("sample_id")
    if own is not None and "" not in own:
        return list(own)
    names, by = _given(given, len(splits))
    images = [role for role in files if role.endswith("image") and role not in WARPED_ROLES]
    paths = list(zip(*(files[role] for role in images), strict=True)) or [()] * len(splits)
    ids = [
        name if column == "sample_id" else _with_split(split, name or _named_by(row, number))
        for number, (name, column, split, row) in enumerate(
            zip(names, by, splits, paths, strict=True), start=1
        )
    ]
    if len(set(ids)) == len(ids):
        return ids
    met = Counter(ids)
    for place, name in enumerate(ids):
        shared = by[place] in SHARED_IDS
        if met[name] > 1 and (shared or not by[place]):
            # ct.nii.gz in a folder of each case, or several images of a subject
            longer = _named_by(paths[place], place + 1, "" if shared else folder)
            longer = f"{names[place]}/{longer}" if shared else longer
            ids[place] = _with_split(splits[place], longer)
    return ids


def _given(given: Mapping[str, Sequence[str]], count: int) -> tuple[list[str], list[str]]:
    """Find the best id of each row, and the column that it comes from."""
    names, by = [""] * count, [""] * count
    for column in IDS:
        if column in given and "" in names:
            texts = given[column]
            by = [b or (column if t else "") for b, t in zip(by, texts, strict=True)]
            names = [name or text for name, text in zip(names, texts, strict=True)]
    return names, by


def _with_split(split: str, name: str) -> str:
    return f"{split}/{name}" if split and not name.startswith(f"{split}/") else name


def _named_by(paths: Sequence[str], number: int, folder: str = "") -> str:
    """Readable id of a row without one: the names of its images, or their paths in a folder."""
    names = list(dict.fromkeys(_stem(path, folder) for path in paths if path))
    return "–".join(names[:2]) if names else f"row {number}"


def _stem(text: str, folder: str) -> str:
    path, key = path_and_key(text)
    whole = below(folder, path)
    name = os.path.basename(whole)
    if folder:
        whole = os.path.normpath(whole)
        name = whole.removeprefix(os.path.join(folder, "")).replace(os.sep, "/")
    return name[: -len(suffix_of(name) or "") or None] + (f"#{key}" if key else "")
