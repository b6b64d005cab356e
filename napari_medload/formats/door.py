"""The one door to files: which format reads a path, its headers and its arrays."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from napari_medload.formats.contract import (
    Array,
    Box,
    Format,
    Header,
    Source,
    UnreadableFileError,
    whole_box,
)
from napari_medload.formats.dicom import Dicom, has_magic
from napari_medload.formats.hdf5.format import Hdf5
from napari_medload.formats.hdf5.slices import Slices
from napari_medload.formats.metaimage import MetaImage
from napari_medload.formats.mgh import Mgh
from napari_medload.formats.nifti import Nifti
from napari_medload.formats.nrrd import Nrrd
from napari_medload.formats.pictures import Raster
from napari_medload.formats.storage.regular import expect_file

_DICOM = Dicom()
FORMATS: tuple[Format, ...] = (
    Nifti(),
    Nrrd(),
    MetaImage(),
    Mgh(),
    Hdf5(),
    Slices(),
    Raster(),
    _DICOM,
)
_BY_LENGTH = sorted(
    ((suffix, form) for form in FORMATS for suffix in form.suffixes),
    key=lambda found: -len(found[0]),
)


def suffix_of(path: Path | str) -> str | None:
    """Longest suffix of a path that a format reads, as it is written there, or None."""
    name = os.path.basename(path)
    found = _suffix_and_format(name)
    return name[-len(found[0]) :] if found else None


def _suffix_and_format(name: str) -> tuple[str, Format] | None:
    """Longest suffix that fits a file's name, and the format that reads it."""
    lower = name.lower()
    return next((found for found in _BY_LENGTH if lower.endswith(found[0])), None)


def format_of(path: Path | str) -> Format:
    """Find the format that reads a path, by its suffix.

    A folder, and a file without a known suffix that begins like one, are DICOM.

    Raises
    ------
    UnreadableFileError
        If none does.
    """
    found = _suffix_and_format(os.path.basename(path))
    if found is not None:
        return found[1]
    if os.path.isdir(path) or (os.path.isfile(path) and has_magic(path)):
        return _DICOM
    known = ", ".join(suffix for form in FORMATS for suffix in form.suffixes)
    raise UnreadableFileError.about(
        path, "a file of no known format", f"one of {known}", "Convert it to NIfTI."
    )


def sources(path: Path | str) -> list[Source]:
    """List the arrays that a file holds, or the series in a folder of DICOM files.

    Raises
    ------
    UnreadableFileError
        If it is no regular file, or not what its suffix says.
    OSError
        If it cannot be opened.
    """
    path = Path(path)
    return _format_at(path).sources(path)


def read_header(source: Source | Path | str) -> Header:
    """Read what can be known without pixels.

    Raises
    ------
    UnreadableFileError
        If the file is not what its suffix says.
    OSError
        If it cannot be opened.
    """
    source = source if isinstance(source, Source) else Source(source)
    try:
        form = _format_at(source.file)
        header = form.header(source)
    except FileNotFoundError as error:
        if os.path.isdir(source.file):  # an empty one
            raise
        raise FileNotFoundError(
            f"{source.path}: no such file; it was moved, renamed or deleted"
        ) from error
    if source.placement is None:
        return header
    return replace(header, grid=source.placement.grid(header.grid.shape))


def read_array(header: Header, box: Box | None = None) -> Array:
    """Read the stored numbers that a header describes, with its shape and dtype.

    Parameters
    ----------
    header : Header
    box : tuple of three slices, optional
        Only these voxels, from start to stop along i, j and k, with all frames.

    Raises
    ------
    UnreadableFileError
        If there are others.
    OSError
        If the file cannot be opened.
    ValueError
        If the box is empty, has steps, or reaches out of the array.
    """
    file = header.source.file
    form = _format_at(file)
    if header.data_path is not None and str(header.data_path) != file:
        expect_file(header.data_path)
    return form.array(header, None if box is None else _checked(box, header))


def _format_at(path: Path | str) -> Format:
    """Find the format of a file or folder that is there."""
    found = _suffix_and_format(os.path.basename(path))
    if found is None and not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: no such file or folder; it was moved or deleted")
    form = format_of(path) if found is None else found[1]
    _expect(form, path)
    return form


def _expect(form: Format, path: Path | str) -> None:
    """Check that a path is a regular file, or a folder where its format reads folders."""
    if not (form is _DICOM and os.path.isdir(path)):
        expect_file(path)


def _checked(box: Box, header: Header) -> Box | None:
    """Return a box inside the array; None where it is all of it."""
    for part, size in zip(box, header.grid.shape, strict=True):
        if part.step not in (None, 1) or not 0 <= part.start < part.stop <= size:
            raise ValueError(
                f"{header.source}: the box {box} does not lie in {header.grid.shape}; expected "
                "slices from start to stop without steps, inside the array"
            )
    return None if box == whole_box(header.grid.shape) else box
