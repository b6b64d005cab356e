"""Splits and groups as a tree with counts; choosing one shows its samples alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

if TYPE_CHECKING:
    from napari_medload.loaders import Dataset
    from napari_medload.session import Session

_ROWS_SHOWN, _ROWS_AT_LEAST = 6, 3
_CHOICE = Qt.ItemDataRole.UserRole


class GroupTree(QTreeWidget):
    """The groups of the dataset; hidden where it has none.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setHeaderHidden(True)
        self.setColumnCount(2)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setToolTip("Show the samples of one split or group")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setVisible(False)
        session.dataset_changed.connect(self._on_dataset)
        session.rows_changed.connect(self._follow)
        self.currentItemChanged.connect(self._on_chosen)

    def _on_dataset(self, dataset: Dataset) -> None:
        counts = Counter((sample.split, sample.group) for sample in dataset.samples)
        if max(counts.values(), default=0) == 1:  # groups of one would say what the table says
            counts = Counter((sample.split, "") for sample in dataset.samples)
        self.blockSignals(True)
        self.clear()
        every = _item("all samples", len(dataset), (None, None))
        self.addTopLevelItem(every)
        splits = dict.fromkeys(split for split, _group in counts)
        for split in splits:
            groups = {group: n for (own, group), n in counts.items() if own == split and group}
            above = every
            if len(splits) > 1:
                total = sum(n for (own, _group), n in counts.items() if own == split)
                above = _item(split or "no split", total, (split, None))
                every.addChild(above)
            for group, count in sorted(groups.items()):
                above.addChild(_item(group, count, (split, group)))
            above.setExpanded(len(groups) <= _ROWS_SHOWN)
        every.setExpanded(True)
        self.setCurrentItem(every)
        self.blockSignals(False)
        self._fit(len(counts))

    def _follow(self) -> None:
        """Mark all samples where they were asked for elsewhere."""
        every = self.topLevelItem(0)
        if self._session.rows.chosen == (None, None) and self.currentItem() is not every:
            self.blockSignals(True)
            self.setCurrentItem(every)
            self.blockSignals(False)

    def _fit(self, branches: int) -> None:
        """Take as many lines as there are, up to some; none where there is nothing to choose."""
        self.setVisible(branches > 1)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the height of its lines, up to some."""
        return QSize(super().sizeHint().width(), self._height(_ROWS_SHOWN))

    def minimumSizeHint(self) -> QSize:
        """Return the height of a few lines; the others are scrolled to on a small screen."""
        return QSize(super().minimumSizeHint().width(), self._height(_ROWS_AT_LEAST))

    def _height(self, most: int) -> int:
        line = max(self.sizeHintForRow(0), 1)
        return int(min(self._lines(), most) * line + 2 * self.frameWidth())

    def _lines(self) -> int:
        every = self.topLevelItem(0)
        if every is None:
            return 0
        children = [every.child(i) for i in range(every.childCount())]
        return 1 + sum(1 + int(child.childCount()) for child in children if child is not None)

    def _on_chosen(self, item: QTreeWidgetItem | None, _before: object = None) -> None:
        if item is not None:
            split, group = item.data(0, _CHOICE)
            self._session.choose(split, group)


def _item(name: str, count: int, choice: tuple[str | None, str | None]) -> QTreeWidgetItem:
    item = QTreeWidgetItem([name, f"{count:,}"])
    item.setData(0, _CHOICE, choice)
    item.setToolTip(0, name)
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
    return item
