"""What can be set of the present compare mode, in one line; a sentence where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from napari_medload.session.options import COLOUR_PAIRS
from napari_medload.views.napari.flicker import FASTEST_MS, SLOWEST_MS

if TYPE_CHECKING:
    from napari_medload.session import Scene, Session, ViewOptions
    from napari_medload.session.options import CompareMode
    from napari_medload.views.napari.flicker import Flicker

_SMALLEST_CHECKER, _LARGEST_CHECKER = 1.0, 200.0
_PARTS = 1000
_STEP_MS = 50
_SAID: dict[CompareMode, str] = {
    "difference": "bright: {lower} and {upper} differ",
    "edges": "edges of {upper} over {lower}",
    "outlines": "label outlines of both over {lower}",
    "side by side": "{lower} left, {upper} right",
    "fixed": "{lower} alone",
    "moving": "{upper} alone",
}


class ModeControls(QStackedWidget):
    """One page for each compare mode that has something to set.

    Parameters
    ----------
    session : Session
    flicker : Flicker, optional
    """

    def __init__(self, session: Session, parent: QWidget, flicker: Flicker | None = None) -> None:
        super().__init__(parent)
        self._session, self._flicker = session, flicker
        self.opacity = _slider(self, 100)
        self.colours = QComboBox(self)
        self.colours.addItems(COLOUR_PAIRS)
        self.colours.setToolTip(
            "Of fixed and of moving. Blue with orange is told apart with any colour vision; "
            "in both pairs equal parts are grey."
        )
        self.checker = QDoubleSpinBox(self)
        self.checker.setRange(_SMALLEST_CHECKER, _LARGEST_CHECKER)
        self.checker.setDecimals(0)
        self.checker.setKeyboardTracking(False)
        self.curtain = _slider(self, _PARTS)
        self.curtain.setToolTip("Drag this, or the line on the canvas")
        self.interval = QSpinBox(self)
        self.interval.setRange(FASTEST_MS, SLOWEST_MS)
        self.interval.setSingleStep(_STEP_MS)
        self.interval.setSuffix(" ms each")
        self.interval.setKeyboardTracking(False)
        self.interval.setToolTip("Never three changes in a second, for the sake of the eyes")
        self.play = QPushButton(self)
        self.turn = QPushButton("other image", self)
        self.said = QLabel(self)
        self._names = ("fixed", "moving")
        self._pages = {
            "overlay": self._page("opacity", self.opacity),
            "two-colour": self._page("colours", self.colours),
            "checkerboard": self._page("size of a field", self.checker),
            "curtain": self._page("curtain", self.curtain),
            "flicker": self._page("", self.play, self.turn, self.interval),
        }
        self._sentence = self._page("", self.said)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._connect()
        self._show_flicker()

    def show_options(self, options: ViewOptions) -> None:
        """Bring the page of the mode to the front, and what is set on it."""
        self.setCurrentWidget(self._pages.get(options.mode, self._sentence))
        lower, upper = self._names
        self.said.setText(_SAID.get(options.mode, "").format(lower=lower, upper=upper))
        self.opacity.setValue(round(options.opacity * 100))
        self.opacity.setEnabled(options.mode == "overlay")
        self.colours.setCurrentText(options.colours)
        with QSignalBlocker(self.curtain):  # a drag on the canvas is finer than the slider
            self.curtain.setValue(round(options.curtain * _PARTS))
        with QSignalBlocker(self.checker):
            self.checker.setValue(options.checker_mm)

    def show_scene(self, scene: Scene) -> None:
        """Name the images, and switch off what makes no sense for them."""
        paired = scene.compared is not None
        if scene.compared is not None:
            lower, upper = (role.removesuffix("_image") for role in scene.compared)
            self._names = (lower, upper)
            self.opacity.setToolTip(f"Opacity of the {upper} image in overlay mode")
        self.setEnabled(paired)
        self.checker.setSuffix(" mm" if scene.known else " voxels")
        self.show_options(self._session.options)
        self.opacity.setEnabled(paired and scene.options.mode == "overlay")

    def _page(self, name: str, *widgets: QWidget) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        if name:
            row.addWidget(QLabel(name, page))
        for widget in widgets:
            row.addWidget(widget, 1)
        self.addWidget(page)
        return page

    def _connect(self) -> None:
        change = self._session.set_options
        self.opacity.valueChanged.connect(lambda value: change(opacity=value / 100))
        self.colours.currentTextChanged.connect(lambda text: change(colours=text))
        self.checker.valueChanged.connect(lambda value: change(checker_mm=value))
        self.curtain.valueChanged.connect(lambda value: change(curtain=value / _PARTS))
        self.turn.clicked.connect(lambda _on: change(flicker=not self._session.options.flicker))
        if self._flicker is not None:
            flicker = self._flicker
            self.interval.setValue(flicker.interval)
            self.interval.valueChanged.connect(lambda ms: setattr(flicker, "interval", ms))
            self.play.clicked.connect(lambda _on: setattr(flicker, "playing", not flicker.playing))
            flicker.changed.connect(self._show_flicker)

    def _show_flicker(self) -> None:
        there = self._flicker is not None
        playing = self._flicker is not None and self._flicker.playing
        self.play.setText("❚❚ pause" if playing else "▶ play")
        self.play.setEnabled(there)
        self.interval.setEnabled(there)
        self.turn.setEnabled(not playing)
        if self._flicker is not None:
            with QSignalBlocker(self.interval):
                self.interval.setValue(self._flicker.interval)


def _slider(parent: QWidget, steps: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal, parent)
    slider.setRange(0, steps)
    return slider
