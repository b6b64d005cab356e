"""What would explain the selected sample: trying it, the answer, its figures, and a look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.scene.as_if import REFUSED
from napari_medload.session.table.findings_text import Line, table_lines
from napari_medload.views.napari.as_if_mark import MARK_COLOUR
from napari_medload.views.napari.keys import KeyButton
from napari_medload.views.napari.text_box import breakable, wrapped_label

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent

    from napari_medload.checks.hypotheses import Ranked
    from napari_medload.session import Session
    from napari_medload.session.background.hypothesising import Tried

_TITLES = ("hypothesis", "MI bits", "Dice")
_TIPS = (
    "What might be wrong with the pair: best first, by what the images share (normalised mutual "
    "information) and how well labels agree (Dice). Of two that fit alike, the simpler one.\n"
    "Click a row to see the sample as if it were so",
    "Mutual information of moving and fixed image, in bits",
    "Mean Dice coefficient of the labels that both have, 0 to 1",
)
_NOT_A_PAIR = "Hypotheses are about pairs of a fixed and a moving image"
_LOOK_TIP = "Draw the sample as if the best hypothesis were true; file and verdict stay untouched"
_BACK_TIP = "Draw the sample as its files say again"
_CLICK = "Click to see the sample as if this were so; click again to go back"
_CLICK_OWN = "Click to see the sample as its files say"
_LOOKED_AT = "▶"


class HypothesesPanel(QWidget):
    """Tries hypotheses on the selected sample, shows what came of it, and lets one look at them.

    Parameters
    ----------
    session : Session
    """

    grown = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._hypothesising = session, session.hypothesising
        self._written: set[tuple[str, str]] = set()  # sample and sentence
        self.attempt = KeyButton("hypotheses", "", self)
        self.cancel = QPushButton("cancel", self)
        self.record = QPushButton("Record", self)
        self.record.setToolTip("Write this sentence and its figures into your journal; no verdict")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(5)
        self.mark = wrapped_label(self)
        self.mark.setStyleSheet(f"background: {MARK_COLOUR}; color: black; padding: 3px;")
        self.sentence = wrapped_label(self)
        for label in (self.sentence, self.mark):
            font = label.font()
            font.setBold(True)
            label.setFont(font)
        self.table = _Ranking(self)
        self.trouble = wrapped_label(self)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.attempt, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.record)
        column.addLayout(buttons)
        column.addWidget(self.bar)
        column.addWidget(self.mark)
        column.addWidget(self.trouble)
        column.addWidget(self.sentence)
        column.addWidget(self.table)

    def _connect(self) -> None:
        hypothesising, session = self._hypothesising, self._session
        self.attempt.clicked.connect(lambda _on: self.go_on())
        self.cancel.clicked.connect(lambda _on: hypothesising.cancel())
        self.record.clicked.connect(lambda _on: self._record())
        self.table.chosen.connect(self._look_at)
        hypothesising.changed.connect(self.refresh)
        for signal in (session.selection_changed, session.options_changed, session.scene_changed):
            signal.connect(self.refresh)

    def go_on(self) -> None:
        """Do what the button says: try hypotheses, look at the best one, or go back from it."""
        best = self._best
        if self._session.options.as_if is not None:
            self._session.look_as_if(None)
        elif best is not None:
            self._look_at(best)
        else:
            self._hypothesising.try_all()

    @property
    def _best(self) -> Ranked | None:
        """What explains the sample, where all has been tried."""
        tried = self._hypothesising.tried
        if tried is None or tried.ranking is None or tried.running:
            return None
        return tried.ranking.best if tried.ranking.done >= tried.ranking.total else None

    def _look_at(self, entry: Ranked) -> None:
        """Look at a hypothesis; at the pair as it is, where it is looked at already."""
        as_if = self._hypothesising.as_if(entry)
        session = self._session
        session.look_as_if(None if as_if == session.options.as_if else as_if)

    def refresh(self) -> None:
        """Show what has come of the hypotheses on the selected sample."""
        tried, as_if = self._hypothesising.tried, self._session.options.as_if
        running = tried is not None and tried.running
        ranking = None if tried is None else tried.ranking
        self._name_button(running)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        self.record.setVisible(ranking is not None and not running)
        written = tried is not None and (tried.sample_id, _sentence(tried)) in self._written
        self.record.setText("✓ Recorded" if written else "Record")
        self.record.setEnabled(not written)
        if tried is not None:
            self.bar.setRange(0, ranking.total if ranking is not None else 0)
            self.bar.setValue(ranking.done if ranking is not None else 0)
        self.sentence.setText(breakable(_sentence(tried)))
        self.sentence.setVisible(bool(self.sentence.text()))
        lines = [] if ranking is None else table_lines(ranking)
        self.table.show_lines(lines, "" if as_if is None else as_if.name)
        self._show_mark()
        self.trouble.hide()
        self.updateGeometry()
        self.grown.emit()

    def _name_button(self, running: bool) -> None:
        """Write what the button and its key do next."""
        possible = self._hypothesising.possible
        self.attempt.setEnabled(possible and not running)
        if self._session.options.as_if is not None:
            self.attempt.write("Back to the file  {}")
            self.attempt.setToolTip(_BACK_TIP)
            self.attempt.setEnabled(True)
        elif self._best is not None:
            self.attempt.write("Look at it  {}")
            self.attempt.setToolTip(_LOOK_TIP)
        else:
            self.attempt.write("Try hypotheses  {}")
            if not possible:
                self.attempt.setToolTip(_NOT_A_PAIR)

    def _show_mark(self) -> None:
        """Say as if what the sample is drawn, or why it can't be."""
        scene, as_if = self._session.scene, self._session.options.as_if
        text = ""
        if as_if is not None and scene is not None and scene.sample_id == as_if.sample_id:
            refused = (told for told in scene.remarks if told.startswith(REFUSED))
            text = scene.as_if.mark if scene.as_if is not None else next(refused, "")
        self.mark.setText(breakable(text))
        self.mark.setVisible(bool(text))

    def _record(self) -> None:
        tried = self._hypothesising.tried
        if tried is None or tried.ranking is None:
            return
        ranking, reviewing = tried.ranking, self._session.reviewing
        if reviewing.record(tried.sample_id, ranking.sentence, ranking.figures):
            self._written.add((tried.sample_id, ranking.sentence))
            self.refresh()
            return
        self.trouble.setText(f"✗ {reviewing.message}")
        self.trouble.show()
        self.grown.emit()


class _Ranking(QTableWidget):
    """Hypotheses with their figures, as high as they need; a click chooses one."""

    chosen = Signal(object)  # Ranked

    def __init__(self, parent: QWidget) -> None:
        super().__init__(0, len(_TITLES), parent)
        self._shown: tuple[list[Line], str] = ([], "")
        self.setHorizontalHeaderLabels(_TITLES)
        for column, tip in enumerate(_TIPS):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.cellClicked.connect(lambda row, _column: self.chosen.emit(self._shown[0][row].entry))
        self.hide()

    def show_lines(self, lines: list[Line], looked_at: str) -> None:
        """Show some hypotheses; what explains the pair, and what is looked at, bears a sign."""
        self.setVisible(bool(lines))
        if (lines, looked_at) == self._shown:
            return
        self._shown = lines, looked_at
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            looked = line.entry.name == looked_at
            signs = [_LOOKED_AT] * looked + ["✓"] * line.explains
            for column, text in enumerate(line.cells):
                item = QTableWidgetItem(" ".join((*signs, text)) if not column else text)
                item.setToolTip(f"{line.tip}\n{_CLICK if row else _CLICK_OWN}")
                font = item.font()
                font.setBold(looked)
                item.setFont(font)
                across = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(across | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Break the names anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.resizeRowsToContents()
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        high = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length()
        return QSize(super().sizeHint().width(), int(high + 2 * self.frameWidth()))


def _sentence(tried: Tried | None) -> str:
    if tried is None:
        return ""
    if tried.trouble:
        return tried.trouble
    if tried.ranking is None:
        return "trying hypotheses…" if tried.running else ""
    # better figures are still to come, and may say otherwise
    return f"so far: {tried.ranking.sentence}" if tried.running else tried.ranking.sentence
