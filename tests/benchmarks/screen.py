"""napari windows that are really drawn, with and without the browser docked."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_medload.session.background.checking import CHECKING
from napari_medload.session.recent import RecentDatasets
from napari_medload.views.napari.dock import BrowserDock
from napari_medload.views.napari.own_context import keep_to_own_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.session import Layer

_TIMEOUT_S = 120
_PIXELS_ALIKE = 4
_WINDOW = (1300, 850)
_UNITS = ("millimeter",) * 3


class Screen:
    """A shown napari window.

    Parameters
    ----------
    title : str
    """

    def __init__(self, title: str) -> None:
        self.viewer = napari.Viewer(title=title)
        self.viewer.window.resize(*_WINDOW)
        self._canvas = self.viewer.window._qt_viewer.canvas
        keep_to_own_context(self._canvas)  # two windows in one program
        self.drawn = 0
        self._canvas._scene_canvas.events.draw.connect(self._on_draw)
        flush()

    def _on_draw(self, _event: Any) -> None:
        self.drawn += 1

    @property
    def canvas_size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        native = self._canvas.native
        return int(native.width()), int(native.height())

    def repaint(self) -> None:
        """Draw the canvas, and do what else the window has to do."""
        before = self.drawn
        self._canvas._scene_canvas.update()
        QApplication.processEvents()
        wait(lambda: self.drawn > before)

    def picture(self) -> np.ndarray:
        """Pixels of the canvas."""
        return np.asarray(self.viewer.screenshot(canvas_only=True, flash=False))

    def look_like(self, other: Browser) -> None:
        """Take the layout and the camera of a browser.

        An empty dock stands in for the browser's, because Qt composes the whole window whenever
        the canvas is drawn.
        """
        empty = QWidget()
        self.viewer.window.add_dock_widget(empty, name="Empty", area="right")
        self.viewer.window._qt_window.resize(other.viewer.window._qt_window.size())
        empty.setFixedWidth(other.dock.width())
        mine, theirs = self.viewer.scene.camera, other.viewer.scene.camera
        mine.orientation = theirs.orientation
        flush()
        self.viewer.fit_to_view()
        mine.zoom = theirs.zoom
        flush()
        (width, height), (their_width, their_height) = self.canvas_size, other.canvas_size
        if max(abs(width - their_width), abs(height - their_height)) > _PIXELS_ALIKE:
            raise AssertionError(f"canvas of {self.canvas_size} beside one of {other.canvas_size}")

    def close(self) -> None:
        """Close the window."""
        self.viewer.close()
        flush()


class Browser(Screen):
    """A window with the browser docked.

    Parameters
    ----------
    folder : Path
        Where the browser keeps its own state.
    budget : int, optional
        Bytes of volumes that it may keep.
    """

    def __init__(self, folder: Path, budget: int | None = None) -> None:
        super().__init__("browser")
        recent = RecentDatasets(folder / "recent.json")
        self.dock = BrowserDock(self.viewer, recent=recent, budget=budget)
        self.session = self.dock.session
        self.viewer.window.add_dock_widget(self.dock, name="Dataset browser")
        flush()

    def open(self, path: Path) -> None:
        """Open a dataset and wait until it is drawn and its headers are read."""
        session = self.session
        session.open(path)
        wait(
            lambda: (
                session.dataset is not None
                and session.dataset.root == path
                and session.scene is not None
                and not session.loading
                and session.rows.scanned == session.rows.total
                and (session.progress is None or session.progress.what == CHECKING)
            )
        )
        session.cancel()  # what is checked behind a person's back is no part of any figure
        flush()

    def wait_for_silence(self) -> None:
        """Wait until the name of a compare mode, written for a moment, has left the canvas."""
        wait(lambda: not self.dock.canvas.text.passing)

    def wait_for(self, sample: int) -> None:
        """Wait until a neighbour is ready to be shown at once."""
        wait(lambda: sample in self.session.ready)


def wait(condition: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Run the event loop until a condition holds.

    Raises
    ------
    TimeoutError
        If it does not in two minutes.
    """
    end = monotonic() + _TIMEOUT_S
    while not condition():
        if monotonic() > end:
            raise TimeoutError("the browser did not settle")
        QApplication.processEvents()
        meanwhile()


def flush() -> None:
    """Do all that Qt has put off, deletions too."""
    for _ in range(3):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def as_napari(layer: Layer, data: Any) -> Image | Labels:
    """Make a napari layer by hand that looks like one of the browser's."""
    placed = {
        "name": layer.name,
        "scale": layer.scale,
        "translate": layer.translate,
        "units": _UNITS,
        "opacity": layer.opacity,
        "blending": layer.blending,
        "visible": layer.visible,
    }
    if layer.kind == "image":
        return Image(data, colormap=layer.colormap, contrast_limits=layer.limits, **placed)
    made = Labels(data, colormap=colours(layer), **placed)
    made.contour = int(layer.outline)
    return made


def colours(layer: Layer) -> DirectLabelColormap:
    """Colormap of a label layer."""
    chosen: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    for value in layer.values:
        chosen[value] = (*layer.table.label(value).colour, 1.0)
    return DirectLabelColormap(color_dict=chosen)
