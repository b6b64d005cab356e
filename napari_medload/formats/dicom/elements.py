"""Single data elements as numbers and text, out of the bytes that pydicom found for them.

pydicom's own values are richer than is needed here, ten times slower to make, and warn about
what many scanners write. Source: DICOM PS3.5, section 6.2 (value representations).
"""

from __future__ import annotations

import math
import struct
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.tag import BaseTag, Tag

_BINARY = {
    **dict.fromkeys(
        "Rows Columns SamplesPerPixel PlanarConfiguration BitsAllocated BitsStored HighBit "
        "PixelRepresentation".split(),
        "H",
    ),
    **dict.fromkeys(("TemporalPositionIndex",), "L"),
    **dict.fromkeys(
        ("DiffusionBValue", "EffectiveEchoTime", "NominalCardiacTriggerDelayTime"), "d"
    ),
}
"""Elements stored as binary numbers; all others that are read here are stored as text."""

_TAGS: dict[str, BaseTag] = {}
_DELIMITERS = {0x5C}


def tag_of(keyword: str) -> BaseTag:
    """Tag of a keyword of the standard."""
    if keyword not in _TAGS:
        _TAGS[keyword] = Tag(keyword)
    return _TAGS[keyword]


class Elements:
    """Elements of a file, or of an item of a sequence.

    Parameters
    ----------
    dataset : pydicom Dataset
    """

    __slots__ = ("_dataset", "_raw")

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._raw = dict(dataset.items())  # as it came: nothing is converted yet

    def __contains__(self, keyword: str) -> bool:
        return tag_of(keyword) in self._raw

    def items(self, keyword: str) -> list[Elements]:
        """Items of a sequence; empty where it is absent."""
        tag = tag_of(keyword)
        return (
            [Elements(item) for item in self._dataset[tag].value or ()] if tag in self._raw else []
        )

    def text(self, keyword: str) -> str:
        """Text without padding, several values parted by backslashes; "" where it is absent."""
        element = self._raw.get(tag_of(keyword))
        value = None if element is None else element.value
        if value is None:
            return ""
        if isinstance(value, bytes):
            return value.decode("latin-1").strip(" \0\r\n")
        if isinstance(value, str):
            return value.strip(" \0")
        parts = [value] if isinstance(value, int | float) else list(value)
        return "\\".join(str(part) for part in parts).strip(" \0")

    def words(self, keyword: str) -> str:
        """Text for people, in the character set that the file names."""
        element = self._raw.get(tag_of(keyword))
        value = None if element is None else element.value
        if not isinstance(value, bytes):
            return self.text(keyword)
        try:
            encodings = convert_encodings(self.text("SpecificCharacterSet").split("\\"))
            return str(decode_bytes(value, encodings, _DELIMITERS)).strip(" \0")
        except (LookupError, ValueError, Warning):
            return self.text(keyword)

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Numbers of an element; empty where it is absent or has no value.

        Raises
        ------
        ValueError
            If they are no finite numbers; the message names the keyword.
        """
        element = self._raw.get(tag_of(keyword))
        if element is None:
            return ()
        value, kind = element.value, _BINARY.get(keyword)
        try:
            if kind and isinstance(value, bytes):
                order = "<" if element.is_little_endian else ">"
                count = len(value) // struct.calcsize(order + kind)
                found = struct.unpack(f"{order}{count}{kind}", value)
            else:
                text = self.text(keyword)
                found = tuple(float(part) for part in text.split("\\")) if text else ()
        except (ValueError, struct.error):
            raise ValueError(f"{keyword} '{self.text(keyword)[:40]}', no number") from None
        if not all(map(math.isfinite, found)):
            raise ValueError(f"{keyword} '{self.text(keyword)[:40]}', no finite number")
        return tuple(map(float, found))

    def number(self, keyword: str) -> float | None:
        """First number of an element, or None."""
        found = self.numbers(keyword)
        return found[0] if found else None

    def whole(self, keyword: str, default: int) -> int:
        """Whole number of an element.

        Raises
        ------
        ValueError
            If it is none; the message names the keyword.
        """
        found = self.number(keyword)
        if found is None:
            return default
        if found != int(found):
            raise ValueError(f"{keyword} {found}, no whole number")
        return int(found)
