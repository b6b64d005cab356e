"""`Dicom`: series in folders, and single files.

What reads them is imported when it is first needed, for pydicom takes a tenth of a second.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats.contract import Array, Box, Header, Source

SUFFIXES = (".dcm", ".ima", ".dicom")
_PREAMBLE = 128
_MAGIC = b"DICM"


def is_dicom_start(start: bytes) -> bool:
    """Whether the first 132 bytes of a file are those of a DICOM file."""
    return start[_PREAMBLE : _PREAMBLE + len(_MAGIC)] == _MAGIC


def has_magic(path: Path | str) -> bool:
    """Whether a file begins as DICOM files do; no where it is none, or cannot be opened."""
    if not os.path.isfile(path):  # a pipe would never end
        return False
    try:
        with open(path, "rb", buffering=0) as file:
            return is_dicom_start(file.read(_PREAMBLE + len(_MAGIC)))
    except OSError:
        return False


def may_be_dicom(name: str) -> bool:
    """Whether a file may be a DICOM image by its name: such a suffix, none, or a number as one."""
    if is_directory(name):
        return False
    stem, dot, last = name.rpartition(".")
    if not dot:
        return bool(name)
    return (bool(stem) and last.isdigit()) or name.lower().endswith(SUFFIXES)


def is_directory(name: str) -> bool:
    """Whether a file is the table of contents of a CD or another medium, by its name."""
    return name.upper() == "DICOMDIR"


class Series(NamedTuple):
    """Images that make one volume.

    Parameters
    ----------
    source : Source
    title : str
        Number and description, for people.
    files : tuple of str
        Names of its files.
    uid : str
        SeriesInstanceUID, the same for all parts of a series.
    """

    source: Source
    title: str
    files: tuple[str, ...]
    uid: str


class Dicom:
    """Reader of DICOM images: a folder with a series, or a file.

    Axes are columns, rows, slices, then frames (images of one position) and colours.
    """

    name: ClassVar[str] = "DICOM"
    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES

    def sources(self, path: Path) -> list[Source]:
        """List the series in a folder or file; parts of one that share no grid are told apart.

        Raises
        ------
        UnreadableFileError
            If it holds no image.
        FileNotFoundError
            If the folder is empty.
        """
        return [entry.source for entry in self.series(path)]

    def series(self, path: Path | str) -> list[Series]:
        """List the same with their names and files; errors as in `sources`."""
        from napari_medload.formats.dicom.volumes import series_at

        return series_at(str(path))

    def header(self, source: Source) -> Header:
        """Read the tags of all files; without a key, those of the first series count.

        Raises
        ------
        UnreadableFileError
            If it holds no image, or the images of the series have no places on one lattice.
        FileNotFoundError
            If the folder is empty.
        """
        from napari_medload.formats.dicom.volumes import header_of

        return header_of(source)

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the images, or those slices that a box needs; missing slices are zeros.

        Raises
        ------
        UnreadableFileError
            If an image is truncated, damaged or cannot be decoded, or if there is no memory.
        """
        from napari_medload.formats.dicom.volumes import array_of

        return array_of(header, box)
