"""A first key, click or scroll, sent as Qt sends them, ends that anything moves by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from napari_medload.views.napari.hands import Hands
from napari_medload.views.napari.walk_panel import ProgressLine
from tests.session.datasets import cut_short, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.views.napari.conftest import Driver


def scroll(widget: QWidget) -> None:
    event = QWheelEvent(
        QPointF(3, 3),
        QPointF(widget.mapToGlobal(QPoint(3, 3))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


ACTS: dict[str, Callable[[QWidget], object]] = {
    "typing": lambda widget: QTest.keyClick(widget, Qt.Key.Key_A),
    "click": lambda widget: QTest.mouseClick(widget, Qt.MouseButton.LeftButton),
    "scroll": scroll,
}


@pytest.fixture
def window(driver: Driver) -> QWidget:
    """A window with a text field, of which the session knows nothing."""
    window = QWidget()
    window.field = QLineEdit(window)
    QVBoxLayout(window).addWidget(window.field)
    driver.qtbot.addWidget(window)
    window.show()
    window.hands = Hands(driver.session, window)
    driver.at_work = False
    return window


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_pairs(tmp_path / "pairs", 6)
    cut_short(folder / "moving_images" / "case04.nii.gz")
    return folder


def checked(driver: Driver) -> bool:
    facts = driver.session.rows.facts
    return all(f is not None and f.checked for f in facts) and driver.session.progress is None


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_the_first_act_is_taken_in(
    driver: Driver, window: QWidget, folder: Path, act: Callable[[QWidget], object]
):
    line = ProgressLine(driver.session)
    driver.qtbot.addWidget(line)
    act(window.field)  # before anything is open it means nothing
    driver.session.open(folder)
    driver.wait(lambda: driver.session.dataset is not None)
    assert driver.session.led
    act(window.field)
    assert not driver.session.led
    driver.wait(lambda: driver.session.scene is not None and checked(driver))
    assert driver.session.scene.sample_id == "case00"
    assert line.isVisible() and line.label.text() == "✗ 1 sample with errors: case04"
    assert not line.cancel.isVisible() and not line.bar.isVisible()
    driver.qtbot.mouseClick(line.worst, Qt.MouseButton.LeftButton)
    driver.settle()
    assert driver.session.scene.sample_id == "case04" and not line.isVisible()


def test_moving_the_mouse_and_time_are_no_act(driver: Driver, window: QWidget, folder: Path):
    driver.session.open(folder)
    driver.wait(lambda: driver.session.dataset is not None)
    QTest.mouseMove(window.field, QPoint(2, 2))
    QTest.mouseMove(window.field, QPoint(9, 5))
    driver.wait(lambda: checked(driver) and not driver.session.loading)
    assert driver.session.scene.sample_id == "case04"


def test_the_line_can_be_hidden(driver: Driver, folder: Path):
    line = ProgressLine(driver.session)
    driver.qtbot.addWidget(line)
    driver.open(folder)
    driver.wait(lambda: checked(driver))
    assert line.isVisible()
    driver.qtbot.mouseClick(line.leave, Qt.MouseButton.LeftButton)
    assert not line.isVisible() and driver.session.scene.sample_id == "case00"
