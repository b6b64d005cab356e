"""The curtain is dragged with the mouse, and the picture follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from tests.views.napari.looking import SHAPE, bare, noisy_pair, screen
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

HALF_WIDTH = SHAPE[0] * 1.5 / 2
CENTRE = (3.0, 2.0, 1.0)


def drag(browser: Browser, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press, move in steps and let go, as a mouse does; columns and rows of the canvas."""
    canvas, left = canvas_of(browser), Qt.MouseButton.LeftButton
    steps = np.linspace(start, end, 6).round().astype(int)
    browser.qtbot.mouseMove(canvas, QPoint(*map(int, steps[0])))
    browser.qtbot.mousePress(canvas, left, pos=QPoint(*map(int, steps[0])))
    for step in steps[1:]:
        browser.qtbot.mouseMove(canvas, QPoint(*map(int, step)))
        browser.qtbot.wait(20)  # napari takes a move every five milliseconds
    browser.qtbot.mouseRelease(canvas, left, pos=QPoint(*map(int, steps[-1])))
    browser.settle()


def column(browser: Browser, right: float) -> int:
    """Column of the canvas at which a place so far to the patient's right is drawn."""
    _rows, columns = screen(browser, "axial", [(right, CENTRE[1], CENTRE[2])])
    return int(columns[0])


def line_column(browser: Browser) -> float:
    """Middle of the line on the canvas, as painted: white, where the noise behind it is not."""
    bare(browser)
    picture = browser.canvas()[..., :3]
    middle = picture.shape[0] // 2
    found = np.flatnonzero((picture[middle - 60 : middle + 60] > 215).all(axis=(0, 2)))
    assert len(found), "there is no line"
    return float(found.mean())


def test_a_drag_of_the_line_moves_the_curtain(browser: Browser, tmp_path: Path):
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    session, camera = browser.session, browser.viewer.scene.camera
    session.set_options(mode="curtain")
    browser.settle()
    middle = browser.viewer.canvas.size[0] // 2
    assert abs(line_column(browser) - column(browser, CENTRE[0])) <= 1.5
    looked = (camera.center, camera.zoom)

    wanted = CENTRE[0] + 0.5 * HALF_WIDTH  # half way to the patient's right, so to the left
    drag(browser, (column(browser, CENTRE[0]), middle), (column(browser, wanted), middle))
    pixel = 1.5 / (2 * HALF_WIDTH * camera.zoom)
    assert session.options.curtain == pytest.approx(0.25, abs=pixel)
    assert abs(line_column(browser) - column(browser, wanted)) <= 1.5
    assert (camera.center, camera.zoom) == looked
    assert camera.mouse_pan

    slider = browser.dock.compare.controls.curtain
    assert slider.value() == pytest.approx(250, abs=2)
    slider.setValue(700)
    assert session.options.curtain == pytest.approx(0.7)
    browser.settle()
    there = CENTRE[0] + (0.5 - 0.7) * 2 * HALF_WIDTH
    assert abs(line_column(browser) - column(browser, there)) <= 1.5


def test_a_drag_beyond_the_picture_ends_at_its_edge(browser: Browser, tmp_path: Path):
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="curtain", radiological=False)
    browser.settle()
    width = browser.viewer.canvas.size[1]
    middle = browser.viewer.canvas.size[0] // 2
    drag(browser, (column(browser, CENTRE[0]), middle), (width - 2, middle))
    assert browser.session.options.curtain == 1.0


@pytest.mark.parametrize("mode", ["curtain", "overlay"])
def test_a_drag_elsewhere_pans_as_ever(browser: Browser, tmp_path: Path, mode: str):
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode=mode)
    browser.settle()
    camera = browser.viewer.scene.camera
    before = np.array(camera.center)
    middle = browser.viewer.canvas.size[0] // 2
    away = column(browser, CENTRE[0]) + (60 if mode == "curtain" else 0)
    drag(browser, (away, middle), (away + 40, middle))
    assert browser.session.options.curtain == 0.5
    moved = np.abs(np.array(camera.center) - before) * camera.zoom
    assert moved.max() == pytest.approx(40, abs=10)


def test_no_layer_is_hidden_or_shown_while_the_curtain_moves(browser: Browser, tmp_path: Path):
    """napari builds all shaders anew whenever that is set, even to what it is."""
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    session, set_anew = browser.session, []
    for mode in ("edges", "side by side", "curtain"):  # both others make layers of their own
        session.set_options(mode=mode)
        browser.settle()
    assert any(not layer.visible for layer in browser.viewer.layers)
    for layer in browser.viewer.layers:
        layer.events.visible.connect(lambda event: set_anew.append(event.source.name))
    drawn = browser.canvas()
    for at in (0.3, 0.6, 0.2):
        session.set_options(curtain=at)
        browser.settle()
    assert not set_anew
    assert (browser.canvas() != drawn).any()


def test_the_line_is_told_from_a_crosshair(browser: Browser, tmp_path: Path):
    """By its colour, of which it has none, and by its width."""
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="curtain", labels="off")
    browser.settle()
    bare(browser)

    def yellow() -> int:
        picture = browser.canvas()[..., :3].astype(int)
        return int(np.count_nonzero(picture[..., 0] - picture[..., 2] > 80))

    assert line_column(browser) and yellow() == 0
    browser.session.set_options(planes=True)
    browser.settle()
    bare(browser)
    assert yellow() > 100


def test_the_line_is_there_in_curtain_mode_only(browser: Browser, tmp_path: Path):
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    session, lines = browser.session, browser.dock.canvas.lines
    for mode in ("overlay", "curtain", "checkerboard", "curtain", "side by side"):
        session.set_options(mode=mode)
        browser.settle()
        assert lines.shown("curtain") is (mode == "curtain")
    session.set_options(mode="curtain")
    browser.settle()
    browser.viewer.dims.ndisplay = 3
    browser.settle()
    assert not lines.shown("curtain") and session.scene.mode == "overlay"
