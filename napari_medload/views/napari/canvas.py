"""The canvas: scenes on napari's layers, with slice, camera, status bar and 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.compat import isalive

from napari_medload.session.scene.readout import read_out, slice_text
from napari_medload.views.napari.as_if_mark import AsIfMark
from napari_medload.views.napari.canvas_lines import CanvasLines, canvas_in
from napari_medload.views.napari.curtain import Curtain
from napari_medload.views.napari.flicker import Flicker
from napari_medload.views.napari.kept_zoom import KeptZoom
from napari_medload.views.napari.landmark_marks import LandmarkMarks
from napari_medload.views.napari.layers import SceneLayers
from napari_medload.views.napari.overlays import CanvasText
from napari_medload.views.napari.own_context import keep_to_own_context
from napari_medload.views.napari.plane_view import ORDERS
from napari_medload.views.napari.planes import ThreePlanes
from napari_medload.views.napari.side_by_side import SideBySide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.viewer import Viewer

    from napari_medload.session import Scene, Session, ViewOptions
    from napari_medload.session.scene.display_grid import DisplayGrid

RADIOLOGICAL = ("away", "up", "left")
NEUROLOGICAL = ("towards", "up", "right")
_MARGIN = 0.95


class CanvasView:
    """Draws the scenes of a session in a viewer, and tells the session where a person looks.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    session : Session
    """

    def __init__(self, viewer: Viewer, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self.layers = SceneLayers(viewer)
        self.text = CanvasText(viewer)
        self.mark = AsIfMark(viewer)
        canvas = canvas_in(viewer)
        keep_to_own_context(canvas)
        self.lines = CanvasLines(viewer, canvas)
        self.curtain = Curtain(viewer, session, self.lines)
        zoom = KeptZoom(viewer)
        self.halves = SideBySide(viewer, self.layers, self.lines, zoom)
        self.landmarks = LandmarkMarks(viewer, self.lines)
        self.planes = ThreePlanes(viewer, session, self.lines, zoom)
        self.flicker = Flicker(session, lambda: canvas is None or _is_seen(canvas.native))
        self._drawing = False
        self._fresh = True
        session.scene_changed.connect(self._on_scene)
        session.dataset_changed.connect(self._on_dataset)
        session.options_changed.connect(self._on_options)
        session.position_changed.connect(self._on_position)
        viewer.dims.events.point.connect(self._on_point)
        viewer.dims.events.order.connect(self._on_order)
        # before napari slices: a resliced volume must never be read whole
        self._entering = _connect_first(viewer.dims.events.ndisplay, self._on_ndisplay)
        # after napari's own status, which knows neither RAS nor label names
        viewer.events.status.connect(self._on_status, position="last")
        viewer.canvas.events.size.connect(self._on_size)
        viewer.scene.camera.orientation = RADIOLOGICAL

    def close(self) -> None:
        """Let go of the viewer and the session."""
        self.text.close()
        self.mark.close()
        dims, status = self._viewer.dims.events, self._viewer.events.status
        for emitter, callback in (
            (dims.point, self._on_point),
            (dims.order, self._on_order),
            (dims.ndisplay, self._entering),
            (status, self._on_status),
            (self._viewer.canvas.events.size, self._on_size),
        ):
            emitter.disconnect(callback)
        for signal, slot in (
            (self._session.scene_changed, self._on_scene),
            (self._session.dataset_changed, self._on_dataset),
            (self._session.options_changed, self._on_options),
            (self._session.position_changed, self._on_position),
        ):
            signal.disconnect(slot, missing_ok=True)
        for part in (
            self.flicker,
            self.curtain,
            self.landmarks,
            self.planes,
            self.halves,
            self.lines,
        ):
            part.close()

    # --- from the session ----------------------------------------------------------------

    def _on_dataset(self, _dataset: object) -> None:
        self._fresh = True
        self._drawing = True  # an emptied viewer moves its sliders
        self.layers.clear()
        self.landmarks.draw(None)
        self.planes.forget()
        self._drawing = False

    def _on_scene(self, scene: Scene) -> None:
        if scene.options.volume != (self._viewer.dims.ndisplay == 3):
            return  # the canvas has changed meanwhile; a scene that fits is on its way
        self._drawing = True
        try:
            stays = self._stays(scene)
            self.layers.draw(scene, lambda: self._go(scene, stays))
            self.halves.draw(scene)
            self.text.draw(scene)
            self.mark.draw(scene)
            self._turn(scene)
            if scene.display is not None:
                self._settle(scene, scene.display, stays)
            self.flicker.follow()
            self.curtain.draw()
            self.landmarks.draw(scene)
            self.planes.draw()
        except Exception as error:
            # never leave another sample's picture under this one's name
            self.layers.clear()
            self.text.say(f"{scene.sample_id}\ncannot be drawn: {error}")
            raise
        finally:
            self._drawing = False
        self._name_slice()
        self._on_status()

    def _stays(self, scene: Scene) -> bool:
        """Whether a scene is looked at where the person was in the patient."""
        display, position = scene.display, self._session.position
        return (
            display is not None
            and position is not None
            and not self._fresh
            and bool(display.contains(position))
        )

    def _go(self, scene: Scene, stays: bool) -> None:
        """Stay where the person was in the patient; begin in the middle of the images."""
        display, dims = scene.display, self._viewer.dims
        if display is None:
            return
        position = self._session.position
        point = display.to_canvas(position if stays and position is not None else _middle(display))
        if not _same_slices(display, dims.point[-3:], point):
            dims.point = (*dims.point[:-3], *point)

    def _settle(self, scene: Scene, display: DisplayGrid, stays: bool) -> None:
        """Show all of a scene that is looked at from elsewhere than the last one."""
        # napari moves the point to a slice; to keep that would drift from sample to sample
        if not stays:
            self._session.go_to(display.to_ras(display.to_canvas(_middle(display))))
            self._show_all(scene)
        self._fresh = False

    def _show_all(self, scene: Scene) -> None:
        self._viewer.dims.order = ORDERS[scene.options.plane]
        self._viewer.fit_to_view(margin=1 - _MARGIN)

    def _on_options(self, options: ViewOptions) -> None:
        self._turn(self._session.scene)
        if tuple(self._viewer.dims.order) != ORDERS[options.plane]:
            self._viewer.dims.order = ORDERS[options.plane]
        if self._session.scene is not None:
            self._name_slice()
        self.flicker.follow()

    def _on_position(self, position: tuple[float, float, float]) -> None:
        """Show the slices at a place that another view has asked for."""
        scene = self._session.scene
        if self._drawing or scene is None or scene.display is None or scene.options.volume:
            return
        self._drawing = True  # the place stays as it was asked for, beside the nearest slice
        try:
            self._viewer.dims.point = (
                *self._viewer.dims.point[:-3],
                *scene.display.to_canvas(position),
            )
        finally:
            self._drawing = False
        self._name_slice()

    def _turn(self, scene: Scene | None) -> None:
        """Put the patient's right where it is wanted; an array without directions is not turned."""
        as_stored = scene is not None and not scene.oriented
        radiological = self._session.options.radiological or as_stored
        orientation = RADIOLOGICAL if radiological else NEUROLOGICAL
        if tuple(self._viewer.scene.camera.orientation) != orientation:
            self._viewer.scene.camera.orientation = orientation

    # --- from the person -----------------------------------------------------------------

    def _on_point(self, _event: Any = None) -> None:
        scene = self._session.scene
        in_3d = self._viewer.dims.ndisplay == 3 or (scene is not None and scene.options.volume)
        if not self._drawing and not in_3d:  # entering and leaving 3D moves napari's sliders
            self._keep_position()
            self._name_slice()

    def _keep_position(self) -> None:
        scene, point = self._session.scene, self._viewer.dims.point[-3:]
        if scene is not None and scene.display is not None and len(point) == 3:
            self._drawing = True  # these slices are shown already
            self._session.go_to(scene.display.to_ras(point))
            self._drawing = False

    def _name_slice(self) -> None:
        scene, point = self._session.scene, self._viewer.dims.point[-3:]
        flat = self._viewer.dims.ndisplay == 2 and len(point) == 3
        self.text.name_slice(slice_text(scene, point) if scene is not None and flat else "")

    def _on_order(self, _event: Any = None) -> None:
        """Follow napari's own buttons for the order of axes."""
        order = () if self._drawing else tuple(self._viewer.dims.order)
        for plane, theirs in ORDERS.items():
            if order == theirs:
                self._session.set_options(plane=plane)
        self.curtain.draw()

    def _on_ndisplay(self, _event: Any = None) -> None:
        volume = self._viewer.dims.ndisplay == 3
        scene = self._session.scene
        if self._drawing:
            return
        if volume and scene is not None and scene.display is not None:
            ends = scene.display
            box = np.array(ends.grid.shape[::-1])
            scale = np.array(ends.scale) * box
            translate = np.array(ends.translate) + np.array(ends.scale) * (box - 1) / 2
            self.layers.stand_in(scale, translate)
        self._session.set_options(volume=volume)

    def _on_size(self, _event: Any = None) -> None:
        """Break the lines of the title anew."""
        if self._session.scene is not None:
            self.text.draw_title(self._session.scene)
            self.mark.draw(self._session.scene)
            self._name_slice()

    def _on_status(self, _event: Any = None) -> None:
        scene = self._session.scene
        if scene is None or scene.display is None or self._viewer.dims.ndisplay != 2:
            return
        if not self._viewer.mouse_over_canvas or len(self._viewer.cursor.position) < 3:
            return
        text = read_out(scene, self._viewer.cursor.position[-3:])
        if text and self.planes.on:  # the place of the crosshair is read out too
            text = f"mouse: {text}"
        if text and self._viewer.status != text:
            self._viewer.status = text


def _is_seen(canvas: Any) -> bool:
    """Whether a canvas is on the screen, as far as Qt knows."""
    return isalive(canvas) and canvas.isVisible() and not canvas.window().isMinimized()


def _middle(display: DisplayGrid) -> tuple[float, float, float]:
    i, j, k = display.grid.centre.tolist()
    return i, j, k


def _same_slices(display: DisplayGrid, one: Iterable[float], other: Iterable[float]) -> bool:
    """Whether two canvas points show the same slices; to move napari costs a redraw."""
    return np.array_equal(np.rint(display.to_index(one)), np.rint(display.to_index(other)))


def _connect_first(emitter: Any, callback: Callable[[], None]) -> Callable[[], None]:
    """Connect a callback that napari calls before its own.

    Whatever position they ask for, an emitter of napari calls plugins after napari's own
    callbacks, which it knows by their module.
    """

    def first() -> None:
        callback()

    first.__module__ = "napari.components"
    emitter.connect(first, position="first")
    return first
