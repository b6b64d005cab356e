"""What is rarely changed of a review: who, where, which pass; and how reviewers agree."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QActionGroup
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMenu

from napari_medload.session.review.reviewer import REVEALS
from napari_medload.views.napari.finished_box import open_folder
from napari_medload.views.napari.keys_sheet import show_keys
from napari_medload.views.napari.text_sheet import show_text

if TYPE_CHECKING:
    from qtpy.QtGui import QAction
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session
    from napari_medload.session.review.reviewer import Reveal

_REVEALS: dict[Reveal, tuple[str, str]] = {
    "after each verdict": (
        "of each sample after my own verdict",
        "Until then only their number is told, so that they do not sway you",
    ),
    "at once": ("at once", "Also before you have judged a sample: they may sway you"),
    "at the end": (
        "when I have reviewed all samples",
        "Blinded: until then not even their number is told",
    ),
}


class ReviewMenu(QMenu):
    """The menu behind the reviewer's name in the verdict panel.

    Parameters
    ----------
    session : Session
    """

    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._reviewing = session, session.reviewing
        self.setToolTipsVisible(True)
        self.reviewer = self.addAction("Reviewer…", self.ask_for_reviewer)
        self.folder = self.addAction("Review folder…", self.ask_for_folder)
        self.open_folder = self.addAction(
            "Open the review folder", lambda: open_folder(self._reviewing.folder)
        )
        self.export = self.addAction("Export a sample list…", self.export_wanted.emit)
        self.export.setToolTip("Save which samples were accepted, in the form that training reads")
        self.addSeparator()
        self.advance = self.addAction("Go to the next open sample after each verdict")
        self.advance.setCheckable(True)
        self.advance.triggered.connect(self._reviewing.set_auto_advance)
        self.addSeparator()
        self.second = self.addAction("Second pass, blinded")
        self.second.setCheckable(True)
        self.second.setToolTip("Judge all samples again, without seeing the first verdicts")
        self.second.triggered.connect(self._turn_to_pass)
        self.reveal = self._reveal_menu()
        self.agreement = self.addAction("Agreement of the reviewers…", self.show_agreement)
        self.addSeparator()
        self.keys = self.addAction("Keys of the browser…", lambda: show_keys(self.window()))
        self.troubles = self.addAction("What could not be read…", self.show_troubles)
        self.aboutToShow.connect(self.refresh)

    def _reveal_menu(self) -> dict[Reveal, QAction]:
        """Offer when the verdicts of others are shown; one of the ways is chosen."""
        menu = self.addMenu("Show the verdicts of others")
        menu.setToolTipsVisible(True)
        group, actions = QActionGroup(self), {}
        for reveal in REVEALS:
            text, tip = _REVEALS[reveal]
            action = menu.addAction(text)
            action.setToolTip(tip)
            action.setCheckable(True)
            action.triggered.connect(partial(self._choose_reveal, reveal))
            group.addAction(action)
            actions[reveal] = action
        return actions

    def _choose_reveal(self, reveal: Reveal, _on: bool = True) -> None:
        self._reviewing.set_reveal(reveal)

    def refresh(self) -> None:
        """Write how things stand on the entries."""
        reviewing = self._reviewing
        folder = reviewing.folder
        self.reviewer.setText(f"Reviewer: {reviewing.reviewer}…")
        self.reviewer.setToolTip("Each person has a journal of their own, also on one computer")
        self.open_folder.setEnabled(folder is not None and folder.is_dir())
        self.advance.setChecked(reviewing.auto_advance)
        self.folder.setText(f"Review folder: {folder.name if folder else 'none'}…")
        self.folder.setToolTip(str(folder or reviewing.trouble))
        self.folder.setEnabled(not reviewing.closed)
        self.second.setChecked(reviewing.round > 1)
        self.second.setEnabled(not reviewing.closed)
        for reveal, action in self.reveal.items():
            action.setChecked(reveal == reviewing.reveal)
        self.agreement.setEnabled(reviewing.review is not None)
        self.troubles.setVisible(bool(reviewing.journal_troubles))

    def _turn_to_pass(self, second: bool) -> None:
        self._session.choose_by(verdict="")  # it chose by the verdicts of the other pass
        self._reviewing.set_round(2 if second else 1)

    def ask_for_reviewer(self) -> None:
        """Let the person say who they are."""
        known = self._reviewing.reviewers
        name, ok = QInputDialog.getItem(
            self.parentWidget(),
            "Reviewer",
            "Your name. Verdicts are kept under it, in a journal of your own;\n"
            "on a shared computer each person enters theirs:",
            known,
            known.index(self._reviewing.reviewer),
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
