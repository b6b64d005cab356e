"""HDF5 files of one role in several folders.

Keys and their order are those of DeepReg 0.1.2 (Apache-2.0).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Source, UnreadableFileError
from napari_medload.formats.hdf5.format import open_h5, readable_dataset
from napari_medload.loaders.deepreg.file_loader import (
    DataId,
    FileLoader,
    FloatImage,
    Index,
    groups_of,
    single_channel,
)
from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Callable

    import h5py

_KEYS_SHOWN = 5


def sorted_keys(file: h5py.File, natural: bool = False) -> list[str]:
    """Keys of a file in the order of their letters, or with whole numbers by their value."""
    return sorted(file.keys(), key=_natural if natural else str)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that has 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in parts]


class H5FileLoader(FileLoader):
    """Loads the datasets of ``DIR/name.h5``; the files stay open until `close`.

    It can be sent to another process, which opens the files anew.

    Parameters
    ----------
    dir_paths : list of str
    name : str
        Of the file of the role in each of them, without suffix.
    grouped : bool
        Whether keys are of the form ``group-X-Y``: group X, image Y.
    natural_sort : bool
        Whether 2 comes before 10, unlike in DeepReg.

    Attributes
    ----------
    h5_files : dict
        Open file of each folder.
    data_path_splits : list of tuple of str
        (folder, key); where grouped (folder, X, Y). Folders in the order given, keys sorted.

    Raises
    ------
    LoaderError
        If a file is missing, all are empty, or keys name no group where they should.
    UnreadableFileError
        If a file is no HDF5 file.
    """

    def __init__(
        self, dir_paths: list[str], name: str, grouped: bool, *, natural_sort: bool = False
    ) -> None:
        super().__init__(dir_paths=dir_paths, name=name, grouped=grouped)
        self.natural_sort = natural_sort
        self.h5_files: dict[str, Any] = {}
        self.data_path_splits: list[DataId] = []
        try:
            self.set_data_structure()
            if self.grouped:
                self.set_group_structure()
        except BaseException:
            self.close()
            raise

    def set_data_structure(self) -> None:
        """Open the files and list their keys."""
        splits: list[DataId] = []
        for folder in self.dir_paths:
            file = self.h5_files[folder] = _open(self._path(folder))
            for key in sorted_keys(file, self.natural_sort):
                splits.append((folder, *(_group_and_name(file, key) if self.grouped else (key,))))
        if not splits:
            raise LoaderError(
                f"No data collected from {self.dir_paths}: {self.name}.h5 holds no dataset. Check "
                "that the file was written to the end."
            )
        self.data_path_splits = splits

    def set_group_structure(self) -> None:
        """Fill ``group_struct``: a group is an X of one of the folders."""
        order: Callable[[str], Any] = _natural if self.natural_sort else str
        self.group_struct = groups_of(self.data_path_splits, order)

    def get_source(self, index: Index) -> Source:
        """Where one array lies on disk."""
        return self._source(self.data_path_splits[self._data_index(index, self.get_num_images())])

    def _source(self, split: DataId) -> Source:
        folder, *names = split
        return Source(self._path(folder), "-".join(("group", *names) if self.grouped else names))

    def _path(self, folder: str) -> str:
        return os.path.join(folder, self.name + ".h5")

    def get_data(self, index: Index) -> FloatImage:
        """Read one array, as `FileLoader.get_data` has it.

        Raises
        ------
        UnreadableFileError
            If there are no numbers under its key, or they lie outside the file.
        LoaderError
            If the loader is closed.
        """
        split = self.data_path_splits[self._data_index(index, self.get_num_images())]
        source, file = self._source(split), self.h5_files.get(split[0])
        if not file:  # h5py's handles are false once they are closed
            raise LoaderError(f"{source}: the loader was closed; make another one to read on")
        stored = readable_dataset(file, source)
        try:
            return single_channel(np.asarray(stored[()], dtype=np.float32))
        except (OSError, RuntimeError, MemoryError) as error:
            raise UnreadableFileError.about(
                source.path,
                f"dataset '{source.key}' that cannot be read ({error})",
                f"{stored.shape} numbers of type {stored.dtype}",
                "Copy the file again from its source.",
            ) from error

    def get_data_ids(self) -> list[DataId]:
        """Folder and key, or folder, group and image."""
        return list(self.data_path_splits)

    def get_num_images(self) -> int:
        """Count the datasets."""
        return len(self.data_path_splits)

    def close(self) -> None:
        """Close all files."""
        for file in self.h5_files.values():
            file.close()

    def __getstate__(self) -> dict[str, Any]:
        still_open = [folder for folder, file in self.h5_files.items() if file]
        return {**self.__dict__, "h5_files": still_open}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, h5_files={})
        try:
            for folder in state["h5_files"]:
                self.h5_files[folder] = _open(self._path(folder))
        except BaseException:
            self.close()
            raise


def _open(path: str) -> h5py.File:
    if not os.path.isfile(path):
        raise LoaderError(
            f"h5 file {path} does not exist; expected the datasets of its role there. Check the "
            "path, or load NIfTI files with NiftiFileLoader."
        )
    file: h5py.File = open_h5(path)
    return file


def _group_and_name(file: h5py.File, key: str) -> tuple[str, str]:
    """X and Y of ``group-X-Y``."""
    parts = key.split("-")
    if len(parts) != 3 or parts[0] != "group":
        keys = sorted(file.keys())
        some = ", ".join(keys[:_KEYS_SHOWN]) + (" …" if len(keys) > _KEYS_SHOWN else "")
        raise LoaderError(
            f"{file.filename}: h5_file keys must be of form group-X-Y, found '{key}' among {some}. "
            "Rename the key (X and Y hold no hyphen), or load it with grouped=False."
        )
    return parts[1], parts[2]
