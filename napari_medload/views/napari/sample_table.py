"""The table of samples: a view on the rows of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.table.rows import COLUMNS, DRAW_KEYS
from napari_medload.views.napari.filter_line import FilterLine

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent
    from qtpy.QtWidgets import QLineEdit, QStyleOptionViewItem

    from napari_medload.loaders import Dataset
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.session import Session

_WIDTHS = {
    "id": 84,
    "finding": 190,
    "verdict": 84,
    "offset": 66,
    "overlap": 66,
    "orientation": 66,
    "spacing": 96,
    "oblique": 62,
    "shape": 96,
    "group": 60,
    "split": 54,
}
"""Width of each column in pixels; those that do not fit are hidden, the last ones first."""

_PALE = QColor(145, 145, 145)  # read on dark and on light
_KEYS = tuple(column.key for column in COLUMNS)
_ID_AT_MOST = 220
_IDS_MEASURED = 64
_CELL_MARGIN = 12
_ROWS_AT_LEAST = 4
_FINDING_AT_LEAST = 72
_DRAW_WIDTHS = {"number": 42, "finding": 26, "label": 64}
_NAME_ENOUGH = 150  # of one name in an epoch; what is left beyond goes to further columns


class SampleModel(QAbstractTableModel):
    """The session's rows for Qt; it holds nothing itself."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of rows shown."""
        return 0 if parent is not None and parent.isValid() else len(self._session.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text and tip of a cell."""
        rows = self._session.rows
        if not index.isValid() or index.row() >= len(rows):
            return None
        sample, key = rows.sample_at(index.row()), _KEYS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            text = rows.text(sample, key)
            # in an epoch the names need the room; the reason is read below the table
            return text[:1] if key == "finding" and self._session.epoch is not None else text
        if role == Qt.ItemDataRole.ToolTipRole:
            stated = rows.marks.stated(sample)
            told = () if stated is None else (f"{stated}, as the opened list states; not by you",)
            return "\n".join((rows.text(sample, "id"), *told, *rows.said(sample)))
        if role == Qt.ItemDataRole.ForegroundRole and key == "verdict":
            return QBrush(_PALE) if rows.marks.stated(sample) is not None else None
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[index.column()].numeric:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return title and tip of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(section)
        return COLUMNS[section].tip if role == Qt.ItemDataRole.ToolTipRole else None

    def _title(self, section: int) -> str:
        epoch, key = self._session.epoch, _KEYS[section]
        if epoch is None:
            return COLUMNS[section].title
        if key == "finding":
            return "✓"
        if key == "moving" and _is_paired(epoch):
            return "moving = fixed"
        return COLUMNS[section].title

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask the session to sort."""
        if column >= 0 and (_KEYS[column], order) != self._sorted():
            self._session.sort(_KEYS[column], order == Qt.SortOrder.DescendingOrder)

    def _sorted(self) -> tuple[str, Qt.SortOrder] | None:
        """Column and direction in which the session has sorted."""
        by = self._session.rows.sorted_by
        return None if by is None else (by[0], _order(by[1]))

    def reorder(self) -> None:
        """Tell views that the rows are others."""
        self.beginResetModel()
        self.endResetModel()

    def refresh(self) -> None:
        """Tell views that texts have changed."""
        if self.rowCount():
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def _order(descending: bool) -> Qt.SortOrder:
    return Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder


class _Name(QStyledItemDelegate):
    """Draws names, of which both ends are read."""

    def initStyleOption(
        self, option: QStyleOptionViewItem | None, index: QModelIndex | None
    ) -> None:
        super().initStyleOption(option, index)
        if option is not None:
            option.textElideMode = Qt.TextElideMode.ElideMiddle


class _FittingTable(QTableView):
    """A table that says when its width changes."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class SampleTable(QWidget):
    """Filters and table; selecting a row selects its sample.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._following = False
        self.filters = FilterLine(session, self)
        self.model = SampleModel(session, self)
        self.table = _FittingTable(self)
        self._set_up_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.filters)
        layout.addWidget(self.table)
        session.dataset_changed.connect(lambda _dataset: self._forget())
        session.rows_changed.connect(self._on_rows)
        session.facts_found.connect(self._on_facts)
        session.selection_changed.connect(self._on_selection)
        session.reviewing.marked.connect(self.model.refresh)

    @property
    def search(self) -> QLineEdit:
        """Field of the words that are searched for."""
        return self.filters.search

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        for key in ("id", "moving", "fixed"):  # names differ at their ends
            table.setItemDelegateForColumn(_KEYS.index(key), _Name(table))
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        table.resized.connect(self._fit_columns)
        table.selectionModel().currentRowChanged.connect(self._on_current)

    def _fit_columns(self) -> None:
        """Show as many columns as fit, and no fewer rows than some."""
        line = self.table.verticalHeader().defaultSectionSize()
        header = self.table.horizontalHeader().height()
        least = _ROWS_AT_LEAST * line + header + 2 * self.table.frameWidth()
        if self.table.minimumHeight() != least:
            self.table.setMinimumHeight(least)
        room, dataset = self.table.viewport().width(), self._session.dataset
        if self._session.epoch is not None:
            widths = _epoch_widths(room, self._session.epoch)
        else:
            widths = _sample_widths(room, dataset, self._width_of_ids())
        for position, key in enumerate(_KEYS):
            self.table.setColumnHidden(position, key not in widths)
            if key in widths:
                self.table.setColumnWidth(position, widths[key])

    def _width_of_ids(self) -> int:
        """Width in which the ids of the first samples are read whole, up to some."""
        rows, metrics = self._session.rows, self.table.fontMetrics()
        ids = [rows.text(sample, "id") for sample in range(min(rows.total, _IDS_MEASURED))]
        widest = max(map(metrics.horizontalAdvance, ids), default=0) + _CELL_MARGIN
        return int(min(max(widest, _WIDTHS["id"]), _ID_AT_MOST))

    def _forget(self) -> None:
        """Begin anew with another dataset: in its order, and all of it."""
        self.filters.clear()
        self._show_order()

    def _show_order(self) -> None:
        """Say in the header how the session has sorted."""
        by, header = self._session.rows.sorted_by, self.table.horizontalHeader()
        with QSignalBlocker(header):
            if by is None:
                header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            else:
                header.setSortIndicator(_KEYS.index(by[0]), _order(by[1]))

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._following:
            sample = self._session.rows.sample_at(current.row())
            if sample != self._session.selected:
                self._session.select(sample)

    def _on_rows(self) -> None:
        self._following = True
        self.model.reorder()
        self._following = False
        self._show_order()
        self._fit_columns()
        self._on_selection(self._session.selected)

    def _on_facts(self, _start: int, _count: int) -> None:
        self.model.refresh()

    def _on_selection(self, sample: int | None) -> None:
        row = None if sample is None else self._session.rows.row_of(sample)
        self._following = True
        if row is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(row)
        self._following = False


def _is_paired(epoch: Epoch) -> bool:
    """Whether both images of each pair bear one name."""
    return all(draw.moving == draw.fixed for draw in epoch.draws[:8])


def _any_has(dataset: Dataset, key: str) -> bool:
    """Whether one of the first samples has a group, or a split, that its id does not tell."""
    return any(getattr(sample, key) not in sample.id for sample in dataset.samples[:8])


def _sample_widths(room: int, dataset: Dataset | None, ids: int) -> dict[str, int]:
    """Width of each column that is shown of samples; the finding gets what is left."""
    empty = set(DRAW_KEYS)
    if dataset is not None:
        paired = any("moving_image" in s.sources for s in dataset.samples[:8])
        empty |= set() if paired else {"offset", "overlap"}
        empty |= {k for k in ("group", "split") if not _any_has(dataset, k)}
    shown = {}
    for key, usual in _WIDTHS.items():
        width = ids if key == "id" else usual
        if key in ("id", "finding", "verdict") or (key not in empty and room >= width):
            shown[key] = width
            room -= width
    shown["finding"] += room
    if shown["finding"] < _FINDING_AT_LEAST:  # a narrow dock cuts the ids
        shown["id"] -= _FINDING_AT_LEAST - shown["finding"]
        shown["finding"] = _FINDING_AT_LEAST
    return shown


def _epoch_widths(room: int, epoch: Epoch) -> dict[str, int]:
    """Width of each column that is shown of an epoch; the names share what is left."""
    names = ["moving"] if _is_paired(epoch) else ["moving", "fixed"]
    shown = dict(_DRAW_WIDTHS)
    if not any(draw.label for draw in epoch.draws[:8]):
        del shown["label"]
    room -= sum(shown.values())
    for key in ("offset", "overlap"):
        if room - _WIDTHS[key] >= _NAME_ENOUGH * len(names):
            shown[key] = _WIDTHS[key]
            room -= _WIDTHS[key]
    return {**shown, **dict.fromkeys(names, max(room // len(names), 1))}
