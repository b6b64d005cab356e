"""A sheet of text in a window of its own, to be read beside the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_SIZE = (520, 380)


class TextSheet(QDialog):
    """Text that can be read, selected and copied.

    Parameters
    ----------
    title, text : str
    """

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = QPlainTextEdit(text, self)
        self.page.setReadOnly(True)
        self.page.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.page)
        column.addWidget(buttons)
        self.resize(*_SIZE)


def show_text(parent: QWidget | None, title: str, text: str) -> TextSheet:
    """Show a text beside what a person works on."""
    sheet = TextSheet(title, text, parent)
    sheet.show()
    return sheet
