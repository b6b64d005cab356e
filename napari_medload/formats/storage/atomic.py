"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write a file, and what belongs to it, aside; move everything to its place at the end.

    Yields
    ------
    Path
        Of the same name, in a new hidden folder beside the wanted one. The file itself is moved
        last, so that a header appears after its data.

    Raises
    ------
    OSError
        If the folder is missing or cannot be written into; nothing is left there.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield aside / path.name
        written = sorted(aside.iterdir(), key=lambda file: file.name == path.name)
        for file in written:
            _flush(file)
        for file in written:
            os.replace(file, path.parent / file.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _flush(file: Path) -> None:
    """Wait until a file is on disk: a crash must not leave its name without its content."""
    with open(file, "rb+", buffering=0) as opened:
        os.fsync(opened.fileno())
