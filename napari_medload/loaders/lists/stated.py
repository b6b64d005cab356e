"""What is stated of a sample beside its files: columns of our lists, and people's own."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.medsegpy.names import ScanName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from napari_medload.formats import Source
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
        Such as ``"sub-01"``, the first where a pair is of two; empty where nobody says.
    """
    return next(_subjects(sample, ()), "")


def subjects_of(sample: Sample, without: Collection[str] = ()) -> tuple[str, ...]:
    """All who were imaged: a pair may be of two; see `subject_of`.

    Parameters
    ----------
    without : collection of str
        Roles whose files are not asked, such as those of an atlas.
    """
    return tuple(dict.fromkeys(_subjects(sample, without)))


def _subjects(sample: Sample, without: Collection[str]) -> Iterator[str]:
    """Go through who is named where the first name stands: stated, in the id, or by files."""
    told = str(stated_of(sample).get("subject_id") or "")
    found = _BIDS.findall(sample.id)
    if told:
        yield told
        yield from found if told in found else ()  # a list states the first of a pair
    elif found:
        yield from found
    elif scan := _MEDSEGPY.fullmatch(sample.id):
        if (parsed := ScanName.parse(scan[1])) is not None:
            yield f"{parsed.subject:07d}"
    else:
        for role, source in sample.sources.items():
            if role not in without:
                yield from _in_path(source)


def _in_path(source: Source) -> list[str]:
    """Subject that BIDS names in a path: in that of the file, else in the nearest folder's."""
    for text in reversed(source.parts):
        if "sub-" in text and (found := _BIDS.findall(text)):
            return [found[-1]]
    return []
