"""The compare modes: a step to a neighbour in each, and moving curtain and checkerboard."""

from __future__ import annotations

import gc
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.session.options import COMPARE_MODES
from napari_medload.session.scene.resolving import build_scene
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import Pair, Place, write_list, write_pairs
from tests.benchmarks.screen import Browser, Screen, as_napari, flush
from tests.benchmarks.stepping import Hand, check_steps, scene_of
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.session import Scene

_ROUNDS, _MOVES = 8, 16
_FIRST_SLICE, _SLICES = 30, 40
_PAIRS = (
    Pair(
        "here",
        Place((192, 192, 100)),
        Place((180, 200, 110), (1.1, 1.0, 1.2), (9.0, -6.0, 4.0)),
        30,
    ),
    Pair(
        "there",
        Place((184, 180, 120), (1.05, 1.1, 0.95), (3.0, 0.0, -4.0)),
        Place((192, 192, 100), (0.9, 0.9, 1.1), (-7.0, 5.0, 11.0), "PIR"),
        31,
    ),
)


def measure(folder: Path) -> list[Figure]:
    """Step to and fro between two samples in each mode; then move what can be moved."""
    write_pairs(folder, _PAIRS)
    listed = write_list(folder / "comparing.csv", {pair.name: pair.files for pair in _PAIRS})
    figures = []
    with closing(Browser(folder)) as browser:
        browser.open(listed)
        browser.dock.canvas.flicker.playing = False
        with closing(Screen("bare")) as bare:
            Hand(bare, [scene_of(browser, 0)])  # napari's own docks are wider with layers
            bare.look_like(browser)
            gc.freeze()  # the windows stay: what looks for garbage need not look at them each time
            figures += [_step(browser, bare, mode) for mode in COMPARE_MODES]
        with closing(Screen("plain")) as plain:
            figures += _moves(browser, plain)
    return figures


def _step(browser: Browser, bare: Screen, mode: str) -> Figure:
    """Swap the layers of a mode by hand, in another slice each time.

    The peer composes its pictures of planes of its own, in a slice that is as new to it as to
    the browser.
    """
    browser.session.set_options(mode=mode)
    scenes = [scene_of(browser, sample) for sample in (0, 1)]
    browser.wait_for_silence()
    bare.viewer.layers.clear()
    hand = Hand(bare, [_apart(browser, sample) for sample in (0, 1)])
    _as_laid_out(bare, browser, scenes[0])
    called = 0

    def scroll() -> None:
        nonlocal called
        step = _FIRST_SLICE + called // 2 % _SLICES
        for screen in (browser, bare):
            screen.viewer.dims.set_current_step(0, step)
        called += 1
        flush()

    def ours(turn: int) -> None:
        browser.session.select(turn % 2)
        browser.repaint()

    def theirs(turn: int) -> None:
        hand.show(turn % 2)
        bare.repaint()

    check_steps(ours, browser)
    if mode == COMPARE_MODES[0]:  # the peer does the same in all modes
        check_steps(theirs, bare)
    times = interleaved({"ours": ours, "theirs": theirs}, _ROUNDS, scroll, warm_up=2)
    name = f"step to a prefetched neighbour, {mode}, against a swap by hand"
    return Figure(name, times["ours"], times["theirs"], "s", 1.5, "at most")


def _apart(browser: Browser, sample: int) -> Scene:
    """Resolve a sample that is shown at once anew, so that no plane is shared."""
    scene_of(browser, sample)
    prepared = browser.session._showing.shown
    if prepared is None:
        raise AssertionError("no sample is shown")
    return build_scene(
        prepared.sample, prepared.residents, browser.session.options, prepared.problems
    )


def _as_laid_out(bare: Screen, browser: Browser, scene: Scene) -> None:
    """Take the layout of the canvas too: halves beside each other, or one picture."""
    mine, theirs = bare.viewer.canvas.grid, browser.viewer.canvas.grid
    mine.shape, mine.spacing, mine.stride = theirs.shape, theirs.spacing, theirs.stride
    mine.enabled = theirs.enabled
    if theirs.enabled:
        names = [layer.name for layer in browser.viewer.layers]
        order = sorted(bare.viewer.layers, key=lambda layer: names.index(layer.name))
        for place, layer in enumerate(order):
            bare.viewer.layers.move(bare.viewer.layers.index(layer), place)
    bare.viewer.scene.camera.zoom = browser.viewer.scene.camera.zoom
    bare.viewer.scene.camera.center = browser.viewer.scene.camera.center
    flush()


def _moves(browser: Browser, plain: Screen) -> list[Figure]:
    """Let napari redraw two images in memory, and move what lies between two others."""
    browser.session.set_options(mode="overlay", labels="off")
    scene = scene_of(browser, 0)
    for layer in scene.layers[:2]:
        plain.viewer.add_layer(as_napari(layer, np.ascontiguousarray(layer.data)))
    plain.look_like(browser)
    moves: dict[str, Callable[[int], dict[str, Any]]] = {
        "move the curtain": lambda turn: {"mode": "curtain", "curtain": 0.3 + 0.01 * (turn % 40)},
        "change the checkerboard": lambda turn: {
            "mode": "checkerboard",
            "checker_mm": 10.0 + turn % 20,
        },
    }
    return [_move(browser, plain, name, options) for name, options in moves.items()]


def _move(browser: Browser, plain: Screen, name: str, options: Any) -> Figure:
    def ours(turn: int) -> None:
        browser.session.set_options(**options(turn))
        browser.repaint()

    def theirs(_turn: int) -> None:
        for layer in plain.viewer.layers:
            layer.refresh()
        plain.repaint()

    pictures = []
    for turn in (0, 9, 0):
        ours(turn)
        pictures.append(browser.picture())
    if np.array_equal(pictures[0], pictures[1]):
        raise AssertionError(f"{name}: nothing has moved")
    times = interleaved({"ours": ours, "theirs": theirs}, _MOVES, flush, warm_up=3)
    name = f"{name}, against napari's redraw of two plain images"
    return Figure(name, times["ours"], times["theirs"], "s", 1.5, "at most")
