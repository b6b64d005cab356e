"""DICOM series as samples, in a folder without any other layout: `series_samples`."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from napari_medload.formats import Source
from napari_medload.formats.dicom import Dicom
from napari_medload.loaders.dicom_folders import holds_dicom, may_be_dicom
from napari_medload.loaders.pairing import about
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DEPTH = 3
"""Levels of folders below the one that is opened: patient, study, series."""

_FILES_READ = 10_000
"""Files whose tags are read to tell series apart; beyond them each folder is one sample."""

_DICOM = Dicom()


class _Place(NamedTuple):
    """A folder with DICOM files: its path, that below the one opened, and how many they are."""

    path: str
    below: str
    files: int


def series_samples(folder: Path) -> list[Sample]:
    """Make a sample of each series in a folder and in those below it, at most three levels down.

    Samples are named after their folder, and after the number and description of their series
    where a folder holds several.
    """
    samples: list[Sample] = []
    budget = _FILES_READ
    for place in sorted(_places(str(folder), "", _DEPTH), key=lambda place: place.below):
        name = place.below or folder.name
        budget -= place.files
        if budget < 0 and place.below:
            samples.append(Sample(name, {"image": Source(place.path)}))
            continue
        try:
            found = _DICOM.series(place.path)
        except OSError as error:
            samples.append(Sample(name, {}, problems=(about("image", str(error)),)))
            continue
        if len(found) == 1:
            samples.append(Sample(name, {"image": found[0].source}))
            continue
        prefix = f"{place.below}/" if place.below else ""
        titles = _told_apart([entry.title.replace("/", "-") for entry in found])
        rows = sorted(zip(titles, (entry.source for entry in found), strict=True), key=_title)
        samples += [Sample(prefix + title, {"image": source}) for title, source in rows]
    return samples


def _title(row: tuple[str, Source]) -> str:
    return row[0]


def _places(path: str, below: str, depth: int) -> Iterator[_Place]:
    """Folders that hold DICOM files."""
    names, folders = [], []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name[0] == ".":
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif may_be_dicom(entry.name) and entry.is_file():
                    names.append(entry.name)
    except OSError:  # what cannot be listed holds nothing that could be shown
        return
    if names and holds_dicom(path, names):
        yield _Place(path, below, len(names))
    for name in folders if depth else ():
        yield from _places(
            os.path.join(path, name), f"{below}/{name}" if below else name, depth - 1
        )


def _told_apart(titles: Sequence[str]) -> list[str]:
    """Titles of which those that are met before get a number."""
    met: Counter[str] = Counter()
    told = []
    for title in titles:
        met[title] += 1
        told.append(title if met[title] == 1 else f"{title} ({met[title]})")
    return told
