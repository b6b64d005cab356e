"""What is found and hashed of samples before they are exported: side by side, and with room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context

import psutil
import pytest

from napari_medload.checks import Severity
from napari_medload.export import reviewed
from napari_medload.loaders import Dataset, open_dataset
from tests.phantoms import claim
from tests.session.datasets import cut_short, write_pairs


@pytest.fixture
def folder(tmp_path):
    return write_pairs(tmp_path / "pairs", 6, labels=True)


def told(selection):
    return [(entry.sample.id, entry.findings, entry.content) for entry in selection]


class Counting(ThreadPoolExecutor):
    """Counts what it is given."""

    given = 0

    def submit(self, *work, **how):
        self.given += 1
        return super().submit(*work, **how)


def test_processes_and_one_thread_find_the_same_in_order(folder):
    cut_short(folder / "moving_images" / "case02.nii.gz", 0.01)
    dataset = open_dataset(folder)
    asked = {"findings": "voxels", "content": True}
    by_threads = reviewed(dataset, **asked)
    assert [f.check for f in by_threads[2].findings].count("unreadable") == 1
    with ThreadPoolExecutor(1) as one:
        assert told(reviewed(dataset, **asked, executor=one)) == told(by_threads)
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        assert told(reviewed(dataset, **asked, executor=other)) == told(by_threads)


def test_who_cancels_waits_for_no_more_samples(folder):
    dataset = open_dataset(folder)
    many = Dataset(dataset.root, "list", dataset.samples * 500, "none")

    def stop(done, _total, _what):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Counting(2) as run:
        reviewed(many, findings="headers", progress=stop, executor=run)
    assert 5 <= run.given < 200
    with pytest.raises(KeyboardInterrupt):
        reviewed(many, findings="headers", progress=stop)
    assert not [t for t in threading.enumerate() if t.name.startswith("medload-examine")]


def test_volumes_that_would_fill_the_memory_are_noted_and_not_read(folder):
    free = psutil.virtual_memory().available
    claim(folder / "fixed_images" / "case01.nii.gz", free, free // 500)
    found = reviewed(open_dataset(folder), findings="voxels", content=True)
    (note,) = [f for f in found[1].findings if f.check == "checks"]
    assert note.severity is Severity.NOTE and "GB of memory are free" in note.sentence
    assert "fixed_image" not in dict(found[1].content) and len(found[1].content) == 3
    (remark,) = found.remarks
    assert "larger than the free memory" in remark.sentence and remark.samples == ("case01",)
    assert len(found[0].content) == 4 and not [f for f in found[0].findings if f.check == "checks"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process is interrupted otherwise there")
def test_ctrl_c_ends_the_checks_and_saves_nothing(folder, tmp_path):
    rows = [f"s{n},pairs/fixed_images/case00.nii.gz" for n in range(20_000)]
    (tmp_path / "many.csv").write_text("\n".join(["sample_id,image", *rows]) + "\n")
    out = tmp_path / "out.csv"
    command = [sys.executable, "-m", "napari_medload", "export", tmp_path / "many.csv", "-o", out]
    ours, its = os.openpty()  # on a terminal it says what it is doing
    run = subprocess.Popen([*command, "--findings=voxels"], stderr=its)
    os.close(its)
    said = b""
    while b"checking: " not in said:
        said += os.read(ours, 1000)
    run.send_signal(signal.SIGINT)
    with suppress(OSError):  # what Linux says at the end of a terminal
        while piece := os.read(ours, 1000):
            said += piece
    os.close(ours)
    assert run.wait(60) == 1 and said.rstrip().endswith(b"stopped; nothing was saved")
    assert not out.exists() and not list(tmp_path.glob(".*"))
