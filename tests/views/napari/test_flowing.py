"""Buttons in several lines: no button ever lies over what is below them."""

from __future__ import annotations

from typing import Any

import pytest
from qtpy.QtCore import QPoint, QRect
from qtpy.QtWidgets import QApplication, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_medload.views.napari.flowing import Flowing

_NAMES = ("wrong partner", "flipped", "shifted", "label wrong", "artefact", "unreadable", "other")


class Panel(QWidget):
    """Buttons, one of them away, above a line of text; as in the panel of verdicts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.buttons = [QPushButton(name, self) for name in _NAMES]
        for button in self.buttons:
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.late = self.buttons[-2]
        self.late.hide()
        self.note = QLineEdit(self)
        self.flowing = Flowing(self.buttons, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.flowing)
        column.addWidget(self.note)

    @property
    def covering(self) -> list[str]:
        """Names of the buttons that lie over the line."""
        return [b.text() for b in self.buttons if b.isVisible() and self._over(b)]

    def _over(self, button: QWidget) -> bool:
        place = QRect(button.mapTo(self, QPoint(0, 0)), button.size())
        return place.intersects(self.note.geometry())


def panel_in(window: QWidget, qtbot: Any) -> Panel:
    qtbot.addWidget(window)
    panel = Panel(window)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(panel)
    column.addStretch(1)
    buttons = sum(button.sizeHint().width() + 3 for button in panel.buttons)
    window.resize(buttons - 10, 300)  # with all of them the last one takes a second line
    return panel


@pytest.mark.parametrize("hidden", [False, True])
def test_a_button_that_comes_takes_another_line(qtbot: Any, hidden: bool) -> None:
    window = QWidget()
    panel = panel_in(window, qtbot)  # here: between a fixture and its test events are delivered
    window.show()
    panel.setVisible(not hidden)  # as the dock hides it until something is open
    QApplication.processEvents()
    panel.late.show()
    panel.show()
    qtbot.waitUntil(lambda: panel.buttons[-1].y() > panel.buttons[0].y(), timeout=1000)
    assert panel.late.isVisible()
    qtbot.waitUntil(lambda: not panel.covering, timeout=1000)
