"""Three planes in one window: the other two beside the main canvas, one crosshair in all.

The small canvases are made when they are first asked for. While they are switched off they hold no
data and cost nothing; they are freed with the dock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_medload.session.options import PLANES
from napari_medload.session.scene.readout import read_out
from napari_medload.views.napari.plane_view import Crosshair, PlaneView
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.session import Session
    from napari_medload.session.options import Plane
    from napari_medload.views.napari.canvas_lines import CanvasLines
    from napari_medload.views.napari.kept_zoom import KeptZoom

_LINES = 3
_WIDE = 1.35
_REASON = "planes"
_SHARES = (62, 38)
_HINT = (
    "Click in any plane, or move the mouse with Shift, and all go there. Drag to pan, "
    "turn the wheel to zoom, with Ctrl to scroll."
)


class ThreePlanes:
    """The two planes that the main canvas does not show, and a crosshair in all three.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    session : Session
    lines : CanvasLines
        On the main canvas.
    zoom : KeptZoom
        Of the main canvas.
    """

    def __init__(
        self, viewer: Viewer, session: Session, lines: CanvasLines, zoom: KeptZoom
    ) -> None:
        self._viewer, self._session, self._lines = viewer, session, lines
        self._crosshair: Crosshair | None = None
        self._zoom = zoom
        self._whole: tuple[int, int] | None = None
        viewer.canvas.events.size.connect(self._on_size)
        self.views: tuple[PlaneView, ...] = ()
        self.panel: QWidget | None = None
        self.readout: TextBox | None = None
        session.position_changed.connect(self._on_position)
        session.options_changed.connect(self._on_options)

    @property
    def on(self) -> bool:
        """Whether three planes are shown."""
        return self._crosshair is not None

    def close(self) -> None:
        """Free what is left, and let go of the session."""
        self._session.position_changed.disconnect(self._on_position, missing_ok=True)
        self._session.options_changed.disconnect(self._on_options, missing_ok=True)
        self._viewer.canvas.events.size.disconnect(self._on_size)
        self._rest()
        self._remove()

    def draw(self) -> None:
        """Show the scene of the session, in as many planes as are wanted."""
        scene = self._session.scene
        wanted = self._session.options.planes and scene is not None and not scene.options.volume
        if not wanted:
            self._rest()
            return
        if not self.on:
            self._begin()
        orientation = tuple(self._viewer.scene.camera.orientation)
        for view, plane in zip(self.views, self._others(), strict=True):
            if scene is not None:
                view.draw(scene, plane, orientation)
        self._mark()

    def forget(self) -> None:
        """Remove the layers of another dataset."""
        for view in self.views:
            view.forget()

    def _others(self) -> tuple[Plane, ...]:
        return tuple(plane for plane in PLANES if plane != self._session.options.plane)

    def _on_options(self, _options: object) -> None:
        """Follow the convention and the plane of the main canvas."""
        if self.on:
            self.draw()

    def _on_position(self, _position: object) -> None:
        if self.on:
            for view in self.views:
                view.go_there()
            self._mark()

    def _mark(self) -> None:
        """Draw the crosshair of the main canvas, and say what lies there."""
        if self._crosshair is not None:
            self._crosshair.draw()
        scene, position = self._session.scene, self._session.position
        if self.readout is None or scene is None or scene.display is None or position is None:
            return
        said = read_out(scene, scene.display.to_canvas(position))
        self.readout.setText(f"crosshair: {said}")

    def _begin(self) -> None:
        """Show both canvases beside or below the main one."""
        self._whole = self._viewer.canvas.size
        self._crosshair = Crosshair(self._viewer, self._session, self._lines)
        if self.panel is None:
            self.panel = self._make()
        self.panel.show()

    def _make(self) -> QWidget:
        """Make both canvases and the line below them."""
        panel = QWidget()
        panel.setToolTip(_HINT)
        self.views = (PlaneView(self._session), PlaneView(self._session))
        self.readout = TextBox(_LINES, panel)
        room = QWidget(panel)  # of one height, or the canvases would jump with each reading
        room.setFixedHeight(round((_LINES + 0.5) * self.readout.fontMetrics().lineSpacing()))
        lines = QVBoxLayout(room)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addWidget(self.readout)
        lines.addStretch()
        height, width = self._viewer.canvas.size
        beside = width > _WIDE * height
        canvases = QVBoxLayout() if beside else QHBoxLayout()
        canvases.setSpacing(3)
        for view in self.views:
            canvases.addWidget(view.widget)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(canvases, 1)
        column.addWidget(room)
        self._show(panel, beside)
        return panel

    def _on_size(self, _event: Any = None) -> None:
        """Zoom once the main canvas has made room, or has it back."""
        if self._whole is None or self._viewer.canvas.size == self._whole:
            return
        halves = 2 if self._viewer.canvas.grid.enabled else 1
        before, after = (
            (height, width / halves) for height, width in (self._whole, self._viewer.canvas.size)
        )
        self._whole = None
        if self.on:
            self._zoom.enter(_REASON, before, after)
        else:
            self._zoom.leave(_REASON, after)

    def _show(self, panel: QWidget, beside: bool) -> None:
        """Put the panel into the window; napari's own canvas stands in a splitter."""
        splitter = getattr(self._viewer.window, "_qt_viewer", None)
        if splitter is None:
            self._viewer.window.add_dock_widget(panel, name="Planes", area="bottom")
            return
        whole = splitter.width() if beside else splitter.height()
        splitter.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)
        splitter.addWidget(panel)
        splitter.setSizes([whole * share // sum(_SHARES) for share in _SHARES])

    def _rest(self) -> None:
        """Give the main canvas its room back, and hold nothing."""
        if self._crosshair is None:
            return
        self._crosshair.close()
        self._crosshair = None
        if self.panel is None or not isalive(self.panel):  # napari is closing
            return
        self._whole = self._viewer.canvas.size
        self.panel.hide()
        for view in self.views:
            view.rest()

    def _remove(self) -> None:
        views, self.views = self.views, ()
        panel, self.panel, self.readout = self.panel, None, None
        if panel is None or not isalive(panel):
            return
        for view in views:
            view.close()
        panel.setParent(None)
        panel.deleteLater()
