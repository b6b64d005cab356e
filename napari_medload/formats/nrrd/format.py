"""NRRD: ``.nrrd``, and ``.nhdr`` with its numbers in other files.

Axes that do not run through space (colours, vectors, lists, time) go behind the three that do,
wherever they stand. Shear is kept. Source: "Definition of NRRD File Format",
https://teem.sourceforge.net/nrrd/format.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

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
from napari_medload.formats.nrrd.header import (
    Fields,
    dtype_of,
    parse_fields,
    sizes_of,
    spatial_axes,
)
from napari_medload.formats.nrrd.space import grid_of
from napari_medload.formats.storage.detached import beside, expect_shares, numbered
from napari_medload.formats.storage.inflate import BZIP2, GZIP
from napari_medload.formats.storage.payload import Payload, expect_unchanged
from napari_medload.formats.storage.plain import Plain, plain
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.geometry import FloatArray, Grid

_PACKINGS = {"gzip": GZIP, "gz": GZIP, "bzip2": BZIP2, "bz2": BZIP2, "raw": None}
_TEXTS = ("ascii", "text", "txt")
_SEGMENT = re.compile(r"Segment\d+_(ID|LabelValue)")
_TYPES = {
    "u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32",
    "u8": "uint64", "i8": "int64", "f4": "float", "f8": "double",
}  # fmt: skip
_GZIP = 31


class Nrrd:
    """Reader and writer of NRRD files."""

    name: ClassVar[str] = "NRRD"
    suffixes: ClassVar[tuple[str, ...]] = (".nrrd", ".nhdr")
    written: ClassVar[tuple[str, ...]] = (".nrrd",)

    def sources(self, path: Path) -> list[Source]:
        """One array a file."""
        return [Source(path)]

    def header(self, source: Source) -> Header:
        """Read a header without pixels.

        Segmentations of 3D Slicer are known for labels by the names of their segments.

        Raises
        ------
        UnreadableFileError
            If the file is no NRRD file, its header contradicts itself, or its numbers lie outside
            its folder.
        """
        return _describe(source)[0]

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the stored numbers: mapped from disk where they are raw, else inflated."""
        now, payload = _describe(header.source)
        expect_unchanged(header, now)
        return payload.read(box)

    def write(self, path: Path, content: Content) -> None:
        """Write NRRD with gzip; two channels and more become a vector, which runs fastest.

        bool becomes uint8, float16 becomes float32.

        Raises
        ------
        ValueError
            If the numbers are neither integers nor real.
        """
        numbers = plain(path, content, _TYPES, self.name)
        lines = [
            "NRRD0005",
            f"type: {numbers.type}",
            f"dimension: {len(numbers.sizes)}",
            f"sizes: {' '.join(map(str, numbers.sizes))}",
            f"kinds: {'vector ' * numbers.is_vector}domain domain domain",
            *_space(content.grid, numbers),
            "endian: little",
            "encoding: gzip",
        ]
        text = "\n".join(lines) + "\n\n"
        path.write_bytes(text.encode() + isal_zlib.compress(numbers.memory, 2, _GZIP))


def _describe(source: Source) -> tuple[Header, Payload]:
    path = source.path
    try:
        with path.open("rb") as file:
            fields = parse_fields(file)
        payload = _payload(path, fields)
        shape = payload.shape
        grid, notes = grid_of(fields, payload.spatial, spatial_shape(shape))
    except (ValueError, OverflowError) as error:
        raise UnreadableFileError.about(
            path,
            f"an NRRD header with {error}",
            "sizes, a type, an encoding and a space that agree",
            "Write the file again with a tool that sets its header.",
        ) from error
    header = Header(
        source=source,
        shape=shape,
        dtype=payload.dtype,
        grid=grid,
        is_label=any(map(_SEGMENT.match, fields.pairs)),
        data_path=payload.files[0],
        data_offset=payload.start,
        notes=notes,
    )
    return header, payload


def _payload(path: Path, fields: Fields) -> Payload:
    encoding = fields.text("encoding").lower()
    if encoding not in _PACKINGS and encoding not in _TEXTS:
        raise ValueError(f"encoding: {encoding}, expected raw, gzip, bzip2 or ascii")
    is_text = encoding in _TEXTS
    sizes, lines, skip = sizes_of(fields), fields.whole("line skip"), fields.whole("byte skip")
    if lines < 0 or skip < (-1 if encoding == "raw" else 0):
        raise ValueError(f"line skip: {lines} and byte skip: {skip} for the encoding {encoding}")
    files = _data_files(path, fields, sizes)
    return Payload(
        files=files or (path,),
        start=0 if files else fields.end,
        sizes=sizes,
        dtype=dtype_of(fields, is_text),
        spatial=spatial_axes(fields, len(sizes)),
        packing=_PACKINGS.get(encoding),
        text=is_text,
        lines=lines,
        skip=skip,
    )


def _data_files(path: Path, fields: Fields, sizes: tuple[int, ...]) -> tuple[Path, ...]:
    """Files with the numbers; none where they stand behind the header."""
    said = fields.fields.get("datafile")
    if said is None:
        return ()
    words = said.split()
    if words and words[0].upper() == "LIST":
        names, each = fields.files, words[1:]
    elif len(words) > 3 and "%" in words[0]:
        first, last, step = (int(word) for word in words[1:4])
        names, each = numbered(words[0], first, last, step), words[4:]
    else:
        return beside(path, [said])
    expect_shares(names, sizes, int(each[0]) if each else len(sizes) - 1)
    return beside(path, names)


def _space(grid: Grid, numbers: Plain) -> list[str]:
    """Fields that place the array: none where its geometry is unknown."""
    if not grid.known:
        return []
    lps = flip_ras_lps(grid.affine)
    ways = " ".join(_vector(lps[:3, axis]) for axis in range(3))
    return [
        "space: left-posterior-superior" if grid.oriented else "space dimension: 3",
        f"space directions: {'none ' * numbers.is_vector}{ways}",
        'space units: "mm" "mm" "mm"',
        f"space origin: {_vector(lps[:3, 3])}",
    ]


def _vector(numbers: FloatArray) -> str:
    return "(" + ",".join(repr(float(number) + 0.0) for number in numbers) + ")"
