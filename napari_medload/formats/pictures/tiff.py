"""TIFF pictures and stacks, read by tifffile.

Pages of one size and type are slices; where a writer names the axes (ImageJ, OME), depth is k, and
channels and time are frames. tifffile needs the package imagecodecs for LZW, JPEG and fax
compression; without it, Pillow decodes these where it knows the type of the pixels.
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from napari_medload.formats.contract import Array, UnreadableFileError
from napari_medload.formats.storage.memory import expect_room_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.formats.contract import Header

PALETTE_NOTE = "It has a palette; its colours are read, and not the numbers that stand for them."

_SIZES_NOTE = (
    "It states the size of its pixels (OME or ImageJ), which is not used: it is shown without "
    "millimetres."
)
_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_UNCOMPRESSED, _FAX = 1, frozenset((2, 3, 4))
_BYTES_A_BYTE, _FAX_BYTES_A_BYTE = 2048, 1 << 16
_WHITE_IS_ZERO, _PALETTE, _SEPARATED = 0, 3, 5
_FAULTS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    EOFError,
    struct.error,
    zlib.error,
)


def is_tiff(path: Path) -> bool:
    """Whether a file begins as TIFF or BigTIFF does."""
    with open(path, "rb", buffering=0) as file:
        return file.read(4) in _MAGICS


def look(path: Path) -> tuple[tuple[int, ...], np.dtype[Any], tuple[str, ...]]:
    """Shape (columns, rows, pages[, channels]), type and notes of a file, without pixels.

    Raises
    ------
    UnreadableFileError
        If it is broken, or too small for what it promises.
    """
    with _opened(path) as (tif, series):
        if min(series.shape) < 1:
            raise ValueError(f"sizes (ImageWidth, ImageLength) {tuple(series.shape)}")
        _expect_whole_directories(path, tif, series)
        _expect_possible(path, series)
        dtype = np.dtype(series.dtype)
        if dtype.kind not in "biuf":
            raise ValueError(f"pixels of type {dtype}")
        shape = tuple(series.shape[axis] for axis in _order(series.axes) if axis is not None)
        shape = shape if _depth(series.axes) is not None else (*shape[:2], 1, *shape[2:])
        if _colours(series) is not None:
            shape, dtype = (*shape, 3), np.dtype(np.uint8)
        elif _is_mapped(series):
            dtype = _stored_type(tif, series)
        return shape, dtype, tuple(_notes(tif, series))


def pixels(header: Header) -> Array:
    """Read all pixels, or map them where they lie one after another.

    Raises
    ------
    UnreadableFileError
        If they are broken, or compressed in a way that needs another package, or if there is no
        memory.
    """
    path = header.source.path
    with _opened(path) as (tif, series):
        colours = _colours(series)
        if _is_mapped(series) and colours is None:
            place, sizes = series.dataoffset, tuple(series.shape)
            stored: Array = np.memmap(path, _stored_type(tif, series), "r", place, sizes)
        else:
            expect_room_for(header)
            stored = _decoded(path, series)
        order = [axis for axis in _order(series.axes) if axis is not None]
        stored = stored.transpose(order)
        if _depth(series.axes) is None:
            stored = stored[:, :, np.newaxis]
        return stored if colours is None else colours[stored]


def write(path: Path, image: Array) -> None:
    """Write rows, columns and at most four channels, uncompressed."""
    from tifffile import imwrite

    if image.ndim == 2:
        imwrite(path, image, photometric="minisblack", metadata=None)
    else:
        opacity = ["unassalpha"] if image.shape[2] == 4 else None
        imwrite(path, image, photometric="rgb", extrasamples=opacity, metadata=None)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file, and its first series of equal pages."""
    from tifffile import TiffFile  # it takes a while, and few people need it

    try:
        with TiffFile(path) as tif:
            yield tif, tif.series[0]
    except _FAULTS as error:
        raise UnreadableFileError.about(
            path,
            f"no whole TIFF picture ({error})",
            "pages of numbers that their directory describes",
            "Copy it again from its source, or open and save it with a picture editor.",
        ) from error


def _depth(axes: str) -> int | None:
    """Place of the axis that counts slices: depth where it is named, else pages."""
    found = [axes.find("Z"), *(n for n, axis in enumerate(axes) if axis in "IQ")]
    return next((n for n in found if n >= 0), None)


def _order(axes: str) -> list[int | None]:
    """Places of the axes of columns, rows and slices, then of frames and channels."""
    first = [axes.index("X"), axes.index("Y"), _depth(axes)]
    rest = [n for n in range(len(axes)) if n not in first]
    return [*first, *sorted(rest, key=lambda n: axes[n] == "S")]


def _is_mapped(series: Any) -> bool:
    """Whether the pixels lie one after another as numpy has them."""
    page = series.keyframe
    plain = page.compression == _UNCOMPRESSED and page.fillorder == 1
    whole = page.bitspersample == 8 * np.dtype(series.dtype).itemsize
    return plain and whole and series.dataoffset is not None


def _stored_type(tif: Any, series: Any) -> np.dtype[Any]:
    """Type with the byte order of the file."""
    dtype: np.dtype[Any] = np.dtype(series.dtype).newbyteorder(tif.byteorder)
    return dtype.newbyteorder("=") if dtype.isnative else dtype


def _colours(series: Any) -> Array | None:
    """Colours of a palette, shape (numbers, 3), uint8; None where there is none."""
    page = series.keyframe
    if page.photometric != _PALETTE or page.colormap is None or series.dtype.kind != "u":
        return None
    table = np.asarray(page.colormap).T
    # 16 bits a colour by the rule; some writers keep to 8
    return (table >> 8 if table.max() > 255 else table).astype(np.uint8)


def _expect_whole_directories(path: Path, tif: Any, series: Any) -> None:
    """Refuse directories that were cut off: tifffile passes over what it misses of them."""
    last = tif.pages.get(len(tif.pages) - 1, aspage=True)
    small, large = ("Q", 20) if tif.is_bigtiff else ("H", 12)
    link = "Q" if tif.is_bigtiff else "I"
    with path.open("rb") as file:
        for page in (series.keyframe, last):
            file.seek(page.offset)
            (count,) = struct.unpack(tif.byteorder + small, file.read(struct.calcsize(small)))
            file.seek(count * large, os.SEEK_CUR)
            (following,) = struct.unpack(tif.byteorder + link, file.read(struct.calcsize(link)))
            if len(page.tags) < count or (page is last and following):
                raise ValueError("a directory (IFD) that is cut off")


def _expect_possible(path: Path, series: Any) -> None:
    """Refuse a file that is too small for its pixels, before memory is taken for them."""
    on_disk, page = path.stat().st_size, series.keyframe
    if _is_mapped(series):
        needed, found = series.dataoffset + series.nbytes, on_disk
    else:
        segments = [
            (offset, count)
            for part in series.pages
            for offset, count in zip(part.dataoffsets, part.databytecounts, strict=True)
        ]
        if any(count < 1 or offset + count > on_disk for offset, count in segments):
            raise ValueError("a strip or tile that is not in the file (StripByteCounts)")
        ratio = _FAX_BYTES_A_BYTE if page.compression in _FAX else _BYTES_A_BYTE
        ratio = ratio if page.compression != _UNCOMPRESSED else 8 // min(8, page.bitspersample)
        needed, found = series.nbytes, sum(count for _, count in segments) * ratio
    if needed > found:
        sizes = tuple(series.shape)
        raise ValueError(f"sizes (ImageWidth, ImageLength) {sizes} in {on_disk} bytes")


def _decoded(path: Path, series: Any) -> Array:
    try:
        return np.asarray(series.asarray())
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
    stored = _by_pillow(path, series)
    if stored is None:
        raise UnreadableFileError.about(
            path,
            f"{series.keyframe.compression.name} compression of pixels of type {series.dtype}",
            "pixels that can be read without a further package",
            "Run 'pip install imagecodecs', or save the picture uncompressed.",
        )
    return stored


def _by_pillow(path: Path, series: Any) -> Array | None:
    """Pixels of pages as Pillow reads them; None where it changes their type or shape."""
    pages, shape = [], tuple(series.keyframe.shape)
    try:
        with Image.open(path, formats=("TIFF",)) as picture:
            for page in series.pages:
                picture.seek(page.index)
                pages.append(np.array(picture))
    except OSError:
        return None
    whole = np.stack(pages)
    if whole.shape[1:] != shape or whole.dtype.newbyteorder("=") != series.dtype:
        return None
    if series.keyframe.photometric == _WHITE_IS_ZERO:
        whole = ~whole if whole.dtype.kind in "bu" else whole  # Pillow makes zero black
    return whole.astype(series.dtype, copy=False).reshape(series.shape)


def _notes(tif: Any, series: Any) -> Iterator[str]:
    """Say what a person should know of how a file is read."""
    page, others = series.keyframe, len(tif.series) - 1
    if _colours(series) is not None:
        yield PALETTE_NOTE
    if page.photometric == _WHITE_IS_ZERO:
        yield "Zero stands for white in it; the values are read as stored."
    if page.photometric == _SEPARATED:
        yield "Its colours are inks (CMYK), which are read as stored."
    if _states_sizes(tif):
        yield _SIZES_NOTE
    if others:
        of_size = "×".join(map(str, series.shape))
        more = "another picture" if others == 1 else f"{others} more pictures"
        yield f"It holds {more} of another size; only the first, {of_size}, is read."


def _states_sizes(tif: Any) -> bool:
    """Whether a microscope's writer says how large a pixel is."""
    if tif.is_ome:
        return "PhysicalSize" in (tif.ome_metadata or "")
    return tif.is_imagej and not {"spacing", "unit"}.isdisjoint(tif.imagej_metadata or ())
