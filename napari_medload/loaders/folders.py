"""Datasets in folders: which layout a folder has, and its samples.

A layout is a folder with the roles ``moving_images`` and ``fixed_images`` (paired), or
``images`` (unpaired, or grouped where every image lies in a group), each with its labels, each
a folder of volumes or an HDF5 file. Train, valid and test may stand above the roles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.loaders.dataset import (
    SPLITS,
    Dataset,
    DatasetError,
    Layout,
    SeveralDatasetsError,
)
from napari_medload.loaders.members import Member, is_grouped, list_members, role_place
from napari_medload.loaders.pairing import join_by_name, unique_ids

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.loaders.sample import Sample

PAIRED = {
    "fixed_image": "fixed_images",
    "moving_image": "moving_images",
    "fixed_label": "fixed_labels",
    "moving_label": "moving_labels",
}
SINGLE = {"image": "images", "label": "labels"}

_SEARCH_DEPTH = 3
_SHOWN = 6


def open_folder(folder: Path, layout: Layout | None = None, split: str | None = None) -> Dataset:
    """Open a folder in one of the layouts above, or a folder of volumes.

    Raises
    ------
    DatasetError
        If it has no layout; the message says what was looked for and what was found.
    SeveralDatasetsError
        If it holds several datasets.
    """
    places = _split_places(folder)
    if not places:
        return _elsewhere(folder, layout, split)
    if split is not None:
        if split not in places:
            raise DatasetError(
                f"{folder}: no split '{split}'; found {', '.join(filter(None, places)) or 'none'}"
            )
        places = {split: places[split]}
    samples: list[Sample] = []
    roles = _roles_found(next(iter(places.values())))
    read: Layout = layout or recognise(next(iter(places.values()))) or "unpaired"
    for name, place in places.items():
        samples += _samples(place, read, name)
    if not samples:
        lacking = (PAIRED if read == "paired" else SINGLE).values()
        if not any(role in roles for role in lacking):
            raise DatasetError(
                f"{folder}: cannot be read as {read}; found {', '.join(roles)}, expected "
                f"{', '.join(lacking)}. Choose another layout."
            )
        raise DatasetError(
            f"{folder}: {' and '.join(roles)} hold no volume; expected NIfTI files or HDF5 "
            "datasets. Check that the download is complete."
        )
    return Dataset(folder, read, unique_ids(samples), "world" if read == "paired" else "none")


def recognise(folder: Path) -> Layout | None:
    """Layout of a folder that holds roles directly, or None."""
    if role_place(folder, "fixed_images") and role_place(folder, "moving_images"):
        return "paired"
    images = role_place(folder, "images")
    if images is None:
        return None
    try:
        return "grouped" if is_grouped(list_members(images)) else "unpaired"
    except OSError:  # opening it will say what is wrong
        return "unpaired"


def _split_places(folder: Path) -> dict[str, Path]:
    """Folders that hold roles: the folder itself (named ''), or its splits."""
    if recognise(folder):
        return {"": folder}
    below = {path.name: path for path in _subfolders(folder) if path.name.lower() in SPLITS}
    order = sorted(below, key=lambda name: SPLITS.index(name.lower()))
    return {name: below[name] for name in order if recognise(below[name])}


def _samples(place: Path, layout: Layout, split: str) -> list[Sample]:
    roles = PAIRED if layout == "paired" else SINGLE
    members: dict[str, list[Member]] = {}
    broken: dict[str, str] = {}
    for role, name in roles.items():
        found = role_place(place, name)
        if found is not None:
            try:
                members[role] = list_members(found)
            except OSError as error:  # the other roles can be looked at all the same
                broken[role] = str(error)
    if broken and not any(members.values()):
        raise DatasetError("; ".join(broken.values()))
    samples = join_by_name(members, split, layout == "grouped")
    reasons = tuple(f"{role.replace('_', ' ')}: {why}" for role, why in broken.items())
    return [replace(sample, problems=(*sample.problems, *reasons)) for sample in samples]


def _roles_found(folder: Path) -> list[str]:
    names = [*PAIRED.values(), *SINGLE.values()]
    return [name for name in names if role_place(folder, name)]


def _elsewhere(folder: Path, layout: Layout | None, split: str | None) -> Dataset:
    """Datasets further down, a folder of volumes, or an error that helps."""
    choices = _datasets_below(folder, _SEARCH_DEPTH)
    if len(choices) == 1:
        return open_folder(choices[0], layout, split)
    if choices:
        raise SeveralDatasetsError(folder, choices)
    roles = _roles_found(folder)
    if not roles:
        loose = [m for m in list_members(folder, deep=False) if "/" not in m.name]
        if loose:
            return Dataset(folder, "unpaired", unique_ids(join_by_name({"image": loose})), "none")
    raise DatasetError(_nothing_found(folder, roles))


def _datasets_below(folder: Path, depth: int) -> list[Path]:
    found = []
    for below in _subfolders(folder):
        if _split_places(below):
            found.append(below)
        elif depth > 1:
            found += _datasets_below(below, depth - 1)
    return found


def _subfolders(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _nothing_found(folder: Path, roles: list[str]) -> str:
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    if roles:
        lacking = [name for name in ("fixed_images", "moving_images") if name not in roles]
        remedy = f"Add {' and '.join(lacking)}, or open it as a list of pairs (CSV or JSON)."
    else:
        remedy = (
            "Open the folder above or below, give a CSV or JSON list, or name patterns: "
            "--moving 'sub-{id}/t2.nii.gz' --fixed 'sub-{id}/t1.nii.gz'."
        )
    return (
        f"{folder}: not a dataset; found {shown or 'an empty folder'}. Expected moving_images and "
        "fixed_images (paired), or images (unpaired or grouped), as folders of NIfTI files or as "
        f"h5 files, with or without train, valid and test above them. {remedy}"
    )
