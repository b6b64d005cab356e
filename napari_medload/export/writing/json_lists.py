"""JSON objects that hold lists of samples: written one sample a line, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from napari_medload.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_ENCODER = json.JSONEncoder(default=str)
"""In ASCII alone: some consumers read with the encoding of the machine. What JSON has no word for,
such as the settings of other programs, is written as text."""


def write_object(path: Path, content: Iterable[tuple[str, Any]]) -> None:
    """Write an object; a list, or what comes one after the other, with one item a line.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        before = "{\n"
        for key, value in content:
            file.write(f"{before}{_ENCODER.encode(key)}: ")
            before = ",\n"
            if value != [] and isinstance(value, list | Iterator):
                file.write("[")
                for number, item in enumerate(value):
                    file.write((",\n" if number else "\n") + _ENCODER.encode(item))
                file.write("\n]")
            else:
                file.write(_ENCODER.encode(value))
        file.write("\n}\n")


def as_read(item: Any) -> Any:
    """Return an item as JSON gives it back: tuples as lists, texts for what it has no word for."""
    return json.loads(_ENCODER.encode(item))


def read_object(path: Path) -> dict[str, Any]:
    """Read back what was written.

    Raises
    ------
    ExportError
        If it is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(
            f"{path}: what was written cannot be read back ({error}); expected JSON. Is the disk "
            "full? Nothing has been saved."
        ) from error
    if not isinstance(content, dict):
        raise ExportError(
            f"{path}: what was written is read back as another thing than an object. Nothing has "
            "been saved."
        )
    return content


def expect_same(path: Path, ids: Sequence[str], found: Sequence[Any], meant: Iterable[Any]) -> None:
    """Compare what was read back with what was meant, item by item.

    Raises
    ------
    ExportError
        If there is a difference; it names the first sample that differs.
    """
    count = 0
    for count, item in enumerate(meant, start=1):
        read = found[count - 1] if count <= len(found) else None
        if read != item and read != as_read(item):
            raise ExportError(
                f"{path}: sample '{ids[count - 1]}' is read back as {read}; expected {item}. "
                "Nothing has been saved; save it again, on another disk if that does not help."
            )
    if count != len(found):
        raise ExportError(
            f"{path}: {len(found):,} samples are read back; expected {count:,}. Nothing has been "
            "saved; save it again, on another disk if that does not help."
        )
