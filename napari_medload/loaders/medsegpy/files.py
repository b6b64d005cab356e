"""Where the files of dataset dicts lie, and what is in one that its name does not tell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Source, read_header
from napari_medload.formats.hdf5.format import open_h5
from napari_medload.formats.hdf5.slices import IMAGE_SUFFIX, KEY, SLICE_SUFFIXES
from napari_medload.loaders.medsegpy.dicts import VOLUME_KEY
from napari_medload.loaders.medsegpy.names import SliceName
from napari_medload.loaders.members import H5_SUFFIXES

if TYPE_CHECKING:
    from napari_medload.loaders.medsegpy.entries import ScanEntry


class Folders:
    """Looks for files, listing each folder once: a dataset has 100,000 slices.

    Parameters
    ----------
    root : path, optional
        Where files lie whose paths are relative and lead nowhere from here.
    """

    def __init__(self, root: Any) -> None:
        self._root = root if isinstance(root, str | os.PathLike) else None
        self._names: dict[str, frozenset[str]] = {}

    def path(self, name: str) -> str:
        """Whole path of a file."""
        whole = os.path.abspath(name)
        if self._root is None or os.path.isabs(name) or self.has(whole):
            return whole
        return os.path.abspath(os.path.join(str(self._root), name))

    def has(self, path: str) -> bool:
        """Whether there is something at a whole path."""
        folder, name = os.path.split(path)
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return name in self._names[folder]


def is_slice(entry: ScanEntry, folders: Folders) -> bool:
    """Whether a dict is of one slice, and not of a volume: by its number, its name, its axes."""
    if entry.inside is not None or not entry.image.lower().endswith(IMAGE_SUFFIX):
        return False
    if entry.number is not None or SliceName.parse(entry.image) is not None:
        return True
    try:
        shape = read_header(Source(folders.path(entry.image), KEY)).shape
    except OSError:  # reading it will say why
        return True
    return len(shape) < 3 or shape[2] == 1


def is_h5(path: str) -> bool:
    """Whether a file holds its arrays under keys, by its suffix."""
    return path.lower().endswith((*H5_SUFFIXES, *SLICE_SUFFIXES))


def image_key(path: str) -> str:
    """Key of the image in a 3D file whose mask, if any, lies in another."""
    try:
        with open_h5(path) as file:
            return VOLUME_KEY if VOLUME_KEY in file else KEY
    except (OSError, RuntimeError):
        return KEY
