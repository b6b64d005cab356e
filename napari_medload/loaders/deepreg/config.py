"""DeepReg's training configurations: what they say of the data, and loaders made from them.

Both layouts are read: ``dir: {train, valid, test}`` of DeepReg 0.1.2, where format and labeled
hold for all, and ``train: {dir, format, labeled}`` of 1.0.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.deepreg.grouped import GroupedDataLoader
from napari_medload.loaders.deepreg.h5_files import H5FileLoader
from napari_medload.loaders.deepreg.nifti_files import NiftiFileLoader
from napari_medload.loaders.deepreg.paired import PairedDataLoader
from napari_medload.loaders.deepreg.unpaired import UnpairedDataLoader
from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from napari_medload.loaders.deepreg.data_loader import DataLoader

CONFIG_SPLITS = ("train", "valid", "test")
FILE_LOADERS = {"nifti": NiftiFileLoader, "h5": H5FileLoader}
DATA_LOADERS: dict[str, type[Any]] = {
    "paired": PairedDataLoader,
    "unpaired": UnpairedDataLoader,
    "grouped": GroupedDataLoader,
}
_NEEDED = {
    "paired": ("labeled", "moving_image_shape", "fixed_image_shape"),
    "unpaired": ("labeled", "image_shape"),
    "grouped": (
        "labeled",
        "image_shape",
        "intra_group_prob",
        "intra_group_option",
        "sample_image_in_group",
    ),
}
_OPTIONAL = ("label_seed", "workers")


def get_data_loader(data_config: Mapping[str, Any], split: str) -> DataLoader | None:
    """Make the loader of one split.

    Parameters
    ----------
    data_config : mapping
        The ``dataset`` section of a configuration, or the whole of it.
    split : str
        ``"train"``: pairs in another order in each epoch and one label channel at random, unless
        the section sets ``seed`` and ``sample_label``; ``"valid"`` and ``"test"``: seed 0, all
        channels.

    Returns
    -------
    DataLoader or None
        None where the split has no folder.

    Raises
    ------
    LoaderError
        If the split is unknown, a folder is missing, or the section lacks what its type needs.
    """
    if split not in CONFIG_SPLITS:
        raise LoaderError(
            f"split must be one of {list(CONFIG_SPLITS)}, found {split!r}. Choose one."
        )
    settings = split_settings(dataset_section(data_config), split)
    if not settings["dir"]:
        return None
    for folder in settings["dir"]:
        if not os.path.isdir(folder):
            raise LoaderError(
                f"Data directory path {folder} for split {split} is not a directory or does not "
                f"exist; expected it below {os.getcwd()}, or an absolute path. Correct dir."
            )
    kind = _choice(settings, "type", DATA_LOADERS)
    lacking = [name for name in _NEEDED[kind] if name not in settings]
    if lacking:
        raise LoaderError(
            f"the dataset section lacks {', '.join(lacking)}, which {kind} data need. Add them."
        )
    loader: DataLoader = DATA_LOADERS[kind](
        file_loader=FILE_LOADERS[_choice(settings, "format", FILE_LOADERS)],
        data_dir_paths=settings["dir"],
        sample_label=settings["sample_label"],
        seed=settings["seed"],
        **{name: settings[name] for name in _NEEDED[kind]},
        **{name: settings[name] for name in _OPTIONAL if name in settings},
    )
    return loader


def dataset_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Section ``dataset`` of a configuration, or the section itself."""
    section = config.get("dataset")
    return section if isinstance(section, Mapping) else config


def split_settings(section: Mapping[str, Any], split: str) -> dict[str, Any]:
    """Gather what a section says of one split, in either layout.

    Returns
    -------
    dict
        ``dir`` is a list, empty where the split has no folder; ``seed`` and ``sample_label`` are
        those of DeepReg where the section has none.

    Raises
    ------
    LoaderError
        If its folders are no text and no list of texts.
    """
    training = split == "train"
    settings: dict[str, Any] = {
        "seed": None if training else 0,
        "sample_label": "sample" if training else "all",
    }
    settings |= {name: value for name, value in section.items() if name not in CONFIG_SPLITS}
    own, folders = section.get(split), section.get("dir")
    if isinstance(own, Mapping):
        settings |= {"dir": None, **own}
    else:
        settings["dir"] = folders.get(split) if isinstance(folders, Mapping) else None
    settings["dir"] = _folders(settings["dir"], split)
    return settings


def _folders(found: object, split: str) -> list[str]:
    folders: list[Any] = found if isinstance(found, list) else [found]
    if not all(folder is None or isinstance(folder, str) for folder in folders):
        raise LoaderError(
            f"dir of {split} is {found!r}; expected a folder, a list of folders, or nothing. "
            "Correct it."
        )
    return [os.path.expanduser(folder) for folder in folders if folder]


def _choice(settings: Mapping[str, Any], name: str, among: Mapping[str, Any]) -> str:
    found = settings.get(name)
    if not isinstance(found, str) or found not in among:
        raise LoaderError(f"{name} is {found!r}; expected one of {', '.join(among)}. Correct it.")
    return found
