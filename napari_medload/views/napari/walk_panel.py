"""Going from sample to sample, and what goes on in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_medload.views.napari.keys import KeyButton

if TYPE_CHECKING:
    from napari_medload.session import Progress, Session


class WalkPanel(QWidget):
    """Previous, how far the review is or else the place in the table, next.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.previous = KeyButton("previous", "◀ {}", self)
        self.next = KeyButton("next", "{} ▶", self)
        self.previous.clicked.connect(lambda _on: session.step(-1))
        self.next.clicked.connect(lambda _on: session.step(1))
        self.place = QElidingLabel("", self)
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.previous)
        row.addWidget(self.place, 1)
        row.addWidget(self.next)
        session.reviewing.changed.connect(self.refresh)
        for signal in (session.selection_changed, session.rows_changed, session.loading_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say where the person is, and which ways are open."""
        session, shown = self._session, len(self._session.rows)
        row = None if session.selected is None else session.rows.row_of(session.selected)
        place = f"row {'–' if row is None else f'{row + 1:,}'} of {shown:,}"
        progress = session.reviewing.progress
        self.place.setText((progress or place) + ("  loading…" if session.loading else ""))
        self.place.setToolTip("\n".join(filter(None, (progress, place))))
        self.previous.setEnabled(row is not None and row > 0)
        self.next.setEnabled(shown > 0 and (row is None or row < shown - 1))


class ProgressLine(QWidget):
    """A thin line that says what goes on, with a button to stop it.

    When nothing does, it says which sample is the worst to a person who looks at another.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._progress: Progress | None = None
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(5)
        self.label = QElidingLabel("", self)
        self.cancel = QPushButton("cancel", self)
        self.cancel.clicked.connect(lambda _on: session.cancel())
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        self.worst = QPushButton("show", self)
        self.worst.clicked.connect(lambda _on: session.show_worst())
        self.leave = QToolButton(self)
        self.leave.setText("×")
        self.leave.setToolTip("Hide this line")
        self.leave.clicked.connect(lambda _on: session.leave_worst())
        for button in (self.cancel, self.worst, self.leave):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.bar)
        column.addLayout(row)
        session.progress_changed.connect(self._on_progress)
        session.worst_changed.connect(lambda _worst: self._say())
        self.hide()

    def _on_progress(self, progress: Progress | None) -> None:
        self._progress = progress
        self._say()

    def _say(self) -> None:
        progress, worst = self._progress, self._session.worst
        self.setVisible(progress is not None or worst is not None)
        for part in (self.bar, self.cancel):
            part.setVisible(progress is not None)
        for button in (self.worst, self.leave):
            button.setVisible(progress is None)
        self.label.setToolTip("")
        if progress is None and worst is not None:
            self.label.setText(worst.text)
            self.label.setToolTip(worst.text)
            self.worst.setToolTip(f"Sort worst first and show {worst.sample_id}")
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
            count = f" {progress.done:,} of {progress.total:,}" if progress.total else "…"
            self.label.setText(progress.what + count)
