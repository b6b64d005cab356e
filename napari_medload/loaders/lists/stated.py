"""What is stated of a sample beside its files: columns of our lists, and people's own."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.medsegpy.names import ScanName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.loaders.sample import Sample

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_BIDS = re.compile(r"(?<![0-9A-Za-z])sub-[0-9A-Za-z]+")
"""How BIDS names a subject, in ids, folders and files."""
_MEDSEGPY = re.compile(r"(?:.*/)?([0-9]+_V[0-9]+)(?:-Aug[0-9]+)?")


def stated_of(sample: Sample) -> Mapping[str, Any]:
    """Return what is stated of a sample, by column; texts where it comes from a list."""
    return _NOTHING if sample.settings is None else sample.settings


def stated(sample: Sample, column: str) -> str:
    """Text of a column of a sample, identity included; empty where it is missing.

    Parameters
    ----------
    column : str
        Name of a column of our schema that is no role, or of a column of the dataset's own, in
        whichever case.
    """
    name = column.strip().lower()
    if name == "subject_id":
        return subject_of(sample)
    if name in ("sample_id", "group", "split"):
        return str(getattr(sample, name.removeprefix("sample_")))
    found = stated_of(sample)
    if column in found:
        return str(found[column])
    return next((str(value) for key, value in found.items() if key.strip().lower() == name), "")


def subject_of(sample: Sample) -> str:
    """Who was imaged: as stated, or as BIDS or MedSegPy name it in the id or in file names.

    Returns
    -------
    str
        Such as ``"sub-01"``; empty where nobody says.
    """
    told = stated_of(sample).get("subject_id")
    if told not in (None, ""):
        return str(told)
    if found := _BIDS.search(sample.id):
        return found[0]
    if scan := _MEDSEGPY.fullmatch(sample.id):
        parsed = ScanName.parse(scan[1])
        return "" if parsed is None else f"{parsed.subject:07d}"
    for source in sample.sources.values():
        folder, name = source.parts
        for text in (name, folder):
            if "sub-" in text and (among := _BIDS.findall(text)):
                return str(among[-1])  # the nearest folder: one further up may be named so too
    return ""
