"""What would explain the selected sample, and what the checks say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.table.findings_text import (
    Line,
    findings_lines,
    pairing_line,
    table_lines,
)
from napari_medload.views.napari.keys import KeyButton
from napari_medload.views.napari.text_box import breakable

if TYPE_CHECKING:
    from napari_medload.session import Session
    from napari_medload.session.background.hypothesising import Tried

_TITLES = ("hypothesis", "MI bits", "Dice", "change")
_TIPS = (
    "What might be wrong with the pair",
    "Mutual information of moving and fixed image, in bits",
    "Mean Dice coefficient of the labels that both have, 0 to 1",
    "Change of the mutual information in bits; where labels change sides, of how well labels fit "
    "their own images (normalised mutual information)",
)
_NOT_A_PAIR = "Hypotheses are about pairs of a fixed and a moving image"


class FindingsPanel(QWidget):
    """Findings, the judgement of the pairing, and hypotheses with their figures.

    Parameters
    ----------
    session : Session
    """

    grown = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._hypothesising = session, session.hypothesising
        self._written: set[tuple[str, str]] = set()  # sample and sentence
        self.findings = _wrapped(self)
        self.pairing = _wrapped(self)
        self.attempt = KeyButton("hypotheses", "Try hypotheses  {}", self)
        self.cancel = QPushButton("cancel", self)
        self.record = QPushButton("Record", self)
        self.record.setToolTip("Write this sentence and its figures into your journal; no verdict")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(5)
        self.sentence = _wrapped(self)
        font = self.sentence.font()
        font.setBold(True)
        self.sentence.setFont(font)
        self.table = _Ranking(self)
        self.trouble = _wrapped(self)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.attempt, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.record)
        column.addLayout(buttons)
        column.addWidget(self.bar)
        column.addWidget(self.trouble)
        column.addWidget(self.sentence)
        column.addWidget(self.table)
        column.addWidget(self.pairing)
        column.addWidget(self.findings)
        column.addStretch(1)

    def _connect(self) -> None:
        session, hypothesising = self._session, self._hypothesising
        self.attempt.clicked.connect(lambda _on: hypothesising.try_all())
        self.cancel.clicked.connect(lambda _on: hypothesising.cancel())
        self.record.clicked.connect(lambda _on: self._record())
        hypothesising.changed.connect(self._on_tried)
        for signal in (session.selection_changed, session.rows_changed, session.facts_found):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is known of the selected sample."""
        session = self._session
        selected = session.selected
        if selected is None or session.dataset is None:
            self.findings.setText("")
            self.pairing.setText("")
        else:
            lines = findings_lines(session.rows, selected)
            self.findings.setText(breakable("\n".join(lines)))
            self.pairing.setText(breakable(pairing_line(session.rows.facts[selected])))
        self.pairing.setVisible(bool(self.pairing.text()))
        self._on_tried()

    def _on_tried(self) -> None:
        tried = self._hypothesising.tried
        running = tried is not None and tried.running
        possible = self._hypothesising.possible
        self.attempt.setEnabled(possible and not running)
        if not possible:
            self.attempt.setToolTip(_NOT_A_PAIR)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        ranking = None if tried is None else tried.ranking
        self.record.setVisible(ranking is not None and not running)
        written = tried is not None and (tried.sample_id, _sentence(tried)) in self._written
        self.record.setText("✓ Recorded" if written else "Record")
        self.record.setEnabled(not written)
        if tried is not None:
            self.bar.setRange(0, ranking.total if ranking is not None else 0)
            self.bar.setValue(ranking.done if ranking is not None else 0)
        self.sentence.setText(breakable(_sentence(tried)))
        self.sentence.setVisible(bool(self.sentence.text()))
        self.table.show_lines([] if ranking is None else table_lines(ranking))
        self.trouble.hide()
        self.updateGeometry()
        self.grown.emit()

    def _record(self) -> None:
        tried = self._hypothesising.tried
        if tried is None or tried.ranking is None:
            return
        ranking, reviewing = tried.ranking, self._session.reviewing
        if reviewing.record(tried.sample_id, ranking.sentence, ranking.figures):
            self._written.add((tried.sample_id, ranking.sentence))
            self._on_tried()
            return
        self.trouble.setText(f"✗ {reviewing.message}")
        self.trouble.show()
        self.grown.emit()


class _Ranking(QTableWidget):
    """Hypotheses with their figures, as high as they need."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(0, len(_TITLES), parent)
        self._shown: list[Line] = []
        self.setHorizontalHeaderLabels(_TITLES)
        for column, tip in enumerate(_TIPS):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.hide()

    def show_lines(self, lines: list[Line]) -> None:
        """Show some hypotheses; those that explain the pair are marked by a sign."""
        self.setVisible(bool(lines))
        if lines == self._shown:
            return
        self._shown = lines
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, text in enumerate(line.cells):
                item = QTableWidgetItem(f"✓ {text}" if line.explains and not column else text)
                item.setToolTip(line.tip)
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(row, column, item)
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        high = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length()
        return QSize(super().sizeHint().width(), int(high + 2 * self.frameWidth()))


def _wrapped(parent: QWidget) -> QLabel:
    """Label that breaks its lines and can be copied from."""
    label = QLabel("", parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(1)
    return label


def _sentence(tried: Tried | None) -> str:
    if tried is None:
        return ""
    if tried.trouble:
        return tried.trouble
    if tried.ranking is None:
        return "trying hypotheses…" if tried.running else ""
    return tried.ranking.sentence
