"""Where verdicts could be lost: full disks, kills, torn lines, other programs."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from napari_medload.review import JournalError, Verdict
from tests.review.reading import rows, standing
from tests.review.recording import NoLocks, NoSync, Recording
from tests.review.writers import ROOT, SAVES, ended, go, start, told

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk, which only root can")


def decisions(review):
    return {sample: verdict.decision for sample, verdict in review.own.items()}


# --- in order ----------------------------------------------------------------------------


def test_on_disk_before_it_counts(review_by):
    disk = Recording()
    review = review_by("Anna", files=disk)
    review.save(Verdict("a", "accept"))
    disk.calls.append("shown as saved")
    review.save(Verdict("b", "accept"))
    disk.calls.append("shown as saved")
    review.undo()
    disk.calls.append("shown as saved")
    names = ["fsync folder brain_review", f"fsync folder {review.folder.parent.name}"]
    act = ["write", "fsync", "shown as saved"]
    assert disk.calls == [*names, *act, *act, *act]


def test_a_line_is_written_in_one_call(review_by):
    taken = []

    class Watching(Recording):
        def write(self, descriptor, data):
            taken.append(data)
            return super().write(descriptor, data)

    review = review_by("Anna", files=Watching())
    review.save(Verdict("a", "accept", note="long " * 10_000))
    assert len(taken) == 1
    assert taken[0] == review.path.read_bytes()


def test_what_may_not_be_on_disk_does_not_count(review_by):
    review_by("Anna").save(Verdict("a", "accept"))
    disk = NoSync()
    review = review_by("Anna", files=disk)
    with pytest.raises(JournalError, match=f"{review.path}.*Nothing was saved"):
        review.save(Verdict("b", "accept"))
    assert decisions(review) == {"a": "accept"}
    assert disk.calls[-4:] == ["write", "fsync fails", "truncate", "fsync fails"]
    assert standing(review.path) == {"a": "accept"}
    with pytest.raises(JournalError):
        review.undo()
    assert decisions(review) == {"a": "accept"}
    assert decisions(review_by("Anna")) == {"a": "accept"}


# --- full disks --------------------------------------------------------------------------

FILLS = """
import sys
from pathlib import Path
from napari_medload.review import JournalError, Review, Verdict

review = Review(Path(sys.argv[1]), "brain (paired)", "Anna")
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    try:
        review.save(Verdict(f"case_{number}", "accept", note="x" * (37 * number % 500)))
    except JournalError as error:
        print("error", error, flush=True)
        assert f"case_{number}" not in review.own
        break
    print(f"saved case_{number}", flush=True)
"""


def fill(folder, limit=None):
    """Save verdicts until the disk is full; those called saved, and the error."""
    process = start(FILLS, folder, 10_000)
    if limit is not None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    go(process)
    lines = ended(process)
    saved = [line.removeprefix("saved ") for line in lines if line.startswith("saved ")]
    return saved, lines[-1]


@pytest.mark.parametrize("limit", [10_000, 10_001, 10_150, 10_333])
def test_a_file_that_may_not_grow(review_by, folder, limit):
    saved, said = fill(folder, limit)
    assert len(saved) > 5
    journal = review_by("Anna").path
    assert said.startswith(f"error {journal}: ")
    assert "Free some space" in said
    assert list(standing(journal)) == saved  # all that was shown, nothing else, all lines whole
    again = review_by("Anna")
    assert list(again.own) == saved
    assert again.troubles == ()
    again.save(Verdict("after", "reject"))
    assert decisions(review_by("Anna")) == dict.fromkeys(saved, "accept") | {"after": "reject"}


@root_only
def test_a_full_disk(review_by):
    with tempfile.TemporaryDirectory() as place:
        options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]
        if subprocess.run(["mount", *options], capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        try:
            saved, said = fill(place)
            assert len(saved) > 5
            assert "error" in said
            (journal,) = Path(place).iterdir()
            assert list(standing(journal)) == saved
            review = review_by.func(Path(place), *review_by.args[1:], "Anna")
            assert list(review.own) == saved
            assert str(place) in review.problem()  # said before the next verdict
            assert [path.name for path in Path(place).iterdir()] == [journal.name]
        finally:
            subprocess.run(["umount", place], check=True)


def test_what_could_not_be_taken_away_is_no_verdict_either(review_by):
    class Full(Recording):
        def write(self, descriptor, data):
            return super().write(descriptor, data[: len(data) // 2])

        def truncate(self, descriptor, size):
            raise OSError("neither can it be cut")

    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    with pytest.raises(JournalError):
        review_by("Anna", files=Full()).save(Verdict("b", "accept"))
    assert not review.path.read_bytes().endswith(b"\n")
    review.save(Verdict("c", "accept"))
    again = review_by("Anna")
    assert decisions(again) == decisions(review) == {"a": "accept", "c": "accept"}
    assert len(again.troubles) == len(review.troubles) == 1
    assert f"{review.path}:2: " in again.troubles[0]


# --- kills -------------------------------------------------------------------------------


FORKS = """
import os, sys
from pathlib import Path
from napari_medload.review import Review, Verdict

print("ready", flush=True)
for turn, _ in enumerate(sys.stdin):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print("dead", flush=True)
        continue
    print("child", os.getpid(), flush=True)
    review = Review(Path(sys.argv[1]), "brain (paired)", "Anna")
    for number in range(100_000):
        sample = f"case_{turn}_{number}"
        review.save(Verdict(sample, "accept", note="x" * (37 * number % 500)))
        os.write(1, f"saved {sample}\\n".encode())  # print may write the end of the line apart
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_at_any_moment(review_by, folder):
    chance, turns = random.Random(7), 40
    saved = []
    process = start(FORKS, folder)
    for _ in range(turns):
        go(process)
        child = int(process.stdout.readline().split()[1])
        for _ in range(chance.randrange(5)):
            saved.append(process.stdout.readline().split()[1])
        time.sleep(chance.random() * 0.004)  # not to wait for anything: to hit any moment
        os.kill(child, signal.SIGKILL)
        while (line := process.stdout.readline()) != "dead\n":
            saved.append(line.split()[1])
    assert ended(process) == []
    found = review_by("Anna")
    assert len(saved) > turns
    assert [sample for sample in saved if sample not in found.own] == []
    assert len(found.own) - len(saved) <= turns  # at most the one that was on its way
    written, torn = [], 0
    for line in found.path.read_bytes().split(b"\n"):
        try:
            written.append(json.loads(line)["sample_id"])
        except ValueError:  # a kill may come between two pages of one write
            torn += 1
    assert torn <= turns + 1
    assert [sample for sample in written if sample in set(saved)] == saved


@pytest.mark.parametrize("end", range(1, 60, 7))
def test_a_torn_last_line(review_by, end):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    whole = review.path.read_bytes()
    review.save(Verdict("b", "accept"))
    line = review.path.read_bytes()[len(whole) :]
    torn = whole + line[: len(line) * end // 60 + 1]
    review.path.write_bytes(torn)
    again = review_by("Anna")
    assert decisions(again) == {"a": "accept"}
    (trouble,) = again.troubles
    assert f"{review.path}:2: " in trouble
    again.save(Verdict("c", "reject"))
    assert review.path.read_bytes().startswith(torn + b"\n")  # it is kept
    assert decisions(review_by("Anna")) == {"a": "accept", "c": "reject"}


def test_a_line_that_lacks_only_its_end_counts(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review.save(Verdict("b", "accept"))
    review.path.write_bytes(review.path.read_bytes().rstrip(b"\n"))
    again = review_by("Anna")
    assert decisions(again) == {"a": "accept", "b": "accept"}
    assert again.troubles == ()
    again.save(Verdict("c", "accept"))
    assert len(rows(review.path)) == 3
    assert again.undo().sample == "c"
    assert again.undo().sample == "b"


# --- two at once -------------------------------------------------------------------------


def test_two_programs_at_once(review_by, folder):
    both = [start(SAVES, folder, first, 500) for first in (0, 500)]
    for process in both:
        go(process)
    saved = [told(process) for process in both]
    assert [len(each) for each in saved] == [500, 500]
    review = review_by("Anna")
    found = rows(review.path)
    assert [row["sample_id"] for row in found if int(row["sample_id"][5:]) < 500] == saved[0]
    assert len({row["id"] for row in found}) == 1000
    assert set(review.own) == {f"case_{number}" for number in range(1000)}
    assert review.troubles == ()


def test_two_programs_without_locks(review_by, folder):
    script = SAVES.replace('"Anna")', '"Anna", files=NoLocks())').replace(
        "import sys", "import sys\nfrom tests.review.recording import NoLocks"
    )
    both = [start(script, folder, first, 200) for first in (0, 200)]
    for process in both:
        go(process)
    for process in both:
        assert len(told(process)) == 200
    assert len(rows(review_by("Anna").path)) == 400
    assert NoLocks().lock(0) is False


def test_a_window_that_hangs_with_the_lock_holds_nobody_up(review_by, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr("napari_medload.review.files._PATIENCE_S", 0.05)
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    with open(review.path, "ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        review.save(Verdict("b", "accept"))
    assert decisions(review_by("Anna")) == {"a": "accept", "b": "accept"}


def test_a_file_that_is_replaced_while_the_lock_is_waited_for(review_by, folder, tmp_path):
    class Replaced(Recording):
        """A disk on which another program puts a copy in place just before the lock is had."""

        def lock(self, descriptor):
            if not self.calls:
                self.calls.append("replaced")
                os.replace(shutil.copy(review.path, tmp_path / "copy"), review.path)
            return super().lock(descriptor)

    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review_by("Anna", files=Replaced()).save(Verdict("b", "accept"))
    assert list(standing(review.path)) == ["a", "b"]


# --- what others do to the file ----------------------------------------------------------


def test_foreign_and_damaged_lines_are_kept_and_told(review_by, folder):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    row = rows(review.path)[0]
    odd = [
        b"not json",
        b"[1, 2]",
        b"\xff\xfe\x00",
        json.dumps({"program": "another", "rating": 3}).encode(),
        json.dumps(row | {"format": 2, "id": "1", "sample_id": "z"}).encode(),
        json.dumps(row | {"verdict": ["accept"], "id": "2"}).encode(),
        json.dumps(row | {"verdict": "great", "id": "3"}).encode(),
        json.dumps(row | {"kind": "poll", "id": "4"}).encode(),
        json.dumps(row | {"act": {}, "id": "5"}).encode(),
        json.dumps(row | {"sample_id": 7, "id": "6"}).encode(),
        json.dumps(row).encode()[:-1] + b"}" * 2,
        b"[" * 100_000,
        json.dumps(row | {"note": "\xe9", "id": "7"}, ensure_ascii=False).encode("latin-1"),
    ]
    more = json.dumps(row | {"id": "8", "sample_id": "b", "mood": "fine", "round": 1}).encode()
    spaces = b"\r\n\n   \n"
    review.path.write_bytes(review.path.read_bytes() + b"\n".join([*odd, more]) + spaces)
    before = review.path.read_bytes()
    again = review_by("Anna")
    assert decisions(again) == {"a": "accept", "b": "accept"}  # what is beyond us does no harm
    for number, trouble in zip(range(2, 7), again.troubles[:5], strict=True):
        assert trouble.startswith(f"{review.path}:{number}: ")
    assert f"{len(odd) - 5} lines more" in again.troubles[5]
    assert "update" in again.troubles[4]
    again.save(Verdict("c", "accept"))
    assert review.path.read_bytes().startswith(before)
    assert len(again.troubles) == 6


def test_a_journal_that_is_deleted_is_written_again(review_by):
    review = review_by("Anna")
    for sample in ("a", "b"):
        review.save(Verdict(sample, "accept", note="é"))
    before = review.path.read_bytes()
    review.path.unlink()
    assert review.refresh() == {"a", "b"}
    assert decisions(review) == {"a": "accept", "b": "accept"}
    (trouble,) = review.troubles
    assert f"{review.path}: 2 lines" in trouble
    review.save(Verdict("c", "accept"))
    assert review.path.read_bytes().startswith(before)
    assert review.troubles == ()
    assert list(standing(review.path)) == ["a", "b", "c"]
    assert review.refresh() == frozenset()
    assert review.undo().sample == "c"
    assert review.undo().sample == "b"


def test_a_deleted_folder_is_made_again(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review.path.unlink()
    review.folder.rmdir()
    review.save(Verdict("b", "accept"))
    assert list(standing(review.path)) == ["a", "b"]


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_journal_that_is_cut_gets_back_what_it_lost(review_by, refreshed):
    review = review_by("Anna")
    for sample in ("a", "b", "c"):
        review.save(Verdict(sample, "accept"))
    review.path.write_bytes(review.path.read_bytes()[:500])  # within the second line
    if refreshed:
        review.refresh()
        assert any(str(review.path) in trouble for trouble in review.troubles)
    assert len(review.own) == 3
    review.save(Verdict("d", "accept"))
    assert decisions(review_by("Anna")) == dict.fromkeys("abcd", "accept")


def test_an_older_copy_in_its_place_takes_nothing_away(review_by, folder, tmp_path):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    older = review.path.read_bytes()
    review.save(Verdict("a", "reject"))
    there = tmp_path / "synced"
    there.write_bytes(older)
    os.replace(there, review.path)  # what a program that synchronises folders does
    review.save(Verdict("b", "accept"))
    assert decisions(review) == {"a": "reject", "b": "accept"}
    assert decisions(review_by("Anna")) == {"a": "reject", "b": "accept"}
    assert len(rows(review.path)) == 3


def test_a_journal_that_is_renamed_is_not_doubled(review_by, folder):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review.path.rename(folder / "old.jsonl")
    review.refresh()
    assert review.troubles == ()
    review.save(Verdict("b", "accept"))
    assert list(standing(review.path)) == ["b"]
    assert decisions(review_by("Anna")) == {"a": "accept", "b": "accept"}


def test_a_line_that_is_changed_by_hand_is_seen(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review.save(Verdict("b", "accept"))
    text = review.path.read_text().replace('"accept"', '"unsure"', 1)
    review.path.write_text(text)
    other = review_by("Bob")
    assert [v.decision for v in other.others["a"]] == ["unsure"]
    review.path.write_text(text.replace('"unsure"', '"reject"', 1))
    os.utime(review.path, ns=(1, 1))  # a clock that tells two moments apart
    assert "a" in other.refresh()
    assert [v.decision for v in other.others["a"]] == ["reject"]


def test_the_journal_of_another_that_goes_is_gone(review_by):
    bob, anna = review_by("Bob"), review_by("Anna")
    bob.save(Verdict("a", "accept"))
    assert anna.refresh() == {"a"}
    bob.path.unlink()
    assert anna.refresh() == {"a"}
    assert dict(anna.others) == {}
    assert anna.troubles == ()


def test_a_journal_that_cannot_be_read_stops_no_other(review_by, folder):
    review_by("Bob").save(Verdict("a", "accept"))
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    (folder / "folder.jsonl").mkdir()
    (folder / ".hidden.jsonl").write_text("no journal")
    os.mkfifo(folder / "pipe.jsonl")
    anna = review_by("Anna")
    assert set(anna.others) == {"a"}


# --- permissions -------------------------------------------------------------------------

NOBODY = """
import os, sys
from pathlib import Path
from napari_medload.review import JournalError, Review, Verdict
import tempfile, unicodedata, json
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
review = Review(Path(sys.argv[1]), "brain (paired)", sys.argv[2])
print(repr(review.problem()))
try:
    review.save(Verdict("b", "accept"))
except JournalError as error:
    print("JournalError", error)
print(sorted(review.own), len(review.troubles))
"""


@pytest.fixture
def read_only(review_by):
    """A review folder that others may read and not write; pytest's own may not even be entered."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        folder = Path(place) / "brain_review"
        review = review_by.func(folder, *review_by.args[1:], "Anna")
        review.save(Verdict("a", "accept"))
        os.chmod(review.path, 0o444)
        os.chmod(folder, 0o555)
        yield folder
        os.chmod(folder, 0o755)


@pytest.mark.parametrize(("who", "sees"), [("Anna", "['a']"), ("Bob", "[]")])
def test_a_folder_that_cannot_be_written(read_only, who, sees):
    done = subprocess.run(
        [sys.executable, "-c", NOBODY, str(read_only), who],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    problem, saving, own = done.stdout.splitlines()
    assert str(read_only) in problem
    assert "Permission denied" in problem
    assert saving.startswith("JournalError")
    assert own == f"{sees} 0"
    assert len(list(read_only.iterdir())) == 1


def test_a_journal_alone_that_cannot_be_written_is_said(review_by, folder):
    review = review_by("Anna")
    folder.mkdir()
    review.path.mkdir()
    assert str(review.path) in review.problem() or str(folder) in review.problem()
    assert review_by("Bob").problem() == ""
