"""A part of the dock that folds away, and is scrolled where a small screen has no room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QTabWidget


class Folding(QWidget):
    """A heading, and below it a part that can be folded away.

    Parameters
    ----------
    title, tip : str
    part : QWidget
    at_least : int
        Height in pixels that stays visible of it, unless a screen has no room even for that.
    """

    def __init__(
        self, title: str, tip: str, part: QWidget, at_least: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = title
        self.heading = _arrow(self, tip)
        self.heading.toggled.connect(self._fold)
        self._page = _Page(part, at_least)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.heading)
        column.addWidget(self._page)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._fold(False)

    @property
    def grown(self) -> int:
        """Height that it holds beyond what should stay visible; below zero where it yields."""
        return self._page.grown if self._page.isVisibleTo(self) else 0

    def grow(self, room: int) -> None:
        """Hold more of its height where there is room, or less where there is none."""
        column = self.layout()
        if self._page.grow(room) and column is not None:
            # at once: else the window would be asked for what was held until now
            column.invalidate()
            self.updateGeometry()

    def _fold(self, folded: bool) -> None:
        self.heading.setText(f"{'▸' if folded else '▾'} {self._title}")
        self._page.setVisible(not folded)
        self.updateGeometry()


class _Page(QScrollArea):
    """Wants the whole height of what it holds, and does with less."""

    def __init__(self, part: QWidget, at_least: int) -> None:
        super().__init__()
        self._at_least = at_least
        self.grown = 0
        self.setWidget(part)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        part.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the part when it grows or shrinks."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))

    def sizeHint(self) -> QSize:
        """Return what the part wants."""
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the width of the part, and the height that must stay visible of it."""
        wanted = self.widget().minimumSizeHint()
        least = min(self.sizeHint().height(), self._at_least + self.grown)
        return QSize(wanted.width(), max(0, least))

    def grow(self, room: int) -> bool:
        """Hold more of the height that the part wants, or less; return whether that changes."""
        wanted = self.sizeHint().height()
        least = min(self._at_least, wanted)
        grown = min(max(-least, self.grown + room), max(0, wanted - self._at_least))
        changes = bool(grown != self.grown)
        if changes:
            self.grown = grown
            self.updateGeometry()
        return changes


def fold_tabs(tabs: QTabWidget, tip: str, at_least: int) -> QToolButton:
    """Put a button beside the tabs that folds their pages away.

    A page that is asked for unfolds them again.

    Parameters
    ----------
    tabs : QTabWidget
    tip : str
    at_least : int
        Height in pixels that stays visible of a page on a small screen.
    """
    button = _arrow(tabs, tip)

    def fold(folded: bool) -> None:
        button.setText("▸" if folded else "▾")
        bar = tabs.tabBar().sizeHint().height()
        tabs.setMaximumHeight(bar if folded else _NO_LIMIT)
        tabs.setMinimumHeight(bar if folded else bar + at_least)
        tabs.updateGeometry()

    button.toggled.connect(fold)
    tabs.tabBarClicked.connect(lambda _index: button.setChecked(False))
    tabs.setCornerWidget(button)
    fold(False)
    return button


_NO_LIMIT = (1 << 24) - 1


def _arrow(parent: QWidget, tip: str) -> QToolButton:
    button = QToolButton(parent)
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
