"""The result of a registration: before and after it, and how far landmarks lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.scene.before_after import BEFORE
from napari_medload.session.scene.results import landmark_rows, moved_text
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from napari_medload.session import Scene, Session, ViewOptions

_TIPS = {
    "before": "Moving image where its header says",
    "after": "Moving image as the registration leaves it",
}


_ROWS, _COLUMNS = 3, 4  # a head, before, after


class ResultPanel(QWidget):
    """Switch between before and after, with the distances of landmarks; hidden without a result.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.before, self.after = (QPushButton(name, self) for name in _TIPS)
        self._group = QButtonGroup(self)
        for button in (self.before, self.after):
            button.setCheckable(True)
            button.setToolTip(_TIPS[button.text()])
            self._group.addButton(button)
        self.by, self.notes = TextBox(2, self), TextBox(4, self)
        self._table = QGridLayout()
        self._rows = [[QLabel(self) for _ in range(_COLUMNS)] for _ in range(_ROWS)]
        self._lay_out()
        self.before.clicked.connect(lambda _on: session.set_options(after=False))
        self.after.clicked.connect(lambda _on: session.set_options(after=True))
        session.options_changed.connect(self._on_options)
        session.scene_changed.connect(self._on_scene)
        session.dataset_changed.connect(lambda _dataset: self.setVisible(False))
        self._on_options(session.options)
        self.setVisible(False)

    def _lay_out(self) -> None:
        switch = QHBoxLayout()
        switch.setSpacing(3)
        switch.addWidget(QLabel("registration", self))
        switch.addWidget(self.before, 1)
        switch.addWidget(self.after, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(switch)
        column.addWidget(self.by)
        self._table.setHorizontalSpacing(10)
        self._table.setVerticalSpacing(1)
        for number, row in enumerate(self._rows):
            for place, cell in enumerate(row):
                self._table.addWidget(cell, number, place)
        column.addLayout(self._table)
        column.addWidget(self.notes)

    def _on_options(self, options: ViewOptions) -> None:
        (self.after if options.after else self.before).setChecked(True)

    def _on_scene(self, scene: Scene) -> None:
        result = self._session.result
        self.setVisible(bool(result))
        if not result:
            return
        for button in (self.before, self.after):
            button.setEnabled(result.can_switch)
        self.by.setText(moved_text(result, scene.display))
        self.by.setVisible(bool(self.by.text()))
        why = (remark for remark in scene.remarks if remark.startswith(BEFORE))
        self.notes.setText("\n".join((*why, *result.notes)))
        self.notes.setVisible(bool(self.notes.text()))
        self._show(landmark_rows(result))

    @property
    def cells(self) -> list[QLabel]:
        """Cells of the table that are shown, row by row."""
        return [cell for row in self._rows for cell in row if not cell.isHidden()]

    def _show(self, rows: list[tuple[str, ...]]) -> None:
        """Write a table, the first row of which is its head."""
        for number, cells in enumerate(self._rows):
            words = rows[number] if number < len(rows) else ("",) * _COLUMNS
            for cell, word in zip(cells, words, strict=True):
                cell.setText(word)
                cell.setVisible(number < len(rows))
