"""Only regular files are opened: a pipe would be waited for without end."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from napari_medload.formats.contract import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "a folder", "Rename it, or move the volumes out of it."),
    (stat.S_ISFIFO, "a named pipe", "Copy into a file what is written to it."),
    (stat.S_ISSOCK, "a socket", "Remove it."),
)


def expect_file(path: Path | str) -> None:
    """Check that a path, or what it links to, is a regular file, without opening it.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    UnreadableFileError
        If it is a folder, a pipe, a socket or a device, or a link that leads nowhere or back to
        itself.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        if not os.path.islink(path):
            raise
        raise UnreadableFileError.about(
            path,
            f"a link to {os.readlink(path)}, which is not there",
            "a file",
            "Restore what it leads to, or replace the link by a file.",
        ) from error
    except OSError as error:
        raise UnreadableFileError.about(
            path,
            f"cannot be reached ({error.strerror})",
            "a file",
            "Replace the link by the file that it stood for."
            if os.path.islink(path)
            else "Check the path and the permissions.",
        ) from error
    if not stat.S_ISREG(mode):
        kinds = ((found, remedy) for is_kind, found, remedy in _KINDS if is_kind(mode))
        found, remedy = next(kinds, ("a device", "Copy its content into a file."))
        raise UnreadableFileError.about(path, found, "a file", remedy)
