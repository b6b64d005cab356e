"""Volumes out of DICOM files: titles, headers and arrays of series."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.contract import (
    Array,
    Box,
    Header,
    Scaling,
    Source,
    UnreadableFileError,
    cut,
)
from napari_medload.formats.dicom.decoding import read_planes
from napari_medload.formats.dicom.format import Series
from napari_medload.formats.dicom.scanning import scan
from napari_medload.formats.dicom.series import Part, choose, nothing_in
from napari_medload.formats.dicom.stacking import Places, stack
from napari_medload.formats.storage.memory import expect_room_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats.dicom.planes import File, Plane

_THREADS = max(2, min(4, os.cpu_count() or 2))
_SMALL_ARRAY = 1 << 26
_COMPRESSED_AT_MOST = 2000


@dataclass(frozen=True)
class SeriesHeader(Header):
    """Header of a series, which knows where its images lie.

    Parameters
    ----------
    title : str
        Number and description of the series.
    modality : str
        Such as ``"CT"``.
    places : tuple of (tuple of Plane) or None
        The images of each slice along k, one a frame; None where no file holds it.
    per_slice : bool
        Whether the values are worked out slice by slice, each with a scaling of its own.
    """

    title: str = ""
    modality: str = ""
    places: Places = field(default=(), repr=False, compare=False)
    per_slice: bool = False


def series_at(path: str) -> list[Series]:
    """List the series in a folder or file; see `Dicom.series`."""
    found = scan(path)
    parts = found.parts
    if not parts:
        raise nothing_in(path, found)
    return [
        Series(
            Source(path, part.key if len(parts) > 1 else None),
            part.title,
            tuple(instance.file.name for instance in part.instances),
            part.uid,
        )
        for part in parts
    ]


def header_of(source: Source) -> SeriesHeader:
    """Read the tags of all files; see `Dicom.header`."""
    path = source.file.rstrip(os.sep) or source.file
    part = choose(scan(path), source.key, path)
    if part.fault:
        raise UnreadableFileError(part.fault)
    try:
        return _describe(source, part)
    except ValueError as error:  # an affine that overflows, for one
        raise UnreadableFileError.about(
            path, str(error), "a series with a geometry", "Export it again from its source."
        ) from error


def array_of(header: Header, box: Box | None = None) -> Array:
    """Read images; see `Dicom.array`."""
    if not isinstance(header, SeriesHeader):
        raise TypeError(f"{header.source}: expected a header that was read from DICOM")
    places = header.places[slice(None) if box is None else box[2]]
    _check_promise(header)
    expect_room_for(header, box)
    frames, colours = _trailing(header)
    i, j = header.shape[:2]
    try:
        buffer = np.zeros((colours, frames, len(places), j, i), header.dtype)
    except MemoryError as error:
        raise UnreadableFileError.too_large(header.source, header.nbytes) from error
    _read(places, buffer, header.per_slice)
    array = buffer.transpose(4, 3, 2, 1, 0).reshape((i, j, len(places), *header.shape[3:]))
    array = cut(array, None if box is None else (*box[:2], slice(None)))
    array.flags.writeable = False
    return array


def _describe(source: Source, part: Part) -> SeriesHeader:
    stacked = stack(part)
    planes = [plane for place in stacked.places if place is not None for plane in place]
    files = {plane.file.path: plane.file for plane in planes}
    dtype = np.result_type(*{file.pixels.dtype for file in files.values() if file.pixels})
    first = planes[0].file
    samples = first.pixels.samples if first.pixels else 1
    frames = next(len(place) for place in stacked.places if place is not None)
    scalings = {(plane.slope, plane.intercept) for plane in planes}
    notes = [*part.notes, *stacked.notes]
    notes += dict.fromkeys(note for file in files.values() for note in file.notes)
    scaling, per_slice = Scaling(), samples == 1 and len(scalings) > 1
    if per_slice:
        dtype = np.dtype(np.float32)
        notes.append(
            "Each slice has a scaling of its own (RescaleSlope and RescaleIntercept); the numbers "
            "are the values, as float32."
        )
    elif samples == 1:
        scaling = Scaling(*next(iter(scalings)))
    trailing = (*((frames,) if frames > 1 else ()), *((samples,) if samples > 1 else ()))
    return SeriesHeader(
        source=source,
        shape=(*stacked.grid.shape, *trailing),
        dtype=dtype,
        grid=stacked.grid,
        scaling=scaling,
        data_path=None if os.path.isdir(source.file) else source.path,
        absent=stacked.absent,
        frame_step=0.0 if samples == 1 and frames > 1 else None,
        notes=tuple(notes),
        title=part.title,
        modality=first.modality,
        places=stacked.places,
        per_slice=per_slice,
    )


def _trailing(header: SeriesHeader) -> tuple[int, int]:
    """Numbers of frames and of colours."""
    frames = next(len(place) for place in header.places if place is not None)
    return frames, header.frames // frames


def _check_promise(header: SeriesHeader) -> None:
    """Refuse small compressed files that promise huge images, before memory is asked for."""
    files = _files(header.places)
    packed = [file for file in files if file.pixels and file.pixels.encapsulated]
    promised = sum(file.pixels.plane_bytes * file.pixels.frames for file in packed if file.pixels)
    held = sum(file.size for file in packed)
    if promised > max(_SMALL_ARRAY, _COMPRESSED_AT_MOST * held):
        raise UnreadableFileError.about(
            header.source,
            f"compressed files of {held} bytes that promise {promised} bytes of pixels",
            f"at most {_COMPRESSED_AT_MOST} times as many",
            "Rows, Columns or NumberOfFrames are wrong; export the series again.",
        )
    for file in files:
        pixels = file.pixels
        if pixels is None or pixels.encapsulated or pixels.deflated or "422" in pixels.photometric:
            continue
        needed = pixels.offset + pixels.plane_bytes * pixels.frames
        if needed > file.size:
            raise UnreadableFileError.about(
                file.path,
                f"{file.size} bytes",
                f"{needed} bytes, as its tags say",
                "The file is truncated; copy it again from its source.",
            )


def _files(places: Iterable[tuple[Plane, ...] | None]) -> list[File]:
    planes = (plane for place in places if place is not None for plane in place)
    return list({plane.file.path: plane.file for plane in planes}.values())


def _read(places: Places, buffer: Array, per_slice: bool) -> None:
    """Read images into a buffer with the axes colour, frame, slice, row, column."""
    wanted: dict[str, list[tuple[Plane, Any]]] = {}
    for k, place in enumerate(places):
        for t, plane in enumerate(place or ()):
            wanted.setdefault(plane.file.path, []).append((plane, buffer[:, t, k]))

    def read_file(jobs: list[tuple[Plane, Any]]) -> None:
        images = read_planes(jobs[0][0].file, [plane.frame for plane, _out in jobs])
        for (plane, out), image in zip(jobs, images, strict=True):
            if per_slice:
                image = (image * plane.slope + plane.intercept).astype(np.float32)
            out[...] = image if image.ndim == 2 else np.moveaxis(image, -1, 0)

    with ThreadPoolExecutor(_THREADS, "medload-dicom") as pool:
        for done in [pool.submit(read_file, jobs) for jobs in wanted.values()]:
            done.result()
