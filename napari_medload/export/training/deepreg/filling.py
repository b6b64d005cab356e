"""Links and copies of the files of a folder in DeepReg's layout."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from napari_medload.formats import Content, save
from napari_medload.formats.hdf5.format import open_h5, readable_dataset
from napari_medload.images import read_volume

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.export.training.deepreg.placing import Placed
    from napari_medload.formats import Source


def put(one: Placed, folder: Path, how: str, channels: tuple[int, ...] = ()) -> None:
    """Link or copy one array to its place below a folder.

    Parameters
    ----------
    one : Placed
    folder : Path
    how : str
        ``"symlink"``, ``"hardlink"`` or ``"copy"``.
    channels : tuple of int
        Values of a label that become a channel each; empty where it is copied as it is.

    Raises
    ------
    OSError
        If it cannot be.
    """
    if one.source.key is not None:
        _into_h5(one, folder, channels)
        return
    place = folder / one.file
    place.parent.mkdir(parents=True, exist_ok=True)
    if channels:
        volume = read_volume(one.source)
        array = in_channels(volume.values(), channels)
        # as frames, on the fourth axis: channels would be a vector on the fifth
        save(place, Content(array, volume.grid, is_label=True, frame_step=0.0))
    elif how == "copy":
        shutil.copyfile(one.source.file, place)
    elif how == "hardlink":
        os.link(os.path.realpath(one.source.file), place)
    else:
        os.symlink(os.path.abspath(one.source.file), place)


def in_channels(values: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
    """Make one channel of each value, shape (i, j, k, channels), uint8."""
    volume = values.reshape(values.shape[:3])
    return np.stack([volume == value for value in channels], axis=-1).astype(np.uint8)


def stored(source: Source) -> np.ndarray:
    """Read an array of an HDF5 file as it is stored."""
    with open_h5(source.path) as file:
        return np.asarray(readable_dataset(file, source)[()])


def _into_h5(one: Placed, folder: Path, channels: tuple[int, ...]) -> None:
    place = folder / one.split / f"{one.folder}.h5"
    place.parent.mkdir(parents=True, exist_ok=True)
    array: Any = stored(one.source)
    if channels:
        array = in_channels(array, channels)
    with h5py.File(place, "a") as file:
        file.create_dataset(one.key, data=array)
