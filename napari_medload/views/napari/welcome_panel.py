"""What the dock shows before a dataset is open, and when one cannot be opened."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_medload.loaders.backends import every_backend
from napari_medload.views.napari.text_box import breakable

if TYPE_CHECKING:
    from napari_medload.session import Session, Trouble


class WelcomePanel(QWidget):
    """The empty state: one button for each way to begin.

    Parameters
    ----------
    session : Session
    """

    folder_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Drop a dataset folder or a list here", self)
        title.setWordWrap(True)
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        title.setFont(font)
        self.open_folder = QPushButton("Open folder…", self)
        self.open_folder.clicked.connect(lambda _on: self.folder_wanted.emit())
        self.open_file = QPushButton("Open file…", self)
        self.open_file.clicked.connect(lambda _on: self.file_wanted.emit())
        self.recent = QPushButton("Recent and registered", self)
        self.demo = QPushButton("Try the demo", self)
        self.demo.setToolTip("Builds a small labelled dataset with planted faults, in seconds")
        self.demo.clicked.connect(lambda _on: session.open_demo())
        opening = QHBoxLayout()
        opening.addWidget(self.open_folder)
        opening.addWidget(self.open_file)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(title)
        column.addLayout(opening)
        for part in (self.recent, self.demo, _understood(self)):
            column.addWidget(part)
        column.addStretch(2)


def _understood(parent: QWidget) -> QLabel:
    """List what every backend looks for, those of other packages too."""
    lines = dict.fromkeys(backend.expects for backend in every_backend())
    text = "<p><b>Understood are</b></p><p>" + "<br>".join(map(escape, lines)) + "</p>"
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


class TroublePanel(QWidget):
    """Why something did not happen, and what can be opened instead.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.dismiss = QPushButton("OK", self)
        self.dismiss.clicked.connect(lambda _on: self.hide())
        self.choices: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.message)
        self._column.addWidget(self.dismiss)
        self.hide()
        session.trouble.connect(self._on_trouble)
        session.dataset_changed.connect(lambda _dataset: self.hide())

    def _on_trouble(self, trouble: Trouble) -> None:
        for button in self.choices:
            self._column.removeWidget(button)
            button.deleteLater()
        self.choices = []
        if trouble.choices:
            self.message.setText("This folder holds several datasets. Which one?")
            self.dismiss.setText("None of these")
        else:
            self.message.setText(breakable(f"! {trouble.message}"))
            self.dismiss.setText("OK")
        for path in trouble.choices:
            shown = path.name if path.parent.parent == path else f"{path.parent.name}/{path.name}"
            button = QPushButton(shown, self)
            button.setToolTip(str(path))
            button.clicked.connect(lambda _on, p=path: self._session.open(p))
            self._column.insertWidget(self._column.count() - 1, button)
            self.choices.append(button)
        self.show()
