"""Disks for tests: one that writes down what is asked of it, and one that fails."""

from __future__ import annotations

import errno
import os

from napari_medload.review.files import Disk


class Recording(Disk):
    """The disk, and what was asked of it in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def write(self, descriptor, data):
        self.calls.append("write")
        return super().write(descriptor, data)

    def fsync(self, descriptor):
        super().fsync(descriptor)
        self.calls.append("fsync")

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
