"""What the checks say of the selected sample, and what would explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from napari_medload.session.table.findings_text import pairing_line
from napari_medload.views.napari.findings_list import FindingsList
from napari_medload.views.napari.hypotheses_panel import HypothesesPanel
from napari_medload.views.napari.text_box import breakable, wrapped_label

if TYPE_CHECKING:
    from napari_medload.session import Session


class FindingsPanel(QWidget):
    """The findings, the judgement of the pairing, and hypotheses.

    Parameters
    ----------
    session : Session
    """

    grown = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.hypotheses = HypothesesPanel(session, self)
        self.pairing = wrapped_label(self)
        self.findings = FindingsList(session, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.findings)
        column.addWidget(self.pairing)
        column.addWidget(self.hypotheses)
        column.addStretch(1)
        for signal in (session.selection_changed, session.rows_changed, session.facts_found):
            signal.connect(self.refresh)
        self.hypotheses.grown.connect(self._grow)
        self.findings.grown.connect(self._grow)
        self._trying = False
        session.hypothesising.changed.connect(self._on_tried)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of the selected sample."""
        session = self._session
        selected = session.selected
        known = selected is not None and session.dataset is not None
        facts = session.rows.facts[selected] if known and selected is not None else None
        self.pairing.setText(breakable(pairing_line(facts)))
        self.findings.refresh()
        self.pairing.setVisible(bool(self.pairing.text()))
        self._grow()

    def _on_tried(self) -> None:
        """Bring the hypotheses into sight when they begin and end, below whatever was found."""
        tried = self._session.hypothesising.tried
        running = tried is not None and tried.running
        if running != self._trying:
            self._trying = running
            QTimer.singleShot(0, self._bring_hypotheses)  # once the page is as high as they need

    def _bring_hypotheses(self) -> None:
        if not isalive(self) or self._session.hypothesising.tried is None:
            return
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            # where there is no room for all of it, the answer stands above its figures
            area.verticalScrollBar().setValue(self.hypotheses.y())

    def _grow(self) -> None:
        self.updateGeometry()
        self.grown.emit()
