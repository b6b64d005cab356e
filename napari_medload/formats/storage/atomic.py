"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME_SHOWN = 40


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
    FileExistsError
        If what belongs to a new file has the name of a file that is there.
    OSError
        If the folder is missing or cannot be written into; nothing is left there. Whatever is
        raised meanwhile names the wanted file.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
    prefix = f".{path.name[:_NAME_SHOWN]}."  # the file's own name may have the greatest length
    aside = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=path.parent))
    try:
        yield aside / path.name
        written = sorted(aside.iterdir(), key=lambda file: file.name == path.name)
        _expect_own(path, written)
        for file in written:
            _flush(file)
        for file in written:
            os.replace(file, path.parent / file.name)
    except (ValueError, OSError) as error:
        _name_wanted(error, aside, path.parent)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _expect_own(path: Path, written: Sequence[Path]) -> None:
    """Check that only the file that was asked for, and what belongs to it, is replaced.

    The numbers of another header may have the name that the numbers of a new one would get.
    """
    if path.exists():  # what it brings along is its own, or will be
        return
    for file in written:
        other = path.parent / file.name
        if other.exists():
            raise FileExistsError(
                f"{other}: there is such a file already, and no {path.name} that it belongs to; "
                f"expected to write it together with {path.name}. Save under another name, or "
                "remove it first"
            )


def _name_wanted(error: ValueError | OSError, aside: Path, folder: Path) -> None:
    """Let an error name the folder of the wanted file in place of the one aside."""
    error.args = tuple(
        arg.replace(str(aside), str(folder)) if isinstance(arg, str) else arg for arg in error.args
    )
    for name in ("filename", "filename2"):
        file = getattr(error, name, None)
        if isinstance(file, str | Path):
            with suppress(AttributeError):  # PyAV's errors cannot be set
                setattr(error, name, str(file).replace(str(aside), str(folder)))


def _flush(file: Path) -> None:
    """Wait until a file is on disk: a crash must not leave its name without its content."""
    with open(file, "rb+", buffering=0) as opened:
        os.fsync(opened.fileno())
