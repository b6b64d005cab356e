"""The few calls by which a journal touches the disk, so that their order can be recorded."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from napari_medload.review.locking import system_locks

try:
    import fcntl
except ImportError:  # Windows
    _FULL_SYNC = None
else:
    _FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)  # of a Mac

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.review.locking import Locks

_PATIENCE_S = 3.0
_ASK_AGAIN_S = 0.0005
_TRIES = 5
_NO_SYNC_OF_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)
_BINARY = getattr(os, "O_BINARY", 0)


class Files(Protocol):
    """What a journal asks of the disk."""

    def open(self, path: Path) -> int:
        """Open a file to read it and to append to it; make it where there is none."""
        ...

    def lock(self, descriptor: int) -> bool:
        """Keep other programs that lock from writing; False where that cannot be had."""
        ...

    def unlock(self, descriptor: int) -> None:
        """Let them write again."""
        ...

    def write(self, descriptor: int, data: bytes) -> int:
        """Append in one call; return how many bytes were taken."""
        ...

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file."""
        ...

    def fsync(self, descriptor: int) -> None:
        """Wait until a file is on disk."""
        ...

    def fsync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on disk."""
        ...

    def close(self, descriptor: int) -> None:
        """Close a file."""
        ...


class Disk:
    """The disk itself.

    Parameters
    ----------
    locks : Locks, optional
        Those of the system.
    """

    _locks: Locks = system_locks()

    def __init__(self, locks: Locks | None = None) -> None:
        if locks is not None:
            self._locks = locks

    def open(self, path: Path) -> int:
        """Open a file to read it and to append to it; make it where there is none."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o666)

    def lock(self, descriptor: int) -> bool:
        """Keep other programs that lock from writing, or go without after some seconds.

        A network disk may know no locks, and a program that was stopped may hold one for ever. A
        line that is appended by one call stays whole without a lock too.
        """
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._locks.lock(descriptor)
                return True
            except BlockingIOError:
                if time.monotonic() > until:
                    return False
                time.sleep(_ASK_AGAIN_S)
            except OSError:
                return False

    def unlock(self, descriptor: int) -> None:
        """Let them write again."""
        self._locks.unlock(descriptor)

    def write(self, descriptor: int, data: bytes) -> int:
        """Append in one call; return how many bytes were taken."""
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file."""
        os.ftruncate(descriptor, size)

    def fsync(self, descriptor: int) -> None:
        """Wait until a file is on disk; on a Mac `os.fsync` leaves it in the drive's memory."""
        if _FULL_SYNC is not None:
            try:
                fcntl.fcntl(descriptor, _FULL_SYNC)
                return
            except OSError:  # not on every file system
                pass
        os.fsync(descriptor)

    def fsync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on disk, where the system can."""
        if os.name == "nt":  # folders cannot be opened there
            return
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError:  # names may be made in it, and not listed
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_SYNC_OF_FOLDERS:
                raise
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)


@contextmanager
def opened(files: Files, path: Path) -> Iterator[int]:
    """Open a file for appending, locked; the file that has the name once the lock is had."""
    for left in reversed(range(_TRIES)):
        descriptor = files.open(path)
        try:
            locked = files.lock(descriptor)
            try:
                # it may have been replaced while the lock was waited for; some network disks
                # number one file differently each time
                if is_at(descriptor, path) or not left:
                    yield descriptor
                    return
            finally:
                if locked:
                    with suppress(OSError):  # what was written is on disk, and closing unlocks too
                        files.unlock(descriptor)
        finally:
            with suppress(OSError):  # the same; a network disk may complain only now
                files.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
