"""The text header of NRRD: fields, types and axes.

Source: "Definition of NRRD File Format", https://teem.sourceforge.net/nrrd/format.html.
"""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from typing import IO, Any, Literal

import numpy as np

from napari_medload.formats.storage.detached import header_line

_MAGIC = re.compile(r"NRRD00\d\d")
_VECTOR = re.compile(r"none|\(([^()]*)\)", re.IGNORECASE)
_AXES_AT_MOST = 16
_SPATIAL_KINDS = ("domain", "space")
_UNSAID_KINDS = ("???", "none")
_ALIASES = {"centers": "centerings"}
_TYPES = {
    np.int8: "signed char|int8|int8_t",
    np.uint8: "uchar|unsigned char|uint8|uint8_t",
    np.int16: "short|short int|signed short|signed short int|int16|int16_t",
    np.uint16: "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    np.int32: "int|signed int|int32|int32_t",
    np.uint32: "uint|unsigned int|uint32|uint32_t",
    np.int64: "longlong|long long|long long int|signed long long|signed long long int|int64|"
    "int64_t",
    np.uint64: "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    np.float32: "float",
    np.float64: "double",
}
_DTYPES = {name: np.dtype(kind) for kind, names in _TYPES.items() for name in names.split("|")}
_ENDIANS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}


@dataclass(frozen=True)
class Fields:
    """What stands in a header.

    Parameters
    ----------
    fields : dict
        By their names in lower case without spaces, such as ``"spacedirections"``.
    pairs : dict
        Keys and values that a program added for itself.
    files : list of str
        Names of data files that stand in lines of their own.
    end : int
        First byte behind the header.
    """

    fields: dict[str, str]
    pairs: dict[str, str]
    files: list[str]
    end: int

    def text(self, name: str) -> str:
        """Value of a field that must be there.

        Raises
        ------
        ValueError
            If it is not.
        """
        found = self.fields.get(name.replace(" ", ""))
        if found is None:
            raise ValueError(f"no field '{name}'")
        return found

    def words(self, name: str) -> list[str]:
        """Words of a field, which may stand in quotes; none where it lacks."""
        found = self.fields.get(name.replace(" ", ""), "")
        try:
            return shlex.split(found)
        except ValueError as error:
            raise ValueError(f"{name}: {found!r} ({error})") from error

    def whole(self, name: str, otherwise: int = 0) -> int:
        """Whole number of a field."""
        found = self.fields.get(name.replace(" ", ""), str(otherwise))
        try:
            return int(found)
        except ValueError as error:
            raise ValueError(f"{name}: {found!r}, which is no whole number") from error

    def numbers(self, name: str) -> list[float]:
        """Numbers of a field; none where it lacks."""
        return [_number(name, word) for word in self.words(name)]

    def vectors(self, name: str) -> list[list[float] | None]:
        """Vectors of a field, None for ``none`` and for one of no numbers; none where it lacks.

        Raises
        ------
        ValueError
            If something else stands there.
        """
        found = self.fields.get(name.replace(" ", ""), "")
        if _VECTOR.sub("", found).strip():
            raise ValueError(f"{name}: {found!r}, expected vectors such as (1,0,0)")
        vectors: list[list[float] | None] = []
        for match in _VECTOR.finditer(found):
            inside = match.group(1)
            parts = [] if inside is None else [_number(name, part) for part in inside.split(",")]
            vectors.append(None if all(map(math.isnan, parts)) else parts)
        return vectors


def _number(name: str, word: str) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise ValueError(f"{name}: {word!r}, which is no number") from error


def parse_fields(file: IO[bytes]) -> Fields:
    """Read a header.

    Raises
    ------
    ValueError
        If it does not begin as NRRD does, or a line is no field.
    """
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    files: list[str] = []
    magic = file.read(8)
    if not _MAGIC.fullmatch(magic.decode("latin-1")) or header_line(file):
        raise ValueError(f"{magic!r} at its beginning instead of 'NRRD0004' or the like")
    while line := header_line(file):
        if line.startswith("#"):
            continue
        if fields.get("datafile", "").upper().startswith("LIST"):
            files.append(line)
            continue
        key, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"the line {line[:80]!r}, which is no field")
        if value.startswith("="):
            pairs[key] = value[1:]
            continue
        name = key.strip().lower().replace(" ", "")
        name = _ALIASES.get(name, name)
        if name in fields:
            raise ValueError(f"two fields '{key}'")
        fields[name] = value.strip()
    if line is None and "datafile" not in fields:
        raise ValueError("no empty line behind it, and so no numbers")
    return Fields(fields, pairs, files, file.tell())


def sizes_of(fields: Fields) -> tuple[int, ...]:
    """Sizes along the axes on disk, from the fastest to the slowest.

    Raises
    ------
    ValueError
        If there are none, one is not positive, or their number is not the dimension.
    """
    axes, found = fields.whole("dimension"), fields.text("sizes")
    try:
        sizes = tuple(int(word) for word in found.split())
    except ValueError as error:
        raise ValueError(f"sizes: {found!r}, expected whole numbers") from error
    if len(sizes) != axes or not 1 <= axes <= _AXES_AT_MOST or min(sizes) < 1:
        raise ValueError(f"dimension: {axes} and sizes: {found}, expected as many positive sizes")
    return sizes


def dtype_of(fields: Fields, is_text: bool) -> np.dtype[Any]:
    """Type of the numbers on disk.

    Raises
    ------
    ValueError
        If it is no type of number, or its byte order is not said.
    """
    named = fields.text("type")
    dtype = _DTYPES.get(named.lower())
    if dtype is None:
        raise ValueError(f"type: {named}, which names no type of number")
    if dtype.itemsize == 1 or is_text:
        return dtype
    order = _ENDIANS.get(fields.text("endian").lower())
    if order is None:
        raise ValueError(f"endian: {fields.text('endian')}, expected little or big")
    return dtype.newbyteorder(order)


def spatial_axes(fields: Fields, axes: int) -> tuple[int, ...]:
    """Which axes on disk run through space, three at most.

    Those that have a direction in space, or else are of a spatial kind, or else have a spacing;
    the first three where the header says nothing.

    Raises
    ------
    ValueError
        If there are none, or more than three have a direction.
    """
    directions = _of_each_axis("space directions", fields.vectors("space directions"), axes)
    kinds = _of_each_axis("kinds", [kind.lower() for kind in fields.words("kinds")], axes)
    spacings = _of_each_axis("spacings", fields.numbers("spacings"), axes)
    if directions:
        found = [a for a, way in enumerate(directions) if way is not None and not _is_time(way)]
        if not 1 <= len(found) <= 3:
            raise ValueError(f"{len(found)} space directions, expected one to three")
        return tuple(found)
    found = [a for a, kind in enumerate(kinds) if kind in _SPATIAL_KINDS]
    found = found or [a for a, kind in enumerate(kinds) if kind in _UNSAID_KINDS]
    if kinds and not found:
        raise ValueError(f"kinds: {' '.join(kinds)}, of which none is an axis of space (domain)")
    found = found or [a for a, spacing in enumerate(spacings) if not math.isnan(spacing)]
    return tuple((found or range(axes))[:3])


def _is_time(way: list[float]) -> bool:
    """Whether a direction leads through the fourth dimension of a space alone."""
    return len(way) == 4 and way[3] != 0 and not any(way[:3])


def _of_each_axis(name: str, found: list[Any], axes: int) -> list[Any]:
    if found and len(found) != axes:
        raise ValueError(f"{name}: {len(found)} of them for {axes} axes")
    return found
