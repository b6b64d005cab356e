"""Verdicts: what a person says of the pairing, why, and how far the review is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_medload.review import DECISIONS, REASON_TIPS, REASONS
from napari_medload.session.table.marks import SHAPES, decision_text
from napari_medload.views.napari.finished_box import FinishedBox
from napari_medload.views.napari.flowing import Flowing
from napari_medload.views.napari.keys import KeyButton
from napari_medload.views.napari.review_menu import ReviewMenu
from napari_medload.views.napari.text_box import TextBox
from napari_medload.views.napari.walk_panel import WalkPanel

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent

    from napari_medload.review import Decision
    from napari_medload.session import Session
    from napari_medload.session.review.reviewing import Reviewing

_REFRESH_MS = 2000
_LINES = 3
_NAME_AT_MOST = 12
_SPACING = 4
_TIGHT = "QPushButton { padding: 3px 4px; }"  # so that the tags fit one line
_KEPT = "Kept with your verdict; on a sample that is judged, saved at once. Click again to remove"


class VerdictPanel(QWidget):
    """Decision, reasons, note, undo and progress.

    Parameters
    ----------
    session : Session
    """

    left = Signal()  # a person has done with the note
    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._reviewing = session.reviewing
        self.decisions = {d: self._decision_button(d) for d in DECISIONS}
        self.reasons = {reason: self._reason_button(reason) for reason in REASONS}
        self.note = _Note(self)
        self.note.setPlaceholderText("note, kept with your verdict")
        self.note.setToolTip("Keys are silent while you type. Enter or Esc leaves the note")
        self.undo = KeyButton("undo", "↶ {}", self)
        self.redo = KeyButton("redo", "↷ {}", self)
        self.more = QToolButton(self)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = ReviewMenu(session, self)
        self.more.setMenu(self.menu)
        self.export = QPushButton("Export…", self)
        self.export.setStyleSheet(_TIGHT)
        self.export.setToolTip("Save a list of the samples, for training or a report")
        self.finished = FinishedBox(session, self)
        self.heard = QElidingLabel("", self)
        self.state = QElidingLabel("", self)
        self.trouble = TextBox(_LINES, self)
        self.retry = QPushButton("Try to save again", self)
        self.give_up = QPushButton("Give them up", self)
        self.give_up.setToolTip("Do without the verdicts that could not be saved")
        self.walk = WalkPanel(session, self)
        self._lay_out()
        self._connect()
        self.refresh()

    def _decision_button(self, decision: Decision) -> KeyButton:
        button = KeyButton(decision, _decision_label(decision, False), self)
        button.setCheckable(True)
        button.setMinimumWidth(1)
        button.clicked.connect(lambda _on: self._judge(decision))
        return button

    def _reason_button(self, reason: str) -> QPushButton:
        button = QPushButton(reason, self)
        button.setCheckable(True)
        button.setToolTip(f"{REASON_TIPS[reason]}. {_KEPT}")
        button.setStyleSheet(_TIGHT)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda _on: self._reviewing.toggle_reason(reason))
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        column.addWidget(self.finished)
        column.addLayout(_row(*self.decisions.values()))
        column.addWidget(Flowing(self.reasons.values(), self))
        column.addLayout(_row(self.note, self.undo, self.redo, stretched=self.note))
        column.addWidget(self.trouble)
        column.addLayout(_row(self.retry, self.give_up))
        column.addWidget(self.heard)
        column.addLayout(_row(self.state, self.export, self.more, stretched=self.state))
        column.addWidget(self.walk)
        for line in (self.heard, self.state):
            line.setMinimumWidth(1)

    def _connect(self) -> None:
        reviewing = self._reviewing
        self.undo.clicked.connect(lambda _on: reviewing.undo())
        self.redo.clicked.connect(lambda _on: reviewing.redo())
        self.retry.clicked.connect(lambda _on: reviewing.retry())
        self.give_up.clicked.connect(lambda _on: reviewing.give_up_unsaved())
        self.note.textEdited.connect(reviewing.write_note)
        self.note.editingFinished.connect(reviewing.commit)
        self.note.left.connect(self.left.emit)
        self.export.clicked.connect(lambda _on: self.export_wanted.emit())
        self.finished.export_wanted.connect(self.export_wanted.emit)
        self.menu.export_wanted.connect(self.export_wanted.emit)
        reviewing.changed.connect(self.refresh)
        self._look = QTimer(self)  # for what other windows and copied files add
        self._look.setInterval(_REFRESH_MS)
        self._look.timeout.connect(reviewing.refresh)
        self._look.start()

    def _judge(self, decision: Decision) -> None:
        self._reviewing.judge(decision)
        self.refresh()  # a button that was clicked is checked, whatever has become of it

    def refresh(self) -> None:
        """Show what stands, and what can be done."""
        reviewing = self._reviewing
        standing, draft = reviewing.standing, reviewing.draft
        decision = None if standing is None else standing.decision
        can = not reviewing.closed
        for name, button in self.decisions.items():
            button.setChecked(name == decision)
            button.write(_decision_label(name, name == decision))
            button.setEnabled(can)
        offered = reviewing.offered_reasons  # without those that cannot be, the tags fit one line
        for reason, button in self.reasons.items():
            button.setChecked(reason in draft.reasons)
            button.setEnabled(can)
            button.setVisible(reason in offered)
        for part in (self.note, self.undo, self.redo):
            part.setEnabled(can)
        if self.note.text().strip() != draft.note:
            self.note.setText(draft.note)
        self._say(decision)

    def _say(self, decision: Decision | None) -> None:
        reviewing = self._reviewing
        wrong = reviewing.closed or reviewing.warning
        self.trouble.setText(f"! {wrong}" if wrong else "")
        self.trouble.setVisible(bool(wrong))
        for button in (self.retry, self.give_up):
            button.setVisible(bool(reviewing.waiting))
        self.heard.setText(reviewing.heard)
        self.heard.setToolTip(reviewing.heard)
        self.heard.setVisible(bool(reviewing.heard))
        stands = "not reviewed" if decision is None else decision_text(decision)
        self.state.setText(reviewing.message or stands)
        self.state.setToolTip(reviewing.message)
        self.more.setText(f"as {_turn(reviewing)} ")
        self.more.setToolTip(
            f"You judge as {reviewing.reviewer}. Click to change that, the review folder, what "
            "is shown of others, or to begin a second pass"
        )


class _Note(QLineEdit):
    """A line that tells when a person has done with it, so that keys can live again."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        super().keyPressEvent(event)
        if event is not None and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Escape,
        ):
            event.accept()
            self.left.emit()


def _turn(reviewing: Reviewing) -> str:
    """Name who judges, in which pass, and whether the verdicts of others are hidden."""
    who = reviewing.reviewer
    parts = [who if len(who) <= _NAME_AT_MOST else f"{who[: _NAME_AT_MOST - 1]}…"]
    if reviewing.round > 1:
        parts.append(f"pass {reviewing.round}")
    if reviewing.blinded:
        parts.append("blinded")
    return " · ".join(parts)


def _decision_label(decision: Decision, stands: bool) -> str:
    """Write a decision on its button; the one that stands is marked by a sign, not by colour."""
    return f"{'● ' if stands else ''}{SHAPES[decision]} {decision.capitalize()}  {{}}"


def _row(*widgets: QWidget, stretched: QWidget | None = None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(_SPACING)
    for widget in widgets:
        row.addWidget(widget, 1 if stretched in (None, widget) else 0)
    return row
