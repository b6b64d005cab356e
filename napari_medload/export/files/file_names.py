"""Names that samples can have as files: readable, alike on every system, and met once."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from napari_medload.export.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.export.selection import Selection
    from napari_medload.loaders import Sample

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST = 180


def own_name(sample: Sample) -> str:
    """Id of a sample without its split, which stands first in it."""
    return sample.id.removeprefix(f"{sample.split}/") if sample.split else sample.id


def file_name(text: str) -> str:
    """Write a name with letters, digits, ``_``, ``-`` and inner ``.`` only; the rest become ``_``.

    Neither ``-``, which programs take for an option, nor ``.``, which hides a file, stands first.
    """
    name = _UNSAFE.sub("_", text).rstrip(".")[:_LONGEST]
    return f"_{name}" if not name or name[0] in ".-" else name


def file_names(selection: Selection) -> dict[str, str]:
    """File names of samples, by their ids."""
    return {entry.sample.id: file_name(own_name(entry.sample)) for entry in selection}


def name_remarks(
    selection: Selection, names: Mapping[str, str], apart: bool = True
) -> Iterator[Remark]:
    """Say which samples are written under another name, and which would get one name.

    Parameters
    ----------
    selection : Selection
    names : mapping of id to name
    apart : bool
        Whether samples of two splits may have one name.
    """
    ids = [entry.sample.id for entry in selection]
    # some systems do not tell capitals apart
    key = {
        e.sample.id: (e.sample.split if apart else "", names[e.sample.id].lower())
        for e in selection
    }
    met = Counter(key.values())
    if same := tuple(each for each in ids if met[key[each]] > 1):
        yield Remark(
            "error",
            "samples would get one file name; expected names that differ in letters and digits, "
            "not in signs or capitals alone. Rename them, or export one of each",
            same,
        )
    own = {e.sample.id: own_name(e.sample) for e in selection}
    if renamed := tuple(each for each in ids if names[each] != own[each] and met[key[each]] == 1):
        yield Remark(
            "warning",
            "names hold signs that no file name has everywhere; they are written as _",
            renamed,
        )
