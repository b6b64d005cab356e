"""Stacks of MedSegPy's 2D slices: one HDF5 file a slice, read into one volume.

A slice is stored as H×W×1 in an ``.im`` file and as H×W×1×C in a ``.seg`` file, under the key
``data``. The volume has the axes H, W, D and then C. In memory the slices lie one behind another,
as they come from disk. A file of either suffix may hold a whole volume instead: where a source
names its key, it is read as HDF5 files are.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_medload.formats.contract import (
    Array,
    Box,
    Header,
    Source,
    UnreadableFileError,
    cut,
    shape_text,
    spatial_shape,
)
from napari_medload.formats.hdf5.chunks import read_into
from napari_medload.formats.hdf5.format import (
    NEVER_WRITTEN_AT_MOST,
    Hdf5,
    open_h5,
    readable_dataset,
    unwritten_bytes,
)
from napari_medload.formats.hdf5.frames import Frames
from napari_medload.formats.storage.memory import expect_room_for
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = "data"
IMAGE_SUFFIX, MASK_SUFFIX = SLICE_SUFFIXES = (".im", ".seg")
_EXPECTED = "an HDF5 file, as MedSegPy's slices are"
_HDF5 = Hdf5()
_THREADS = max(2, min(4, os.cpu_count() or 2))


class Slices:
    """Reader of volumes whose slices lie in files of their own. Nothing stays open."""

    name: ClassVar[str] = "MedSegPy slices"
    suffixes: ClassVar[tuple[str, ...]] = SLICE_SUFFIXES

    def sources(self, path: Path) -> list[Source]:
        """Return the slice in a file, as a volume of one slice."""
        source = Source(path)
        self.header(source)
        return [source]

    def header(self, source: Source) -> Header:
        """Shape and dtype by the first slice alone; the grid is unknown.

        Raises
        ------
        UnreadableFileError
            If the first slice is no HDF5 file, or holds no slice under its key.
        """
        if _is_volume(source):
            return _HDF5.header(source)
        with open_h5(source.path, _EXPECTED) as file:
            dataset = readable_dataset(file, _in(source.path, source))
            height, width, *channels = plane_shape(source.path, dataset.shape)
            shape = (height, width, max(1, len(source.slices)), *channels)
            absent = tuple(k for k, name in enumerate(source.slices) if name is None)
            grid = Grid.unknown(spatial_shape(shape))
            return Header(source, shape, dataset.dtype, grid, absent=absent)

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the slices, shape (H, W, D) or (H, W, D, C); one that is absent is all zeros.

        Raises
        ------
        UnreadableFileError
            If a slice is broken or unlike the first one, or if there is no memory for all.
        """
        source = header.source
        if _is_volume(source):
            return _HDF5.array(header, box)
        names = [None if name is None else source.path.parent / name for name in source.slices]
        paths = (names or [source.path])[slice(None) if box is None else box[2]]
        height, width, _all, *channels = header.shape
        depth = len(paths)
        expect_room_for(header, box)
        try:
            stack = np.zeros((depth, height, width, *channels), header.dtype)
        except MemoryError as error:
            raise UnreadableFileError.too_large(source, header.nbytes) from error
        _Stack(header, stack, paths).read()
        volume = np.moveaxis(stack, 0, 2)
        volume = cut(volume, None if box is None else (*box[:2], slice(None)))
        volume.flags.writeable = False
        return volume


def _is_volume(source: Source) -> bool:
    return source.key is not None and not source.slices


def plane_shape(path: Path, stored: tuple[int, ...]) -> tuple[int, ...]:
    """Shape (H, W) or (H, W, C) of a slice as stored.

    Images are H×W×1 or H×W. Masks are H×W×1×C; one without channels is H×W×1 or H×W, and a last
    axis shorter than both others is taken for the channels of an H×W×C mask.

    Raises
    ------
    UnreadableFileError
        If an axis could be taken for more than one thing.
    """
    is_mask = path.suffix.lower() == MASK_SUFFIX
    plane, rest = stored[:2], stored[2:]
    if rest in ((), (1,)):
        return plane
    if is_mask and len(rest) == 2 and rest[0] == 1:
        return (*plane, rest[1])
    if is_mask and len(rest) == 1 and rest[0] < min(plane):
        return (*plane, rest[0])
    raise UnreadableFileError.about(
        path,
        f"a slice of shape {shape_text(stored)}",
        "H×W×1×C (or H×W×1)" if is_mask else "H×W×1 (or H×W)",
        "Write one slice a file, with its axes in this order.",
    )


class _Stack:
    """Reads slices into their places, in a few threads."""

    def __init__(self, header: Header, stack: Array, paths: Sequence[Path | None]) -> None:
        self._header, self._stack = header, stack
        self._places = [(place, path) for place, path in enumerate(paths) if path is not None]
        self._stored: tuple[int, ...] = ()
        self._frames: Frames | None = None
        self._unwritten, self._lock = 0, Lock()

    def read(self) -> None:
        """Read the first slice, which shows how all are stored, and then the others."""
        if not self._places:  # a box in which all slices are absent
            return
        (place, first), *others = self._places
        with open_h5(first, _EXPECTED) as file:
            dataset = self._dataset(file, first)
            self._frames = Frames.around(first, dataset)
            read_into(self._stack[place], first, dataset)
        with ThreadPoolExecutor(_THREADS, "medload-slices") as pool:
            for part in [
                pool.submit(self._read_some, others[start::_THREADS]) for start in range(_THREADS)
            ]:
                part.result()

    def _read_some(self, places: Sequence[tuple[int, Path]]) -> None:
        for place, path in places:
            self._read_one(self._stack[place], path)

    def _read_one(self, out: Array, path: Path) -> None:
        frames, found = self._frames, None
        if frames is not None and path.is_file():
            found = frames.read_raw(path, out)
            if found in frames.known:
                return
        with open_h5(path, _EXPECTED) as file:
            dataset = self._dataset(file, path)
            read_into(out, path, dataset)
            if frames is not None:
                frames.learn(found, dataset)

    def _dataset(self, file: Any, path: Path) -> Any:
        """Dataset of a slice that is like the first one.

        Raises
        ------
        UnreadableFileError
            If its shape or dtype is another.
        """
        dataset = readable_dataset(file, _in(path, self._header.source))
        self._stored = self._stored or dataset.shape
        plane = (*self._header.shape[:2], *self._header.shape[3:])
        if plane_shape(path, dataset.shape) != plane or dataset.dtype != self._header.dtype:
            expected = shape_text(self._stored)
            raise UnreadableFileError.about(
                path,
                f"a slice of shape {shape_text(dataset.shape)} and type {dataset.dtype}",
                f"{expected} of type {self._header.dtype}, as {self._header.source.path.name} has",
                "Write all slices of a scan alike.",
            )
        self._count_unwritten(path, unwritten_bytes(dataset))
        return dataset

    def _count_unwritten(self, path: Path, nbytes: int) -> None:
        """Refuse a stack of small files that promise huge slices: what one may, all may not."""
        with self._lock:
            self._unwritten += nbytes
        if self._unwritten > NEVER_WRITTEN_AT_MOST:
            raise UnreadableFileError.about(
                path,
                f"a slice of {shape_text(self._stored)} that was never written, as others of its "
                f"stack; they promise more than {NEVER_WRITTEN_AT_MOST >> 20} MiB",
                "slices whose numbers are in their files",
                "Write the files again, or check that the copy is complete.",
            )


def _in(path: Path, source: Source) -> Source:
    return Source(path, source.key or KEY)
