"""Findings, row by row: one that is about a place leads there."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from napari_medload.session.scene.pointing import changes_text
from napari_medload.session.table.findings_text import findings_lines, place_text
from napari_medload.views.napari.text_box import breakable, wrap, wrapped_label

if TYPE_CHECKING:
    from qtpy.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent

    from napari_medload.checks import Finding
    from napari_medload.session import Session

_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_PRESSED = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_LOOK = """
    QLabel { border: 1px solid transparent; border-radius: 3px; padding: 1px 2px; }
    QLabel:hover { border: 1px dotted #8a8f98; }
    QLabel:focus { border: 1px solid #8a8f98; }
"""


class FindingsList(QWidget):
    """What the checks say of the selected sample.

    Parameters
    ----------
    session : Session
    """

    grown = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[tuple[str, Finding | None], ...] = ()
        self.rows: list[QLabel] = []
        self.remark = wrapped_label(self)
        self.back = QPushButton("◀ Back to where you were", self)
        self.back.setToolTip("Back to the place and to the options that you left")
        self.back.clicked.connect(lambda _on: session.leading.go_back())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.remark)
        self._column.addWidget(self.back)
        session.leading.changed.connect(self._on_led)
        self._on_led()

    def text(self) -> str:
        """Return all that is written, a finding a line."""
        return "\n".join(said for said, _finding in self._shown)

    def refresh(self) -> None:
        """Show what is known of the selected sample; what is shown already stays as it is."""
        session = self._session
        selected = session.selected
        found: tuple[tuple[str, Finding | None], ...] = ()
        if selected is not None and session.dataset is not None:
            facts = session.rows.facts[selected]
            findings = facts.findings if facts is not None else ()
            found = tuple(zip_longest(findings_lines(session.rows, selected), findings))
        if found == self._shown:
            return
        self._shown = found
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(said, finding) for said, finding in found]
        for place, row in enumerate(self.rows):
            self._column.insertWidget(place, row)
        self.grown.emit()

    def _row(self, said: str, finding: Finding | None) -> QLabel:
        if finding is None or finding.place is None:
            row = wrapped_label(self)
            row.setText(breakable(said))
            return row
        leading = _Leading(said, finding, self._session, self)
        leading.stepped.connect(lambda by: self._step(leading, by))
        return leading

    def _step(self, row: QLabel, by: int) -> None:
        """Go to the next row that leads somewhere, and stay at the last one."""
        leading = [each for each in self.rows if isinstance(each, _Leading)]
        wanted = leading.index(row) + by
        if 0 <= wanted < len(leading):
            leading[wanted].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_led(self) -> None:
        leading = self._session.leading
        self.remark.setText(breakable(leading.remark))
        self.remark.setVisible(bool(leading.remark))
        self.back.setVisible(leading.away)
        self.grown.emit()


class _Leading(QLabel):
    """A finding that leads to its place, by a click or by Enter; its text can be copied."""

    stepped = Signal(int)

    def __init__(self, said: str, finding: Finding, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._said, self._finding, self._session = said, finding, session
        self._pressed: QPoint | None = None
        where = "" if finding.place is None else place_text(finding.place)
        self.setText(breakable(f"{said}\n→ {where}"))
        wrap(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setStyleSheet(_LOOK)
        self.setAccessibleName(f"{said}, {where}")

    def enterEvent(self, event: object) -> None:
        """Say what a click does, as things stand."""
        changes = self._session.leading.changes(self._finding)
        shown = f", shown by: {changes_text(changes)} (goes back with you)" if changes else ""
        self.setToolTip(f"Click or press Enter to go there{shown}")
        super().enterEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Remember where a click begins."""
        super().mousePressEvent(event)
        left = event is not None and event.button() == Qt.MouseButton.LeftButton
        self._pressed = event.pos() if event is not None and left else None

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Go there, unless text was selected."""
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, None
        if event is None or pressed is None or self.hasSelectedText():
            return
        if (event.pos() - pressed).manhattanLength() < QApplication.startDragDistance():
            self._session.go_to_finding(self._finding)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go there with Enter, to another row with an arrow; copy all of it."""
        if event is None:
            return
        if event.key() in _PRESSED:
            self._session.go_to_finding(self._finding)
        elif event.key() in _STEPS:
            self.stepped.emit(_STEPS[event.key()])
        elif event.matches(QKeySequence.StandardKey.Copy) and not self.hasSelectedText():
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Offer what can be done with it."""
        if event is None:
            return
        menu = QMenu(self)
        menu.addAction("Go there", lambda: self._session.go_to_finding(self._finding))
        menu.addAction("Copy", self._copy)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.selectedText() or self.text().replace("\u200b", ""))
