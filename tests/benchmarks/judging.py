"""A verdict on disk, and a journal of 100,000 verdicts that is opened."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING

from napari_medload.review import Review, Verdict
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

DATASET, REVIEWER = "brain (paired)", "Anna"
LINES = 100_000
SAVED_A_ROUND = 40
_ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")


def measure(folder: Path) -> list[Figure]:
    """Measure both."""
    return [saving(folder / "saving"), opening(folder / "opening")]


def verdict(number: int) -> Verdict:
    """Return a verdict with all that it is bound to."""
    return Verdict(
        f"train/case_{number:06d}",
        "accept",
        ("shifted",) if number % 10 == 0 else (),
        "",
        tuple((role, os.urandom(16).hex()) for role in _ROLES),
        tuple((role, 9_000_000 + number, 1_700_000_000_000_000_000 + number) for role in _ROLES),
    )


def saving(folder: Path) -> Figure:
    """A verdict, against the same line appended to an open file and flushed to disk."""
    review = Review(folder, DATASET, REVIEWER)
    review.save(verdict(0))
    line = review.path.read_bytes()
    bare = os.open(folder / "bare.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def ours(_: int) -> None:
        for number in range(SAVED_A_ROUND):
            review.save(verdict(number))

    def peer(_: int) -> None:
        for _number in range(SAVED_A_ROUND):
            os.write(bare, line)
            os.fsync(bare)

    times = interleaved({"ours": ours, "peer": peer}, rounds=15)
    os.close(bare)
    each = {name: seconds / SAVED_A_ROUND for name, seconds in times.items()}
    return Figure("verdict on disk / append and fsync", *each.values(), "s", 2, "at most")


def opening(folder: Path) -> Figure:
    """A journal, against `json.loads` of each of its lines, of which nothing is kept."""
    path = written(folder)

    def peer(_: int) -> None:
        with path.open(encoding="ascii") as lines:
            for line in lines:
                json.loads(line)

    contenders = {"ours": partial(opened, folder), "peer": peer}
    times = interleaved(contenders, rounds=9)
    name = f"journal of {LINES:,} verdicts opens / json.loads of its lines"
    return Figure(name, times["ours"], times["peer"], "s", 1.5, "at most")


def written(folder: Path) -> Path:
    """Journal of many verdicts, made of one that was saved."""
    review = Review(folder, DATASET, REVIEWER)
    review.save(verdict(0))
    line = json.loads(review.path.read_text())
    with review.path.open("a") as file:
        for number in range(1, LINES):
            new = verdict(number)
            line |= {"id": os.urandom(8).hex(), "sample_id": new.sample}
            line["content_hash"] = dict(new.content)
            line["time"] = f"2099-01-{1 + number // 4000:02d}T00:00:{number % 4000 / 100:09.6f}Z"
            line["stamps"] = {role: [size, time] for role, size, time in new.stamps}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return review.path


def opened(folder: Path, _: int) -> Review:
    """Review with all that is known of each sample at hand."""
    review = Review(folder, DATASET, REVIEWER)
    if len(review.own) != LINES or review.troubles:
        raise AssertionError("the journal was not read whole")
    return review
