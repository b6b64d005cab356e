"""What is rarely changed of a review: who, where, which pass; and how reviewers agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QInputDialog, QMenu

from napari_medload.views.napari.keys_sheet import show_keys
from napari_medload.views.napari.text_sheet import show_text

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session


class ReviewMenu(QMenu):
    """The menu behind the dots of the verdict panel.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._reviewing = session, session.reviewing
        self.setToolTipsVisible(True)
        self.reviewer = self.addAction("Reviewer…", self.ask_for_reviewer)
        self.folder = self.addAction("Review folder…", self.ask_for_folder)
        self.addSeparator()
        self.second = self.addAction("Second pass, blinded")
        self.second.setCheckable(True)
        self.second.setToolTip("Judge all samples again, without seeing the first verdicts")
        self.second.triggered.connect(lambda on: self._reviewing.set_round(2 if on else 1))
        self.blinded = self.addAction("Hide other reviewers until I have finished")
        self.blinded.setCheckable(True)
        self.blinded.triggered.connect(self._reviewing.set_blinded)
        self.agreement = self.addAction("Agreement of the reviewers…", self.show_agreement)
        self.addSeparator()
        self.keys = self.addAction("Keys of the browser…", lambda: show_keys(self.window()))
        self.troubles = self.addAction("What could not be read…", self.show_troubles)
        self.aboutToShow.connect(self.refresh)

    def refresh(self) -> None:
        """Write how things stand on the entries."""
        reviewing = self._reviewing
        folder = reviewing.folder
        self.reviewer.setText(f"Reviewer: {reviewing.reviewer}…")
        self.folder.setText(f"Review folder: {folder.name if folder else 'none'}…")
        self.folder.setToolTip(str(folder or reviewing.trouble))
        self.folder.setEnabled(not reviewing.closed)
        self.second.setChecked(reviewing.round > 1)
        self.second.setEnabled(not reviewing.closed)
        self.blinded.setChecked(reviewing.blinded)
        self.agreement.setEnabled(reviewing.review is not None)
        self.troubles.setVisible(bool(reviewing.journal_troubles))

    def ask_for_reviewer(self) -> None:
        """Let the person say who they are."""
        name, ok = QInputDialog.getText(
            self.parentWidget(),
            "Reviewer",
            "Name under which verdicts are kept:",
            text=self._reviewing.reviewer,
        )
        if ok:
            self._reviewing.set_reviewer(name)

    def ask_for_folder(self) -> None:
        """Let the person choose where the journals are kept."""
        before = str(self._reviewing.folder or "")
        chosen = QFileDialog.getExistingDirectory(
            self.parentWidget(), "Keep the journals of the review in", before
        )
        if chosen:
            self._reviewing.set_folder(Path(chosen))

    def show_agreement(self) -> None:
        """Say how far the reviewers agree."""
        show_text(self.window(), "Agreement of the reviewers", self._reviewing.agreement())

    def show_troubles(self) -> None:
        """List the lines of the journals that could not be read."""
        troubles = "\n".join(self._reviewing.journal_troubles)
        show_text(self.window(), "Not read, and kept as they are", troubles)
