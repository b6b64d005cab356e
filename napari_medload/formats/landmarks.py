"""Landmarks: named points in mm, read from tables and from markups of 3D Slicer.

Everything that comes out counts in RAS mm. What files state:

- ``.csv`` and ``.tsv`` with a header: columns ``r,a,s`` or ``l,p,s`` say their directions (so 3D
  Slicer exports its points); ``x,y,z`` with a column ``space`` (``RAS`` or ``LPS``), or below a
  line such as ``# space: LPS``. Where ``x,y,z`` stand alone, a column ``t`` beside them is the mark
  of ANTs, which counts in LPS; else they are taken for RAS, the world of everything here, and
  `Landmarks.note` says so. Names stand in ``label``, ``name`` or ``id``.
- ``.fcsv`` (3D Slicer to 5): ``# CoordinateSystem`` is ``RAS`` or 0, ``LPS`` or 1; RAS where
  it is left out.
- ``.mrk.json`` (3D Slicer from 5): ``coordinateSystem`` is ``LPS`` where it is left out. Points
  that are not placed yet are passed over.
"""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.storage.regular import expect_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_medload.geometry import FloatArray

LANDMARK_SUFFIXES = (".csv", ".tsv", ".fcsv", ".json")

_FLIP = np.array((-1.0, -1.0, 1.0))  # between RAS and LPS
_SPACES = {"0": "RAS", "1": "LPS", "ras": "RAS", "lps": "LPS", "ras+": "RAS", "lps+": "LPS"}
_SPACE_COLUMNS = ("space", "coordinate system", "coordinate_system", "coordinatesystem")
_NAME_COLUMNS = ("label", "name", "landmark", "id")
_DEFINED_STATUS = "2"  # of a control point, in 3D Slicer's vtkMRMLMarkupsNode
_FCSV_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID,status,extra"
_STATED = re.compile(r"#\s*(?:space|coordinate[\s_]*system)\s*[:=]\s*(\S+)", re.IGNORECASE)
_AT_MOST = 1 << 26
_EXPECTED = "a header of columns such as label,x,y,z,space or l,p,s or r,a,s, in mm"


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Named points.

    Parameters
    ----------
    path : Path
        The file that they were read from.
    names : tuple of str
        Empty where a point has none.
    points : array, shape (n, 3)
        RAS mm.
    note : str
        What a person should know of how they were read; empty where nothing.
    """

    path: Path
    names: tuple[str, ...]
    points: FloatArray
    note: str = ""

    @property
    def nbytes(self) -> int:
        """Memory of the points."""
        return self.points.nbytes

    def __len__(self) -> int:
        return len(self.names)


def read_landmarks(path: Path | str) -> Landmarks:
    """Read landmarks.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UnreadableFileError
        If it holds no landmarks, or does not say where they lie.
    """
    path = Path(path)
    if not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: no such file; it was moved, renamed or deleted")
    expect_file(path)
    if path.stat().st_size > _AT_MOST:
        raise _wrong(path, f"{path.stat().st_size / 1e6:.0f} MB", "Name a file of landmarks.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(path, f"bytes that are no text ({error.reason})", _SAVE_AGAIN) from error
    name = path.name.lower()
    if name.endswith(".json"):
        return _read_markups(path, text)
    if name.endswith(".fcsv"):
        return _read_fcsv(path, text)
    return _read_table(path, text)


def _wrong(path: Path, found: str, remedy: str, expected: str = _EXPECTED) -> UnreadableFileError:
    return UnreadableFileError.about(path, found, expected, remedy)


_SAVE_AGAIN = "Save it again as CSV in UTF-8, or as markups of 3D Slicer."


# --- tables ------------------------------------------------------------------------------


def _read_table(path: Path, text: str) -> Landmarks:
    stated, numbered = _comments(path, text)
    if not numbered:
        raise _wrong(path, "no line", "Check that it was copied completely.")
    lines = [line for _, line in numbered]
    delimiter = max(",;\t", key=lines[0].count)
    header = [cell.strip().lower() for cell in next(csv.reader(lines[:1], delimiter=delimiter))]
    if all(map(_is_number, filter(None, header))):
        raise _wrong(
            path,
            f"numbers in its first line ({lines[0][:60]}), so nobody knows whether they are mm or "
            "voxels, and in which directions",
            "Write the header above them; turn voxels into mm with the image's affine first.",
        )
    columns, space, note = _columns_of(path, header, stated)
    rows = list(csv.reader(lines[1:], delimiter=delimiter))
    named = next((header.index(name) for name in _NAME_COLUMNS if name in header), None)
    own = next((header.index(name) for name in _SPACE_COLUMNS if name in header), None)
    if not note and not stated:  # the columns themselves say it
        own = None
    defined = header.index("defined") if "defined" in header else None
    found, silent = [], own is None
    for (number, _), row in zip(numbered[1:], rows, strict=False):
        if not any(map(str.strip, row)) or _cell(row, defined).lower() in ("0", "false"):
            continue
        place = _numbers(path, f"line {number}", [_cell(row, column) for column in columns])
        silent = silent or not _cell(row, own)
        found.append((_cell(row, named), _in_ras(path, place, _cell(row, own) or space)))
    return _landmarks(path, found, note if silent else "")


def _columns_of(path: Path, header: list[str], stated: str) -> tuple[list[int], str, str]:
    """Columns of the three coordinates, the space that they count in, and a note on that."""
    plain = [re.sub(r"\s*[\[(]?mm[\])]?$", "", name) for name in header]
    for letters, space in (("ras", "RAS"), ("lps", "LPS")):
        if all(letter in plain for letter in letters):
            return [plain.index(letter) for letter in letters], space, ""
    if not all(letter in plain for letter in "xyz"):
        raise _wrong(
            path,
            f"columns {', '.join(header[:8])}",
            "Rename the columns; turn voxels into mm with the image's affine first.",
        )
    columns = [plain.index(letter) for letter in "xyz"]
    if stated:
        return columns, stated, ""
    if "t" in plain:
        return columns, "LPS", "columns x,y,z,t are taken for LPS mm, as ANTs writes them"
    return columns, "RAS", "x,y,z are taken for RAS mm, because the file does not say"


def _comments(path: Path, text: str) -> tuple[str, list[tuple[int, str]]]:
    """Space that a comment states, and the lines that are no comments, with their numbers."""
    stated, lines = "", []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            match = _STATED.match(line.strip())
            stated = match[1] if match else stated
        elif line.strip():
            lines.append((number, line))
    return stated and _space(path, stated), lines


def _read_fcsv(path: Path, text: str) -> Landmarks:
    stated, numbered = _comments(path, text)
    match = re.search(r"^#\s*columns\s*=\s*(.+)$", text, re.MULTILINE)
    columns = [name.strip() for name in (match[1] if match else _FCSV_COLUMNS).split(",")]
    if "status" not in columns:  # which 3D Slicer writes without naming it
        columns += ["status", "extra"]
    if not all(letter in columns for letter in "xyz"):
        raise _wrong(
            path, f"columns {', '.join(columns)}", _SAVE_AGAIN, "columns x, y and z of .fcsv"
        )
    found = []
    rows = csv.reader([line for _, line in numbered])
    for number, row in enumerate(rows, start=1):
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        if (cells.get("status") or _DEFINED_STATUS) != _DEFINED_STATUS:
            continue
        place = _numbers(path, f"point {number}", [cells.get(letter, "") for letter in "xyz"])
        found.append((cells.get("label", ""), _in_ras(path, place, stated or "RAS")))
    note = "" if stated else "taken for RAS mm, because the file does not say"
    return _landmarks(path, found, note)


# --- markups -----------------------------------------------------------------------------


def _read_markups(path: Path, text: str) -> Landmarks:
    expected = "markups of 3D Slicer, with controlPoints"
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"no JSON ({error})", _SAVE_AGAIN, expected) from error
    lists = content.get("markups") if isinstance(content, dict) else None
    if not isinstance(lists, list) or not lists:
        raise _wrong(path, "JSON without markups", "Save the points from 3D Slicer.", expected)
    found: list[tuple[str, FloatArray]] = []
    note = ""
    for markup in lists:
        points = markup.get("controlPoints") if isinstance(markup, dict) else None
        if not isinstance(points, list):
            raise _wrong(path, "markups without controlPoints", _SAVE_AGAIN, expected)
        if "coordinateSystem" not in markup:
            note = "taken for LPS mm, because the file does not say"
        found += _control_points(path, markup, points)
    return _landmarks(path, found, note)


def _control_points(
    path: Path, markup: Mapping[str, Any], points: Sequence[Any]
) -> Iterable[tuple[str, FloatArray]]:
    units = markup.get("coordinateUnits", "mm")
    code = units[0] if isinstance(units, list) and units else units  # its scheme and meaning follow
    if code != "mm":
        raise _wrong(
            path, f"coordinates in {units}", "Export them again in mm.", "coordinates in mm"
        )
    space = str(markup.get("coordinateSystem", "LPS"))
    for number, point in enumerate(points, start=1):
        if not isinstance(point, dict):
            raise _wrong(path, f"a control point that is {point!r}"[:90], _SAVE_AGAIN, "objects")
        if point.get("positionStatus", "defined") != "defined" or point.get("position") is None:
            continue
        position = point["position"]
        cells = [str(part) for part in position] if isinstance(position, list) else []
        place = _numbers(path, f"control point {number}", cells)
        yield str(point.get("label") or ""), _in_ras(path, place, space)


# --- numbers -----------------------------------------------------------------------------


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(path: Path, where: str, cells: Sequence[str]) -> FloatArray:
    if len(cells) != 3 or not all(map(_is_number, cells)):
        found = f"{where}: {', '.join(cells) or 'no position'}"
        raise _wrong(path, found, "Mend the line, or take it out.", "three numbers in mm")
    place = np.array(cells, dtype=np.float64)
    if not np.isfinite(place).all():
        found = f"{where}: {', '.join(cells)}"
        raise _wrong(path, found, "Mend the line, or take it out.", "finite numbers in mm")
    return place


def _space(path: Path, text: str) -> str:
    space = _SPACES.get(text.strip().lower())
    if space is None:
        remedy = "Turn voxels (IJK) into mm with the image's affine first."
        raise _wrong(path, f"points in the space '{text}'", remedy, "RAS or LPS")
    return space


def _in_ras(path: Path, place: FloatArray, space: str) -> FloatArray:
    return place if _space(path, space) == "RAS" else place * _FLIP


def _landmarks(path: Path, found: Sequence[tuple[str, FloatArray]], note: str) -> Landmarks:
    if not found:
        raise _wrong(path, "no point that is placed", "Place some, or name another file.")
    points = np.array([place for _, place in found])
    return Landmarks(path, tuple(name for name, _ in found), points, note)


# --- pairs -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LandmarkPairs:
    """Points of the fixed image with those of the moving image that belong to them.

    Parameters
    ----------
    names : tuple of str
        Of each pair.
    fixed, moving : array, shape (n, 3)
        RAS mm.
    note : str
        How they were paired, where a person should know; empty where by name and all of them.
    """

    names: tuple[str, ...]
    fixed: FloatArray
    moving: FloatArray
    note: str = ""

    def __len__(self) -> int:
        return len(self.names)


def pair_landmarks(fixed: Landmarks, moving: Landmarks) -> LandmarkPairs:
    """Pair landmarks by name; by order where names do not tell them apart, or none is shared."""
    shared = [name for name in fixed.names if name in set(moving.names)]
    if shared and all(_unique(side.names) for side in (fixed, moving)):
        note = _left_over(len(shared), fixed, moving, "by name")
        one, other = ([side.names.index(name) for name in shared] for side in (fixed, moving))
        return LandmarkPairs(tuple(shared), fixed.points[one], moving.points[other], note)
    count = min(len(fixed), len(moving))
    named = any(fixed.names) or any(moving.names)
    by = "by order, because their names do not match" if named else "by order"
    note = _left_over(count, fixed, moving, by) or (f"landmarks are paired {by}" if named else "")
    names = tuple(fixed.names[row] or moving.names[row] or str(row + 1) for row in range(count))
    return LandmarkPairs(names, fixed.points[:count], moving.points[:count], note)


def _unique(names: Sequence[str]) -> bool:
    return all(names) and len(set(names)) == len(names)


def _left_over(count: int, fixed: Landmarks, moving: Landmarks, by: str) -> str:
    if len(fixed) == len(moving) == count:
        return ""
    return f"{len(fixed)} fixed and {len(moving)} moving landmarks, {count} of each are paired {by}"
