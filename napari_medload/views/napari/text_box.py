"""Text of any length in a dock of limited height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent


def breakable(text: str) -> str:
    """Let long paths break at their slashes, so that they never widen the dock."""
    return text.replace("/", "/\u200b")


def wrapped_label(parent: QWidget) -> QLabel:
    """Return an empty label that breaks its lines and can be copied from."""
    label = QLabel("", parent)
    wrap(label)
    return label


def wrap(label: QLabel) -> None:
    """Let a label break its lines, be copied from, and be as narrow as it has to."""
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(1)


class TextBox(QScrollArea):
    """A label that breaks its lines, is as high as they need up to some, and then scrolls.

    Parameters
    ----------
    lines : int
        Lines that are seen without scrolling.
    """

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = lines
        self._label = wrapped_label(self)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setWidget(self._label)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(0)

    def text(self) -> str:
        """Return what is written."""
        return str(self._label.text()).replace("\u200b", "")

    def setText(self, text: str) -> None:
        """Write a text, whose long paths may break."""
        text = breakable(text)
        if text != self._label.text():
            self._label.setText(text)
            self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = max(self.viewport().width(), 1)
        needed = self._label.heightForWidth(width) if self._label.text() else 0
        line = self._label.fontMetrics().lineSpacing()
        padding = line // 2 if needed else 0  # a style may frame the label
        self.setFixedHeight(min(needed, self._most * line) + padding)
