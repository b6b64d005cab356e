"""How a list begins: as a table where it is one, else as its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QPlainTextEdit, QStackedWidget, QWidget

from napari_medload.views.napari.first_rows import FirstRows

if TYPE_CHECKING:
    from napari_medload.session.export.outlook import Outlook

_ROWS = 6
_MARGIN = 24  # header and scroll bar may be higher than a row


class PreviewPage(QStackedWidget):
    """The first rows of a list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text, self.table = _text_page(self), FirstRows(self)
        for page in (self.text, self.table):
            self.addWidget(page)
        self._keep_rows()

    def sizeHint(self) -> QSize:
        """Ask for no more than the rows that are always seen: fields go first."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def toPlainText(self) -> str:
        """Return how the list begins, as it is written."""
        return str(self.text.toPlainText())

    def show_of(self, outlook: Outlook | None) -> None:
        """Show how a list begins; nothing where that is not known."""
        lines = () if outlook is None else outlook.lines
        text = "\n".join(lines)
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
        rows = () if outlook is None else outlook.rows
        if rows:
            self.table.show_rows(rows[0], rows[1:])
        self.setCurrentWidget(self.table if rows else self.text)
        self._keep_rows()
        self.setVisible(bool(lines))

    def _keep_rows(self) -> None:
        """Keep some rows in sight, whatever else there is to say."""
        row: int = self.text.fontMetrics().lineSpacing()
        if self.currentWidget() is self.table:
            row = self.table.verticalHeader().defaultSectionSize()
        self.setMinimumHeight(row * (_ROWS + 1) + _MARGIN)


def _text_page(parent: QWidget) -> QPlainTextEdit:
    page = QPlainTextEdit(parent)
    page.setReadOnly(True)
    page.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    page.setTabChangesFocus(True)
    page.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return page
