"""How samples are drawn: compare mode, plane, convention, and what is rarely changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_medload.loaders.sample import is_label_role
from napari_medload.session.options import (
    COMPARE_MODES,
    GRID_CHOICES,
    LABEL_STYLES,
    LENSES,
    PLANES,
)
from napari_medload.session.scene.readout import short_name
from napari_medload.session.scene.reasons import why_not_compared, why_off, why_some_off
from napari_medload.views.napari.keys import KEYS
from napari_medload.views.napari.mode_controls import ModeControls, tells_why

if TYPE_CHECKING:
    from napari_medload.session import Scene, Session, ViewOptions
    from napari_medload.session.options import CompareMode, Lens
    from napari_medload.views.napari.flicker import Flicker

_USUAL = ("fixed_image", "moving_image")
_COLUMNS = 4
_SHORT: dict[CompareMode, str] = {"checkerboard": "checker"}
_TIPS: dict[CompareMode, str] = {
    "overlay": "Moving over fixed, as clear as the slider says",
    "two-colour": "Each image in a colour; where they agree, the colours add up to grey",
    "checkerboard": "Fields of fixed and moving in turns",
    "curtain": "Fixed on the left of a line, moving on the right; drag the line",
    "flicker": "Both images in turns in the same place; what moves does not match",
    "difference": "How far apart the intensities are, once they are matched",
    "edges": "Edges of moving drawn over fixed",
    "outlines": "Outlines of the labels of both over fixed",
    "side by side": "Both beside each other, with one slice, zoom and cursor",
    "fixed": "The fixed image alone",
    "moving": "The moving image alone",
}
_PROGRAMS: dict[Lens, str] = {
    "": "this browser (true)",
    "nibabel": "nibabel",
    "itk": "ITK, SimpleITK",
    "deepreg": "DeepReg",
    "napari": "plain napari",
}
_GRID_TIP = (
    "Everything is drawn on one grid: of the fixed image (not interpolated), of the moving image, "
    "or a box along the patient's axes"
)
_INDEX_TIP = (
    "Lay moving over fixed voxel by voxel, as programs do that read no headers. "
    "The files stay as they are."
)
_LENS_TIP = "Draw the sample as another program reads its files"
_CONVENTION_TIP = "Radiological: the patient's right is on the left"
_LABELS_TIP = (
    "Auto: outlines, but none where two images are compared point by point; fixed labels filled "
    "and moving ones outlined; all outlined; or none. Those of moving are paler"
)
_PLANES_TIP = (
    "Show all three planes with a crosshair: click in any, or move the mouse with Shift held"
)
_TIGHT = "QPushButton { padding: 3px 2px; }"  # so that the longest name is whole at 360 px


class ComparePanel(QWidget):
    """Buttons and sliders for the view options.

    Parameters
    ----------
    session : Session
    flicker : Flicker, optional
        What turns from one image to the other, where there is a canvas.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, flicker: Flicker | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.modes = _exclusive(self, COMPARE_MODES)
        for button in self.modes.buttons():
            mode = button.property("choice")
            button.setText(_SHORT.get(mode, mode))
            button.setToolTip(_TIPS[mode])
        self.why = QLabel(self)
        self.why.setWordWrap(True)
        self.why.hide()
        self.controls = ModeControls(session, self, flicker)
        self.opacity = self.controls.opacity
        self.planes = _exclusive(self, PLANES)
        self.three = QPushButton("3 planes", self)
        self.three.setCheckable(True)
        self.three.setToolTip(_PLANES_TIP)
        self.convention = _choices(self, ("radiological", "neurological"))
        self.convention.setToolTip(_CONVENTION_TIP)
        self.labels = _choices(self, LABEL_STYLES)
        self.labels.setToolTip(_LABELS_TIP)
        self.grid = _choices(self, GRID_CHOICES)
        self.grid.setToolTip(_GRID_TIP)
        self.by_index = QCheckBox("ignore headers, lay by index", self)
        self.by_index.setToolTip(_INDEX_TIP)
        self.lens = QComboBox(self)
        for lens in LENSES:
            self.lens.addItem(_PROGRAMS[lens], lens)
        self.lens.setToolTip(_LENS_TIP)
        self.frame = QSlider(Qt.Orientation.Horizontal, self)
        self.frame_label = QLabel(self)
        self._frame_name = QLabel("frame", self)
        self.next_mode = QPushButton(f"{KEYS['mode'].key} ↻", self)
        self.next_mode.setToolTip(_mode_tip())
        self.more = QCollapsible("", self, "▾", "▸")
        self.more.setDuration(0)
        self._lay_out()
        self._connect()
        self._on_options(session.options)
        self._show_frames(1)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        modes = QGridLayout()
        modes.setSpacing(3)
        for place, button in enumerate((*self.modes.buttons(), self.next_mode)):
            button.setStyleSheet(_TIGHT)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            modes.addWidget(button, *divmod(place, _COLUMNS))
        column.addLayout(modes)
        column.addWidget(self.why)
        column.addWidget(self.controls)
        column.addLayout(_row(*self.planes.buttons(), self.three))
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.addWidget(QLabel("labels", self), 0, 0)
        grid.addWidget(self.labels, 0, 1)
        grid.addWidget(QLabel("view", self), 0, 2)
        grid.addWidget(self.convention, 0, 3)
        grid.addWidget(self._frame_name, 1, 0)
        grid.addWidget(self.frame, 1, 1, 1, 2)
        grid.addWidget(self.frame_label, 1, 3)
        column.addLayout(grid)
        self._fold()
        column.addWidget(self.more)

    def _fold(self) -> None:
        """Fold away what is rarely changed."""
        rare = QWidget(self)
        grid = QGridLayout(rare)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("grid of", rare), 0, 0)
        grid.addWidget(self.grid, 0, 1)
        grid.addWidget(self.by_index, 0, 2)
        grid.addWidget(QLabel("as seen by", rare), 1, 0)
        grid.addWidget(self.lens, 1, 1, 1, 2)
        self.more.setContent(rare)
        self.more.layout().setContentsMargins(0, 0, 0, 0)
        self.more.content().layout().setContentsMargins(0, 0, 0, 0)
        self.more.collapse(animate=False)
        rare.hide()  # squeezed to nothing, it would still take the focus
        self.more.toggled.connect(rare.setVisible)

    def _connect(self) -> None:
        change = self._session.set_options
        for button in self.modes.buttons():
            button.clicked.connect(lambda _on, b=button: change(mode=b.property("choice")))
        for button in self.planes.buttons():
            button.clicked.connect(lambda _on, b=button: change(plane=b.property("choice")))
        self.three.clicked.connect(lambda on: change(planes=on))
        self.next_mode.clicked.connect(lambda _on: self._session.next_mode())
        self.grid.currentTextChanged.connect(lambda text: change(grid=text))
        self.convention.currentIndexChanged.connect(lambda i: change(radiological=i == 0))
        self.labels.currentTextChanged.connect(lambda text: change(labels=text))
        self.by_index.clicked.connect(lambda on: change(aligned="index" if on else "world"))
        self.lens.currentIndexChanged.connect(lambda i: change(lens=LENSES[i]))
        self.frame.valueChanged.connect(lambda value: change(frame=value))
        self._session.options_changed.connect(self._on_options)
        self._session.scene_changed.connect(self._on_scene)

    def _on_options(self, options: ViewOptions) -> None:
        for group, choice in ((self.modes, options.mode), (self.planes, options.plane)):
            for button in group.buttons():
                button.setChecked(button.property("choice") == choice)
        self.controls.show_options(options)
        self.three.setChecked(options.planes)
        self.grid.setCurrentText(options.grid)
        self.labels.setCurrentText(options.labels)
        self.convention.setCurrentIndex(0 if options.radiological else 1)
        self.by_index.setChecked(options.aligned == "index")
        self.lens.setCurrentIndex(LENSES.index(options.lens))
        with QSignalBlocker(self.frame):
            self.frame.setValue(options.frame)
        self.more.setText(_folded(options))

    def _on_scene(self, scene: Scene) -> None:
        self._show_frames(scene.frames)
        labels = [layer for layer in scene.layers if is_label_role(layer.role)]
        alone = why_not_compared(scene)
        for button in self.modes.buttons():
            why = why_off(scene, button.property("choice"))
            _allow(button, why, self._tip(button, *(scene.compared or _USUAL)))
        _allow(self.next_mode, alone, _mode_tip())
        self.controls.show_scene(scene)
        self.why.setText("" if tells_why(scene) else why_some_off(scene))
        self.why.setVisible(bool(self.why.text()))
        volume = "not in 3D" if scene.options.volume else ""
        nothing = "" if scene.display is not None else "nothing of this sample is shown"
        unknown = nothing or ("" if scene.oriented else "the files state no directions")
        _allow(self.three, nothing or volume, _PLANES_TIP)
        one_grid = "" if scene.compared == _USUAL else alone or "both images lie on one grid"
        _allow(self.grid, unknown or one_grid, _GRID_TIP)
        _allow(self.by_index, alone, _INDEX_TIP)
        _allow(self.convention, unknown, _CONVENTION_TIP)
        _allow(self.labels, "" if labels else "no labels of this sample are shown", _LABELS_TIP)

    def _tip(self, button: QAbstractButton, lower: str, upper: str) -> str:
        """Name the image on a button that shows it alone, and return what it says of itself."""
        mode = button.property("choice")
        role = {"fixed": lower, "moving": upper}.get(mode)
        if role is None:
            return _TIPS[mode]
        button.setText(short_name(role))
        return f"The {role.replace('_', ' ')} alone"

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


def _folded(options: ViewOptions) -> str:
    """Title of what is folded away; it names what is not as usual there."""
    unusual = []
    if options.grid != "fixed":
        unusual.append(f"grid of {options.grid}")
    if options.aligned == "index":
        unusual.append("headers ignored")
    if options.lens:
        unusual.append(f"as {_PROGRAMS[options.lens]} reads it")
    return "more: " + ", ".join(unusual) if unusual else "grid, headers, as seen by…"


def _mode_tip() -> str:
    return f"{KEYS['mode'].tip} (key {KEYS['mode'].key})"


def _allow(widget: QWidget, why_not: str, tip: str) -> None:
    """Switch something on or off, and let it say why it is off."""
    widget.setEnabled(not why_not)
    widget.setToolTip(f"Off: {why_not}. ({tip})" if why_not else tip)


def _choices(parent: QWidget, choices: tuple[str, ...]) -> QComboBox:
    box = QComboBox(parent)
    box.addItems(choices)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box


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
