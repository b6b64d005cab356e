"""What the headers of the files of nnU-Net's cases tell: axes, grids, endings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import read_header, suffix_of
from napari_medload.formats.contract import shape_text
from napari_medload.geometry.agreement import corner_displacement_voxels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.export.contract import Target
    from napari_medload.export.training.nnunet.cases import Case
    from napari_medload.formats import Header, Source
    from napari_medload.geometry import Grid

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".gipl", ".png", ".bmp", ".tif", ".tiff")
"""Of the files that nnU-Net 2.8 reads."""

_SAME_GRID_VOXELS = 0.5
_THREADS = 4
_TOLD_EVERY = 200


def ending_of(source: Source) -> str | None:
    """Return the ending by which nnU-Net chooses a reader; None where it has no reader."""
    suffix = suffix_of(source.path)
    plain = source.key is None and not source.slices
    return suffix if plain and suffix is not None and suffix.lower() in ENDINGS else None


def faults_of(cases: Sequence[Case], target: Target) -> Iterator[tuple[Case, str, str]]:
    """Say of each case in which way its files do not lie on one grid.

    Yields
    ------
    tuple of Case, str and str
        What is wrong, the same words for all cases of which it is true, and the file; only for
        cases with a fault.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(_fault, cases)
        for place, (case, (fault, where)) in enumerate(zip(cases, found, strict=True)):
            if place % _TOLD_EVERY == 0:
                target.tell(f"reading headers: {place:,} of {len(cases):,} cases")
            if fault:
                yield case, fault, where


def _fault(case: Case) -> tuple[str, str]:
    headers: list[Header] = []
    try:
        for source in (*case.held.values(), *([case.label] if case.label else ())):
            headers.append(read_header(source))
    except (OSError, ValueError) as error:
        return _UNREADABLE, str(error)
    for header in headers:
        if header.frames != 1:
            return _MANY, f"{header.source} has {shape_text(header.shape)}"
        if header.grid.shape != headers[0].grid.shape:
            shapes = shape_text(header.grid.shape), shape_text(headers[0].grid.shape)
            return _SHAPES, f"{header.source} has {' and not '.join(shapes)}"
        if not _agree(headers[0].grid, header.grid):
            return _GRIDS, f"{header.source} lies elsewhere than {headers[0].source}"
    return "", ""


_UNREADABLE = "files cannot be read; remove the samples or mend the files"
_MANY = (
    "files have several frames or channels; expected one 3D array a file, and one number a voxel "
    "in a label. Write each channel into a file of its own, and one-hot labels as numbers"
)
_SHAPES = (
    "images and labels have other shapes; expected one grid for all files of a case. Resample "
    "one onto the other"
)
_GRIDS = (
    "images and labels lie on other grids; expected one grid for all files of a case. Resample "
    "one onto the other"
)


def _agree(a: Grid, b: Grid) -> bool:
    """Whether two grids of one shape agree; nnU-Net compares the spacings closely."""
    if not (a.known and b.known):
        return True
    moved = corner_displacement_voxels(a, b)
    close = moved is not None and moved <= _SAME_GRID_VOXELS
    return close and np.allclose(a.spacing, b.spacing)
