"""DICOM series as samples, in a folder without any other layout: `series_samples`."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from napari_medload.formats import Source
from napari_medload.formats.dicom import Dicom, may_be_dicom
from napari_medload.loaders.dicom_folders import holds_dicom
from napari_medload.loaders.pairing import about
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.walking import answers, leads_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DEPTH = 5
"""Levels of folders below the one that is opened: a medium's or collection's folder, patient,
study, series, and one to spare."""

_FILES_READ = 10_000
"""Files whose tags are read to tell series apart; beyond them each folder is one sample."""

_DICOM = Dicom()


class _Place(NamedTuple):
    """A folder with DICOM files: its path, that below the one opened, and how many they are."""

    path: str
    below: str
    files: int


def series_samples(folder: Path) -> list[Sample]:
    """Make a sample of each series in a folder and in those below it, at most five levels down.

    Samples are named after their folder, and after the number and description of their series
    where a folder holds several.
    """
    samples: list[Sample] = []
    budget = _FILES_READ
    for place in sorted(_places(str(folder)), key=lambda place: place.below):
        name = place.below or folder.name
        budget -= place.files
        if budget < 0 and place.below:
            samples.append(Sample(name, {"image": Source(place.path)}))
            continue
        try:
            samples += samples_at(place.path, name, f"{place.below}/" if place.below else "")
        except OSError as error:
            samples.append(Sample(name, {}, problems=(about("image", str(error)),)))
    return samples


def samples_at(path: str, name: str, prefix: str = "") -> list[Sample]:
    """Make a sample of each series in one folder, or in one file.

    Parameters
    ----------
    path : str
    name : str
        Of the sample where there is one; else each has the title of its series.
    prefix : str
        Stands before a title.

    Raises
    ------
    OSError
        If it cannot be read, or holds no image.
    """
    found = _DICOM.series(path)
    if len(found) == 1:
        return [Sample(name, {"image": found[0].source})]
    titles = _told_apart([entry.title.replace("/", "-") for entry in found])
    rows = sorted(zip(titles, (entry.source for entry in found), strict=True), key=_natural)
    return [Sample(prefix + title, {"image": source}) for title, source in rows]


def _natural(row: tuple[str, Source]) -> list[str | int]:
    """Key that sorts series 2 before series 10."""
    parts = re.split(r"([0-9]{1,18})", row[0])  # every other part is a number
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _places(root: str, below: str = "") -> Iterator[_Place]:
    """Folders that hold DICOM files; links to a folder above are not followed."""
    path = os.path.join(root, below) if below else root
    names, folders = [], []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name[0] == ".":
                    continue
                if answers(entry.is_dir):
                    if not leads_back(entry, root):
                        folders.append(entry.name)
                elif may_be_dicom(entry.name) and answers(entry.is_file):
                    names.append(entry.name)
    except OSError:  # what cannot be listed holds nothing that could be shown
        return
    if names and holds_dicom(path, names):
        yield _Place(path, below, len(names))
    for name in folders if below.count("/") + bool(below) < _DEPTH else ():
        yield from _places(root, f"{below}/{name}" if below else name)


def _told_apart(titles: Sequence[str]) -> list[str]:
    """Titles of which those that are met before get a number."""
    met: Counter[str] = Counter()
    told = []
    for title in titles:
        met[title] += 1
        told.append(title if met[title] == 1 else f"{title} ({met[title]})")
    return told
