"""MGH and MGZ: the volumes of FreeSurfer.

A header of 284 bytes, the voxels in Fortran order, then scan parameters and tags that are not
read. All numbers are big-endian. Sources: the page "MghFormat" of FreeSurfer's wiki; the intent
above the lowest byte of the version follows FreeSurfer's own Python package.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from isal import isal_zlib

from napari_medload.formats.contract import (
    Array,
    Box,
    Content,
    Header,
    Source,
    UnreadableFileError,
    cut,
    spatial_shape,
)
from napari_medload.formats.storage.ending import TRUNCATED
from napari_medload.formats.storage.inflate import inflate, inflate_start
from napari_medload.formats.storage.narrowing import affine_in_float32, as_one_of
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import from_parts, voxel_spacing

if TYPE_CHECKING:
    from pathlib import Path

_OFFSET = 284
_FIELDS = struct.Struct(">7ih15f")
"""Version, four sizes, type, degrees of freedom; goodRASFlag; delta, Mdc and Pxyz_c."""

_FOOTER = struct.Struct(">5f")
_FOOTER_AT_MOST = 16 << 20
_LABEL_INTENT = 1
_GZIP = 31
_DTYPES = {0: ">u1", 1: ">i4", 3: ">f4", 4: ">i2", 10: ">u2"}
_WRITTEN = {"u1": 0, "i4": 1, "f4": 3, "i2": 4}
_REFUSED = {2: "long integers", 5: "a bitmap", 6: "tensors"}
_CORONAL = ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))
"""Directions that FreeSurfer assumes where a file states none: left, inferior, anterior."""

_NO_GEOMETRY = (
    "The header states no geometry (goodRASFlag 0); it is drawn as FreeSurfer draws such a file, "
    "along left, inferior and anterior, and nothing is known in mm."
)


class Mgh:
    """Reader and writer of FreeSurfer's volumes."""

    name: ClassVar[str] = "MGH"
    suffixes: ClassVar[tuple[str, ...]] = (".mgh", ".mgz", ".mgh.gz")
    written: ClassVar[tuple[str, ...]] = (".mgh", ".mgz")

    def sources(self, path: Path) -> list[Source]:
        """One array a file."""
        return [Source(path)]

    def header(self, source: Source) -> Header:
        """Read a header without pixels.

        Raises
        ------
        UnreadableFileError
            If the file is no MGH file or its header contradicts itself.
        """
        path = source.path
        try:
            return _describe(source, _first_bytes(path))
        except ValueError as error:
            raise UnreadableFileError.about(
                path,
                f"an MGH header with {error}",
                "version 1, positive sizes, a data type and a geometry of numbers",
                "Check that the download is complete, or write the file again with FreeSurfer.",
            ) from error

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the stored numbers: inflated where compressed, else mapped from disk."""
        path = header.source.path
        stored = _inflate(path, header, box) if _is_compressed(path) else _map(path, header)
        stored = cut(stored, box)
        stored.flags.writeable = False
        return stored

    def write(self, path: Path, content: Content) -> None:
        """Write a volume; channels become frames.

        The format has uint8, int16, int32 and float32 (which every version of FreeSurfer reads).
        Other types are written as the narrowest of these that holds every value. The affine is
        stored in float32, shear included; an unknown geometry is left out.

        Raises
        ------
        ValueError
            If no type of the format holds every value, or float32 not the affine.
        """
        array = as_one_of(path, content.array, tuple(_WRITTEN), "MGH")
        shape = (*array.shape, 1, 1)[:4]
        affine_in_float32(path, content.grid.affine, "MGH")
        geometry = _geometry_fields(content.grid.affine, spatial_shape(shape))
        code, is_good = _WRITTEN[array.dtype.str[1:]], int(content.grid.known)
        start = _FIELDS.pack(1, *shape, code, 0, is_good, *geometry)
        stored = array.astype(array.dtype.newbyteorder(">"), copy=False).tobytes("F")
        whole = b"".join((start.ljust(_OFFSET, b"\0"), stored, bytes(_FOOTER.size)))
        path.write_bytes(isal_zlib.compress(whole, 2, _GZIP) if _is_compressed(path) else whole)


def _is_compressed(path: Path) -> bool:
    return path.name.lower().endswith((".mgz", ".gz"))


def _first_bytes(path: Path) -> bytes:
    if _is_compressed(path):
        return inflate_start(path, _OFFSET)
    with open(path, "rb", buffering=0) as file:
        return file.read(_OFFSET)


def _describe(source: Source, block: bytes) -> Header:
    if len(block) < _OFFSET:
        raise ValueError(f"{len(block)} bytes instead of {_OFFSET}")
    version, *sizes, code, _dof, is_good = _FIELDS.unpack_from(block)[:8]
    if version & 0xFF != 1:
        raise ValueError(f"the version {version}")
    if min(sizes) < 1:
        raise ValueError(f"sizes (dims) {tuple(sizes)}")
    if code not in _DTYPES:
        named = f", {_REFUSED[code]}," if code in _REFUSED else ""
        raise ValueError(f"the data type (type) {code}{named} which is not read here")
    shape = tuple(sizes) if sizes[3] > 1 else tuple(sizes[:3])
    spatial = spatial_shape(shape)
    affine = _affine(_FIELDS.unpack_from(block)[8:] if is_good else None, spatial)
    return Header(
        source=source,
        shape=shape,
        dtype=np.dtype(_DTYPES[code]),
        grid=Grid(spatial, affine, known=bool(is_good)),
        is_label=version >> 8 == _LABEL_INTENT,
        data_path=source.path,
        data_offset=_OFFSET,
        frame_step=0.0 if len(shape) > 3 else None,
        notes=() if is_good else (_NO_GEOMETRY,),
    )


def _affine(numbers: tuple[float, ...] | None, shape: tuple[int, int, int]) -> FloatArray:
    """Voxel indices to RAS+ mm; of `FreeSurfer`'s usual directions where the file states none.

    ``Mdc`` holds one direction after another, and ``Pxyz_c`` the place of index ``shape / 2``,
    which is half a voxel beyond the centre.
    """
    if numbers is None:
        numbers = (1.0, 1.0, 1.0, *(n for direction in _CORONAL for n in direction), 0.0, 0.0, 0.0)
    for name, part in (("delta", numbers[:3]), ("Mdc", numbers[3:12]), ("Pxyz_c", numbers[12:])):
        if not all(map(math.isfinite, part)):
            raise ValueError(f"numbers ({name}) {part}")
    linear = np.array(numbers[3:12]).reshape(3, 3).T * numbers[:3]
    return from_parts(linear, np.array(numbers[12:]) - linear @ np.array(shape) / 2)


def _geometry_fields(affine: FloatArray, shape: tuple[int, int, int]) -> list[float]:
    """``delta``, ``Mdc`` and ``Pxyz_c`` of an affine."""
    spacing = voxel_spacing(affine)
    directions = affine[:3, :3] / np.where(spacing == 0, 1.0, spacing)
    middle = affine[:3, :3] @ np.array(shape) / 2 + affine[:3, 3]
    return [*spacing.tolist(), *directions.T.ravel().tolist(), *middle.tolist()]


def _inflate(path: Path, header: Header, box: Box | None) -> Array:
    """Inflate the stored numbers, as far as a box of a 3D image needs them."""
    shape, whole = header.shape, True
    if box is not None and len(shape) == 3 and box[2].stop < shape[2]:
        shape, whole = (*shape[:2], box[2].stop), False
    size = _OFFSET + math.prod(shape) * header.dtype.itemsize
    flat = inflate(path, size, whole=whole, tail_at_most=_FOOTER_AT_MOST)
    return flat[_OFFSET:].view(header.dtype).reshape(shape, order="F")


def _map(path: Path, header: Header) -> Array:
    found, needed = path.stat().st_size, _OFFSET + header.nbytes
    footer = found - needed
    is_cut = footer < _FOOTER.size and footer % 4  # it begins with numbers of four bytes
    if not 0 <= footer <= _FOOTER_AT_MOST or is_cut:
        raise UnreadableFileError.about(
            path,
            f"{found} bytes",
            f"{needed} bytes and a short footer, as its sizes (dims) say",
            TRUNCATED,
        )
    array: Array = np.memmap(path, header.dtype, "r", _OFFSET, header.shape, order="F")
    return array
