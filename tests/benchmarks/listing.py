"""Opening a list of 100,000 pairs with labels and verdicts."""

from __future__ import annotations

import csv
import gc
import tracemalloc
from typing import TYPE_CHECKING

from napari_medload.loaders import open_dataset
from napari_medload.loaders.lists.schema import IDENTITY, JUDGED
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.loaders import Dataset

_ROWS = 100_000
_ROUNDS = 8
_ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")


def measure(folder: Path) -> list[Figure]:
    """Open the list, against `csv.DictReader`, which makes a dict of texts of each row."""
    path = _write(folder / "listing")

    def ours(_turn: int = 0) -> Dataset:
        return open_dataset(path)

    def theirs(_turn: int = 0) -> list[dict[str, str]]:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    for sample, row in zip(ours(), theirs(), strict=True):
        files = {role: source.path.name for role, source in sample.sources.items()}
        if (sample.id, files) != (row["sample_id"], {r: row[r][5:] for r in _ROLES}):
            raise AssertionError("the samples are not the rows of the list")
    times = interleaved({"ours": ours, "theirs": theirs}, _ROUNDS)
    tracemalloc.start()
    held = [_held(ours), _held(theirs)]
    tracemalloc.stop()
    what = f"open a list of {_ROWS:,} rows"
    return [
        Figure(f"{what}, against csv.DictReader", times["ours"], times["theirs"], "s", 3.0,
               "at most"),
        Figure(f"{what}: memory, against the same", *held, "MB", 1.0, "at most"),
    ]  # fmt: skip


def _held(call: object) -> float:
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    kept = call()  # type: ignore[operator]
    gc.collect()
    held = (tracemalloc.get_traced_memory()[0] - before) / 1e6
    del kept
    return held


def _write(root: Path) -> Path:
    root.mkdir(parents=True)
    path = root / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*IDENTITY, *_ROLES, *JUDGED))
        for number in range(_ROWS):
            name = f"sub-{number:06}"
            files = [f"data/{name}_{role}.nii.gz" for role in _ROLES]
            said = ["accept", "n/a", f"seen {number}", "ada", "2026-01-01T00:00:00Z", "n/a", "n/a"]
            writer.writerow((f"train/{name}", name, "n/a", "train", *files, *said))
    return path
