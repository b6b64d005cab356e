"""The locks of other systems, run for real: what Windows and a system without locks would do."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from napari_medload.review import Verdict
from napari_medload.review.files import Disk
from napari_medload.review.locking import OneByte, Without, system_locks
from tests.review.reading import rows, standing
from tests.review.writers import ROOT, SAVES, go, start, told

fcntl = pytest.importorskip("fcntl")
if not hasattr(fcntl, "F_OFD_SETLK"):
    pytest.skip("only Linux has locks that are like those of Windows", allow_module_level=True)


def locking(descriptor, mode, count):
    """Lock bytes from where the file stands, in the way of `msvcrt`.

    By locks of the open file: those of the process would go when it closes the file anywhere,
    which they do not on Windows.
    """
    here = os.lseek(descriptor, 0, os.SEEK_CUR)
    flock = struct.pack("hhqqi", mode, os.SEEK_SET, here, count, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, flock)
    except BlockingIOError as error:
        raise PermissionError(errno.EACCES, "Permission denied") from error


msvcrt = SimpleNamespace(locking=locking, LK_NBLCK=fcntl.F_WRLCK, LK_UNLCK=fcntl.F_UNLCK)

AS_ON_WINDOWS = SAVES.replace('"Anna")', '"Anna", files=Disk(OneByte(msvcrt)))').replace(
    "import sys",
    """import sys
from napari_medload.review.files import Disk
from napari_medload.review.locking import OneByte
from tests.review.test_locking import msvcrt""",
)

WITHOUT_FCNTL = SAVES.replace(
    "import sys",
    """import sys
sys.modules["fcntl"] = None  # as on Windows
from napari_medload.review.files import Disk
from napari_medload.review.locking import Without
assert isinstance(Disk()._locks, Without)""",
    1,
)

HOLDS = """
import os, sys
from napari_medload.review.locking import OneByte
from tests.review.test_locking import msvcrt

descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND)
OneByte(msvcrt).lock(descriptor)
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("script", [AS_ON_WINDOWS, WITHOUT_FCNTL], ids=["windows", "no locks"])
def test_two_programs_at_once_with_other_locks(review_by, folder, script):
    both = [start(script, folder, first, 300) for first in (0, 300)]
    for process in both:
        go(process)
    saved = [told(process) for process in both]
    assert [len(each) for each in saved] == [300, 300]
    review = review_by("Anna")
    assert len(rows(review.path, whole=script is AS_ON_WINDOWS)) == 600 and review.troubles == ()
    assert set(review.own) == {f"case_{number}" for number in range(600)}


def test_a_byte_that_another_program_holds_is_waited_for_and_the_rest_is_read(
    review_by, monkeypatch
):
    monkeypatch.setattr("napari_medload.review.files._PATIENCE_S", 0.05)
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    holder = start(HOLDS, review.path)
    descriptor = os.open(review.path, os.O_RDWR)
    try:
        with pytest.raises(BlockingIOError):
            OneByte(msvcrt).lock(descriptor)
        assert Disk(OneByte(msvcrt)).lock(descriptor) is False  # after some patience
    finally:
        os.close(descriptor)
    assert standing(review.path) == {"a": "accept"}  # the lock covers nothing that is written
    review_by("Anna", files=Disk(OneByte(msvcrt))).save(Verdict("b", "accept"))
    go(holder)
    holder.wait(timeout=60)
    assert standing(review.path) == {"a": "accept", "b": "accept"}


def test_a_disk_without_locks_is_not_waited_for(review_by, monkeypatch):
    monkeypatch.setattr("napari_medload.review.files._PATIENCE_S", 1e9)

    def none(_descriptor, _mode, _count):
        raise OSError(errno.ENOLCK, "No locks available")

    windows = OneByte(SimpleNamespace(locking=none, LK_NBLCK=2, LK_UNLCK=0))
    for locks in (windows, Without()):
        begun = time.monotonic()
        review_by("Anna", files=Disk(locks)).save(Verdict(type(locks).__name__, "accept"))
        assert time.monotonic() - begun < 1e6  # else it hangs
    assert len(standing(review_by("Anna").path)) == 2


def test_what_goes_wrong_after_the_line_is_on_disk_is_no_failure(review_by):
    class Late(Disk):
        def unlock(self, descriptor):
            super().unlock(descriptor)
            raise OSError(errno.EIO, "lost the lock")

        def close(self, descriptor):
            super().close(descriptor)
            raise OSError(errno.EIO, "told late")

    review = review_by("Anna", files=Late())
    review.save(Verdict("a", "accept"))
    assert list(review.own) == ["a"] and standing(review.path) == {"a": "accept"}


HIDDEN_FOLDER = """
import os, sys
from pathlib import Path
from napari_medload.review.review import Review
from napari_medload.review.verdict import Verdict

os.setuid(65534)
review = Review(Path(sys.argv[1]), "brain (paired)", "Anna")
review.save(Verdict("a", "accept"))
print("saved", flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="turns into another user, which only root can")
def test_a_folder_that_may_be_written_and_not_listed_takes_verdicts(review_by):
    folder = review_by("Anna").folder
    folder.mkdir()
    folder.chmod(0o333)
    above = [place for place in folder.parents if place.stat().st_mode & 0o001 == 0]
    for place in above:
        place.chmod(place.stat().st_mode | 0o011)
    try:
        done = subprocess.run(
            [sys.executable, "-c", HIDDEN_FOLDER, str(folder)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
        )
    finally:
        folder.chmod(0o755)
        for place in above:
            place.chmod(0o700)
    assert done.stdout == "saved\n", done.stderr
    assert standing(review_by("Anna").path) == {"a": "accept"}


def test_this_system_has_the_locks_that_its_python_brings():
    assert type(system_locks()).__name__ == "WholeFile"
