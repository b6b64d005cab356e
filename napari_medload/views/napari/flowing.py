"""Buttons in as many lines as they need, all of them visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QWidget
from superqt import QFlowLayout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtGui import QResizeEvent, QShowEvent

_NARROWEST = 330


class Flowing(QWidget):
    """Buttons side by side, in further lines where one is too short for them.

    Parameters
    ----------
    buttons : iterable of QWidget
    margin : int
        Pixels that frames around this take from the narrowest dock.
    """

    def __init__(self, buttons: Iterable[QWidget], parent: QWidget, margin: int = 0) -> None:
        super().__init__(parent)
        self._narrowest = _NARROWEST - margin
        self._flow = QFlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(3)
        for button in buttons:
            self._flow.addWidget(button)

    def hasHeightForWidth(self) -> bool:
        """Say no: else the whole dock would be as high as it wants, and the window with it."""
        return False

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Take the height that this width needs."""
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take the height of what came or went while this was hidden: Qt tells that to nobody."""
        super().showEvent(event)
        self.fit()

    def event(self, event: QEvent | None) -> bool:
        """Take another height when a button comes or goes."""
        done = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return done

    def fit(self) -> None:
        """Be as high as the lines of buttons."""
        # before it is laid out a panel may be a few pixels wide, and would ask for many lines
        self.setFixedHeight(self._flow.heightForWidth(max(self.width(), self._narrowest)))
