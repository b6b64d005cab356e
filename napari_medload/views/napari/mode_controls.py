"""What can be set of the present compare mode, in one line; a sentence where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QWidget,
)
from superqt import QElidingLabel

from napari_medload.session.options import COLOUR_PAIRS
from napari_medload.session.scene.readout import difference_white, short_name
from napari_medload.session.scene.reasons import why_some_off
from napari_medload.views.napari.flicker import FASTEST_MS, SLOWEST_MS

if TYPE_CHECKING:
    from napari_medload.session import Scene, Session, ViewOptions
    from napari_medload.session.options import CompareMode
    from napari_medload.views.napari.flicker import Flicker

_SMALLEST_CHECKER, _LARGEST_CHECKER = 0.001, 1000.0
_PARTS = 1000
_STEP_MS = 50
_RAMP_PX = 40
_RAMP = (
    "border: 1px solid gray;"
    "background: qlineargradient(x1:0, y1:0, x2:1, y2:0, stop:0 black, stop:1 white);"
)
_WHITE_TIP = (
    "How far the values lie apart once those of both are matched: black where they are equal, "
    "white from this difference on; what is larger is clipped. The contrast of {lower} is what "
    "lies between its black and its white, drawn alone. The status bar says the difference at "
    "the mouse."
)
_SAID: dict[CompareMode, str] = {
    "edges": "edges of {upper} over {lower}",
    "outlines": "label outlines of both over {lower}",
    "side by side": "{lower} left, {upper} right",
    "fixed": "{lower} alone",
    "moving": "{upper} alone",
}


def tells_why(scene: Scene) -> bool:
    """Whether the controls say why modes are off: where the mode asked for has nothing to set."""
    return scene.compared is None or scene.mode != scene.options.mode


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
        self.checker = _SizeBox(self)
        self.checker.setToolTip("Follows the field of view until you set it")
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
        self.said = QElidingLabel("", self)  # a long reason must not widen the dock
        self.said.setMinimumWidth(1)
        self.white = QLabel(self)
        self._names = ("fixed", "moving")
        self._instead = ""
        self._pages = {
            "overlay": self._page("opacity", self.opacity),
            "two-colour": self._page("colours", self.colours),
            "checkerboard": self._page("size of a field", self.checker),
            "curtain": self._page("curtain", self.curtain),
            "flicker": self._page("", self.play, self.turn, self.interval),
            "difference": self._page("0", _Ramp(self), self.white),
        }
        self._sentence = self._page("", self.said)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._connect()
        self._show_flicker()

    def show_options(self, options: ViewOptions) -> None:
        """Bring the page of the mode to the front, and what is set on it."""
        page = self._pages.get(options.mode, self._sentence)
        said = _SAID.get(options.mode, "")
        if self._instead:
            page, said = self._sentence, self._instead
        self.setCurrentWidget(page)
        lower, upper = self._names
        self.said.setText(said.format(lower=lower, upper=upper))
        self.said.setToolTip(self.said.text())
        self.opacity.setValue(round(options.opacity * 100))
        self.opacity.setEnabled(options.mode == "overlay")
        self.colours.setCurrentText(options.colours)
        with QSignalBlocker(self.curtain):  # a drag on the canvas is finer than the slider
            self.curtain.setValue(round(options.curtain * _PARTS))
        with QSignalBlocker(self.checker):
            if self._session.scene is not None:
                self.checker.setValue(options.checker_mm or self._session.scene.checker)

    def show_scene(self, scene: Scene) -> None:
        """Name the images, and switch off what makes no sense for them."""
        paired = scene.compared is not None
        if scene.compared is not None:
            lower, upper = (short_name(role) for role in scene.compared)
            self._names = (lower, upper)
            self.opacity.setToolTip(f"Opacity of the {upper} image in overlay mode")
        self._instead = why_some_off(scene) if tells_why(scene) else ""
        self.white.setText(difference_white(scene))
        self._pages["difference"].setToolTip(_WHITE_TIP.format(lower=self._names[0]))
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


class _Ramp(QFrame):
    """From the colour of no difference to that of a large one, as on the canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMinimumSize(_RAMP_PX, _RAMP_PX // 4)
        self.setMaximumHeight(_RAMP_PX // 3)
        self.setStyleSheet(_RAMP)


class _SizeBox(QDoubleSpinBox):
    """Lengths from micrometres to a metre, with as many decimals as they have."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setDecimals(3)
        self.setRange(_SMALLEST_CHECKER, _LARGEST_CHECKER)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setKeyboardTracking(False)

    def textFromValue(self, value: float) -> str:
        """Write a length without zeros at its end."""
        return str(self.locale().toString(value, "g", 6))


def _slider(parent: QWidget, steps: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal, parent)
    slider.setRange(0, steps)
    return slider
