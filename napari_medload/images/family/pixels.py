"""Where the voxels of an image come from: a file, or a part of what else can be read.

Arrays are (C, W, H, D) here, as the faces of `images.family.image` hand them out. Facts are known
before voxels wherever a header states them.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_medload.formats import Header, Scaling, Source, UnreadableFileError, read_header
from napari_medload.formats.storage.memory import expect_room
from napari_medload.images.volume import Volume, read_volume

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats import Box
    from napari_medload.formats.contract import Array, FormName
    from napari_medload.geometry import Grid


_WHOLE_AT_MOST = 1 << 14


@dataclass(frozen=True, eq=False)
class Voxels:
    """Values on a grid.

    Parameters
    ----------
    array : array, shape (C, W, H, D)
    grid : Grid
        Of the last three axes.
    """

    array: Array
    grid: Grid


class Pixels(Protocol):
    """Voxels that can be read, again and again."""

    @property
    def lazy(self) -> bool:
        """Whether the facts below are known without voxels."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that must not be written over while they are needed."""
        ...

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        ...

    @property
    def channels(self) -> int:
        """Number of 3D arrays."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, before any cast."""
        ...

    @property
    def is_plain(self) -> bool:
        """Whether the files hold as many bytes as voxels need, so that a part is read alone."""
        ...

    def read(self, box: Box | None = None) -> Voxels:
        """Read all voxels, or those of a box."""
        ...

    def forget(self) -> None:
        """Ask the files anew next time."""
        ...


def _value_dtype(stored: np.dtype[Any], scaling: Scaling) -> np.dtype[Any]:
    """Type of scaled values: as stored without scaling, whole numbers where all are, else float64.

    CT in DICOM is whole numbers less 1024; as float64 it would take four times the memory.
    """
    if scaling.is_identity:
        return stored
    parts = (scaling.slope, scaling.intercept)
    small = stored.kind in "iu" and stored.itemsize <= 2
    if small and all(part == int(part) and abs(part) < _WHOLE_AT_MOST for part in parts):
        return np.dtype(np.int32)
    return np.dtype(np.float64)


def _values(volume: Volume) -> Array:
    dtype, scaling = _value_dtype(volume.array.dtype, volume.scaling), volume.scaling
    if scaling.is_identity or dtype.kind == "f":
        return volume.values()
    values: Array = np.multiply(volume.array, int(scaling.slope), dtype=dtype)
    values += int(scaling.intercept)
    return values


def _in_memory(array: Array) -> Array:
    """Return the array itself, or a copy where it lies in a file.

    A mapped array changes, or ends the process, when another program writes the file, and it keeps
    the file open.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            copy = np.array(array, order="K", subok=False)
            copy.flags.writeable = False
            return copy
        base = base.base
    return array


class FilePixels:
    """One array on disk, in whichever state the file is when it is read.

    Parameters
    ----------
    source : Source
    form : str, optional
        ``"sform"`` or ``"qform"``: which transform of a NIfTI header counts.
    """

    lazy = True

    def __init__(self, source: Source, form: FormName | None = None) -> None:
        self.source = source
        self.form = form
        self._stamp: tuple[int, ...] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the header, which is read again in no time and need not be picklable."""
        return {"source": self.source, "form": self.form, "_stamp": None}

    @cached_property
    def header(self) -> Header:
        """What the file says of itself."""
        self._stamp = _stamp(self.source.file)
        header = read_header(self.source)
        return header.with_form(self.form)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the header and that of the voxels."""
        header = self.__dict__.get("header")
        more = () if header is None or header.data_path is None else (header.data_path,)
        return (self.source.path, *more)

    @property
    def grid(self) -> Grid:
        """Where the header puts the voxels."""
        return self.header.grid

    @property
    def channels(self) -> int:
        """Frames of the file."""
        return self.header.frames

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return _value_dtype(self.header.dtype, self.header.scaling)

    @property
    def is_plain(self) -> bool:
        """Whether the voxels are stored without compression."""
        return _size(self.header) >= self.header.nbytes

    def read(self, box: Box | None = None) -> Voxels:
        """Read the values into memory.

        Raises
        ------
        UnreadableFileError
            If the file does not hold what its header says, or more than the machine has room for.
        """
        if "header" in self.__dict__ and self._stamp != _stamp(self.source.file):
            self.forget()
        grid = self.grid if box is None else self.grid.cropped(box)
        nbytes = math.prod(grid.shape) * self.channels * self.dtype.itemsize
        expect_room(self.source.path, nbytes)
        try:
            values = _values(read_volume(self.header, box))
            return Voxels(_in_memory(np.asarray(np.moveaxis(values, 3, 0))), grid)
        except MemoryError as error:
            raise UnreadableFileError.too_large(self.source.path, nbytes) from error

    def forget(self) -> None:
        """Drop the header."""
        self.__dict__.pop("header", None)


def _stamp(path: Path | str) -> tuple[int, ...] | None:
    """Tell a file from the same one before it was written anew."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _size(header: Header) -> int:
    """Bytes of the file that holds the voxels, or of all files in a folder."""
    path = header.data_path or header.source.path
    files = list(path.iterdir()) if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


@dataclass(frozen=True, eq=False)
class PartPixels:
    """A box of other voxels.

    Parameters
    ----------
    whole : Pixels
    box : tuple of three slices
        Inside `whole`.
    """

    whole: Pixels
    box: Box

    @property
    def lazy(self) -> bool:
        """Whether the whole is."""
        return self.whole.lazy

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of the whole."""
        return self.whole.files

    @property
    def grid(self) -> Grid:
        """Part of the grid."""
        return self.whole.grid.cropped(self.box)

    @property
    def channels(self) -> int:
        """All channels."""
        return self.whole.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the whole."""
        return self.whole.dtype

    @property
    def is_plain(self) -> bool:
        """Whether the whole is."""
        return self.whole.is_plain

    def read(self, box: Box | None = None) -> Voxels:
        """Read no more than the box.

        Raises
        ------
        UnreadableFileError
            If the file has changed, so that the box lies outside now.
        """
        wanted = self.box if box is None else _inside(self.box, box)
        try:
            return self.whole.read(wanted)
        except ValueError as error:
            raise UnreadableFileError.about(
                self.files[0],
                str(error),
                "the image that this part was cut from",
                "Open the file again, and cut the part anew.",
            ) from error

    def forget(self) -> None:
        """Ask the file anew."""
        self.whole.forget()


def _inside(outer: Box, inner: Box) -> Box:
    """Box in the indices of what `outer` was cut from."""
    i, j, k = (
        slice(o.start + n.start, o.start + n.stop) for o, n in zip(outer, inner, strict=True)
    )
    return i, j, k
