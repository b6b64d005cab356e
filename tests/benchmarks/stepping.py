"""Stepping to a neighbour that is prefetched, against a swap written by hand."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import MEDIUM, Pair, Place, write_list, write_pairs
from tests.benchmarks.screen import Browser, Screen, as_napari, colours, flush
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image, Labels

    from napari_medload.session import Layer, Scene

_ROUNDS = 60
PAIRS = (
    Pair("here", Place(MEDIUM), Place((224, 256, 160), (1.1, 1.0, 1.2), (9.0, -6.0, 4.0)), 10),
    Pair(
        "there",
        Place((240, 224, 192), (1.05, 1.1, 0.95), (3.0, 0.0, -4.0)),
        Place(MEDIUM, (0.9, 0.9, 1.1), (-7.0, 5.0, 11.0), "PIR"),
        11,
    ),
)


def measure(folder: Path) -> list[Figure]:
    """Go to and fro between two samples, each repainted."""
    write_pairs(folder, PAIRS)
    listed = write_list(folder / "stepping.csv", {pair.name: pair.files for pair in PAIRS})
    with closing(Browser(folder)) as browser, closing(Screen("bare")) as bare:
        browser.open(listed)
        return [_measure(browser, bare)]


def _measure(browser: Browser, bare: Screen) -> Figure:
    scenes = [scene_of(browser, sample) for sample in (0, 1)]
    hand = Hand(bare, scenes)
    bare.look_like(browser)

    def ours(turn: int) -> None:
        browser.session.select(turn % 2)
        browser.repaint()

    def theirs(turn: int) -> None:
        hand.show(turn % 2)
        bare.repaint()

    check_steps(ours, browser)
    check_steps(theirs, bare)
    times = interleaved({"ours": ours, "theirs": theirs}, _ROUNDS, flush, warm_up=4)
    name = "step to a prefetched neighbour, against a swap by hand"
    return Figure(name, times["ours"], times["theirs"], "s", 1.3, "at most")


def scene_of(browser: Browser, sample: int) -> Scene:
    """Select a sample that is ready, and return what is drawn of it."""
    browser.wait_for(sample)
    browser.session.select(sample)
    scene = browser.session.scene
    if scene is None or browser.session.loading:
        raise AssertionError("a prefetched sample was not shown at once")
    return scene


class Hand:
    """Four layers in a bare window, swapped by setting what belongs to each."""

    def __init__(self, screen: Screen, scenes: list[Scene]) -> None:
        self._layers: list[Image | Labels] = [as_napari(la, la.data) for la in scenes[0].layers]
        for layer in self._layers:
            screen.viewer.add_layer(layer)
        self._settings = [[_settings(layer) for layer in scene.layers] for scene in scenes]

    def show(self, sample: int) -> None:
        """Swap to a sample."""
        for layer, settings in zip(self._layers, self._settings[sample], strict=True):
            for name, value in settings.items():
                setattr(layer, name, value)


def _settings(layer: Layer) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "data": layer.data,
        "scale": layer.scale,
        "translate": layer.translate,
    }
    if layer.kind == "image":
        return settings | {
            "contrast_limits_range": layer.limits,
            "contrast_limits": layer.limits,
            "colormap": layer.colormap,
        }
    names = [layer.table.label(value).name for value in layer.values]
    features = pd.DataFrame({"index": layer.values, "name": names})
    return settings | {"colormap": colours(layer), "features": features}


def check_steps(show: Any, screen: Screen) -> None:
    """See with the eyes of a screenshot that each step draws the other sample."""
    pictures = []
    for turn in range(4):
        show(turn)
        pictures.append(screen.picture())
    first, second, third, fourth = pictures
    if not (np.array_equal(first, third) and np.array_equal(second, fourth)):
        raise AssertionError("a sample is drawn differently each time")
    if np.mean(first != second) < 0.05:
        raise AssertionError("both samples are drawn alike")
