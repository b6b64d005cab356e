"""Planes: the images in one DICOM file, each with its place, before any pixel is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari_medload.formats.dicom.elements import Elements

UNIT_WITHIN = 0.01
"""How far direction cosines may be from unit length, and from a right angle."""

ORDER = (
    "TemporalPositionIdentifier",
    "AcquisitionNumber",
    "EchoTime",
    "DiffusionBValue",
    "TriggerTime",
    "AcquisitionTime",
    "InstanceNumber",
)
"""What orders images of one position, first things first."""

_IN_GROUPS = {
    "TemporalPositionIdentifier": ("FrameContentSequence", "TemporalPositionIndex"),
    "AcquisitionNumber": ("FrameContentSequence", "FrameAcquisitionNumber"),
    "EchoTime": ("MREchoSequence", "EffectiveEchoTime"),
    "DiffusionBValue": ("MRDiffusionSequence", "DiffusionBValue"),
    "TriggerTime": ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    "AcquisitionTime": ("FrameContentSequence", "FrameAcquisitionDateTime"),
    "ImagePositionPatient": ("PlanePositionSequence", "ImagePositionPatient"),
    "ImageOrientationPatient": ("PlaneOrientationSequence", "ImageOrientationPatient"),
    "PixelSpacing": ("PixelMeasuresSequence", "PixelSpacing"),
    "SliceThickness": ("PixelMeasuresSequence", "SliceThickness"),
    "SpacingBetweenSlices": ("PixelMeasuresSequence", "SpacingBetweenSlices"),
    "RescaleSlope": ("PixelValueTransformationSequence", "RescaleSlope"),
    "RescaleIntercept": ("PixelValueTransformationSequence", "RescaleIntercept"),
}
"""Where an enhanced file keeps them, in its functional groups (PS3.3, C.7.6.16)."""

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
KEYWORDS = (
    *ORDER,
    *_IN_GROUPS,
    *GROUPS,
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "GridFrameOffsetVector",
    "DoseGridScaling",
    "DetectorInformationSequence",
    "ImageType",
)


@dataclass(frozen=True, slots=True)
class Pixels:
    """How the numbers of a file are stored.

    Parameters
    ----------
    rows, columns, samples, frames : int
        Sizes of one image, values a pixel, and number of images.
    dtype : numpy dtype
        Of the numbers in memory, in the machine's byte order.
    allocated, stored, high : int
        Bits of a number on disk, those that count, and the highest of these.
    photometric : str
        What the values mean, such as ``"MONOCHROME2"``.
    by_plane : bool
        Whether the samples lie one plane after the other.
    syntax : str
        UID of the transfer syntax.
    big_endian, deflated, encapsulated : bool
        Consequences of it.
    offset : int
        Where the numbers begin in the (inflated) file.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    dtype: np.dtype[Any]
    allocated: int
    stored: int
    high: int
    photometric: str
    by_plane: bool
    syntax: str
    big_endian: bool
    deflated: bool
    encapsulated: bool
    offset: int

    @property
    def plane_bytes(self) -> int:
        """Bytes of one image, uncompressed."""
        return self.rows * self.columns * self.samples * self.allocated // 8


@dataclass(frozen=True, slots=True)
class File:
    """One DICOM file, without what tells its images apart.

    Parameters
    ----------
    path : str
    size : int
        In bytes.
    sop_class, uid, series : str
        UIDs of its kind, of itself, and of its series.
    study : str
        Whose it is: patient and study, for files whose UIDs were made equal.
    modality, number, description : str
        Of the series, for people.
    pixels : Pixels or None
        None where it holds no image.
    notes : tuple of str
        What is special about its values, the same for all files of a series.
    """

    path: str
    size: int
    sop_class: str
    uid: str
    series: str
    study: str
    modality: str
    number: str
    description: str
    pixels: Pixels | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in its folder."""
        return os.path.basename(self.path)


@dataclass(frozen=True, slots=True)
class Plane:
    r"""One image of a file, and where it lies.

    Parameters
    ----------
    file : File
    frame : int
        Its number in the file, from 0.
    position : three floats or None
        Centre of its first pixel, LPS mm.
    orientation : six floats or None
        Direction of increasing column, then of increasing row, as LPS unit vectors.
    spacing : two floats or None
        From row to row and from column to column, in mm.
    thickness : float or None
        In mm.
    slope, intercept : float
        From stored numbers to values.
    order : tuple of floats
        What comes first among images of one position; see `ORDER`.
    image_type : str
        Such as ``ORIGINAL\PRIMARY\M``.
    """

    file: File = field(repr=False)
    frame: int
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    thickness: float | None
    slope: float
    intercept: float
    order: tuple[float, ...]
    image_type: str

    @property
    def placed(self) -> bool:
        """Whether its place is stated in full."""
        return None not in (self.position, self.orientation, self.spacing)

    @property
    def lacking(self) -> str:
        """First tag that it would need to be placed."""
        stated = {
            "ImagePositionPatient": self.position,
            "ImageOrientationPatient": self.orientation,
            "PixelSpacing": self.spacing,
        }
        return next((name for name, value in stated.items() if value is None), "")


class _Look:
    """Finds an element of a frame: in its functional groups, in the shared ones, at the top."""

    def __init__(self, top: Elements, shared: Elements | None, own: Elements | None) -> None:
        self._top, self._groups = top, [group for group in (own, shared) if group is not None]

    def numbers(self, keyword: str) -> tuple[float, ...]:
        sequence, inside = _IN_GROUPS.get(keyword, ("", ""))
        for group in self._groups if sequence else ():
            for item in group.items(sequence):
                if found := item.numbers(inside):
                    return found
        return self._top.numbers(keyword)

    def number(self, keyword: str) -> float | None:
        found = self.numbers(keyword)
        return found[0] if found else None


def planes_of(file: File, top: Elements) -> tuple[Plane, ...]:
    """Find the images of a file.

    Parameters
    ----------
    file : File
        With pixels.
    top : Elements
        Its elements.

    Raises
    ------
    ValueError
        If an element contradicts the standard; the message names it.
    """
    frames = file.pixels.frames if file.pixels else 0
    shared, own = (top.items(keyword) for keyword in GROUPS)
    if len(own) not in (0, frames):
        raise ValueError(f"{len(own)} items in {GROUPS[1]} for NumberOfFrames {frames}")
    common = shared[0] if shared else None
    planes: list[Plane] = []
    for frame in range(frames):
        if own or not planes:
            planes.append(_plane(file, frame, _Look(top, common, own[frame] if own else None), top))
        else:  # the file tells nothing of single frames
            planes.append(replace(planes[0], frame=frame))
    return _along(planes, top)


def _plane(file: File, frame: int, look: _Look, top: Elements) -> Plane:
    thickness = look.number("SliceThickness") or look.number("SpacingBetweenSlices")
    dose = top.number("DoseGridScaling")
    slope, intercept = look.number("RescaleSlope"), look.number("RescaleIntercept")
    slope = slope if dose is None else dose
    if slope == 0:
        raise ValueError("RescaleSlope 0, by which all values would be one")
    return Plane(
        file,
        frame,
        _vector(look, "ImagePositionPatient", 3),
        _orientation(look),
        _spacing(look),
        abs(thickness) if thickness else None,
        1.0 if slope is None else slope,
        intercept or 0.0,
        tuple(_order(look, keyword) for keyword in ORDER),
        top.text("ImageType"),
    )


def _order(look: _Look, keyword: str) -> float:
    try:
        found = look.number(keyword)
    except ValueError:  # a time of odd form orders nothing
        return 0.0
    return 0.0 if found is None else found


def _vector(look: _Look, keyword: str, size: int) -> tuple[float, ...] | None:
    found = look.numbers(keyword)
    if found and len(found) != size:
        raise ValueError(f"{keyword} of {len(found)} numbers, expected {size}")
    return found or None


def _orientation(look: _Look) -> tuple[float, ...] | None:
    found = _vector(look, "ImageOrientationPatient", 6)
    if found is None:
        return None
    row, column = np.array(found[:3]), np.array(found[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(length - 1) for length in lengths) > UNIT_WITHIN:
        raise ValueError(
            f"ImageOrientationPatient {found}, whose vectors have the lengths "
            f"{lengths[0]:.3g} and {lengths[1]:.3g} in place of 1"
        )
    row, column = row / lengths[0], column / lengths[1]
    if abs(row @ column) > UNIT_WITHIN:
        raise ValueError(f"ImageOrientationPatient {found}, whose vectors are not perpendicular")
    return (*row.tolist(), *column.tolist())


def _spacing(look: _Look) -> tuple[float, ...] | None:
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        found = _vector(look, keyword, 2)
        if found is not None:
            if min(found) <= 0:
                raise ValueError(f"{keyword} {found}, which is not positive")
            return found
    return None


def _along(planes: list[Plane], top: Elements) -> tuple[Plane, ...]:
    """Place the frames of doses and of nuclear tomograms, which state their distances alone."""
    offsets = top.numbers("GridFrameOffsetVector")
    detectors = top.items("DetectorInformationSequence")
    first = planes[0] if planes else None
    if first is None:
        return ()
    position, orientation = first.position, first.orientation
    if not offsets and detectors and "RECON TOMO" in top.text("ImageType"):
        look = _Look(detectors[0], None, None)
        position = position or _vector(look, "ImagePositionPatient", 3)
        orientation = orientation or _orientation(look)
        step = top.number("SpacingBetweenSlices") or top.number("SliceThickness")
        offsets = tuple(frame * step for frame in range(len(planes))) if step else ()
    if len(planes) == 1 or not offsets or position is None or orientation is None:
        return tuple(planes)
    if len(offsets) != len(planes):
        raise ValueError(f"GridFrameOffsetVector of {len(offsets)} for {len(planes)} frames")
    normal = np.cross(orientation[:3], orientation[3:])
    return tuple(
        replace(
            plane,
            position=tuple((np.array(position) + (offset - offsets[0]) * normal).tolist()),
            orientation=orientation,
        )
        for plane, offset in zip(planes, offsets, strict=True)
    )
