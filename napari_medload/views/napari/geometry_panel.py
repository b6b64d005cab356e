"""The geometry panel: fixed beside moving beside labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QBrush, QColor, QGuiApplication
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.table.geometry_table import (
    Cell,
    GeometryTable,
    facts_as_json,
    geometry_table,
)

if TYPE_CHECKING:
    from napari_medload.session import Session

_MARK = QColor(230, 159, 0)
_LEAST_HEIGHT = 64


class _Facts(QTableWidget):
    """A table that wants the height of all its rows, and scrolls where it does not get it."""

    def full_height(self) -> int:
        """Height at which nothing is scrolled out of sight."""
        above = self.horizontalHeader().maximumHeight()
        return int(above + self.verticalHeader().length() + 2 * self.frameWidth())

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.full_height())


class GeometryPanel(QWidget):
    """Facts of the selected sample; what disagrees is marked by a sign and a colour.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: GeometryTable | None = None
        self._session = session
        self.table = _Facts(self)
        table = self.table
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setShowGrid(False)
        table.setWordWrap(False)
        font = table.font()
        font.setPointSizeF(font.pointSizeF() * 0.84)
        font.setStretch(90)
        table.setFont(font)
        table.horizontalHeader().setFont(font)
        table.verticalHeader().setFont(font)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setFixedHeight(2 * table.fontMetrics().height() + 8)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setMinimumSectionSize(1)  # a style's own minimum comes late
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 2)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._on_menu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(table)
        layout.addStretch(1)
        session.scene_changed.connect(lambda _scene: self.refresh())
        session.rows_changed.connect(self.refresh)

    def _fit_height(self) -> None:
        """Take the height of all facts where there is room for it."""
        full = self.table.full_height()
        self.table.setMinimumHeight(min(full, _LEAST_HEIGHT))
        self.table.setMaximumHeight(full)
        self.table.updateGeometry()

    def refresh(self) -> None:
        """Show the facts of the sample on the canvas."""
        facts, dataset = self._session.facts, self._session.dataset
        if facts is None or dataset is None:
            self._shown = None
            self.table.setRowCount(0)
            return
        content = geometry_table(facts, dataset.alignment)
        if content == self._shown:  # another way to draw the same sample
            return
        self._shown = content
        self.table.setColumnCount(len(content.columns))
        self.table.setRowCount(len(content.rows))
        self.table.setHorizontalHeaderLabels([_broken(name) for name in content.columns])
        self.table.setVerticalHeaderLabels([name for name, _cells in content.rows])
        for row, (_name, cells) in enumerate(content.rows):
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, _item(cell))
        line = self.table.verticalHeader().defaultSectionSize()
        for row, (_name, cells) in enumerate(content.rows):
            lines = max((cell.text.count("\n") + 1 for cell in cells), default=1)
            self.table.setRowHeight(row, line * lines)
        self._fit_height()

    def _on_menu(self, position: QPoint) -> None:
        facts, dataset = self._session.facts, self._session.dataset
        if facts is None or dataset is None:
            return
        menu = QMenu(self)
        clipboard = QGuiApplication.clipboard()
        table = geometry_table(facts, dataset.alignment)
        menu.addAction("Copy as text", lambda: clipboard.setText(table.as_text()))
        menu.addAction("Copy as JSON", lambda: clipboard.setText(facts_as_json(facts)))
        menu.exec(self.table.viewport().mapToGlobal(position))


def _broken(name: str) -> str:
    """Break a column's title, so that four stand side by side."""
    return name.replace(" ", "\n")


def _item(cell: Cell) -> QTableWidgetItem:
    item = QTableWidgetItem(cell.text + (" !" if cell.marked else ""))
    item.setToolTip("\n".join(filter(None, (cell.text, cell.tip))) or cell.text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    if cell.marked:
        font = item.font()
        font.setBold(True)
        item.setFont(font)
        item.setForeground(QBrush(_MARK))
    return item
