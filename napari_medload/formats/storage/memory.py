"""Memory for an array that a header promises: given only where the machine can have it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import psutil

from napari_medload.formats.contract import UnreadableFileError, whole_box

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats.contract import Box, Header, Source


def memory_for(path: Path, nbytes: int) -> npt.NDArray[np.uint8]:
    """Return uninitialised memory of some size, shape (nbytes,).

    Systems promise more memory than there is, and end the process when it is used.

    Raises
    ------
    UnreadableFileError
        If it is more than the machine has.
    """
    expect_room(path, nbytes)
    try:
        return np.empty(nbytes, np.uint8)
    except (MemoryError, ValueError) as error:
        raise UnreadableFileError.too_large(path, nbytes) from error


def expect_room(path: Source | Path, nbytes: int) -> None:
    """Check that an array can fit into the machine.

    Raises
    ------
    UnreadableFileError
        If it cannot.
    """
    if nbytes > _physical_bytes():
        raise UnreadableFileError.too_large(path, nbytes)


def expect_room_for(header: Header, box: Box | None = None) -> None:
    """Check that an array, or a box of it, can fit into the machine.

    Raises
    ------
    UnreadableFileError
        If it cannot.
    """
    i, j, k = (part.stop - part.start for part in box or whole_box(header.shape))
    expect_room(header.source, i * j * k * header.frames * header.dtype.itemsize)


@lru_cache(maxsize=1)
def _physical_bytes() -> int:
    return int(psutil.virtual_memory().total)
