"""Where files of plain numbers end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.formats.contract import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

TAIL_AT_MOST = 1 << 20
"""Bytes of padding that may follow the last voxel."""

TRUNCATED = "The file is truncated or its header is wrong; copy it again from its source."
OTHER_ARRAY = "The header does not describe this array; write the file again."


def expect_end(path: Path, needed: int) -> None:
    """Check that a file ends with the last voxel, or with zeros after it.

    Parameters
    ----------
    path : Path
    needed : int
        Bytes up to the last voxel, as the header says.

    Raises
    ------
    UnreadableFileError
        If it is shorter, or goes on with something else.
    """
    found = path.stat().st_size
    expected = f"{needed} bytes, as the header says"
    if found < needed:
        raise UnreadableFileError.about(path, f"{found} bytes", expected, TRUNCATED)
    more = found - needed
    if more > TAIL_AT_MOST or (more and _tail(path, needed).strip(b"\0")):
        raise UnreadableFileError.about(
            path, f"{more} bytes after the last voxel", expected, OTHER_ARRAY
        )


def _tail(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(TAIL_AT_MOST)
