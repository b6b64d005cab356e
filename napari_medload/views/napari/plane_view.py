"""One plane of the sample in a small canvas of its own, with a crosshair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtCore import Qt

from napari_medload.views.napari.canvas_lines import YELLOW, CanvasLines
from napari_medload.views.napari.canvas_mouse import CanvasMouse, screen_axes
from napari_medload.views.napari.curtain import Curtain, ends
from napari_medload.views.napari.directions import name_directions
from napari_medload.views.napari.kept_zoom import KeptZoom
from napari_medload.views.napari.landmark_marks import LandmarkMarks
from napari_medload.views.napari.layers import SceneLayers
from napari_medload.views.napari.own_context import keep_to_own_context
from napari_medload.views.napari.side_by_side import SideBySide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.session import Scene, Session
    from napari_medload.session.options import Plane
    from napari_medload.session.scene.display_grid import DisplayGrid

ORDERS: dict[Plane, tuple[int, int, int]] = {
    "axial": (0, 1, 2),
    "coronal": (1, 0, 2),
    "sagittal": (2, 0, 1),
}
"""Canvas axes (0 S, 1 A, 2 R): across the slices, up, across the screen."""

_NAME = "crosshair"
_MARGIN = 0.05
_CLICK_PX = 4
_GAP_PX = 6
_SMALLEST_PX = 120


class Crosshair:
    """Marks the place that a person looks at, and takes another where they click.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : Session
    lines : CanvasLines
        On the canvas of this viewer.
    """

    def __init__(self, viewer: ViewerModel, session: Session, lines: CanvasLines) -> None:
        self._viewer, self._session, self._lines = viewer, session, lines
        self._mouse = CanvasMouse(viewer, self._on_drag, self._on_move)

    def close(self) -> None:
        """Take the crosshair away, and let go of the mouse."""
        self._lines.hide(_NAME)
        self._mouse.close()

    def draw(self) -> None:
        """Draw the crosshair through the place, or nothing where there is none."""
        display, position = self._display, self._session.position
        if display is None or position is None or self._viewer.dims.ndisplay != 2:
            self._lines.hide(_NAME)
            return
        point = np.array(display.to_canvas(position))
        up, across = screen_axes(self._viewer)
        gap = _GAP_PX / self._viewer.scene.camera.zoom
        segments = [
            half for axis in (up, across) for half in self._halves(display, point, axis, gap)
        ]
        self._lines.draw(_NAME, np.array(segments), YELLOW)

    def _halves(self, display: DisplayGrid, point: Any, axis: int, gap: float) -> Iterator[Any]:
        """Both parts of a line through a point along an axis, which leave the point free."""
        low, high = ends(display, axis)
        for begin, end in ((low, point[axis] - gap), (point[axis] + gap, high)):
            part = np.array((point, point))
            part[:, axis] = (begin, end) if begin < end else point[axis]
            yield part

    @property
    def _display(self) -> DisplayGrid | None:
        scene = self._session.scene
        return scene.display if scene is not None else None

    def _on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        """Go where a person clicks; a drag pans."""
        if event.button not in (1, None) or event.modifiers:
            return
        pressed, place = np.array(event.pos), tuple(event.position)
        yield
        while event.type == "mouse_move":
            yield
        if np.abs(np.array(event.pos) - pressed).max() <= _CLICK_PX and _is_looking(viewer):
            self._go_to(place)

    def _on_move(self, viewer: Any, event: Any) -> None:
        """Follow the mouse while Shift is held."""
        if set(event.modifiers) == {"Shift"} and _is_looking(viewer):
            self._go_to(tuple(event.position))

    def _go_to(self, point: tuple[float, ...]) -> None:
        display = self._display
        if display is not None and self._viewer.dims.ndisplay == 2 and len(point) >= 3:
            place = display.to_ras(point[-3:])
            if display.contains(place):
                self._session.go_to(place)


class PlaneView:
    """A canvas that shows one plane of what the session shows.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.viewer = ViewerModel()
        self.widget = QtViewer(self.viewer)
        keep_to_own_context(self.widget.canvas)
        self.widget.setMinimumSize(_SMALLEST_PX, _SMALLEST_PX)
        self.widget.setAcceptDrops(False)
        self.widget.dims.hide()
        # keys stay with the main canvas, where the browser's are bound
        self.widget.canvas.native.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewer.canvas.background_color_override = "black"
        name_directions(self.viewer)
        self.layers = SceneLayers(self.viewer)
        self.lines = CanvasLines(self.viewer, self.widget.canvas)
        zoom = KeptZoom(self.viewer)
        self.halves = SideBySide(self.viewer, self.layers, self.lines, zoom, named=False)
        self.curtain = Curtain(self.viewer, session, self.lines)
        self.landmarks = LandmarkMarks(self.viewer, self.lines)
        self.crosshair = Crosshair(self.viewer, session, self.lines)
        self._framed: object = None
        self._drawing = False
        self.viewer.dims.events.point.connect(self._on_point)
        self.viewer.canvas.events.size.connect(self._on_size)

    def draw(self, scene: Scene, plane: Plane, orientation: tuple[str, str, str]) -> None:
        """Draw a scene in a plane, at the place of the session."""
        self._drawing = True
        try:
            self.layers.draw(scene, self.go_there)
            self.halves.draw(scene)
            if tuple(self.viewer.scene.camera.orientation) != orientation:
                self.viewer.scene.camera.orientation = orientation
            if tuple(self.viewer.dims.order) != ORDERS[plane]:
                self.viewer.dims.order = ORDERS[plane]
            self._frame(scene, plane)
        finally:
            self._drawing = False
        self.curtain.draw()
        self.landmarks.draw(scene)
        self.crosshair.draw()

    def go_there(self) -> None:
        """Show the slice at the place of the session."""
        scene, position = self._session.scene, self._session.position
        if scene is None or scene.display is None or position is None:
            return
        before, self._drawing = self._drawing, True
        self.viewer.dims.point = scene.display.to_canvas(position)
        self._drawing = before
        self.crosshair.draw()

    def forget(self) -> None:
        """Remove all layers, for another dataset."""
        self.layers.clear()
        self._framed = None

    def rest(self) -> None:
        """Let go of all data while nobody looks."""
        self._drawing = True
        self.halves.leave()
        self.layers.rest()
        self.landmarks.draw(None)
        self._drawing = False
        self._framed = None

    def close(self) -> None:
        """Free the canvas and all that belongs to it."""
        self.viewer.dims.events.point.disconnect(self._on_point)
        self.viewer.canvas.events.size.disconnect(self._on_size)
        self.crosshair.close()
        self.curtain.close()
        self.landmarks.close()
        self.halves.close()
        self.lines.close()
        self.layers.clear()
        self.widget.close()
        self.widget.deleteLater()

    def _frame(self, scene: Scene, plane: Plane) -> None:
        """Fit the picture into the canvas where another field of view or plane is shown."""
        if scene.display is None:
            return
        frame = (plane, scene.display.grid.shape, scene.display.translate, scene.display.scale)
        if frame != self._framed:
            self._framed = frame
            self.viewer.fit_to_view(margin=_MARGIN)

    def _on_size(self, _event: Any = None) -> None:
        if self._framed is not None:
            self.viewer.fit_to_view(margin=_MARGIN)
            self.crosshair.draw()

    def _on_point(self, _event: Any = None) -> None:
        """Tell the session where a person has scrolled to."""
        scene = self._session.scene
        if not self._drawing and scene is not None and scene.display is not None:
            self._session.go_to(scene.display.to_ras(self.viewer.dims.point[-3:]))


def _is_looking(viewer: Any) -> bool:
    """Whether the mouse pans and zooms, and does not paint."""
    active = viewer.layers.selection.active
    return active is None or str(active.mode) == "pan_zoom"
