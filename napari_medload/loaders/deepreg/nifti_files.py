"""NIfTI files of one role in several folders.

The order is that of DeepReg 0.1.2 (Apache-2.0): all files of all folders, sorted together.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.loaders.deepreg.file_loader import (
    DataId,
    FileLoader,
    FloatImage,
    Index,
    groups_of,
    single_channel,
)
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.walking import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = ("nii.gz", "nii")


def load_nifti_file(file_path: str) -> FloatImage:
    """Read a NIfTI file.

    Parameters
    ----------
    file_path : str
        Ending in ``.nii`` or ``.nii.gz``.

    Returns
    -------
    array, float32
        Scaled values, with the shape that the file states.

    Raises
    ------
    LoaderError
        For another suffix.
    OSError
        If the file cannot be read.
    """
    if not str(file_path).endswith(tuple(f".{suffix}" for suffix in SUFFIXES)):
        raise LoaderError(
            f"Nifti file path must end with .nii or .nii.gz, found {file_path}. Convert the file, "
            "or use the loader of its format."
        )
    volume = read_volume(Source(Path(file_path)))
    values = volume.values().reshape(volume.header.shape, order="F")
    # always a copy: what is mapped from disk is read-only, and its users may write
    return np.array(values, dtype=np.float32, order="K", subok=False)


def find_files(folder: str, suffixes: Sequence[str] = SUFFIXES) -> list[tuple[str, str]]:
    """Find all visible files below a folder with one of some suffixes.

    Parameters
    ----------
    folder : str
        Taken literally, brackets and all.
    suffixes : sequence of str
        Without the first dot; the first that fits counts.

    Returns
    -------
    list of tuple of str
        Path below the folder without suffix, and suffix, sorted.

    Raises
    ------
    LoaderError
        If something of such a name is no file, or a folder below cannot be listed.
    """
    ends = [(suffix, f".{suffix}") for suffix in suffixes]
    found = []
    files, troubles = walk(folder, lambda name: name.endswith(tuple(end for _, end in ends)))
    if troubles:
        more = f" And {len(troubles) - 1} more are unreadable." if len(troubles) > 1 else ""
        raise LoaderError(f"{troubles[0].reason}{more}")
    for path in files:
        for suffix, end in ends:
            if path.endswith(end):
                found.append((path[: -len(end)], suffix))
                break
    return sorted(found)


class NiftiFileLoader(FileLoader):
    """Loads the ``.nii`` and ``.nii.gz`` files below ``DIR/name``.

    Parameters
    ----------
    dir_paths : list of str
    name : str
        Folder of the role in each of them.
    grouped : bool
        Whether each file's folder is its group.

    Attributes
    ----------
    data_path_splits : list of tuple of str
        (folder, path below the role, suffix); where grouped (folder, group, name, suffix). Sorted.

    Raises
    ------
    LoaderError
        If a folder is missing, holds no file, or holds two files of one name.
    """

    def __init__(self, dir_paths: list[str], name: str, grouped: bool) -> None:
        super().__init__(dir_paths=dir_paths, name=name, grouped=grouped)
        self.data_path_splits: list[DataId] = []
        self.set_data_structure()
        if self.grouped:
            self.set_group_structure()

    def set_data_structure(self) -> None:
        """Find the files."""
        splits: list[DataId] = []
        for folder in self.dir_paths:
            place = os.path.join(folder, self.name)
            if not os.path.isdir(place):
                raise LoaderError(
                    f"directory {place} does not exist; expected the NIfTI files of {self.name} "
                    "there. Check the path, or load h5 files with H5FileLoader."
                )
            for path, suffix in find_files(place):
                names = os.path.split(path) if self.grouped else (path,)
                splits.append((folder, *names, suffix))
        if not splits:
            raise LoaderError(
                f"No data collected from {self.dir_paths}: no .nii or .nii.gz lies below "
                f"'{self.name}'. Check that the download is complete, and that suffixes are lower "
                "case."
            )
        self.data_path_splits = sorted(splits)
        self._check_names()

    def _check_names(self) -> None:
        """Refuse two files of one name, of which nobody knows which is meant."""
        for one, other in zip(self.data_path_splits, self.data_path_splits[1:], strict=False):
            if one[:-1] == other[:-1]:
                raise LoaderError(
                    f"{self._path(one)} and {self._path(other)} have one name; expected one file "
                    "of each. Remove one of them."
                )

    def set_group_structure(self) -> None:
        """Fill ``group_struct``: a group is a folder below the role in one of the folders."""
        self.group_struct = groups_of(self.data_path_splits)

    def get_source(self, index: Index) -> Source:
        """Where one array lies on disk."""
        place = self._data_index(index, len(self.data_path_splits))
        return Source(self._path(self.data_path_splits[place]))

    def _path(self, split: DataId) -> str:
        folder, *names, suffix = split
        return os.path.join(folder, self.name, *names) + "." + suffix

    def get_data(self, index: Index) -> FloatImage:
        """Read one array, as `FileLoader.get_data` has it."""
        return single_channel(load_nifti_file(str(self.get_source(index).path)))

    def get_data_ids(self) -> list[DataId]:
        """Names without suffix, so that ``a.nii`` goes with ``a.nii.gz``."""
        return [split[:-1] for split in self.data_path_splits]

    def get_num_images(self) -> int:
        """Count the files."""
        return len(self.data_path_splits)

    def close(self) -> None:
        """Do nothing: files are closed as soon as they are read."""
