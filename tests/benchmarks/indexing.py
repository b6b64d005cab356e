"""Finding the samples of 100,000 files: 25,000 labelled pairs."""

from __future__ import annotations

import gc
import glob
import os
import tracemalloc
from typing import TYPE_CHECKING

from napari_medload.loaders import open_dataset
from napari_medload.loaders.deepreg.folders import PAIRED
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.loaders import Dataset

_PAIRS = 25_000
_ROUNDS = 8
_BYTES_A_SAMPLE = 1024
_SUFFIXES = ("nii.gz", "nii")


def measure(folder: Path) -> list[Figure]:
    """Open the folder, against DeepReg's published way of finding and comparing its files."""
    root = _write(folder / "indexing")

    def ours(_turn: int = 0) -> Dataset:
        return open_dataset(root)

    def theirs(_turn: int = 0) -> list[tuple[str, str, str]]:
        return _glob_sort_compare(str(root))

    found = [sample.id for sample in ours()]
    if found != [name for _root, name, _suffix in theirs()]:
        raise AssertionError("the samples found are not those of the peer")
    times = interleaved({"ours": ours, "theirs": theirs}, _ROUNDS)
    tracemalloc.start()
    dataset = ours()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / len(dataset)
    tracemalloc.stop()
    what = f"index {4 * _PAIRS:,} files ({_PAIRS:,} labelled pairs)"
    return [
        Figure(
            f"{what}, against glob, sort, compare", times["ours"], times["theirs"], "s", 3.0,
            "faster",
        ),
        Figure(f"{what}: bytes a sample, against 1 kB", held, _BYTES_A_SAMPLE, "", 1.0, "at most"),
    ]  # fmt: skip


def _write(root: Path) -> Path:
    """Write empty files: finding them opens none."""
    for role in PAIRED.values():
        place = root / role
        place.mkdir(parents=True)
        for number in range(_PAIRS):
            (place / f"case{number:06}.nii.gz").touch()
    return root


def _glob_sort_compare(root: str) -> list[tuple[str, str, str]]:
    """DeepReg's algorithm: each role globbed for each suffix, sorted, its ids compared."""
    every = []
    for role in PAIRED.values():
        place, found = os.path.join(root, role), []
        for suffix in _SUFFIXES:
            pattern = os.path.join(place, "**", f"*.{suffix}")
            for path in glob.glob(pattern, recursive=True):
                found.append((os.path.relpath(path, place)[: -len(suffix) - 1], suffix))
        every.append(sorted((root, name, suffix) for name, suffix in sorted(found)))
    ids = [{split[:-1] for split in splits} for splits in every]
    if any(others - ids[0] or ids[0] - others for others in ids[1:]):
        raise AssertionError("the roles do not hold the same files")
    return every[0]
