"""Several directories opened as one dataset, as a configuration that lists them would be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.deepreg.folders import DEEPREG_LAYOUTS
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.members import role_place
from napari_medload.loaders.options import LoaderOptions
from napari_medload.loaders.pairing import unique_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_medload.loaders.deepreg.folders import RoleFolders
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
        If there is none, one is missing, or none holds the layout.
    """
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
        raise DatasetError(
            f"{', '.join(map(str, folders))}: hold no samples; expected "
            f"{', '.join(layout.expects for layout in DEEPREG_LAYOUTS.values())} in each."
        )
    told = replace(options or LoaderOptions(), directories=tuple(map(str, folders)))
    title = " + ".join(names_of(folders)) if len(folders) > 1 else ""
    return Dataset(
        folders[0], kind.name, unique_ids(samples), kind.alignment, options=told, title=title
    )


def samples_of(
    layout: RoleFolders, folders: Sequence[Path], split: str = "", labeled: bool = True
) -> list[Sample]:
    """List samples of directories; ids and groups begin with it where there are several."""
    if len(folders) == 1:
        return layout.samples_in(folders[0], split, labeled)
    samples = []
    for folder, name in zip(folders, names_of(folders), strict=True):
        above = f"{split}/{name}" if split else name
        for sample in layout.samples_in(folder, split, labeled):
            own = sample.id.removeprefix(f"{split}/")
            group = f"{name}/{sample.group}" if layout.name == "grouped" else ""
            samples.append(replace(sample, id=f"{above}/{own}", group=group))
    return samples


def in_drawing_order(layout: RoleFolders, folders: Mapping[str, Path]) -> list[Path]:
    """Put directories into the order in which DeepReg numbers their images.

    Groups and NIfTI files are sorted by the directory as it was named, HDF5 files stay as given.

    Parameters
    ----------
    folders : mapping of name to Path
        By the names that were given.
    """
    role = next(iter(layout.roles.values()))
    keyed = any(
        (place := role_place(folder, role)) and place.is_file() for folder in folders.values()
    )
    if keyed and layout.name != "grouped":
        return list(folders.values())
    return [folders[name] for name in sorted(folders)]


def names_of(folders: Sequence[Path]) -> list[str]:
    """Names by which folders are told apart: the last part where it is enough."""
    names = [folder.name for folder in folders]
    if len(set(names)) == len(names):
        return names
    above = os.path.commonpath(folders)
    return [Path(os.path.relpath(folder, above)).as_posix() for folder in folders]
