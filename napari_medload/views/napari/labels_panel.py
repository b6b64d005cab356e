"""The legend of the labels that are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.scene.legend import LegendEntry, legend_of

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_medload.session import Session

_TITLES = ("value", "name", "short", "in")
_SWATCH_PX = 12


class LabelsPanel(QWidget):
    """Colour, value, name and abbreviation of every label; those not in the sample are grey.

    A box that is not ticked hides its label, in all samples.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[LegendEntry, ...] = ()
        self._hidden: frozenset[int] = frozenset()
        self._filling = False
        self.table = QTableWidget(0, len(_TITLES), self)
        table = self.table
        table.setHorizontalHeaderLabels(_TITLES)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setTabKeyNavigation(False)  # arrows go along the rows, and the space bar ticks
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 4)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(table)
        self.all = QPushButton("Show all labels", self)
        self.all.setToolTip("Draw the labels again that are hidden, also those of other samples")
        self.all.clicked.connect(lambda _on: session.show_labels())
        self.all.hide()
        layout.addWidget(self.all)
        table.itemChanged.connect(self._on_ticked)
        session.scene_changed.connect(lambda _scene: self.refresh())

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with the scene."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the labels of the scene; nothing is done while nobody looks."""
        scene = self._session.scene
        if self.isVisible() and scene is not None:
            self._show(legend_of(scene))

    def _show(self, entries: tuple[LegendEntry, ...]) -> None:
        hidden = self._session.options.hidden_labels
        if (entries, hidden) == (self._shown, self._hidden):
            return
        self._filling = True  # what is ticked now is not ticked by a person
        if entries != self._shown:
            self._shown = entries
            self._list(entries)
        self._tick(hidden)
        self._filling = False

    def _tick(self, hidden: frozenset[int]) -> None:
        """Tick the labels that are drawn."""
        self._hidden = hidden
        for row, entry in enumerate(self._shown):
            drawn = entry.label.value not in hidden
            state = Qt.CheckState.Checked if drawn else Qt.CheckState.Unchecked
            item = self.table.item(row, 0)
            item.setCheckState(state)
            item.setToolTip("Untick to hide it" if drawn else "Hidden; tick to draw it again")
        self.all.setVisible(bool(hidden))

    def _on_ticked(self, item: QTableWidgetItem) -> None:
        """Hide a label, or draw it again."""
        if self._filling or item.column() != 0:
            return
        value = self._shown[item.row()].label.value
        drawn = item.checkState() == Qt.CheckState.Checked
        if drawn == (value in self._session.options.hidden_labels):
            self._session.toggle_label(value)

    def _list(self, entries: tuple[LegendEntry, ...]) -> None:
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            label = entry.label
            where = ", ".join(entry.present_in) or "not in this sample"
            for column, text in enumerate(
                (str(label.value), label.name, label.abbreviation, where)
            ):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if not entry.present_in:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self.table.setItem(row, column, item)
            self.table.item(row, 0).setIcon(_swatch(label.colour))
        self.table.setColumnHidden(2, not any(entry.label.abbreviation for entry in entries))


def _swatch(colour: tuple[float, float, float]) -> QIcon:
    picture = QPixmap(_SWATCH_PX, _SWATCH_PX)
    picture.fill(QColor.fromRgbF(*colour))
    return QIcon(picture)
