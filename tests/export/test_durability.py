"""Where a list could be lost: full disks, kills, folders that can't be written."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from napari_medload import export
from napari_medload.export import Entry, Selection
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset

ROOT = Path(__file__).parents[2]
FORMATS = ("csv", "tsv", "json", "jsonl", "parquet")
every_format = pytest.mark.parametrize("name", FORMATS)
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk, which only root can")

SAVES = """
import sys
from pathlib import Path
from napari_medload import export
from tests.export.test_durability import many

chosen = many(int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
path = Path(sys.argv[1])
try:
    export.save(chosen, path, path.suffix[1:], tell=lambda what: print(what, flush=True))
except (OSError, ValueError) as error:
    print("error", error, flush=True)
"""


def many(count: int) -> Selection:
    samples = tuple(
        Sample(f"s{n:05}", {"image": Source(f"/data/images/{n:05}.nii.gz")}) for n in range(count)
    )
    return Selection(Dataset(Path("/data"), "list", samples), tuple(map(Entry, samples)))


def started(path, count) -> subprocess.Popen[str]:
    """Start a program that is about to save a list."""
    process = subprocess.Popen(
        [sys.executable, "-c", SAVES, str(path), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def old_list(folder: Path, name: str) -> tuple[Path, dict[str, bytes]]:
    """Save a list, and return what lies in its folder."""
    path = folder / f"list.{name}"
    export.save(many(3), path, name)
    return path, contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@every_format
def test_a_file_that_may_not_grow_leaves_the_old_list(tmp_path, name):
    path, before = old_list(tmp_path, name)
    process = started(path, 5_000)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
    said, _ = process.communicate("go\n", timeout=60)
    assert "error" in said.splitlines()[-1]
    assert str(path) in said.splitlines()[-1]
    assert contents(tmp_path) == before
    assert not [each for each in os.listdir(tmp_path) if each.startswith(".")]
    assert len(open_dataset(path)) == 3


@root_only
@every_format
def test_a_full_disk_leaves_the_old_list(name):
    with tempfile.TemporaryDirectory() as place:
        options = ["-t", "tmpfs", "-o", "size=200k", "tmpfs", place]
        if subprocess.run(["mount", *options], capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        try:
            path, before = old_list(Path(place), name)
            (Path(place) / "fills").write_bytes(b"x" * 100_000)
            with pytest.raises((OSError, ValueError), match=r"list|No space"):
                export.save(many(20_000), path, name)
            (Path(place) / "fills").unlink()
            assert contents(Path(place)) == before
            export.save(many(4), path, name)  # it goes on where there is room again
            assert len(open_dataset(path)) == 4
        finally:
            subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_killed_at_any_moment(tmp_path, name):
    """The list is the old one or the new one, whole; what is left over is hidden."""
    chance = random.Random(7)
    path, _ = old_list(tmp_path, name)
    for turn in range(4):
        process = started(path, 3_000)
        process.stdin.write("go\n")
        process.stdin.flush()
        for _ in range(1 + turn % 4):
            process.stdout.readline()
        time.sleep(chance.random() * 0.05)  # not to wait for anything: to hit any moment
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        assert process.returncode in (-signal.SIGKILL, 0)
        assert len(open_dataset(path)) in (3, 3_000)
        beside = {each for each in os.listdir(tmp_path) if not each.startswith(".")}
        assert beside <= {path.name, "list.json"}
    export.save(many(4), path, name)
    assert len(open_dataset(path)) == 4


@every_format
def test_a_folder_that_cannot_be_written(tmp_path, name):
    if os.geteuid() == 0:
        place = Path("/proc/sys")  # not even root can write there
        if not place.is_dir():
            pytest.skip("there is no folder that root can't write")
    else:
        place = tmp_path / "shut"
        place.mkdir(mode=0o500)
    with pytest.raises(OSError, match=f"nothing can be written into {place}. Choose") as raised:
        export.save(many(3), place / f"list.{name}", name)
    assert raised.value.filename == str(place / f"list.{name}")
    assert ".part" not in str(raised.value)


def test_a_link_to_a_list_in_a_loop_is_replaced(tmp_path):
    path = tmp_path / "list.csv"
    path.symlink_to(path.name)
    export.save(many(3), path)
    assert len(open_dataset(path)) == 3


def test_a_loop_of_links_in_the_dataset_does_no_harm(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    sample = Sample("a", {"image": Source(tmp_path / "loop" / "x.nii.gz")})
    saved = export.save([sample], tmp_path / "list.json", "json", relative_to=tmp_path)
    assert "can't be reached" in str(saved)
    (row,) = json.loads((tmp_path / "list.json").read_text())["samples"]
    assert row["image"] == "loop/x.nii.gz"
