"""Disks for tests: one that writes down what is asked of it, and one that fails."""

from __future__ import annotations

import errno
import os

from napari_medload.review.files import Disk


class Noting(Disk):
    """The disk, and what was written in order, in a list that others may add to."""

    def __init__(self, calls: list[str] | None = None) -> None:
        self.calls: list[str] = [] if calls is None else calls

    def write(self, descriptor, data):
        self.calls.append("write")
        return super().write(descriptor, data)

    def fsync(self, descriptor):
        super().fsync(descriptor)
        self.calls.append("fsync")


class Recording(Noting):
    """The disk, and all that was asked of it in order."""

    def fsync_folder(self, folder):
        super().fsync_folder(folder)
        self.calls.append(f"fsync folder {folder.name}")

    def truncate(self, descriptor, size):
        self.calls.append("truncate")
        super().truncate(descriptor, size)


class NoSync(Recording):
    """A disk that takes what is written and cannot say that it is there."""

    def fsync(self, descriptor):
        self.calls.append("fsync fails")
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class NoLocks(Disk):
    """A network disk without locks."""

    def lock(self, descriptor):
        return False
