"""Whether there is room in memory for the voxels of images, told by their headers."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from napari_medload.checks.finding import Finding, Severity
from napari_medload.formats import read_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats import Source

NEVER_TOO_LARGE = 1 << 28
"""Bytes that every machine has room for."""

_FREE_SHARE = 0.5
_MOST_PACKED = 1040  # times that deflate can shrink anything


def voxel_bytes(sources: Iterable[Source]) -> int:
    """Bytes that the voxels of images take in memory; nothing but headers is read.

    What is mapped from its file, or can't be read at all, takes none.
    """
    needed = 0
    for source in sources:
        with suppress(Exception):  # whatever a broken file provokes, its own turn comes
            header = read_header(source)
            stored = os.path.getsize(header.data_path or source.file)
            mapped = source.key is None and stored >= header.nbytes
            # a file that claims more than can be packed into it is broken, and read to say so
            if not mapped and stored * _MOST_PACKED >= header.nbytes:
                needed += header.nbytes
    return needed


def too_large(needed: int) -> Finding | None:
    """Find whether voxels that take so many bytes would fill the memory."""
    if needed < NEVER_TOO_LARGE:
        return None
    free = psutil.virtual_memory().available
    if needed <= free * _FREE_SHARE:
        return None
    return Finding(
        "checks",
        Severity.NOTE,
        f"its voxels are not checked: they take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB of "
        "memory are free",
    )
