"""ANALYZE 7.5: the ``.hdr``/``.img`` pairs from before NIfTI, which state no directions.

Their header has the fields of NIfTI-1 up to ``pixdim`` and no magic. SPM keeps a scale factor in
``funused1`` and the voxel of its origin in ``originator``. Sources: "ANALYZE 7.5 File Format" of
the Mayo Foundation, and nibabel's reading of SPM's variants.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.volumeutils import shape_zoom_affine

from napari_medload.formats.contract import Header, Scaling, Source, spatial_shape
from napari_medload.formats.nifti.header import ByteOrder, dtype_of, shape_of
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.geometry import FloatArray

_SIZE = 348
_DTYPES = frozenset((2, 4, 8, 16, 32, 64, 128, 256, 512, 768))
"""Codes of ANALYZE, and the codes of NIfTI-1 that writers put there for int8, uint16, uint32."""

_DIRECTIONS = (
    "ANALYZE 7.5 states a spacing and no directions. nibabel and SPM take the axes for left, "
    "anterior, superior, others for right, anterior, superior: left and right can't be told."
)
_NO_SPACING = "The header states no spacing (pixdim 0), so nothing is known in mm."


def is_analyze(block: bytes) -> bool:
    """Whether the first bytes are an ANALYZE header: its size, and no magic of NIfTI."""
    sizes = (block[:4], block[3::-1])
    return (
        len(block) >= _SIZE
        and _SIZE.to_bytes(4, "little") in sizes
        and block[344:347] not in (b"n+1", b"ni1")
    )


def describe(
    source: Source, block: bytes, header_path: Path, data_path: Path, order: ByteOrder
) -> Header:
    """Read a header.

    Parameters
    ----------
    block : bytes
        The first 348 bytes of the header, or more.
    header_path, data_path : path
        Both halves of the pair.
    order : str
        Order of its bytes.

    Raises
    ------
    ValueError
        If it contradicts itself.
    """
    fields: dict[str, Any] = {
        "dim": struct.unpack_from(order + "8h", block, 40),
        "datatype": struct.unpack_from(order + "h", block, 70)[0],
    }
    shape = shape_of(fields)
    if fields["datatype"] not in _DTYPES:
        raise ValueError(f"the data type code (datatype) {fields['datatype']}")
    dtype = dtype_of(fields, order)
    spatial, interleaved = spatial_shape(shape), bool(dtype.names)
    if dtype.names:
        shape, dtype = (*spatial, *shape[3:], len(dtype.names)), np.dtype(np.uint8)
    (offset,) = struct.unpack_from(order + "f", block, 108)
    if not math.isfinite(offset) or offset < 0:
        raise ValueError(f"data that begin at byte (vox_offset) {offset}")
    (slope,) = struct.unpack_from(order + "f", block, 112)
    scaling, notes = _scaling(1.0 if interleaved else slope)
    return Header(
        source=source,
        shape=shape,
        dtype=dtype,
        grid=(grid := _grid(spatial, struct.unpack_from(order + "3f", block, 80))),
        scaling=scaling,
        data_path=data_path,
        data_offset=int(offset),
        interleaved=interleaved,
        notes=(
            _DIRECTIONS if grid.known else _NO_SPACING,
            *notes,
            *_origin_notes(struct.unpack_from(order + "3h", block, 253), header_path),
        ),
    )


def _grid(shape: tuple[int, int, int], stated: tuple[float, ...]) -> Grid:
    """Grid with a spacing alone, drawn as nibabel draws it: along left, anterior, superior."""
    if not all(map(math.isfinite, stated)):
        raise ValueError(f"a spacing (pixdim) of {stated}")
    spacing = np.abs(stated)
    known = bool(spacing.all())
    affine: FloatArray = shape_zoom_affine(shape, spacing if known else (1, 1, 1), x_flip=True)
    return Grid(shape, affine, known, oriented=False)


def _scaling(slope: float) -> tuple[Scaling, tuple[str, ...]]:
    """SPM's scale factor; zero or no number where there is none, as nibabel has it."""
    if slope in (0, 1) or not math.isfinite(slope):
        return Scaling(), ()
    return Scaling(slope), (
        f"SPM's scale factor of {slope:g} (funused1) is applied; programs that follow ANALYZE 7.5 "
        "to the letter show the stored numbers.",
    )


def _origin_notes(origin: tuple[int, ...], header_path: Path) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if any(origin):
        notes += (
            f"SPM's origin, voxel {origin} counted from 1 (originator), is not used, because the "
            "directions are not known.",
        )
    mat = header_path.with_name(header_path.name.rsplit(".hdr", 1)[0] + ".mat")
    if mat.exists():
        notes += (
            f"{mat.name} beside it holds SPM's affine, which is not read; convert the image to "
            "NIfTI with SPM to keep it.",
        )
    return notes
