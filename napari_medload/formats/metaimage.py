"""MetaImage: ``.mha``, and ``.mhd`` with its numbers in other files.

The world of MetaImage is LPS+ mm; ``TransformMatrix`` lists the direction of one axis after
another. Shear is kept. Channels run fastest on disk and go behind the axes of space. Source:
"MetaIO/Documentation", https://itk.org/Wiki/ITK/MetaIO/Documentation; what it leaves open is read
as ITK 5.4 does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
from isal import isal_zlib

from napari_medload.formats.contract import (
    Array,
    Box,
    Content,
    Header,
    Source,
    UnreadableFileError,
    spatial_shape,
)
from napari_medload.formats.lengths import MM_PER
from napari_medload.formats.storage.detached import beside, expect_shares, header_line, numbered
from napari_medload.formats.storage.inflate import ZLIB
from napari_medload.formats.storage.payload import Payload, expect_unchanged
from napari_medload.formats.storage.plain import Plain, plain
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import from_parts
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FIELD = re.compile(r"\s*(\w+)\s*[=:]\s*(.*?)\s*")
_TYPES = {
    "u1": "MET_UCHAR", "i1": "MET_CHAR", "u2": "MET_USHORT", "i2": "MET_SHORT", "u4": "MET_UINT",
    "i4": "MET_INT", "u8": "MET_ULONG_LONG", "i8": "MET_LONG_LONG", "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}  # fmt: skip
_DTYPES = {name: np.dtype(code) for code, name in _TYPES.items()} | {
    "MET_LONG": np.dtype("i4"),  # on every machine, as MetaIO has it
    "MET_ULONG": np.dtype("u4"),
}
_TRUTHS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_MATRIX, _OFFSET = ("TransformMatrix", "Rotation", "Orientation"), ("Offset", "Position", "Origin")
_SPACING = ("ElementSpacing", "ElementSize")
_SCALED = ("ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset")
_ZLIB = 15


class MetaImage:
    """Reader and writer of MetaImage files."""

    name: ClassVar[str] = "MetaImage"
    suffixes: ClassVar[tuple[str, ...]] = (".mha", ".mhd")
    written: ClassVar[tuple[str, ...]] = (".mha", ".mhd")

    def sources(self, path: Path) -> list[Source]:
        """One array a file."""
        return [Source(path)]

    def header(self, source: Source) -> Header:
        """Read a header without pixels.

        Raises
        ------
        UnreadableFileError
            If the file is no MetaImage, its header contradicts itself, or its numbers lie outside
            its folder.
        """
        return _describe(source)[0]

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the stored numbers: mapped from disk where they are raw, else inflated."""
        now, payload = _describe(header.source)
        expect_unchanged(header, now)
        return payload.read(box)

    def write(self, path: Path, content: Content) -> None:
        """Write ``.mha`` with zlib, or ``.mhd`` with raw numbers in a ``.raw`` file beside it.

        bool becomes uint8, float16 becomes float32. Where directions are not known, only the
        spacing is written.

        Raises
        ------
        ValueError
            If the numbers are neither integers nor real.
        """
        numbers = plain(path, content, _TYPES, self.name)
        if path.name.lower().endswith(".mhd"):
            data = path.with_suffix(".raw")
            path.write_text(_text(content.grid, numbers, data.name), encoding="utf-8")
            data.write_bytes(numbers.memory.data)
            return
        packed = isal_zlib.compress(numbers.memory, 2, _ZLIB)
        text = _text(content.grid, numbers, "LOCAL", len(packed))
        path.write_bytes(text.encode() + packed)


@dataclass(frozen=True)
class _Fields:
    """Fields by their names in lower case, lines behind them, and the byte at which they end."""

    fields: dict[str, str]
    rest: list[str]
    end: int

    def text(self, *names: str) -> str | None:
        """Value of the first of some fields that is there."""
        found = (self.fields.get(name.lower()) for name in names)
        return next((value for value in found if value is not None), None)

    def required(self, name: str) -> str:
        """Value of a field that must be there."""
        found = self.text(name)
        if found is None:
            raise ValueError(f"no field '{name}'")
        return found

    def numbers(self, names: Iterable[str], count: int) -> Any:
        """So many finite numbers, shape (count,); None where no field is there."""
        found = self.text(*(names := tuple(names)))
        if found is None:
            return None
        try:
            numbers = np.array([float(word) for word in found.split()])
        except ValueError as error:
            raise ValueError(f"{names[0]} = {found} ({error})") from error
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise ValueError(f"{names[0]} = {found}, expected {count} finite numbers")
        return numbers

    def whole(self, name: str, otherwise: int) -> int:
        """Whole number of a field."""
        found = self.text(name)
        try:
            return otherwise if found is None else int(found)
        except ValueError as error:
            raise ValueError(f"{name} = {found}, expected a whole number") from error

    def truth(self, otherwise: bool, *names: str) -> bool:
        """Read True or False from the first of some fields."""
        found = self.text(*names)
        if found is None:
            return otherwise
        if found.lower() not in _TRUTHS:
            raise ValueError(f"{names[0]} = {found}, expected True or False")
        return _TRUTHS[found.lower()]


def _parse(file: IO[bytes]) -> _Fields:
    """Read the fields, up to the one that says where the numbers are."""
    fields: dict[str, str] = {}
    while "elementdatafile" not in fields:
        line = header_line(file)
        if line is None:
            raise ValueError("no field 'ElementDataFile'")
        match = _FIELD.fullmatch(line)
        if match is None:
            raise ValueError(f"the line {line[:80]!r}, which is no field")
        fields[match[1].lower()] = match[2]
    end, rest = file.tell(), []
    if fields["elementdatafile"].upper().startswith("LIST"):
        while line := header_line(file):
            rest.append(line)
    return _Fields(fields, rest, end)


def _describe(source: Source) -> tuple[Header, Payload]:
    path = source.path
    try:
        with path.open("rb") as file:
            fields = _parse(file)
        sizes = _sizes(fields)
        payload = _payload(path, fields, sizes)
        grid, notes = _grid(fields, len(sizes), spatial_shape(payload.shape))
    except (ValueError, OverflowError) as error:
        raise UnreadableFileError.about(
            path,
            f"a MetaImage header with {error}",
            "fields such as 'NDims = 3' that agree",
            "Write the file again with a tool that sets its header.",
        ) from error
    header = Header(
        source=source,
        shape=payload.shape,
        dtype=payload.dtype,
        grid=grid,
        data_path=payload.files[0],
        data_offset=payload.start,
        notes=notes,
    )
    return header, payload


def _sizes(fields: _Fields) -> tuple[int, ...]:
    """Sizes along the axes of space and time, from the fastest to the slowest."""
    kind, axes, found = fields.text("ObjectType"), fields.required("NDims"), fields.text("DimSize")
    if (kind or "Image").lower() != "image":
        raise ValueError(f"ObjectType = {kind}, expected Image")
    if axes not in ("2", "3", "4"):
        raise ValueError(f"NDims = {axes}, expected 2, 3 or 4")
    words = (found or "").split()
    if len(words) != int(axes) or not all(word.isdecimal() and int(word) > 0 for word in words):
        raise ValueError(f"DimSize = {found}, expected {axes} positive sizes")
    return tuple(int(word) for word in words)


def _payload(path: Path, fields: _Fields, sizes: tuple[int, ...]) -> Payload:
    named, channels = fields.required("ElementType"), fields.whole("ElementNumberOfChannels", 1)
    dtype = _DTYPES.get(named.upper().removesuffix("_ARRAY"))
    if dtype is None or channels < 1:
        raise ValueError(f"ElementType = {named} with {channels} channels, expected MET_SHORT, ...")
    is_big = fields.truth(False, "BinaryDataByteOrderMSB", "ElementByteOrderMSB")
    is_text = not fields.truth(True, "BinaryData")
    is_packed = fields.truth(False, "CompressedData") and not is_text
    before = fields.whole("HeaderSize", 0)
    if before < (0 if is_packed or is_text else -1):
        raise ValueError(f"HeaderSize = {before}, expected 0 or more, or -1 for raw numbers")
    files = _data_files(path, fields, sizes)
    vector = int(channels > 1)
    return Payload(
        files=files or (path,),
        start=before if before > 0 else 0 if files else fields.end,
        sizes=(channels, *sizes) if vector else sizes,
        dtype=dtype if is_text else dtype.newbyteorder(">" if is_big else "<"),
        spatial=tuple(range(vector, vector + min(len(sizes), 3))),
        packing=ZLIB if is_packed else None,
        text=is_text,
        skip=min(before, 0),
    )


def _data_files(path: Path, fields: _Fields, sizes: tuple[int, ...]) -> tuple[Path, ...]:
    """Files with the numbers; none where they stand behind the header."""
    said = fields.required("ElementDataFile")
    words = said.split()
    if said.upper() == "LOCAL":
        return ()
    if words and words[0].upper() == "LIST":
        names, each = fields.rest, int(words[1].upper().rstrip("D")) if words[1:] else 0
    elif len(words) == 4 and "%" in words[0]:
        first, last, step = (int(word) for word in words[1:])
        names, each = numbered(words[0], first, last, step), 0
    else:
        return beside(path, [said])
    expect_shares(names, sizes, each or len(sizes) - 1)
    return beside(path, names)


def _grid(fields: _Fields, axes: int, shape: tuple[int, int, int]) -> tuple[Grid, tuple[str, ...]]:
    """Where the voxels lie, and what is good to know of how the file is read.

    Without a direction and an origin nothing says where left is; the axes then run as ITK lets
    them, along L, P and S.
    """
    notes: tuple[str, ...] = ()
    if any(fields.text(name) is not None for name in _SCALED):
        notes = ("It states a slope and an intercept, which are not applied, as in ITK.",)
    spacing = fields.numbers(_SPACING, axes)
    matrix = fields.numbers(_MATRIX, axes * axes)
    offset = fields.numbers(_OFFSET, axes)
    if spacing is None and matrix is None and offset is None:
        return Grid.unknown(shape), notes
    directions = np.eye(axes) if matrix is None else matrix.reshape(axes, axes).T
    if axes == 4 and np.any([*directions[3, :3], *directions[:3, 3]]):
        raise ValueError(f"{_MATRIX[0]} = {fields.text(*_MATRIX)}, which mixes space with time")
    linear, origin, spatial = np.eye(3), np.zeros(3), min(axes, 3)
    steps = directions * (np.ones(axes) if spacing is None else spacing)
    linear[:spatial, :spatial] = steps[:spatial, :spatial]
    origin[:spatial] = 0.0 if offset is None else offset[:spatial]
    if not np.linalg.norm(linear, axis=0).all():
        raise ValueError(f"{_SPACING[0]} and {_MATRIX[0]} that leave an axis without length")
    factor, of_unit = _millimetres(fields)
    affine = flip_ras_lps(from_parts(linear * factor, origin * factor))
    oriented = axes > 2 and (matrix is not None or offset is not None)
    return Grid(shape, affine, oriented=oriented), (*notes, *of_unit)


def _millimetres(fields: _Fields) -> tuple[float, tuple[str, ...]]:
    """Millimetres that the unit of length has, and a note where it is another."""
    unit = fields.text("DistanceUnits") or "mm"
    factor = MM_PER.get(unit.lower())
    if factor is None and unit.strip("?"):
        return 1.0, (f"Its unit of length is '{unit}', which is not known; it is read as mm.",)
    if factor in (None, 1.0):
        return 1.0, ()
    return factor or 1.0, (
        f"Its lengths in '{unit}' are converted to mm; ITK ignores the unit and shows it in "
        "another size.",
    )


def _text(grid: Grid, numbers: Plain, data: str, packed: int = 0) -> str:
    """Write the header of three axes."""
    channels = numbers.sizes[0] if numbers.is_vector else 1
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        f"CompressedData = {bool(packed)}",
        *([f"CompressedDataSize = {packed}"] * bool(packed)),
        *_place(grid),
        f"DimSize = {' '.join(map(str, numbers.sizes[-3:]))}",
        *([f"ElementNumberOfChannels = {channels}"] * numbers.is_vector),
        f"ElementType = {numbers.type}",
        f"ElementDataFile = {data}",
    ]
    return "\n".join(lines) + "\n"


def _place(grid: Grid) -> list[str]:
    """Fields that place the array: none where its geometry is unknown."""
    if not grid.known:
        return []
    lps, spacing = flip_ras_lps(grid.affine), np.array(grid.spacing)
    directions = (lps[:3, :3] / spacing).T.ravel()
    place = [f"TransformMatrix = {_words(directions)}", f"Offset = {_words(lps[:3, 3])}"]
    return [*(place if grid.oriented else []), f"ElementSpacing = {_words(spacing)}"]


def _words(numbers: Iterable[float]) -> str:
    return " ".join(repr(float(number) + 0.0) for number in numbers)
