"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_NAME_SHOWN = 40


@contextmanager
def written_whole(path: Path, replacing: Collection[str] = ()) -> Iterator[Path]:
    """Write a file or a folder, and what belongs to it, aside; move it to its place at the end.

    Parameters
    ----------
    path : Path
    replacing : collection of str
        Where `path` may be a folder that is there with things in it: names of the files in it that
        are written. These are replaced one by one, and nothing else in it is touched.

    Yields
    ------
    Path
        Of the same name, in a new hidden folder beside the wanted one. The file itself is moved
        last, so that a header appears after its data.

    Raises
    ------
    FileExistsError
        If what belongs to a new file has the name of a file that is there, or the path is a folder
        that is not empty.
    OSError
        If the folder is missing or cannot be written into; nothing is left there. Whatever is
        raised meanwhile names the wanted file.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it first")
    if not replacing:
        _expect_no_folder(path)
    prefix = f".{path.name[:_NAME_SHOWN]}."  # the file's own name may have the greatest length
    try:
        aside = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=path.parent))
    except OSError as error:
        why = f"{error.strerror}: nothing can be written into {path.parent}. Choose another folder"
        raise OSError(error.errno, why, str(path)) from None
    try:
        yield aside / path.name
        written = sorted(aside.iterdir(), key=lambda file: file.name == path.name)
        _expect_own(path, written)
        for file in written:
            _flush_all(file)
        for file in written:
            _move(file, path.parent / file.name, replacing)
        _flush_names(path.parent)
    except (ValueError, OSError) as error:
        _name_wanted(error, aside, path.parent)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # a full disk names nothing
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _expect_no_folder(path: Path) -> None:
    """Check that a path is no folder that holds something: it would be lost.

    Raises
    ------
    FileExistsError
        If it is.
    """
    if path.is_dir() and any(path.iterdir()):
        raise FileExistsError(
            f"{path}: there is such a folder already, and it is not empty; expected a new name, or "
            "an empty folder. Save under another name, or remove the folder first"
        )


def _move(written: Path, wanted: Path, replacing: Collection[str]) -> None:
    """Put a file or folder in its place, or the named files of a folder into the one there."""
    if written.is_dir() and wanted.is_dir() and not written.is_symlink():
        if replacing:
            _move_into(written, wanted, replacing)
            return
        _expect_no_folder(wanted)  # something may have come meanwhile
        if not wanted.is_symlink():
            wanted.rmdir()  # an empty one; not every system replaces it
    os.replace(written, wanted)


def _move_into(written: Path, wanted: Path, replacing: Collection[str]) -> None:
    files = sorted(written.iterdir())
    odd = [
        file.name for file in files if file.name not in replacing and (wanted / file.name).exists()
    ]
    if odd:
        raise FileExistsError(
            f"{wanted / odd[0]}: there is such a file already; expected to replace "
            f"{', '.join(sorted(replacing))} alone. Save under another name, or remove it first"
        )
    for file in files:
        os.replace(file, wanted / file.name)
    _flush_names(wanted)


def _expect_own(path: Path, written: Sequence[Path]) -> None:
    """Check that only the file that was asked for, and what belongs to it, is replaced.

    The numbers of another header may have the name that the numbers of a new one would get.
    """
    if path.exists() and not path.is_dir():  # what it brings along is its own, or will be
        return
    for file in written:
        other = path.parent / file.name
        if other != path and other.exists():
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


def _flush_all(written: Path) -> None:
    """Flush a file, or all files and folders below a folder."""
    if not written.is_dir() or written.is_symlink():
        _flush(written)
        return
    for folder, _folders, files in os.walk(written):  # which follows no link
        for name in files:
            _flush(Path(folder, name))
        _flush_names(Path(folder))


def _flush(file: Path) -> None:
    """Wait until a file is on disk: a crash must not leave its name without its content."""
    if file.is_symlink() or file.stat().st_nlink > 1:  # another's file, which was there before
        return
    with open(file, "rb+", buffering=0) as opened:
        os.fsync(opened.fileno())


def _flush_names(folder: Path) -> None:
    """Wait until the names in a folder are on disk, where the system can tell."""
    with suppress(OSError):  # Windows opens no folder, some network drives flush none
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
