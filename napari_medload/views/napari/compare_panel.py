"""How samples are drawn: compare mode, display grid, plane, convention, frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from napari_medload.loaders.sample import is_label_role
from napari_medload.session.options import COMPARE_MODES, GRID_CHOICES, LABEL_STYLES, PLANES
from napari_medload.views.napari.keys import KEYS

if TYPE_CHECKING:
    from napari_medload.session import Scene, Session, ViewOptions

_USUAL = ("fixed_image", "moving_image")
_GRID_TIP = (
    "Everything is drawn on one grid: of the fixed image (not interpolated), of the moving image, "
    "or a box along the patient's axes"
)


class ComparePanel(QWidget):
    """Buttons and sliders for the view options.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.modes = _exclusive(self, COMPARE_MODES)
        self.planes = _exclusive(self, PLANES)
        self.grid = QComboBox(self)
        self.grid.addItems(GRID_CHOICES)
        self.grid.setToolTip(_GRID_TIP)
        self.convention = QComboBox(self)
        self.convention.addItems(("radiological", "neurological"))
        self.convention.setToolTip("Radiological: the patient's right is on the left")
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setToolTip("Opacity of the moving image in overlay mode")
        self.labels = QComboBox(self)
        self.labels.addItems(LABEL_STYLES)
        self.labels.setToolTip(
            "Fixed labels filled and moving ones outlined, all outlined, or none; moving are paler"
        )
        self.frame = QSlider(Qt.Orientation.Horizontal, self)
        self.frame_label = QLabel(self)
        self._frame_name = QLabel("frame", self)
        self.next_mode = QPushButton(f"{KEYS['mode'].key} ↻", self)
        self.next_mode.setToolTip(f"{KEYS['mode'].tip} (key {KEYS['mode'].key})")
        self._lay_out()
        self._connect()
        self._on_options(session.options)
        self._show_frames(1)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.addLayout(_row(*self.modes.buttons(), self.next_mode), 0, 0, 1, 4)
        grid.addLayout(_row(*self.planes.buttons()), 1, 0, 1, 4)
        grid.addWidget(QLabel("opacity", self), 2, 0)
        grid.addWidget(self.opacity, 2, 1)
        grid.addWidget(QLabel("labels", self), 2, 2)
        grid.addWidget(self.labels, 2, 3)
        grid.addWidget(QLabel("grid of", self), 3, 0)
        grid.addWidget(self.grid, 3, 1)
        grid.addWidget(QLabel("view", self), 3, 2)
        grid.addWidget(self.convention, 3, 3)
        grid.addWidget(self._frame_name, 4, 0)
        grid.addWidget(self.frame, 4, 1, 1, 2)
        grid.addWidget(self.frame_label, 4, 3)

    def _connect(self) -> None:
        change = self._session.set_options
        for button in self.modes.buttons():
            button.clicked.connect(lambda _on, b=button: change(mode=b.property("choice")))
        for button in self.planes.buttons():
            button.clicked.connect(lambda _on, b=button: change(plane=b.property("choice")))
        self.next_mode.clicked.connect(lambda _on: self._session.next_mode())
        self.grid.currentTextChanged.connect(lambda text: change(grid=text))
        self.convention.currentIndexChanged.connect(lambda i: change(radiological=i == 0))
        self.labels.currentTextChanged.connect(lambda text: change(labels=text))
        self.opacity.valueChanged.connect(lambda value: change(opacity=value / 100))
        self.frame.valueChanged.connect(lambda value: change(frame=value))
        self._session.options_changed.connect(self._on_options)
        self._session.scene_changed.connect(self._on_scene)

    def _on_options(self, options: ViewOptions) -> None:
        for group, choice in ((self.modes, options.mode), (self.planes, options.plane)):
            for button in group.buttons():
                button.setChecked(button.property("choice") == choice)
        self.grid.setCurrentText(options.grid)
        self.labels.setCurrentText(options.labels)
        self.convention.setCurrentIndex(0 if options.radiological else 1)
        self.opacity.setValue(round(options.opacity * 100))
        self.opacity.setEnabled(options.mode == "overlay")
        with QSignalBlocker(self.frame):
            self.frame.setValue(options.frame)

    def _on_scene(self, scene: Scene) -> None:
        self._show_frames(scene.frames)
        labels = [layer for layer in scene.layers if is_label_role(layer.role)]
        paired = scene.compared is not None
        for button in (*self.modes.buttons(), self.next_mode):
            button.setEnabled(paired)
        self._name_images(*(scene.compared or _USUAL))
        self.opacity.setEnabled(paired and scene.options.mode == "overlay")
        self.grid.setEnabled(scene.oriented and scene.compared == _USUAL)
        self.convention.setEnabled(scene.oriented)
        self.labels.setEnabled(bool(labels))

    def _name_images(self, lower: str, upper: str) -> None:
        """Write on the buttons which images they show alone."""
        for button in self.modes.buttons():
            role = {"fixed": lower, "moving": upper}.get(button.property("choice"))
            if role is not None:
                button.setText(role.removesuffix("_image"))
        name = upper.replace("_", " ")
        self.opacity.setToolTip(f"Opacity of the {name} in overlay mode")

    def _show_frames(self, frames: int) -> None:
        shown = frames > 1
        for widget in (self._frame_name, self.frame, self.frame_label):
            widget.setVisible(shown)
        if shown:
            # a shorter series shows its last frame; what was chosen stays chosen
            frame = min(self._session.options.frame, frames - 1)
            with QSignalBlocker(self.frame):
                self.frame.setMaximum(frames - 1)
                self.frame.setValue(frame)
            self.frame_label.setText(f"{frame + 1} of {frames}")


def _exclusive(parent: QWidget, choices: tuple[str, ...]) -> QButtonGroup:
    group = QButtonGroup(parent)
    for choice in choices:
        button = QPushButton(choice, parent)
        button.setCheckable(True)
        button.setProperty("choice", choice)
        group.addButton(button)
    return group


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(3)
    for widget in widgets:
        row.addWidget(widget)
    return row
