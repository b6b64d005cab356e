"""The first rows of a table, as narrow as they can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDEST = 170  # px of a column; its whole text is in the tip


class FirstRows(QTableWidget):
    """A table to look at; of a long text the beginning and the end are seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Sequence[str], Sequence[Sequence[str]]] = (), ()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # paths differ at their ends
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)

    def show_rows(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show other rows; the same ones again leave the scroll bars where they are."""
        if (header, rows) == self._shown:
            return
        self._shown = header, rows
        self.setColumnCount(len(header))
        self.setHorizontalHeaderLabels(list(header))
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(number, column, item)
        self.resizeColumnsToContents()
        for column in range(len(header)):
            self.setColumnWidth(column, min(_WIDEST, self.columnWidth(column)))
