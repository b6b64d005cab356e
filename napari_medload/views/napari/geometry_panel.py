"""The geometry panel: fixed beside moving beside labels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSize, Qt, Signal
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
from napari_medload.views.napari.fitted_text import fitted

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent

    from napari_medload.session import Session

_MARK = QColor(230, 159, 0)
_LEAST_HEIGHT = 64
_DRAWN = "drawn"
_DRAWN_TIP = "How this sample is drawn, as the canvas says it where it has room"
_CELL_MARGIN = 12


class _Facts(QTableWidget):
    """A table that wants the height of all its rows, and scrolls where it does not get it."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.resized.emit()

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
        self._notes: tuple[str, ...] = ()  # on the scene, in the last row
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
        table.resized.connect(self._fit_notes)
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
            self._shown, self._notes = None, ()
            self.table.setRowCount(0)
            return
        content = geometry_table(facts, dataset.alignment)
        scene = self._session.scene
        notes = () if scene is None else scene.notes
        if (content, notes) == (self._shown, self._notes):  # another way to draw the same sample
            return
        self._shown, self._notes = content, notes
        self.table.clearSpans()
        self.table.setColumnCount(len(content.columns))
        self.table.setRowCount(len(content.rows) + bool(notes))
        self.table.setHorizontalHeaderLabels([_broken(name) for name in content.columns])
        names = [name for name, _cells in content.rows]
        self.table.setVerticalHeaderLabels([*names, _DRAWN] if notes else names)
        for row, (_name, cells) in enumerate(content.rows):
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, _item(cell))
        line = self.table.verticalHeader().defaultSectionSize()
        for row, (_name, cells) in enumerate(content.rows):
            lines = max((cell.text.count("\n") + 1 for cell in cells), default=1)
            self.table.setRowHeight(row, line * lines)
        if notes:
            self._add_notes(len(content.rows), len(content.columns))
        self._fit_height()

    def _add_notes(self, row: int, columns: int) -> None:
        """Say across all columns how the sample is drawn."""
        item = QTableWidgetItem()
        item.setToolTip("\n".join((*self._notes, "", _DRAWN_TIP)))
        self.table.setItem(row, 0, item)
        if columns > 1:
            self.table.setSpan(row, 0, 1, columns)
        self._break_notes()

    def _fit_notes(self) -> None:
        """Break the notes anew for another width."""
        if self._notes:
            self._break_notes()
            self._fit_height()

    def _break_notes(self) -> None:
        table, row = self.table, self.table.rowCount() - 1
        item = table.item(row, 0)
        if item is None:
            return
        room = table.viewport().width() - _CELL_MARGIN
        measure = table.fontMetrics().horizontalAdvance
        lines = fitted(self._notes, max(room, 1), sys.maxsize, measure)
        item.setText("\n".join(lines))
        table.setRowHeight(row, table.verticalHeader().defaultSectionSize() * len(lines))

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
