"""What scenes of one sample share: what their programs can't open, and XML."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING
from xml.etree.ElementTree import (
    Element,
    ElementTree,
    ParseError,
    canonicalize,
    indent,
    parse,
    tostring,
)

from napari_medload.export.errors import ExportError
from napari_medload.export.files.file_remarks import said_of, unread
from napari_medload.export.remark import Remark
from napari_medload.formats import read_header

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from napari_medload.export.selection import Selection
    from napari_medload.formats import Header
    from napari_medload.labels import LabelTable

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


_BEFORE, _BEHIND = 60, 40
"""Signs that are shown around a difference."""


def one_sample(selection: Selection, program: str) -> Iterator[Remark]:
    """Refuse a selection of several samples."""
    if len(selection) > 1:
        yield Remark(
            "error",
            f"{program} is given one sample at a time, and {len(selection):,} are selected. Choose "
            "one sample: search for it and tick only those that the table shows, or --sample ID",
            tuple(entry.sample.id for entry in selection),
        )


def unopened(
    selection: Selection, program: str, suffixes: tuple[str, ...], roles: Collection[str]
) -> Iterator[Remark]:
    """Remark on files of some roles that a program can't open, or would show elsewhere."""
    yield from unread(selection, program, suffixes, keys="error", formats="error", roles=roles)
    placed, odd = [], []
    for entry in selection:
        sources = [entry.sample.sources[role] for role in roles if role in entry.sample.sources]
        texts = [entry.sample.id, *(source.file for source in sources)]
        placed += [entry.sample.id] if any(source.placement for source in sources) else []
        odd += [entry.sample.id] if any(map(_NOT_XML.search, texts)) else []
    yield from said_of(
        "warning",
        f"the dataset says where an image lies, in place of its file; {program} places it as the "
        "file says",
        placed,
    )
    yield from said_of(
        "error",
        "an id or a path holds signs that XML can't hold, such as control characters; expected "
        "text. Rename the file",
        odd,
    )


def headers_of(selection: Selection, roles: Collection[str]) -> tuple[dict[str, Header], str]:
    """Read the headers of the one sample; also say why one can't be read, or nothing."""
    sources = selection[0].sample.sources
    found: dict[str, Header] = {}
    for role in roles:
        try:
            found[role] = read_header(sources[role])
        except OSError as error:
            return found, str(error)
    return found, ""


def several_frames(
    selection: Selection, headers: dict[str, Header], program: str
) -> Iterator[Remark]:
    """Warn of images that have frames or channels."""
    if roles := [role for role, header in headers.items() if header.frames > 1]:
        yield from said_of(
            "warning",
            f"{' and '.join(roles)} have several frames or channels; {program} may show the first "
            "alone, and one-hot labels not as labels",
            [selection[0].sample.id],
        )


def colours_255(table: LabelTable, value: int) -> tuple[int, int, int]:
    """Red, green and blue of a label, 0 to 255."""
    red, green, blue = (round(255 * part) for part in table.label(value).colour)
    return red, green, blue


def write_xml(path: Path, root: Element) -> None:
    """Write a tree in UTF-8, with signs that attributes can't hold escaped."""
    indent(root)
    ElementTree(root).write(path, encoding="UTF-8", xml_declaration=True)


def expect_tree(path: Path, meant: Element, found: Element) -> None:
    """Compare what was read back with what was meant: all nodes, in order, with all they say.

    Raises
    ------
    ExportError
        If it is not the same.
    """
    one, other = (
        canonicalize(tostring(root, "unicode"), strip_text=True) for root in (meant, found)
    )
    if one != other:
        place = next(n for n, (a, b) in enumerate(zip_longest(one, other)) if a != b)
        shown = [repr(text[max(0, place - _BEFORE) : place + _BEHIND]) for text in (other, one)]
        raise ExportError(f"{path}: was read back with {shown[0]}; expected {shown[1]}.")


def read_xml(path: Path) -> Element:
    """Parse what `write_xml` has written.

    Raises
    ------
    ValueError
        If it is no XML.
    """
    try:
        return parse(path).getroot()  # noqa: S314 - our own, and just written
    except (ParseError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError(str(error)) from error
