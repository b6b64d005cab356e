"""Flicker turns where somebody can see it, and nowhere else; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, Qt

from napari_medload.views.napari.compare_panel import ComparePanel
from napari_medload.views.napari.flicker import DEFAULT_MS, FASTEST_MS, Flicker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


class Eye:
    """Whether somebody looks."""

    def __init__(self) -> None:
        self.open, self.asked = True, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.open


@pytest.fixture
def eye() -> Eye:
    return Eye()


@pytest.fixture
def flicker(driver: Driver, eye: Eye) -> Flicker:
    made = Flicker(driver.session, eye)
    driver.session.options_changed.connect(lambda _options: made.follow())
    driver.session.scene_changed.connect(lambda _scene: made.follow())
    yield made
    made.close()


def shown(driver: Driver) -> list[str]:
    return [layer.role for layer in driver.session.scene.layers if layer.visible]


def test_both_images_come_in_turns_with_their_labels(driver: Driver, flicker: Flicker, pairs: Path):
    driver.open(pairs)
    assert not flicker.running
    driver.session.set_options(mode="flicker")
    assert flicker.running and shown(driver) == ["fixed_image", "fixed_label"]
    flicker.interval = FASTEST_MS
    driver.wait(lambda: driver.session.options.flicker)
    assert shown(driver) == ["moving_image", "moving_label"]
    driver.wait(lambda: not driver.session.options.flicker)
    assert shown(driver) == ["fixed_image", "fixed_label"]
    driver.session.set_options(mode="overlay")
    assert not flicker.running


def test_nothing_turns_while_nobody_sees_it(
    driver: Driver, flicker: Flicker, eye: Eye, pairs: Path
):
    driver.open(pairs)
    flicker.interval = FASTEST_MS
    eye.open = False
    driver.session.set_options(mode="flicker")
    driver.wait(lambda: eye.asked >= 2)
    assert not driver.session.options.flicker
    eye.open = True
    driver.wait(lambda: driver.session.options.flicker)


def test_it_never_comes_near_three_changes_a_second(flicker: Flicker):
    assert 1000 / DEFAULT_MS == 2
    flicker.interval = 1
    assert 1000 / flicker.interval < 3


def test_pause_play_and_turning_by_hand(driver: Driver, flicker: Flicker, pairs: Path):
    panel = ComparePanel(driver.session, flicker=flicker)
    driver.qtbot.addWidget(panel)
    panel.show()
    driver.open(pairs)
    driver.session.set_options(mode="flicker")
    controls, left = panel.controls, Qt.MouseButton.LeftButton
    assert controls.play.isVisible() and "pause" in controls.play.text()
    assert not controls.turn.isEnabled()
    driver.qtbot.mouseClick(controls.play, left)
    assert not flicker.running and "play" in controls.play.text()
    before = driver.session.options.flicker
    driver.qtbot.mouseClick(controls.turn, left)
    assert driver.session.options.flicker is not before
    controls.interval.setValue(800)
    assert flicker.interval == 800
    driver.qtbot.mouseClick(controls.play, left)
    assert flicker.running


def test_it_can_be_closed_after_qt_has_deleted_its_timer(driver: Driver):
    """As when the program ends with napari open."""
    flicker = Flicker(driver.session, lambda: True)
    flicker.playing = True
    flicker.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    flicker.close()
    assert not flicker.playing
