"""One DICOM file read without its pixels: `read_instance`.

Source: DICOM PS3.10 (files), PS3.5 (encoding) and PS3.3 (image modules).
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from pydicom import dcmread
from pydicom.filereader import read_dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.elements import Elements, tag_of
from napari_medload.formats.dicom.format import SUFFIXES, is_dicom_start
from napari_medload.formats.dicom.planes import KEYWORDS, File, Pixels, Plane, planes_of
from napari_medload.formats.dicom.wording import brief

_PREAMBLE = 128
_DIRECTORY = "1.2.840.10008.1.3.10"
_WHOLE = (
    *KEYWORDS,
    *"SpecificCharacterSet SOPClassUID SOPInstanceUID SeriesInstanceUID StudyInstanceUID PatientID "
    "Modality SeriesNumber SeriesDescription Rows Columns NumberOfFrames SamplesPerPixel "
    "PlanarConfiguration PhotometricInterpretation BitsAllocated BitsStored HighBit "
    "PixelRepresentation ModalityLUTSequence".split(),
)
_PIXEL_ELEMENTS = {0x0010: "", 0x0008: "f4", 0x0009: "f8"}
_LONG = (b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV")
_UNDEFINED = 0xFFFFFFFF
_INFLATED_AT_MOST = 1 << 30
_FRAME_BYTES = 8
_SEG = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


@dataclass(frozen=True, slots=True)
class Instance:
    """What a file holds.

    Parameters
    ----------
    file : File
    planes : tuple of Plane
        Its images; empty where it holds none.
    fault : str
        Why its images cannot be read, in full; empty where they can.
    """

    file: File
    planes: tuple[Plane, ...] = ()
    fault: str = ""


def read_instance(path: str) -> Instance | None:
    """Read one file; None where it is no DICOM file, or a directory of a medium.

    Raises
    ------
    UnreadableFileError
        If it is named like a DICOM file, or begins like one, and cannot be read as one.
    OSError
        If it cannot be opened.
    """
    named = path.lower().endswith(SUFFIXES)
    with open(path, "rb") as opened:
        begins = is_dicom_start(opened.read(_PREAMBLE + 4))
        if not begins and not named:
            return None
        opened.seek(0)
        size = os.fstat(opened.fileno()).st_size
        try:
            found, stream = _elements(opened)
            return _instance(path, size, found, stream)
        except MemoryError as error:
            raise UnreadableFileError.too_large(path, size) from error
        except Exception as error:  # pydicom raises whatever a broken file provokes
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise UnreadableFileError.about(
                path,
                f"what is no DICOM file or a broken one ({reason})",
                "a DICOM file with an image",
                "Copy it again from its source, or move it out of the series.",
            ) from error


def _elements(opened: BinaryIO) -> tuple[Any, BinaryIO]:
    """Elements of a file, and the stream that stands where its pixels begin."""
    start = opened.read(2048)
    opened.seek(0)
    if DeflatedExplicitVRLittleEndian.encode() in start:
        meta = dcmread(opened, stop_before_pixels=True, specific_tags=[tag_of("SOPClassUID")])
        stream = io.BytesIO(inflated(opened))
        tags = [tag_of(keyword) for keyword in _WHOLE]
        top: Any = read_dataset(stream, False, True, stop_when=_at_pixels, specific_tags=tags)
        top.file_meta = meta.file_meta
        return top, stream
    tags = [tag_of(keyword) for keyword in _WHOLE]
    return dcmread(opened, stop_before_pixels=True, force=True, specific_tags=tags), opened


def _at_pixels(tag: Any, _vr: str | None, _length: int) -> bool:
    return bool(tag.group == 0x7FE0 and tag.elem in _PIXEL_ELEMENTS)


def inflated(opened: BinaryIO) -> bytes:
    """Elements of a file of the deflated transfer syntax, which follow its group 2.

    Raises
    ------
    ValueError
        If they grow beyond 1 GiB, or are damaged.
    """
    opened.seek(_PREAMBLE + 4 + 8)
    (length,) = struct.unpack("<L", opened.read(4))
    opened.seek(length, os.SEEK_CUR)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = unpack.decompress(opened.read(), _INFLATED_AT_MOST)
    except zlib.error as error:
        raise ValueError(f"deflated elements that are damaged: {error}") from error
    if unpack.unconsumed_tail:
        raise ValueError("deflated elements of more than 1 GiB")
    return content


def _instance(path: str, size: int, dataset: Any, stream: BinaryIO) -> Instance | None:
    top, meta = Elements(dataset), dataset.file_meta
    sop_class = top.text("SOPClassUID") or str(meta.get("MediaStorageSOPClassUID", ""))
    if str(meta.get("MediaStorageSOPClassUID", "")) == _DIRECTORY:
        return None
    series = top.text("SeriesInstanceUID")
    if not (sop_class or series or "Rows" in top):
        raise ValueError("no SOPClassUID, no SeriesInstanceUID and no Rows")
    bare = File(
        path,
        size,
        sop_class,
        top.text("SOPInstanceUID"),
        series,
        f"{top.text('PatientID')}|{top.text('StudyInstanceUID')}",
        brief(top.text("Modality"), 16),
        brief(top.text("SeriesNumber"), 12),
        brief(top.words("SeriesDescription"), 80),
    )
    if bare.modality == "SEG" or sop_class in _SEG:
        return Instance(bare)
    if "MOSAIC" in top.text("ImageType").upper().split("\\"):
        return Instance(bare, fault=str(_mosaic(path)))
    try:
        little = getattr(dataset, "original_encoding", (False, True))[1] is not False
        stored = _find_pixels(stream, "<" if little else ">", size)
        pixels = _pixels(top, stored, str(meta.get("TransferSyntaxUID", "")))
        if pixels is None:
            return Instance(bare)
        file = replace(bare, pixels=pixels, notes=_notes(top, pixels))
        return Instance(file, planes_of(file, top))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        fault = UnreadableFileError.about(
            path,
            str(error),
            "image elements that agree with the DICOM standard",
            "Export the series again from its source.",
        )
        return Instance(bare, fault=str(fault))


def _mosaic(path: str) -> UnreadableFileError:
    return UnreadableFileError.about(
        path,
        "a mosaic (ImageType MOSAIC): the slices of a volume side by side in one picture, without "
        "their places",
        "one slice an image",
        "Convert the series to NIfTI with dcm2niix.",
    )


class _Stored(NamedTuple):
    """Where the pixels of a file are.

    Parameters
    ----------
    kind : str
        Their type where they are real numbers; else empty.
    offset, length : int
        Where they begin, and how many bytes their element claims.
    size : int
        Bytes of the (inflated) file.
    """

    kind: str
    offset: int
    length: int
    size: int


def _find_pixels(stream: BinaryIO, order: str, size: int) -> _Stored | None:
    """Look at the element where the stream stands; None where it is none of pixels."""
    head = stream.read(12)
    if len(head) < 8:
        return None
    group, elem = struct.unpack(f"{order}HH", head[:4])
    if group != 0x7FE0 or elem not in _PIXEL_ELEMENTS:
        return None
    # an implicit element has a length here, which is even; these letters would be odd ones
    at, after = (8, 12) if head[4:6] in _LONG else (4, 8)
    if len(head) < after:
        return None
    (length,) = struct.unpack(f"{order}L", head[at:after])
    if isinstance(stream, io.BytesIO):
        size = len(stream.getbuffer())
    return _Stored(_PIXEL_ELEMENTS[elem], stream.tell() - len(head) + after, length, size)


def _pixels(top: Elements, stored: _Stored | None, syntax: str) -> Pixels | None:
    """How the numbers are stored; None where the file holds no image."""
    if stored is None:
        if "Rows" in top and "BitsAllocated" in top:
            raise ValueError("no PixelData, though Rows are stated: the file is truncated")
        return None
    samples = top.whole("SamplesPerPixel", 1)
    dtype, (allocated, counting, high) = _number_type(top, stored.kind)
    found = Pixels(
        rows=top.whole("Rows", 0),
        columns=top.whole("Columns", 0),
        samples=samples,
        frames=top.whole("NumberOfFrames", 1),
        dtype=dtype,
        allocated=allocated,
        stored=counting,
        high=high,
        photometric=top.text("PhotometricInterpretation")
        or ("RGB" if samples > 1 else "MONOCHROME2"),
        by_plane=top.whole("PlanarConfiguration", 0) == 1,
        syntax=syntax,
        big_endian=syntax == ExplicitVRBigEndian,
        deflated=syntax == DeflatedExplicitVRLittleEndian,
        encapsulated=stored.length == _UNDEFINED,
        offset=stored.offset,
    )
    _check_sizes(found, stored)
    return found


def _number_type(top: Elements, kind: str) -> tuple[np.dtype[Any], tuple[int, int, int]]:
    """Type of the numbers, and how many bits they have: allocated, counting, and the highest."""
    if kind:
        dtype = np.dtype(kind)
        return dtype, (8 * dtype.itemsize, 8 * dtype.itemsize, 8 * dtype.itemsize - 1)
    allocated = top.whole("BitsAllocated", 0)
    stored = top.whole("BitsStored", allocated)
    high = top.whole("HighBit", stored - 1)
    return _dtype(allocated, stored, high, top.whole("PixelRepresentation", 0)), (
        allocated,
        stored,
        high,
    )


def _dtype(allocated: int, stored: int, high: int, sign: int) -> np.dtype[Any]:
    if allocated not in (8, 16, 32, 64):
        raise ValueError(f"BitsAllocated {allocated}, which is not 8, 16, 32 or 64")
    if not 1 <= stored <= allocated or not stored - 1 <= high < allocated:
        raise ValueError(f"BitsStored {stored} and HighBit {high} in BitsAllocated {allocated}")
    if sign not in (0, 1):
        raise ValueError(f"PixelRepresentation {sign}, which is neither 0 nor 1")
    return np.dtype(f"{'i' if sign else 'u'}{allocated // 8}")


def _check_sizes(pixels: Pixels, stored: _Stored) -> None:
    """Check that sizes are positive, and hold them against the number of bytes."""
    sizes = {"Rows": pixels.rows, "Columns": pixels.columns, "NumberOfFrames": pixels.frames}
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name} {value}")
    if pixels.samples not in (1, 3, 4):
        raise ValueError(f"SamplesPerPixel {pixels.samples}")
    each = _FRAME_BYTES if pixels.encapsulated else pixels.plane_bytes
    if pixels.frames > 1 and pixels.frames * each > stored.size - pixels.offset:
        raise ValueError(
            f"NumberOfFrames {pixels.frames} of {pixels.rows}×{pixels.columns} in {stored.size} "
            "bytes, which is too little: the file is truncated"
        )
    subsampled = "_42" in pixels.photometric
    if not (pixels.encapsulated or subsampled) and pixels.frames * each > stored.length:
        raise ValueError(
            f"PixelData of {stored.length} bytes for Rows {pixels.rows}, Columns {pixels.columns} "
            f"and NumberOfFrames {pixels.frames}, which take {pixels.frames * each}"
        )


def _notes(top: Elements, pixels: Pixels) -> tuple[str, ...]:
    notes = []
    if pixels.photometric == "MONOCHROME1":
        notes.append(
            "Low numbers are meant to be bright (MONOCHROME1); the values are as stored, so the "
            "image looks inverted beside other programs."
        )
    if pixels.photometric == "PALETTE COLOR":
        notes.append("The values are numbers of a colour table, which is not applied.")
    if "ModalityLUTSequence" in top:
        notes.append("The values are as stored: the file's modality lookup table is not applied.")
    if "PixelSpacing" not in top and "ImagerPixelSpacing" in top:
        notes.append(
            "The spacing is that at the detector (ImagerPixelSpacing), not corrected for how much "
            "the patient is magnified."
        )
    return tuple(notes)


def transfer_syntax_name(syntax: str) -> str:
    """Name of a transfer syntax for people, with its UID."""
    return f"{UID(syntax).name} ({syntax})" if syntax else "unknown transfer syntax"
