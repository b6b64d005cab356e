"""A small form in which the columns of a list are chosen by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import ComboBox
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from napari_medload.session.mapping import MEANINGS
from napari_medload.views.napari.first_rows import FirstRows
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session
    from napari_medload.session.mapping import Sheet

_NONE = "–"
_SIZE = (480, 520)
_LINES = 4


class MappingForm(QDialog):
    """A box of the file's columns for each meaning, the first rows, and a button that opens it.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mapping = session.mapping
        self.setWindowTitle("Columns of the list")
        self.text = TextBox(_LINES, self)
        self.boxes = {
            meaning: ComboBox(name=meaning, label=meaning.replace("_", " "), choices=(_NONE,))
            for meaning in MEANINGS
        }
        fields = QFormLayout()
        fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        fields.setVerticalSpacing(4)
        for box in self.boxes.values():
            fields.addRow(box.label, box.native)
        self.rows = FirstRows(self)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.open = QPushButton("Open", self)
        self.open.setDefault(True)
        self.leave = QPushButton("Close", self)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addLayout(fields)
        column.addWidget(self.rows, 1)
        column.addLayout(buttons)
        self.resize(*_SIZE)
        for box in self.boxes.values():
            box.native.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            box.changed.connect(lambda _column: self._check())
        self.open.clicked.connect(lambda _on: self._mapping.open(self.chosen()))
        self.leave.clicked.connect(lambda _on: self.close())
        self._mapping.found.connect(self.show_sheet)
        session.dataset_changed.connect(lambda _dataset: self.close())

    def show_sheet(self, sheet: Sheet) -> None:
        """Offer the columns of a list, with the guess chosen."""
        guess = sheet.guess
        for meaning, box in self.boxes.items():
            with box.changed.blocked():
                box.choices = (_NONE, *sheet.header)
                box.value = guess.get(meaning, _NONE)
        self.rows.show_rows(sheet.header, sheet.rows)
        self._check()
        self.show()
        self.raise_()
        self.activateWindow()

    def chosen(self) -> dict[str, str]:
        """Return the columns that are chosen, by meaning."""
        return {name: box.value for name, box in self.boxes.items() if box.value != _NONE}

    def _check(self) -> None:
        sheet = self._mapping.sheet
        if sheet is None:
            return
        fault = sheet.fault(self.chosen())
        told = f"Which column of {sheet.path.name} holds what?"
        self.text.setText(f"! {fault}" if fault else told)
        self.open.setEnabled(not fault)
        self.open.setToolTip(fault)
