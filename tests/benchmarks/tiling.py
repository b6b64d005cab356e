"""A volume cut into tiles and stitched back, against copying the bytes of its tiles."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry import Grid
from napari_medload.regions import TilePlan, iter_regions, stitch, tile_plan
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SHAPE, _TILE, _OVERLAP = (512, 512, 200), 64, 16
_ROUNDS = 24


def measure(_folder: Path) -> list[Figure]:
    """Tile floats, as a model is given them, and the int16 that a scanner writes."""
    figures = []
    for dtype in (np.float32, np.int16):
        # i runs fastest, as in a NIfTI file
        volume = np.random.default_rng(0).integers(0, 4000, _SHAPE[::-1]).astype(dtype).T
        figures += _measure(volume)
    return figures


def _measure(volume: np.ndarray) -> list[Figure]:
    grid = Grid(_SHAPE, np.diag((1.0, 1.0, 1.5, 1.0)))
    plan = tile_plan(grid, (_TILE,) * 3, _OVERLAP)

    def ours(_turn: int = 0) -> np.ndarray:
        return stitch(iter_regions(volume, plan, axes="XYZ", grid=grid), restore=True)

    def copying(_turn: int = 0) -> np.ndarray:
        return _copied(volume, plan)

    if not (np.array_equal(ours(), volume) and np.array_equal(copying(), volume)):
        raise AssertionError("tiles are not put back where they were")
    times = interleaved({"ours": ours, "copying": copying}, _ROUNDS, lambda: _warm(volume.size))
    size = "×".join(map(str, _SHAPE))
    what = f"{size} {volume.dtype} in tiles of {_TILE}³, overlap {_OVERLAP}, and back"
    needed = (volume.nbytes + volume.size * 4) / 1e6
    peak = (volume.nbytes + _peak(ours)) / 1e6
    return [
        Figure(f"{what}, against copying", times["ours"], times["copying"], "s", 2.0, "at most"),
        Figure(f"{what}: peak memory, against in- and output", peak, needed, "MB", 1.1, "at most"),
    ]


def _copied(volume: np.ndarray, plan: TilePlan) -> np.ndarray:
    """Every tile as float32, and all of it put into the output."""
    pixels = volume.T
    out = np.zeros(pixels.shape, np.float32)
    for spec in plan:
        box = tuple(slice(first, first + _TILE) for first in spec["coords"])
        tile = pixels[box].astype(np.float32)
        out[box] = tile
    return out.T


def _warm(size: int) -> None:
    """Fetch memory for the output, which a virtual machine may have given back to its host."""
    np.ones(size, np.float32)


def _peak(work: Callable[[], np.ndarray]) -> int:
    """Bytes that work takes at its most, beyond what there was; numpy tells of its arrays."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
