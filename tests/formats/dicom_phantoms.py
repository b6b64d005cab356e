"""DICOM series with known truth, written by pydicom as scanners write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless, generate_uid

if TYPE_CHECKING:
    from pathlib import Path

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_LPS = np.diag((-1.0, -1.0, 1.0, 1.0))


def uid(text: str) -> str:
    """UID that is the same at each run."""
    return generate_uid(entropy_srcs=[text])


def instance(image: np.ndarray, series: str = "series", **tags: Any) -> Dataset:
    """One image, rows × columns (× 3), without a place.

    Tags of the value None are left out.
    """
    file = Dataset()
    file.SOPClassUID = CT
    file.SOPInstanceUID = generate_uid()
    file.SeriesInstanceUID = uid(series)
    file.Modality = "CT"
    file.SeriesNumber = 1
    file.SeriesDescription = series
    file.Rows, file.Columns = image.shape[:2]
    file.SamplesPerPixel = 3 if image.ndim == 3 else 1
    file.PhotometricInterpretation = "RGB" if image.ndim == 3 else "MONOCHROME2"
    if image.ndim == 3:
        file.PlanarConfiguration = 0
    file.BitsAllocated = file.BitsStored = 8 * image.dtype.itemsize
    file.HighBit = file.BitsStored - 1
    file.PixelRepresentation = int(image.dtype.kind == "i")
    set_pixels(file, image.tobytes())
    for keyword, value in tags.items():
        if value is None:
            delattr(file, keyword)
        else:
            setattr(file, keyword, value)
    return file


def set_pixels(file: Dataset, raw: bytes) -> None:
    """Set pixels, padded to an even length."""
    file.PixelData = raw + b"\0" * (len(raw) % 2)
    file["PixelData"].VR = "OB" if file.BitsAllocated == 8 else "OW"


def placed(file: Dataset, affine: np.ndarray, k: float) -> Dataset:
    """Give an image the place of slice k on a grid, whose affine leads to RAS mm."""
    lps = _LPS @ affine
    columns, rows = lps[:3, 0], lps[:3, 1]
    steps = np.linalg.norm(columns), np.linalg.norm(rows)
    file.ImageOrientationPatient = _texts((*(columns / steps[0]), *(rows / steps[1])))
    file.PixelSpacing = _texts((steps[1], steps[0]))
    file.ImagePositionPatient = _texts(lps[:3] @ (0, 0, k, 1))
    file.SliceThickness = _texts((np.linalg.norm(lps[:3, 2]),))[0]
    return file


def _texts(numbers: Any) -> list[str]:
    return [f"{number:.9f}"[:16] for number in numbers]


def save(file: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a file; RLE is packed by pydicom."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file.file_meta = FileMetaDataset()
    packed = syntax == RLELossless
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if packed else syntax
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
    if packed:
        file.compress(RLELossless, generate_instance_uid=False)
    if syntax == ExplicitVRBigEndian:
        raw = np.frombuffer(file.PixelData, f"<u{file.BitsAllocated // 8}")
        file.PixelData = raw.byteswap().tobytes()
    file.save_as(path, enforce_file_format=True)
    return path


def write_series(
    folder: Path,
    array: np.ndarray,
    affine: np.ndarray,
    *,
    series: str = "series",
    slices: Any = None,
    syntax: str = ExplicitVRLittleEndian,
    suffix: str = ".dcm",
    seed: int = 7,
    **tags: Any,
) -> Path:
    """Write the slices of an array (i, j, k), one a file, under names in another order.

    Parameters
    ----------
    slices : sequence of numbers, optional
        Where along k each slice lies, if not at 0, 1, 2, …
    tags
        Further tags, or a function from a slice's number to one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = np.random.default_rng(seed).permutation(array.shape[2])
    for number, k in enumerate(range(array.shape[2]) if slices is None else slices):
        own = {key: value(number) if callable(value) else value for key, value in tags.items()}
        own.setdefault("InstanceNumber", int(names[number]) + 1)
        file = instance(np.ascontiguousarray(array[:, :, number].T), series)
        placed(file, affine, k)
        for keyword, value in own.items():
            if value is None:
                delattr(file, keyword)
            else:
                setattr(file, keyword, value)
        save(file, folder / f"{series}-{names[number]:04}{suffix}", syntax)
    return folder


def write_enhanced(
    path: Path, array: np.ndarray, affine: np.ndarray, order: Any, **tags: Any
) -> Path:
    """Write an array (i, j, k[, t]) as one enhanced file, whose frames come in the given order.

    Parameters
    ----------
    order : sequence of (k, t)
    """
    volumes = array if array.ndim == 4 else array[..., None]
    planes = [np.ascontiguousarray(volumes[:, :, k, t].T) for k, t in order]
    file = instance(planes[0], "enhanced", SOPClassUID=ENHANCED_MR, Modality="MR")
    file.NumberOfFrames = len(planes)
    set_pixels(file, b"".join(plane.tobytes() for plane in planes))
    template = placed(Dataset(), affine, 0)
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing = template.PixelSpacing
    measures.SliceThickness = template.SliceThickness
    orientation.ImageOrientationPatient = template.ImageOrientationPatient
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    file.SharedFunctionalGroupsSequence = Sequence([shared])
    groups = []
    for k, t in order:
        position, content, group = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = placed(Dataset(), affine, k).ImagePositionPatient
        content.TemporalPositionIndex = t + 1
        group.PlanePositionSequence = Sequence([position])
        group.FrameContentSequence = Sequence([content])
        groups.append(group)
    file.PerFrameFunctionalGroupsSequence = Sequence(groups)
    for keyword, value in tags.items():
        setattr(file, keyword, value)
    return save(file, path)
