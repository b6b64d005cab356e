"""Images into files: what a format needs of them, and never over the file they are read from."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import save
from napari_medload.geometry import Grid
from napari_medload.images.pictures.painting import clamped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_medload.formats import Content

_BYTES_ONLY = (".png", ".jpg", ".jpeg", ".bmp")
_PICTURES = (*_BYTES_ONLY, ".tif", ".tiff")
_MAY_BE_FLAT = (".nii", ".nii.gz", ".hdr", ".img")
_PAIRS = ((".hdr", ".img"), (".mhd", ".raw", ".zraw"))


def write(path: Path, content: Content, squeeze: bool | None) -> None:
    """Write an image.

    Parameters
    ----------
    path : path
    content : Content
        With an array of four axes.
    squeeze : bool or None
        Whether an image of depth 1 is written with two axes, in NIfTI; pictures always are, and
        other formats always hold the three that their geometry needs.

    Raises
    ------
    ValueError
        If no format writes such a file, or it cannot hold this image: among others because its
        affine is singular, and so places no voxel.

    Warns
    -----
    RuntimeWarning
        If values become bytes.
    """
    suffix = path.suffix.lower()
    if suffix in _PICTURES:  # they hold none, so a broken one is no hindrance
        content = replace(content, grid=Grid.unknown(content.grid.shape))
    array = content.array
    if suffix in _BYTES_ONLY and array.dtype != np.uint8:
        warnings.warn(
            f"{path}: values of type {array.dtype} become bytes: they are clamped to 0 to 255, "
            "and decimals are cut off. Save as .nii.gz to keep them",
            RuntimeWarning,
            stacklevel=3,
        )
        array = clamped(array)
    array = array[..., 0] if array.shape[3] == 1 else array
    if squeeze and path.name.lower().endswith(_MAY_BE_FLAT) and array.shape[2:] == (1,):
        array = array[..., 0]
    save(path, replace(content, array=array))


def own_file(path: Path, own: Iterable[Path]) -> Path | None:
    """Find a file, of those that an image is read from, that writing a path would replace.

    It counts under whatever name or link it is named.
    """
    mine = [file for file in own if file.exists()]
    for target in _written(path):
        if target.exists() and any(os.path.samefile(target, file) for file in mine):
            return target
    return None


def _written(path: Path) -> list[Path]:
    """Files that writing a path replaces."""
    for pair in _PAIRS:
        if path.suffix.lower() in pair:
            return [path, *(path.with_suffix(suffix) for suffix in pair if suffix != path.suffix)]
    return [path]
