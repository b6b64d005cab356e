"""DeepReg's training configurations: what they say of the data, and loaders made from them.

Both layouts are read: ``dir: {train, valid, test}`` of DeepReg 0.1.2, where format and labeled
hold for all, and ``train: {dir, format, labeled}`` of 1.0.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.deepreg.config_file import shown_keys
from napari_medload.loaders.deepreg.config_keys import NEEDED, OPTIONAL, lacking_keys, near
from napari_medload.loaders.deepreg.grouped import GroupedDataLoader
from napari_medload.loaders.deepreg.h5_files import H5FileLoader
from napari_medload.loaders.deepreg.nifti_files import NiftiFileLoader
from napari_medload.loaders.deepreg.paired import PairedDataLoader
from napari_medload.loaders.deepreg.unpaired import UnpairedDataLoader
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.options import CONFIG_SPLITS
from napari_medload.loaders.quoting import quoted

if TYPE_CHECKING:
    from napari_medload.loaders.deepreg.data_loader import DataLoader

FILE_LOADERS = {"nifti": NiftiFileLoader, "h5": H5FileLoader}
DATA_LOADERS: dict[str, type[Any]] = {
    "paired": PairedDataLoader,
    "unpaired": UnpairedDataLoader,
    "grouped": GroupedDataLoader,
}


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
    kind = choice(settings, "type", DATA_LOADERS)
    if lacking := lacking_keys(settings, kind):
        raise LoaderError(lacking)
    loader: DataLoader = DATA_LOADERS[kind](
        file_loader=FILE_LOADERS[choice(settings, "format", FILE_LOADERS)],
        data_dir_paths=settings["dir"],
        sample_label=settings["sample_label"],
        seed=settings["seed"],
        **{name: settings[name] for name in NEEDED[kind]},
        **{name: settings[name] for name in OPTIONAL if name in settings},
    )
    return loader


def dataset_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Section ``dataset`` of a configuration, or the section itself.

    Raises
    ------
    LoaderError
        If it is neither.
    """
    section = config.get("dataset") if isinstance(config, Mapping) else None
    if isinstance(section, Mapping):
        return section
    splits = [config.get(name) for name in CONFIG_SPLITS] if isinstance(config, Mapping) else []
    own = any(isinstance(part, Mapping) and "dir" in part for part in splits)
    if isinstance(config, Mapping) and (own or "type" in config or "dir" in config):
        return config
    meant = near(config, ("dataset",)) if isinstance(config, Mapping) else {}
    hint = f" Did you mean '{next(iter(meant))}' as 'dataset'?" if meant else ""
    raise LoaderError(
        f"the configuration has no section 'dataset'; found {shown_keys(config)}.{hint} Add the "
        "section, with type, format, labeled and dir."
    )


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
        If it names no folders at all, or those of the split are no text and no list of texts.
    """
    training = split == "train"
    settings: dict[str, Any] = {
        "seed": None if training else 0,
        "sample_label": "sample" if training else "all",
    }
    settings |= {name: value for name, value in section.items() if name not in CONFIG_SPLITS}
    own = section.get(split)
    if isinstance(own, Mapping):
        settings |= {"dir": None, **own}
    else:
        settings["dir"] = _folders_of_splits(section).get(split)
    settings["dir"] = _folders(settings["dir"], split)
    return settings


def _folders_of_splits(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """``dir`` of DeepReg 0.1.2; nothing where the section is one of 1.0."""
    folders = section.get("dir")
    if isinstance(folders, Mapping):
        return folders
    if "dir" not in section and any(name in section for name in CONFIG_SPLITS):
        return {}
    found = f"is {quoted(folders)}" if "dir" in section else "is missing"
    hint = "".join(f" Did you mean it by '{key}'?" for key in near(section, ("dir",)))
    raise LoaderError(
        f"the section 'dataset' lacks dir, which names the folders (it {found}); expected such as "
        f"dir: {{train: FOLDER, valid: FOLDER, test: FOLDER}}. Add it.{hint}"
    )


def _folders(found: object, split: str) -> list[str]:
    folders: list[Any] = found if isinstance(found, list) else [found]
    if not all(folder is None or isinstance(folder, str) for folder in folders):
        raise LoaderError(
            f"dir of {split} is {quoted(found)}; expected a folder, a list of folders, or "
            "nothing. Correct it."
        )
    return [os.path.expanduser(folder) for folder in folders if folder]


def choice(settings: Mapping[str, Any], name: str, among: Mapping[str, Any]) -> str:
    """One of some words that a section chooses.

    Raises
    ------
    LoaderError
        If it chooses none of them.
    """
    found: Any = settings.get(name)
    if not isinstance(found, str) or found not in among:
        meant = list(near((found,), among).values())
        hint = f" Did you mean '{meant[0]}'?" if meant else " Correct it."
        raise LoaderError(f"{name} is {quoted(found)}; expected one of {', '.join(among)}.{hint}")
    return found
