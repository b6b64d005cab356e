"""Readers of the common label tables.

========================  ==========================================================
file                      one label is
========================  ==========================================================
``label_names.txt``       ``value name`` on a line; a column of codes behind is passed over
``dataset.json``          nnU-Net ``{"labels": {"liver": 1}}`` or the older ``{"1": "liver"}``
ITK-SNAP ``.txt/.label``  ``index R G B alpha visible mesh "name"``
Slicer ``.ctbl/.txt``     ``index name R G B A`` (FreeSurfer lookup tables are written alike)
========================  ==========================================================
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from napari_medload.labels.naming import promises_labels
from napari_medload.labels.palette import colour_of
from napari_medload.labels.table import Label, LabelTable

_ITK_SNAP = re.compile(r'^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+\s+\d+\s+\d+\s+"(.*)"\s*$')
_SLICER = re.compile(r"^\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$")
_NAMES = re.compile(r"^\s*(\d+)[\s,;:=]+(\S.*?)\s*$")
_CODES = re.compile(r"[\s,;]+\d+$")

TABLE_NAMES = ("label_names.txt", "labels.txt", "dataset.json")
TABLE_SUFFIXES = (".label", ".ctbl", ".lut")


class LabelTableError(ValueError):
    """A label table that cannot be understood."""


def read_label_table(path: Path | str) -> LabelTable:
    """Read a label table of any of the forms above.

    Raises
    ------
    LabelTableError
        If no line of the file is a label.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    labels = _from_json(path, text) if path.suffix == ".json" else _from_lines(text)
    if not labels:
        raise LabelTableError(
            f"{path}: no label found; expected lines such as '1 liver', an ITK-SNAP or Slicer "
            "table, or a dataset.json with 'labels'"
        )
    return LabelTable(labels, source=str(path))


def find_label_table(folder: Path, top: Path | None = None) -> LabelTable:
    """Table beside the data: in `folder`, else in a folder above it up to `top`.

    A file that holds no table is passed over; with none at all the table is empty.
    """
    top = top or folder
    if top not in (folder, *folder.parents):
        top = folder
    for place in (folder, *folder.parents):
        for candidate in _candidates(place):
            try:
                return read_label_table(candidate)
            except (OSError, ValueError):
                continue
        if place == top:
            break
    return LabelTable()


def label_table_of(path: Path) -> LabelTable:
    """Find the table of a label image: beside it, or beside the folder that holds the labels."""
    folder = path.absolute().parent
    of_labels = promises_labels(folder.name.lower())
    return find_label_table(folder, folder.parent if of_labels else folder)


def _candidates(folder: Path) -> list[Path]:
    named = [folder / name for name in TABLE_NAMES]
    found = [path for path in named if path.is_file()]
    try:
        others = sorted(path for path in folder.iterdir() if _may_be_table(path))
    except OSError:
        others = []
    return found + [path for path in others if path.is_file()]


def _may_be_table(path: Path) -> bool:
    """Whether a name promises a table: ``FreeSurferColorLUT.txt``, ``itksnap_labels.txt``."""
    suffix, name = path.suffix.lower(), path.name.lower()
    return suffix in TABLE_SUFFIXES or (suffix == ".txt" and ("label" in name or "lut" in name))


def _from_json(path: Path, text: str) -> list[Label]:
    try:
        entries = json.loads(text).get("labels", {})
    except (json.JSONDecodeError, AttributeError) as error:
        raise LabelTableError(f"{path}: not a JSON object with 'labels' ({error})") from error
    if not isinstance(entries, dict):
        return []
    labels = []
    for key, value in entries.items():
        if re.fullmatch("-?[0-9]+", key) and isinstance(value, str):
            labels.append(Label(int(key), value, colour_of(int(key))))
        elif isinstance(value, int) and not isinstance(value, bool):
            labels.append(Label(value, key, colour_of(value)))
    return labels


def _from_lines(text: str) -> list[Label]:
    labels = []
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    # a number behind every name is a further column, and behind some is part of the name
    coded = all(_CODES.search(line.rstrip()) for line in lines)
    for line in lines:
        if match := _ITK_SNAP.match(line):
            value, red, green, blue = (int(group) for group in match.groups()[:4])
            labels.append(Label(value, match[5], (red / 255, green / 255, blue / 255)))
        elif match := _SLICER.match(line):
            value = int(match[1])
            red, green, blue = (int(group) for group in match.groups()[2:5])
            labels.append(Label(value, match[2], (red / 255, green / 255, blue / 255)))
        elif match := _NAMES.match(line):
            name = _CODES.sub("", match[2]) if coded else match[2]
            labels.append(Label(int(match[1]), name.strip("\"' "), colour_of(int(match[1]))))
    return labels
