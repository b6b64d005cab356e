"""Hypotheses on one pair: the first ranking, against loading the pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from napari_medload.checks.hypotheses import Ranking, rank_hypotheses
from napari_medload.formats import Source
from napari_medload.images import Volume, read_volume
from napari_medload.loaders import Sample
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import MEDIUM, ROLES, Pair, Place, write_pairs
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS = 10
_REQUIRED = 5.0


def measure(folder: Path) -> list[Figure]:
    """Try every hypothesis of a labelled pair of which nothing but the images is in memory."""
    fixed = Place(MEDIUM, (1.0, 1.0, 1.0), orientation="LAS")
    moving = Place(MEDIUM, (1.0, 1.0, 1.2), (3.0, 0.0, 8.0), "PIR")
    pair = Pair("explaining", fixed, moving, seed=21)
    write_pairs(folder, [pair])
    sources = {role: Source(folder / pair.files[role]) for role in ROLES}
    sample = Sample("explaining", sources)

    def load(_turn: int = 0) -> dict[str, Volume]:
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(sources, pool.map(read_volume, sources.values()), strict=True))

    volumes = load()

    def ours(_turn: int = 0) -> Ranking:
        return next(rank_hypotheses(sample, volumes))

    first = ours()
    if len(first.entries) < 47:
        raise AssertionError(f"only {len(first.entries)} hypotheses were tried")
    times = interleaved({"ours": ours, "load": load}, _ROUNDS)
    size = "×".join(map(str, MEDIUM))
    what = f"first ranking of {len(first.entries)} hypotheses, labelled pair of {size}"
    name = f"{what}, against loading the pair"
    return [Figure(name, times["ours"], times["load"], "s", _REQUIRED, "at most")]
