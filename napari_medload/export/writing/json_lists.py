"""JSON objects that hold lists of samples: written one sample a line, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from napari_medload.export.errors import ExportError
from napari_medload.export.writing.proving import proving
from napari_medload.loaders.garbage import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ASCII = json.JSONEncoder(default=str)
"""In ASCII alone: some consumers read with the encoding of the machine. What JSON has no word for,
such as the settings of other programs, is written as text."""

PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
"""For people too: letters as they are."""


def write_object(
    path: Path, content: Iterable[tuple[str, Any]], encoder: json.JSONEncoder = _ASCII
) -> None:
    """Write an object; a list, or what comes one after the other, with one item a line.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        before = "{\n"
        for key, value in content:
            file.write(f"{before}{encoder.encode(key)}: ")
            before = ",\n"
            if value != [] and isinstance(value, list | Iterator):
                items = map(encoder.encode, value)
                file.write("[\n" + next(items, ""))
                file.writelines(chain.from_iterable((",\n", item) for item in items))
                file.write("\n]")
            else:
                file.write(encoder.encode(value))
        file.write("\n}\n")


def as_read(item: Any) -> Any:
    """Return an item as JSON gives it back: tuples as lists, texts for what it has no word for."""
    return json.loads(_ASCII.encode(item))


def read_object(path: Path) -> dict[str, Any]:
    """Read back what was written.

    Raises
    ------
    ExportError
        If it is no JSON object.
    """
    with proving(path), uncollected():
        content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ExportError(
            f"{path}: what was written is read back as another thing than an object. Nothing has "
            "been saved."
        )
    return content
