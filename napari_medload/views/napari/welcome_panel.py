"""What the dock shows before a dataset is open, and when one cannot be opened."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_medload.loaders.backends import every_backend
from napari_medload.loaders.lists.guessing import needs_mapping
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.session import Session, Trouble

_MESSAGE_LINES = 4
_NAME_SEEN = 24  # letters of a file on a button
_CHOICES_SEEN, _CHOICES_AT_LEAST = 6, 2


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
        self.message = TextBox(_MESSAGE_LINES, self)
        self.dismiss = QPushButton("OK", self)
        self.dismiss.clicked.connect(lambda _on: self.hide())
        self.map_columns = QPushButton("Map columns…", self)
        self.map_columns.clicked.connect(lambda _on: self._map_columns())
        self._unmapped: tuple[Path, Mapping[str, str] | None] | None = None
        self.choices: list[QPushButton] = []
        self._offered = _Choices(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.message, self._offered, self.map_columns, self.dismiss):
            column.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()
        session.trouble.connect(self._on_trouble)
        session.dataset_changed.connect(self._on_dataset)

    def _on_dataset(self, dataset: Dataset) -> None:
        """Offer at once to map the columns of a list in which no image is known."""
        self.hide()
        if needs_mapping(dataset):
            sentence = f"No column of {dataset.root.name} is known to be fixed, moving or image."
            self._say(f"! {sentence} Choose which column holds what.", "Not now")
            self._offer((dataset.root, dataset.columns))
            self._offered.fill([])
            self.show()
            self.updateGeometry()

    def _say(self, message: str, dismiss: str) -> None:
        self.message.setText(message)
        self.dismiss.setText(dismiss)

    def _offer(self, unmapped: tuple[Path, Mapping[str, str] | None] | None) -> None:
        """Offer to map the columns of a list, with those that were chosen before."""
        self._unmapped = unmapped
        self.map_columns.setVisible(unmapped is not None)
        if unmapped is not None:
            name = unmapped[0].name
            self.map_columns.setText(f"Map columns of {_shortened(name)}…")
            self.map_columns.setToolTip(f"Choose by hand which column of {name} holds what")

    def _on_trouble(self, trouble: Trouble) -> None:
        if trouble.choices:
            self._say("This folder holds several datasets. Which one?", "None of these")
        else:
            self._say(f"! {trouble.message}", "OK")
        self._offer(None if trouble.unmapped is None else (trouble.unmapped, None))
        self.choices = [self._button(path) for path in trouble.choices]
        self._offered.fill(self.choices)
        self.show()
        self.updateGeometry()

    def _map_columns(self) -> None:
        if self._unmapped is not None:
            self._session.mapping.begin(*self._unmapped)

    def _button(self, path: Path) -> QPushButton:
        shown = path.name if path.parent.parent == path else f"{path.parent.name}/{path.name}"
        button = QPushButton(shown, self)
        button.setToolTip(str(path))
        button.clicked.connect(lambda _on: self._session.open(path))
        return button


def _shortened(name: str) -> str:
    """Leave out the middle of a long name: a button is never elided."""
    return (
        name if len(name) <= _NAME_SEEN else f"{name[: _NAME_SEEN // 2]}…{name[-_NAME_SEEN // 2 :]}"
    )


class _Choices(QScrollArea):
    """Buttons below each other, of which some are seen and the others scrolled to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heights = (0, 0)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def fill(self, buttons: list[QPushButton]) -> None:
        """Show these buttons in place of those before."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for button in buttons:
            column.addWidget(button)
        self.setWidget(page)  # the page before goes, and its buttons with it
        each = max((button.sizeHint().height() + 2 for button in buttons), default=0)
        least, most = (min(len(buttons), n) for n in (_CHOICES_AT_LEAST, _CHOICES_SEEN))
        self._heights = (least * each, most * each)
        self.setVisible(bool(buttons))
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Return the height of some buttons."""
        return QSize(super().minimumSizeHint().width(), self._heights[0])

    def sizeHint(self) -> QSize:
        """Return the height of more buttons, where there is room."""
        return QSize(super().sizeHint().width(), self._heights[1])
