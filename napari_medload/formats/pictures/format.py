"""Pictures: PNG, JPEG, BMP and TIFF, as images of one slice (or of a TIFF's pages).

Axis i runs along the columns and j along the rows, from the upper left corner. A picture states no
geometry. Pillow reads PNG, JPEG and BMP; it would round colours of 16 bits to 8, so SimpleITK
reads those. tifffile reads TIFF, whose types Pillow knows in part only; Pillow inflates for it
what needs a codec. What a file is, its first bytes decide and not its suffix.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from napari_medload.formats.contract import (
    Array,
    Box,
    Content,
    Header,
    Source,
    UnreadableFileError,
    cut,
)
from napari_medload.formats.pictures import tiff
from napari_medload.formats.storage.memory import expect_room_for
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UPRIGHT = np.diag((-1.0, -1.0, 1.0, 1.0))
"""Columns to the left, rows to the back: how pictures are drawn, and nothing about a patient."""

_LIBRARY_FORMATS = ("PNG", "JPEG", "BMP")
_PNG = b"\x89PNG\r\n\x1a\n"
_DEFLATE_AT_MOST = 1032
_PIXELS_A_BYTE = 2048
"""More than JPEG's shortest codes and BMP's longest runs give."""

_SMALL_GREYS = {"L;2": (2, 85), "L;4": (4, 17)}
_MODES: dict[str, tuple[str, int]] = {
    "1": ("bool", 1),
    "L": ("u1", 1),
    "LA": ("u1", 2),
    "RGB": ("u1", 3),
    "RGBA": ("u1", 4),
    "I;16": ("<u2", 1),
    "I": ("i4", 1),
    "F": ("f4", 1),
}
_COLOUR_MODES = frozenset(("CMYK", "YCbCr", "LAB", "HSV", "RGBX"))
_EXIF_ORIENTATION = 0x112
_WRITTEN_KINDS = {
    ".png": ("u1", "u2"),
    ".tif": ("u1", "u2", "f4", "f8"),
    ".tiff": ("u1", "u2", "f4", "f8"),
    ".jpg": ("u1",),
    ".jpeg": ("u1",),
    ".bmp": ("u1",),
}
_WITH_OPACITY = frozenset((".png", ".tif", ".tiff"))
_REMEDY = "Copy it again from its source, or open and save it with a picture editor."
_FAULTS = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
    EOFError,
)


class Raster:
    """Reader and writer of pictures."""

    name: ClassVar[str] = "picture"
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
    written: ClassVar[tuple[str, ...]] = suffixes

    def sources(self, path: Path) -> list[Source]:
        """One array a file."""
        return [Source(path)]

    def header(self, source: Source) -> Header:
        """Read size and type of a picture without its pixels.

        Raises
        ------
        UnreadableFileError
            If the file is no picture, or too small for what it promises.
        """
        path = source.path
        found = tiff.look(path) if tiff.is_tiff(path) else _look(path)
        shape, dtype, notes = found
        return Header(
            source=source,
            shape=shape,
            dtype=dtype,
            grid=Grid((shape[0], shape[1], shape[2]), _UPRIGHT, known=False),
            data_path=path,
            notes=notes,
        )

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the pixels, shape (columns, rows, pages[, channels])."""
        path = header.source.path
        pixels = tiff.pixels(header) if tiff.is_tiff(path) else _pixels(header)
        if pixels.shape != header.shape or pixels.dtype != header.dtype:
            raise UnreadableFileError.about(
                path,
                f"pixels of shape {pixels.shape} and type {pixels.dtype}",
                f"{header.shape} and {header.dtype}, as its header says",
                "The file changed or is broken; copy it again from its source.",
            )
        pixels = cut(pixels, box)
        pixels.flags.writeable = False
        return pixels

    def write(self, path: Path, content: Content) -> None:
        """Write one slice of 1, 3 or 4 channels; no picture holds its geometry.

        PNG takes uint8 and uint16, TIFF these, float32 and float64, JPEG and BMP uint8 of 1 or 3
        channels; bool becomes uint8. JPEG changes values a little.

        Raises
        ------
        ValueError
            If the image has another depth, type or number of channels, or is a label map that
            JPEG would blur.
        """
        suffix = "." + path.name.lower().rsplit(".", 1)[-1]
        image = _plane(path, suffix, content)
        if suffix in (".tif", ".tiff"):
            tiff.write(path, image)
        elif image.dtype == np.uint16 and image.ndim == 3:
            _write_deep(path, image)
        else:
            is_jpeg = suffix in (".jpg", ".jpeg")
            options: dict[str, Any] = {"quality": 95, "subsampling": 0} if is_jpeg else {}
            Image.fromarray(image).save(path, **options)


def _write_deep(path: Path, image: Array) -> None:
    """Write colours of 16 bits, which Pillow does not."""
    import SimpleITK as sitk  # it takes a while, and few people need it

    try:
        sitk.WriteImage(sitk.GetImageFromArray(image, isVector=True), str(path))
    except RuntimeError as error:
        reason = str(error).strip().rsplit("\n", 1)[-1]
        raise OSError(f"{path}: it cannot be written ({reason})") from error


def _plane(path: Path, suffix: str, content: Content) -> Array:
    """Rows, columns and channels of an image that a format can hold."""
    array = content.array
    channels = array.shape[3] if array.ndim == 4 else 1
    allowed = (1, 3, 4) if suffix in _WITH_OPACITY else (1, 3)
    if array.ndim not in (3, 4) or array.shape[2] != 1 or channels not in allowed:
        raise ValueError(
            f"{path}: an image of shape {array.shape}; expected (columns, rows, 1) with "
            f"{' or '.join(map(str, allowed))} channels, as {suffix} holds. Take one slice, or "
            "write NIfTI."
        )
    if content.is_label and suffix in (".jpg", ".jpeg"):
        raise ValueError(
            f"{path}: a label map, whose values JPEG would change; expected an image. Write it as "
            "PNG or NIfTI."
        )
    array = array.view(np.uint8) if array.dtype.kind == "b" else array
    found = array.dtype.newbyteorder("=")
    if found not in (dtypes := [np.dtype(kind) for kind in _WRITTEN_KINDS[suffix]]):
        raise ValueError(
            f"{path}: values of type {array.dtype}; expected {' or '.join(map(str, dtypes))}, as "
            f"{suffix} holds. Convert them first, or write NIfTI."
        )
    plane = array[:, :, 0].swapaxes(0, 1).astype(found)
    return np.ascontiguousarray(plane[..., 0] if plane.ndim == 3 and channels == 1 else plane)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture by Pillow, and say what is wrong with it in our words."""
    try:
        with Image.open(path, formats=_LIBRARY_FORMATS) as picture:
            yield picture
    except _FAULTS as error:
        raise _broken(path, str(error)) from error
    except OSError as error:
        if error.errno is not None:  # of the system, not of the picture
            raise
        raise _broken(path, str(error)) from error


def _broken(path: Path, reason: str) -> UnreadableFileError:
    return UnreadableFileError.about(
        path, f"no whole picture ({reason})", "PNG, JPEG, BMP or TIFF", _REMEDY
    )


def _look(path: Path) -> tuple[tuple[int, ...], np.dtype[Any], tuple[str, ...]]:
    """Shape, type and notes of a picture that Pillow knows."""
    with _opened(path) as picture:
        deep = _deep_channels(path)
        if deep == 2:
            raise ValueError("grey with an opacity of 16 bits; save it without its opacity")
        _expect_possible(path, picture)
        kind, channels = ("u2", deep) if deep else _MODES[_read_mode(picture)]
        shape = (*picture.size, 1) if channels == 1 else (*picture.size, 1, channels)
        return shape, np.dtype(kind), tuple(_notes(picture))


def _pixels(header: Header) -> Array:
    """Pixels of a picture, shape (columns, rows, 1[, channels])."""
    path = header.source.path
    expect_room_for(header)
    with _opened(path) as picture:
        _expect_whole(path, str(picture.format))
        mode = _read_mode(picture)
        if _deep_channels(path):
            rows = _deep_pixels(path)
        else:
            rows = np.array(picture if mode == picture.mode else picture.convert(mode))
    return rows.swapaxes(0, 1)[:, :, np.newaxis]


def _read_mode(picture: Image.Image) -> str:
    """Mode of Pillow in which a picture is read."""
    mode = picture.mode
    if mode in ("P", "PA"):
        return "RGBA" if mode == "PA" or "transparency" in picture.info else "RGB"
    if mode in _COLOUR_MODES:
        return "RGB"
    if mode not in _MODES:
        raise ValueError(f"the mode {mode}")
    return mode


def _deep_channels(path: Path) -> int:
    """Count the channels of a PNG whose colours have 16 bits; 0 for every other picture."""
    with open(path, "rb", buffering=0) as file:
        start = file.read(26)
    if not start.startswith(_PNG) or len(start) < 26 or start[24] != 16:
        return 0
    return {2: 3, 4: 2, 6: 4}.get(start[25], 0)


def _deep_pixels(path: Path) -> Array:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO("PNGImageIO")
    try:
        return np.asarray(sitk.GetArrayFromImage(reader.Execute()))
    except RuntimeError as error:
        raise _broken(path, str(error).strip().rsplit("\n", 1)[-1]) from error


def _expect_possible(path: Path, picture: Image.Image) -> None:
    """Refuse a small file that promises a huge picture, before memory is taken for it."""
    (columns, rows), on_disk = picture.size, path.stat().st_size
    promised, at_most = columns * rows, on_disk * _PIXELS_A_BYTE
    if picture.format == "PNG":
        with open(path, "rb", buffering=0) as file:
            depth, colour = file.read(26)[24:26]
        bits = columns * depth * {2: 3, 4: 2, 6: 4}.get(colour, 1)
        promised, at_most = rows * (1 + (bits + 7) // 8), on_disk * _DEFLATE_AT_MOST
    if promised > at_most:
        raise ValueError(f"{columns} columns and {rows} rows in {on_disk} bytes")


def _expect_whole(path: Path, kind: str) -> None:
    """Refuse a file that was cut off where its decoder would not notice."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if kind == "JPEG":
            file.seek(max(0, size - (1 << 16)))
            if b"\xff\xd9" not in file.read():
                raise ValueError("its end marker is missing")
        if kind == "PNG":
            place = len(_PNG)
            while place + 12 <= size:
                file.seek(place)
                length, name = struct.unpack(">I4s", file.read(8))
                place += 12 + length
                if name == b"IEND" and place <= size:
                    return
            raise ValueError("its end marker (IEND) is missing")


def _notes(picture: Image.Image) -> Iterator[str]:
    """Say what a person should know of how a picture is read."""
    if picture.mode in ("P", "PA"):
        yield tiff.PALETTE_NOTE
    if picture.mode in _COLOUR_MODES:
        yield f"Its colours are stored as {picture.mode} and are converted to RGB."
    tiles = getattr(picture, "tile", ())
    raw = tiles[0][3] if tiles else None
    if raw in _SMALL_GREYS:
        bits, factor = _SMALL_GREYS[raw]
        yield f"It has {bits} bits a pixel; the values are multiplied by {factor}, up to 255."
    if (frames := getattr(picture, "n_frames", 1)) > 1:
        yield f"It is animated; the first of {frames} frames is read."
    turned = picture.getexif().get(_EXIF_ORIENTATION, 1) if picture.format == "JPEG" else 1
    if turned != 1:
        yield f"Its camera says that it should be turned (EXIF orientation {turned}); it is not."
