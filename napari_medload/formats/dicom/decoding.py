"""Numbers of single images out of DICOM files, uncompressed or not: `read_planes`.

Uncompressed numbers are read as they lie. Others are decoded by pydicom with what is installed,
else by the GDCM inside SimpleITK, which is given one image at a time in a file of its own, so
that it can neither rescale nor rearrange it.
"""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames, get_frame
from pydicom.filereader import read_dataset
from pydicom.pixels import get_decoder
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from napari_medload.formats.contract import UnreadableFileError, shape_text
from napari_medload.formats.dicom.reading import inflated, transfer_syntax_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.formats.dicom.planes import File, Pixels

_ITEM = b"\xfe\xff\x00\xe0"
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_PLAIN = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB")


def read_planes(file: File, frames: Sequence[int]) -> Iterator[Array]:
    """Read some images of a file.

    Yields
    ------
    array, shape (rows, columns) or (rows, columns, samples)
        Stored numbers with the file's dtype; colours as red, green and blue.

    Raises
    ------
    UnreadableFileError
        If they are truncated, damaged, or of a transfer syntax that nothing installed decodes.
    OSError
        If the file cannot be opened.
    """
    pixels = file.pixels
    if pixels is None:
        raise UnreadableFileError.about(
            file.path, "no image", "a DICOM image", "Choose another file."
        )
    if _is_plain(pixels):
        yield from _plain(file, pixels, frames)
    else:
        yield from _Decoder(file, pixels).images(frames)


def _is_plain(pixels: Pixels) -> bool:
    swapped = pixels.big_endian and pixels.allocated == 8
    return not pixels.encapsulated and not swapped and pixels.photometric in _PLAIN


# --- uncompressed -------------------------------------------------------------------------


def _plain(file: File, pixels: Pixels, frames: Sequence[int]) -> Iterator[Array]:
    with open(file.path, "rb", buffering=0) as opened:
        stream: Any = io.BytesIO(_inflated(file, opened)) if pixels.deflated else opened
        for frame in frames:
            raw = np.empty(pixels.plane_bytes, np.uint8)
            stream.seek(pixels.offset + frame * pixels.plane_bytes)
            _fill(stream, raw, file, frame)
            yield _samples(raw, pixels)


def _inflated(file: File, opened: Any) -> bytes:
    try:
        return inflated(opened)
    except (ValueError, OSError) as error:
        raise _broken(file, str(error)) from error


def _fill(stream: Any, raw: Array, file: File, frame: int) -> None:
    view, done = raw.data, 0
    while done < len(raw):
        count = stream.readinto(view[done:])
        if not count:
            raise _broken(
                file, f"{done} bytes of image {frame + 1}, where {len(raw)} belong: it is truncated"
            )
        done += count


def _samples(raw: Array, pixels: Pixels) -> Array:
    """Numbers of one image, with the bits that do not count taken out."""
    dtype = pixels.dtype.newbyteorder(">" if pixels.big_endian else "<")
    flat = raw.view(dtype).astype(pixels.dtype, copy=False)
    if pixels.dtype.kind in "iu" and pixels.stored < pixels.allocated:
        # arithmetic shifts repeat the sign, logical ones bring zeros
        flat = (flat << (pixels.allocated - 1 - pixels.high)) >> (pixels.allocated - pixels.stored)
    rows, columns, samples = pixels.rows, pixels.columns, pixels.samples
    if samples == 1:
        return flat.reshape(rows, columns)
    if pixels.by_plane:
        return np.moveaxis(flat.reshape(samples, rows, columns), 0, -1)
    return flat.reshape(rows, columns, samples)


def _broken(file: File, reason: str) -> UnreadableFileError:
    return UnreadableFileError.about(
        file.path,
        reason,
        "the numbers of its images",
        "The file is truncated or damaged; copy it again from its source.",
    )


# --- everything else ----------------------------------------------------------------------


class _Decoder:
    """Decodes images of one file.

    Parameters
    ----------
    file : File
    pixels : Pixels
    """

    def __init__(self, file: File, pixels: Pixels) -> None:
        self._file, self._pixels = file, pixels

    def images(self, frames: Sequence[int]) -> Iterator[Array]:
        """Decode them in turn."""
        try:
            whole = self._whole()
        except (FileNotFoundError, UnreadableFileError):
            raise
        except Exception as error:  # pydicom raises whatever a broken file provokes
            raise _broken(self._file, f"elements that cannot be read ({error})") from error
        for frame in frames:
            yield self._checked(self._image(whole, frame))

    def _whole(self) -> Any:
        if self._pixels.encapsulated:
            found = dcmread(self._file.path, force=True, stop_before_pixels=True)
            found.PixelData = _indexed(_items(self._file, self._pixels.offset), self._pixels.frames)
            found["PixelData"].VR, found["PixelData"].is_undefined_length = "OB", True
            return found
        if not self._pixels.deflated:
            return dcmread(self._file.path, force=True)
        with open(self._file.path, "rb") as opened:
            found = read_dataset(io.BytesIO(inflated(opened)), False, True)
        found.file_meta = FileMetaDataset()
        found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return found

    def _image(self, whole: Any, frame: int) -> Array:
        reasons = []
        for decode in (self._by_pydicom, self._by_gdcm):
            try:
                return decode(whole, frame)
            except Exception as error:  # decoders raise whatever broken content provokes
                reasons.append(str(error).strip().split("\n")[-1][:160])
        raise UnreadableFileError.about(
            self._file.path,
            f"an image that cannot be decoded, of {transfer_syntax_name(self._pixels.syntax)}: "
            f"{'; '.join(filter(None, reasons))}",
            "an intact image of a transfer syntax that pydicom or GDCM decode",
            "Copy the file again, or decompress it with dcmdjpeg or gdcmconv --raw.",
        )

    def _by_pydicom(self, whole: Any, frame: int) -> Array:
        decoder = get_decoder(whole.file_meta.TransferSyntaxUID)
        if not decoder.is_available:
            raise ValueError("pydicom has no decoder for it")
        array, about = decoder.as_array(whole, index=frame)
        colours = about["photometric_interpretation"]
        if self._pixels.samples > 1 and colours != "RGB":
            raise ValueError(f"colours that stay {colours}")
        return np.asarray(array)

    def _by_gdcm(self, whole: Any, frame: int) -> Array:
        if not self._pixels.encapsulated:
            raise ValueError(f"colours of {self._pixels.photometric}")
        coded = get_frame(whole.PixelData, frame, number_of_frames=self._pixels.frames)
        single = _single_image(whole, coded)
        with tempfile.TemporaryDirectory(prefix="medload-") as folder:
            path = os.path.join(folder, "image.dcm")
            single.save_as(path, enforce_file_format=True)
            image = sitk.ReadImage(path, imageIO="GDCMImageIO")
        found: Array = np.asarray(sitk.GetArrayFromImage(image))[0]
        return found

    def _checked(self, image: Array) -> Array:
        """Hold an image against what the file says of it."""
        pixels = self._pixels
        expected = (pixels.rows, pixels.columns, pixels.samples)[: 3 if pixels.samples > 1 else 2]
        if image.shape != expected:
            raise _broken(
                self._file,
                f"an image of {shape_text(image.shape)} where its tags say {shape_text(expected)}",
            )
        if image.dtype == pixels.dtype:
            return image
        kept = image.astype(pixels.dtype)
        if not np.array_equal(kept, image) and pixels.dtype.itemsize != image.dtype.itemsize:
            raise _broken(
                self._file, f"numbers of type {image.dtype} where its tags say {pixels.dtype}"
            )
        return kept


def _items(file: File, offset: int) -> bytes:
    """Read encapsulated pixels up to their delimiter, found from item to item.

    Coded images may hold the bytes of a delimiter, so that these cannot be searched for.
    """
    with open(file.path, "rb") as opened:
        at = offset
        while True:
            opened.seek(at)
            head = opened.read(8)
            if head == _DELIMITER:
                break
            if len(head) < 8 or head[:4] != _ITEM:
                raise _broken(file, f"{file.size} bytes that end within its coded images")
            at += 8 + int.from_bytes(head[4:], "little")
        opened.seek(offset)
        return opened.read(at - offset)


def _indexed(items: bytes, frames: int) -> bytes:
    """Give coded images a table of where each begins, where they have none.

    Without it each image would be looked for from the first one on.
    """
    if frames == 1 or int.from_bytes(items[4:8], "little"):
        return items
    try:
        images = list(generate_frames(items, number_of_frames=frames))
        return bytes(encapsulate(images, has_bot=True))
    except ValueError:  # pieces that cannot be told apart: decoding says so
        return items


_KEPT = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)


def _single_image(whole: Any, coded: bytes) -> Dataset:
    """File of one image, without anything that would change its numbers."""
    single = Dataset()
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = whole.file_meta.TransferSyntaxUID
    single.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    single.SOPClassUID = SecondaryCaptureImageStorage
    single.SOPInstanceUID = single.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword in _KEPT:
        if keyword in whole:
            setattr(single, keyword, whole[keyword].value)
    single.PixelData = encapsulate([coded])
    single["PixelData"].is_undefined_length = True
    return single
