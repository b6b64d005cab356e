"""How a list begins: as a table where it is one, else as its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import (
    QAbstractItemView,
    QPlainTextEdit,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

if TYPE_CHECKING:
    from napari_medload.session.export.outlook import Outlook

_LINES = 3
_WIDEST = 170  # px of a column; its whole text is in the tip
_MARGIN = 12


class PreviewPage(QStackedWidget):
    """The first rows of a list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text, self.table = _text_page(self), _table_page(self)
        for page in (self.text, self.table):
            self.addWidget(page)
        line = self.text.fontMetrics().lineSpacing()
        self.setMinimumHeight(line * (_LINES + 1) + _MARGIN)  # and the scroll bar
        self._rows: tuple[tuple[str, ...], ...] = ()

    def toPlainText(self) -> str:
        """Return how the list begins, as it is written."""
        return str(self.text.toPlainText())

    def show_of(self, outlook: Outlook | None) -> None:
        """Show how a list begins; nothing where that is not known."""
        lines = () if outlook is None else outlook.lines
        text = "\n".join(lines)
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
        self._fill(() if outlook is None else outlook.rows)
        self.setCurrentWidget(self.table if self._rows else self.text)
        self.setVisible(bool(lines))

    def _fill(self, rows: tuple[tuple[str, ...], ...]) -> None:
        if rows == self._rows:
            return
        self._rows, table = rows, self.table
        header, body = (rows[0], rows[1:]) if rows else ((), ())
        table.setColumnCount(len(header))
        table.setHorizontalHeaderLabels(list(header))
        table.setRowCount(len(body))
        for number, row in enumerate(body):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(number, column, item)
        table.resizeColumnsToContents()
        for column in range(len(header)):
            table.setColumnWidth(column, min(_WIDEST, table.columnWidth(column)))


def _text_page(parent: QWidget) -> QPlainTextEdit:
    page = QPlainTextEdit(parent)
    page.setReadOnly(True)
    page.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    page.setTabChangesFocus(True)
    page.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return page


def _table_page(parent: QWidget) -> QTableWidget:
    table = QTableWidget(parent)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # paths differ at their ends
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
    return table
