"""Which samples the table shows: words, verdict, finding; and sorting what has come in since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QTimer
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from napari_medload.session.table.filtering import FINDING_FILTERS
from napari_medload.session.table.marks import VERDICT_FILTERS

if TYPE_CHECKING:
    from napari_medload.session import Session

_SEARCH_MS = 150
_CHOICE_WIDTH = 92
_ALL_VERDICTS, _ALL_FINDINGS = "verdict", "finding"


class FilterLine(QWidget):
    """Search field, filters by verdict and finding, and a button that sorts again.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("search id, group, split or finding")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(60)
        self.verdict = _choice(self, "Show samples by their verdict", _ALL_VERDICTS)
        for name in VERDICT_FILTERS:
            self.verdict.addItem(name, name)
        self.finding = _choice(self, "Show samples by what was found", _ALL_FINDINGS)
        self.again = QPushButton("↻", self)
        self.again.setToolTip("More was found since the table was sorted. Sort it again")
        self.again.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.again.clicked.connect(lambda _on: session.sort_again())
        self.again.hide()
        self._search_soon = QTimer(self)
        self._search_soon.setSingleShot(True)
        self._search_soon.setInterval(_SEARCH_MS)
        self._search_soon.timeout.connect(lambda: session.find(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._search_soon.start())
        self.verdict.activated.connect(
            lambda _i: session.choose_by(verdict=self.verdict.currentData())
        )
        self.finding.activated.connect(
            lambda _i: session.choose_by(finding=self.finding.currentData())
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.search, 1)
        for part in (self.verdict, self.finding, self.again):
            row.addWidget(part)
        session.dataset_changed.connect(lambda _dataset: self._list_checks())
        session.rows_changed.connect(self._list_checks)
        session.facts_found.connect(lambda _start, _count: self._offer_sorting())
        self._list_checks()

    def clear(self) -> None:
        """Show all samples, of another dataset."""
        self.search.clear()
        self._search_soon.stop()
        self.verdict.setCurrentIndex(0)
        self.finding.setCurrentIndex(0)

    def _list_checks(self) -> None:
        """Offer the checks that have found something."""
        checks = [(f"{name} ({n:,})", name) for name, n in self._session.rows.checks.items()]
        offered = [(_ALL_FINDINGS, ""), *((name, name) for name in FINDING_FILTERS), *checks]
        chosen = self._session.rows.filter
        with QSignalBlocker(self.finding):
            self.finding.clear()
            for text, data in offered:
                self.finding.addItem(text, data)
            self.finding.setCurrentIndex(max(0, self.finding.findData(chosen.finding)))
        self.verdict.setCurrentIndex(max(0, self.verdict.findData(chosen.verdict)))
        if not (chosen.search or self.search.hasFocus() or self._search_soon.isActive()):
            with QSignalBlocker(self.search):  # all samples were asked for elsewhere
                self.search.clear()
        self.verdict.setEnabled(self._session.epoch is None)
        self._offer_sorting()

    def _offer_sorting(self) -> None:
        self.again.setVisible(self._session.rows.outdated)


def _choice(parent: QWidget, tip: str, everything: str) -> QComboBox:
    box = QComboBox(parent)
    box.setToolTip(tip)
    box.addItem(everything, "")
    box.setMinimumWidth(_CHOICE_WIDTH)
    box.setMaximumWidth(_CHOICE_WIDTH + 12)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
