"""Scrolling through an oblique pair, against napari on axis-aligned arrays."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import MEDIUM, Pair, Place, blobs, tissue, write_list, write_pairs
from tests.benchmarks.screen import Browser, Screen, as_napari, flush
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.session import Scene

_ROUNDS = 80
_START = 40
_PAIR = Pair(
    "oblique",
    Place(MEDIUM, (0.9, 0.9, 1.1), (6.0, -4.0, 8.0)),
    Place((256, 240, 192), (1.0, 1.0, 1.2), (-9.0, 5.0, 3.0), "PIR"),
    seed=20,
)


def measure(folder: Path) -> list[Figure]:
    """Move one slice up, repainted."""
    write_pairs(folder, [_PAIR])
    listed = write_list(folder / "scrolling.csv", {_PAIR.name: _PAIR.files})
    with closing(Browser(folder)) as browser, closing(Screen("bare")) as bare:
        browser.open(listed)
        return [_measure(browser, bare)]


def _measure(browser: Browser, bare: Screen) -> Figure:
    scene = browser.session.scene
    if scene is None or len(scene.layers) != 4:
        raise AssertionError("the pair is not drawn")
    _add_aligned(bare, scene)
    bare.look_like(browser)

    def scroll(screen: Screen, turn: int) -> None:
        screen.viewer.dims.set_current_step(0, _START + turn)
        screen.repaint()

    for screen in (browser, bare):
        _check(screen)
    times = interleaved(
        {"ours": lambda turn: scroll(browser, turn), "theirs": lambda turn: scroll(bare, turn)},
        _ROUNDS,
        flush,
        warm_up=4,
    )
    name = "scroll one slice of an oblique pair, against aligned arrays"
    return Figure(name, times["ours"], times["theirs"], "s", 1.5, "at most")


def _add_aligned(screen: Screen, scene: Scene) -> None:
    """Four arrays in memory on one grid, in the layers that the browser makes."""
    for seed, layer in enumerate(scene.layers):
        array = (blobs if layer.kind == "labels" else tissue)(MEDIUM, seed)
        screen.viewer.add_layer(as_napari(layer, np.ascontiguousarray(array.T)))


def _check(screen: Screen) -> None:
    """See with the eyes of a screenshot that a step draws another slice."""
    pictures = []
    for step in (_START, _START + 20, _START):
        screen.viewer.dims.set_current_step(0, step)
        screen.repaint()
        pictures.append(screen.picture())
    if not np.array_equal(pictures[0], pictures[2]):
        raise AssertionError("a slice is drawn differently each time")
    if np.mean(pictures[0] != pictures[1]) < 0.05:
        raise AssertionError("two slices are drawn alike")
