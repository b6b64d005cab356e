"""Locks on an open file, as the system has them; where it has none, a journal goes without."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from types import ModuleType

_FAR_AWAY = (1 << 31) - 2
"""Byte that stands for the file where locks hide what they cover (Windows).

Beyond what is ever written, so that all can be read meanwhile, and as far as `_locking` counts.
"""

_HELD_BY_ANOTHER = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class Locks(Protocol):
    """How an open file is locked."""

    def lock(self, descriptor: int) -> None:
        """Lock a file at once.

        Raises
        ------
        BlockingIOError
            If another program holds it.
        OSError
            If that cannot be had on this disk.
        """
        ...

    def unlock(self, descriptor: int) -> None:
        """Let others lock it."""
        ...


class WholeFile:
    """Locks of Linux and of a Mac.

    Parameters
    ----------
    fcntl : module
    """

    def __init__(self, fcntl: ModuleType | Any) -> None:
        self._fcntl = fcntl

    def lock(self, descriptor: int) -> None:
        """Lock a file at once."""
        self._fcntl.flock(descriptor, self._fcntl.LOCK_EX | self._fcntl.LOCK_NB)

    def unlock(self, descriptor: int) -> None:
        """Let others lock it."""
        self._fcntl.flock(descriptor, self._fcntl.LOCK_UN)


class OneByte:
    """Locks of Windows.

    Parameters
    ----------
    msvcrt : module
    """

    def __init__(self, msvcrt: ModuleType | Any) -> None:
        self._msvcrt = msvcrt

    def lock(self, descriptor: int) -> None:
        """Lock a file at once."""
        os.lseek(descriptor, _FAR_AWAY, os.SEEK_SET)
        try:
            self._msvcrt.locking(descriptor, self._msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _HELD_BY_ANOTHER:
                raise BlockingIOError(*error.args) from error
            raise

    def unlock(self, descriptor: int) -> None:
        """Let others lock it."""
        os.lseek(descriptor, _FAR_AWAY, os.SEEK_SET)
        self._msvcrt.locking(descriptor, self._msvcrt.LK_UNLCK, 1)


class Without:
    """A system that knows no locks."""

    def lock(self, descriptor: int) -> None:
        """Say that there are none."""
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    def unlock(self, descriptor: int) -> None:
        """Do nothing."""


def system_locks() -> Locks:
    """Return the locks of this system, by what its Python brings."""
    try:
        import fcntl
    except ImportError:
        pass
    else:
        return WholeFile(fcntl)
    try:
        import msvcrt
    except ImportError:
        return Without()
    return OneByte(msvcrt)
