"""The door out: which format writes a path, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats.contract import spatial_shape
from napari_medload.formats.metaimage import MetaImage
from napari_medload.formats.mgh import Mgh
from napari_medload.formats.nifti import Nifti
from napari_medload.formats.nrrd import Nrrd
from napari_medload.formats.pictures import Raster
from napari_medload.formats.storage.atomic import written_whole

if TYPE_CHECKING:
    from napari_medload.formats.contract import Content, WritableFormat

WRITERS: tuple[WritableFormat, ...] = (Nifti(), Nrrd(), MetaImage(), Mgh(), Raster())


def writer_of(path: Path | str) -> WritableFormat:
    """Find the format that writes a path, by its longest suffix.

    Raises
    ------
    ValueError
        If none does.
    """
    name = os.path.basename(path).lower()
    fits = [(len(s), w) for w in WRITERS for s in w.written if name.endswith(s)]
    if not fits:
        known = ", ".join(suffix for writer in WRITERS for suffix in writer.written)
        raise ValueError(f"{path}: no format that can be written; expected one of {known}")
    return max(fits, key=lambda found: found[0])[1]


def save(path: Path | str, content: Content) -> None:
    """Write an array and its geometry.

    A file that is there already is replaced, once the new one is whole.

    Parameters
    ----------
    path : path
        Its suffix decides the format.
    content : Content

    Raises
    ------
    ValueError
        If no format writes such a file, or it cannot hold this content.
    OSError
        If it cannot be written.
    """
    path = Path(path)
    writer = writer_of(path)
    _expect_image(path, content)
    with written_whole(path) as aside:
        writer.write(aside, content)


def _expect_image(path: Path, content: Content) -> None:
    """Refuse what no format can hold, whichever writes the path."""
    found, on_grid = content.array.shape, content.grid.shape
    if not 2 <= len(found) <= 4 or 0 in found or spatial_shape(found) != on_grid:
        raise ValueError(
            f"{path}: an array of shape {found} on a grid of {on_grid}; expected (i, j, k) or "
            "(i, j, k, channels) with the sizes of the grid. Save one image a file."
        )
    if content.grid.known and content.grid.is_singular:
        raise ValueError(
            f"{path}: the affine is singular (an axis has no length or two axes coincide): "
            f"{content.grid.affine[:3].tolist()}; expected three independent axes. Set an affine "
            "of which each axis has a length and a direction of its own."
        )
