"""What has come of a review that is finished, and what a person may do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from napari_medload.views.napari.flowing import Flowing
from napari_medload.views.napari.text_box import TextBox
from napari_medload.views.napari.text_sheet import show_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.session import Session

_LINES = 3
_FRAME = "QFrame#finished { border: 1px solid gray; border-radius: 4px; }"
_TIGHT = "QPushButton { padding: 3px 2px; }"  # so that one line holds them at 360 px


class FinishedBox(QFrame):
    """A calm sentence and a few buttons; not seen while a shown sample is open.

    Parameters
    ----------
    session : Session
    """

    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._reviewing = session, session.reviewing
        self.setObjectName("finished")
        self.setStyleSheet(_FRAME)
        self.text = TextBox(_LINES, self)
        font = self.text.font()
        font.setBold(True)
        self.text.setFont(font)
        self.others = self._button("", self._show_others)
        self.rejected = self._button("", lambda: self._show("reject"))
        self.unsure = self._button("", lambda: self._show("unsure"))
        self.second = self._button("Second pass", self._begin_second_pass)
        self.second.setToolTip("Judge all samples again, without seeing the first verdicts")
        self.agreement = self._button("Agreement…", self._show_agreement)
        self.agreement.setToolTip("How far the passes, and other reviewers, agree")
        self.export = self._button("Export…", self.export_wanted.emit)
        self.export.setToolTip("Save a list of the reviewed samples, for training or a report")
        self.folder = self._button("Folder", lambda: open_folder(self._reviewing.folder))
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 3, 4, 3)
        column.setSpacing(4)
        column.addWidget(self.text)
        buttons = (
            self.export,
            self.others,
            self.rejected,
            self.unsure,
            self.second,
            self.agreement,
            self.folder,
        )
        column.addWidget(Flowing(buttons, self, margin=10))
        session.rows_changed.connect(self.refresh)
        self._reviewing.changed.connect(self.refresh)
        self.refresh()

    def _button(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setStyleSheet(_TIGHT)
        button.clicked.connect(lambda _on: act())
        return button

    def refresh(self) -> None:
        """Say how the review has ended; be away where it has not."""
        reviewing = self._reviewing
        outcome = reviewing.outcome
        self.setVisible(outcome is not None)
        if outcome is None:
            return
        whole = not outcome.others
        self.text.setText(f"✓ {outcome.text}")
        self.others.setText(f"Show the {outcome.others:,} not reviewed")
        self.others.setVisible(not whole)
        for button, count, word in (
            (self.rejected, outcome.rejected, "Rejected"),
            (self.unsure, outcome.unsure, "Unsure"),
        ):
            button.setText(f"{word} ({count:,})")
            button.setToolTip(f"Show the samples that are {word.lower()} in the table")
            button.setVisible(whole and count > 0)
        self.second.setVisible(whole and reviewing.round == 1)
        self.agreement.setVisible(whole and reviewing.round > 1)
        self.folder.setVisible(whole)
        self.folder.setToolTip(f"Open the review folder, {reviewing.folder}")

    def _show(self, verdict: str) -> None:
        """Show all samples of a verdict, as many as the button counts, and go to the first."""
        self._session.choose_by(verdict=verdict, finding="", search="", split=None, group=None)
        self._session.go_to_first()

    def _show_others(self) -> None:
        self._show("unreviewed")

    def _begin_second_pass(self) -> None:
        self._session.choose_by(verdict="")  # of the first pass
        self._reviewing.set_round(2)

    def _show_agreement(self) -> None:
        show_text(self.window(), "Agreement of the reviewers", self._reviewing.agreement())


def open_folder(folder: Path | None) -> None:
    """Show a folder in the file manager of the system."""
    if folder is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
