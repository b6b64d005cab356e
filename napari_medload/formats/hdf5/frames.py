"""Uncompressed HDF5 files that one program wrote alike, read without the HDF5 library.

Such files differ only in the bytes of their numbers. Once the library has said where these lie
in one file, another whose remaining bytes are the same needs no more than a plain read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import h5py
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats.contract import Array

Frame: TypeAlias = tuple[bytes, bytes]
"""What stands before and after the numbers of a file."""

_FRAME_AT_MOST = 1 << 16


@dataclass
class Frames:
    """What may stand around the numbers of files that are stored alike.

    Parameters
    ----------
    before, size, after : int
        Bytes before the numbers, of the numbers, and after them.
    known : set of Frame
        Frames that the library has understood. There can be several: some programs write the
        time into a file.
    """

    before: int
    size: int
    after: int
    known: set[Frame] = field(default_factory=set)

    @classmethod
    def around(cls, path: Path, dataset: Any) -> Frames | None:
        """Look at one file; None where its numbers cannot be read as they lie."""
        offset = _plain_offset(dataset)
        size = dataset.size * dataset.dtype.itemsize
        after = -1 if offset is None else path.stat().st_size - offset - size
        if offset is None or after < 0 or offset + after > _FRAME_AT_MOST:
            return None
        frames = cls(offset, size, after)
        out = np.empty(dataset.shape, dataset.dtype)
        frames.learn(frames.read_raw(path, out), dataset)
        return frames

    def read_raw(self, path: Path, out: Array) -> Frame | None:
        """Read the numbers as they would lie, and return what stands around them.

        What is in `out` counts only if that frame is known. None where the length of the file
        is another.
        """
        with open(path, "rb", buffering=0) as file:
            before = file.read(self.before)
            count = file.readinto(out.reshape(-1).view(np.uint8).data)
            after = file.read(self.after + 1)
        complete = (len(before), count, len(after)) == (self.before, self.size, self.after)
        return (before, after) if complete else None

    def learn(self, frame: Frame | None, dataset: Any) -> None:
        """Keep a frame, if the numbers of its file lie where these frames have them."""
        if frame is not None and _plain_offset(dataset) == self.before:
            self.known.add(frame)


def _plain_offset(dataset: Any) -> int | None:
    """Where the numbers of a dataset begin, or None where they lie in pieces or in another form."""
    plain = dataset.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS
    same = dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype, logical=True)
    offset = dataset.id.get_offset() if plain and same else None
    return None if offset is None else int(offset)
