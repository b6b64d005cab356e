"""Several directories opened as one dataset, as a configuration that lists them would be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.deepreg.file_loader import FileLoader
from napari_medload.loaders.deepreg.folders import DEEPREG_LAYOUTS, roles_found
from napari_medload.loaders.errors import DatasetError, LoaderError
from napari_medload.loaders.members import role_place
from napari_medload.loaders.options import LoaderOptions
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_medload.loaders.deepreg.folders import RoleFolders
    from napari_medload.loaders.members import Form
    from napari_medload.loaders.sample import Sample


def open_directories(
    directories: Sequence[str | Path],
    layout: str | None = None,
    options: LoaderOptions | None = None,
) -> Dataset:
    """Open directories that are drawn from together.

    Parameters
    ----------
    directories : sequence of path
        Each holds the roles of one layout.
    layout : str, optional
        ``"paired"``, ``"unpaired"`` or ``"grouped"``, instead of recognising it in the first one.
    options : LoaderOptions, optional
        Kept with the dataset, with the directories filled in.

    Raises
    ------
    DatasetError
        If there is none, one is missing or named twice, or none holds the layout.
    """
    check_once(directories)
    folders = [Path(directory).expanduser().absolute() for directory in directories]
    absent = [str(folder) for folder in folders if not folder.is_dir()]
    if absent or not folders:
        raise DatasetError(
            f"{', '.join(absent) or 'no directory'}: no such folder. Name folders that hold "
            "images, or moving_images and fixed_images."
        )
    kinds = (DEEPREG_LAYOUTS[layout],) if layout else DEEPREG_LAYOUTS.values()
    kind = next((kind for kind in kinds if layout or kind.recognises(folders[0])), None)
    named = dict(zip(map(str, directories), folders, strict=True))
    samples = [] if kind is None else samples_of(kind, in_drawing_order(kind, named))
    if kind is None or not samples:
        holds, each = ("hold", " in each") if len(folders) > 1 else ("holds", "")
        raise DatasetError(
            f"{', '.join(map(str, folders))}: {holds} no samples; expected "
            f"{', '.join(layout.expects for layout in DEEPREG_LAYOUTS.values())}{each}. Choose "
            "the folder that holds these, or another layout."
        )
    told = replace(options or LoaderOptions(), directories=tuple(map(str, folders)))
    title = " + ".join(names_of(folders)) if len(folders) > 1 else ""
    return Dataset(
        folders[0], kind.name, unique_ids(samples), kind.alignment, options=told, title=title
    )


def check_once(directories: Sequence[str | Path]) -> None:
    """Check, as the file loaders do, that each directory is named once, however it is written.

    Raises
    ------
    DatasetError
        If one is named twice.
    """
    try:
        FileLoader([str(Path(each).expanduser()) for each in directories], "", grouped=False)
    except LoaderError as error:
        raise DatasetError(str(error)) from error


def samples_of(layout: RoleFolders, folders: Sequence[Path]) -> list[Sample]:
    """List samples of directories; ids and groups begin with it where there are several."""
    named = zip(folders, told_apart(folders), strict=True)
    return [sample for folder, name in named for sample in samples_below(layout, folder, name)]


def samples_below(
    layout: RoleFolders, folder: Path, name: str, split: str = "", form: Form | None = None
) -> list[Sample]:
    """List samples of one directory.

    Parameters
    ----------
    layout : RoleFolders
    folder : Path
    name : str
        With which ids and groups begin, where it is one of several directories.
    split : str
    form : str, optional
        ``"nifti"`` or ``"h5"``, where the other is to be passed over.

    Raises
    ------
    DatasetError
        If no role can be read, or none holds a sample.
    """
    found = layout.samples_in(folder, split, form=form)
    if not found:
        raise DatasetError(_nothing_in(layout, folder, form))
    lacking = tuple(_lacking(layout, folder, form))
    samples = []
    for sample in found:
        own = sample.id.removeprefix(f"{split}/")
        parts = "/".join(filter(None, (split, name, own)))
        group = f"{name}/{sample.group}" if name and layout.name == "grouped" else sample.group
        problems = (*sample.problems, *lacking)
        samples.append(replace(sample, id=parts, group=group, problems=problems))
    return samples


def _lacking(layout: RoleFolders, folder: Path, form: Form | None) -> Iterator[str]:
    """Say which images have no place in a directory."""
    for role, name in layout.roles.items():
        if not is_label_role(role) and role_place(folder, name, form) is None:
            yield f"{role.replace('_', ' ')}: {_no_place(folder, name, form)}"


def _no_place(folder: Path, name: str, form: Form | None) -> str:
    other = role_place(folder, name)
    wanted = {"nifti": f"folder '{name}'", "h5": f"file {name}.h5"}
    expected = wanted[form] if form else " and no ".join(wanted.values())
    if form and other is not None:
        return (
            f"{folder} holds no {expected}, which format {form} needs, but {other.name}; set "
            f"format to {'h5' if form == 'nifti' else 'nifti'}, or convert it"
        )
    return f"{folder} holds no {expected}"


def _nothing_in(layout: RoleFolders, folder: Path, form: Form | None) -> str:
    reasons = list(_lacking(layout, folder, form))
    if reasons:
        return "; ".join(reasons)
    return (
        f"{folder}: {' and '.join(roles_found(folder))} hold no volume; expected "
        f"{layout.expects} as folders of NIfTI files or as h5 files. Check type, and that the "
        "download is complete."
    )


def in_drawing_order(
    layout: RoleFolders, folders: Mapping[str, Path], form: Form | None = None
) -> list[Path]:
    """Put directories into the order in which DeepReg numbers their images.

    Groups and NIfTI files are sorted by the directory as it was named, HDF5 files stay as given.

    Parameters
    ----------
    layout : RoleFolders
    folders : mapping of name to Path
        By the names that were given.
    form : str, optional
        ``"nifti"`` or ``"h5"``, where the other is to be passed over.
    """
    role = next(iter(layout.roles.values()))
    places = [role_place(folder, role, form) for folder in folders.values()]
    keyed = any(place and place.is_file() for place in places)
    if keyed and layout.name != "grouped":
        return list(folders.values())
    return [folders[name] for name in sorted(folders)]


def told_apart(folders: Sequence[Path]) -> list[str]:
    """Names with which ids of several folders begin; nothing where there is one."""
    return names_of(folders) if len(folders) > 1 else [""] * len(folders)


def names_of(folders: Sequence[Path]) -> list[str]:
    """Names by which folders are told apart: the last part where it is enough."""
    names = [folder.name for folder in folders]
    if len(set(names)) == len(names):
        return names
    above = os.path.commonpath(folders)
    return [Path(os.path.relpath(folder, above)).as_posix() for folder in folders]
