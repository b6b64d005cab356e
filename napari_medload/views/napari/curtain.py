"""The curtain: a line on the canvas, fixed on the left of it and moving on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.views.napari.canvas_lines import WHITE
from napari_medload.views.napari.canvas_mouse import CanvasMouse, screen_axes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel

    from napari_medload.session import Scene, Session
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.views.napari.canvas_lines import CanvasLines

GRAB_PX = 12
"""How near to the line a person must press to take hold of it, in pixels of the screen."""

_NAME = "curtain"
_WIDTH_PX = 2.0


class Curtain:
    """Shows where the curtain hangs, and lets a person drag it.

    A drag that begins near the line moves the curtain; one that begins elsewhere pans the view
    as ever.

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
        self._near = False

    @property
    def hangs(self) -> bool:
        """Whether there is a curtain on the canvas."""
        scene = self._session.scene
        return (
            scene is not None
            and scene.mode == "curtain"
            and scene.compared is not None
            and scene.display is not None
            and self._viewer.dims.ndisplay == 2
        )

    def close(self) -> None:
        """Let go of the mouse."""
        self._mouse.close()

    def draw(self) -> None:
        """Put the line where the curtain hangs, from edge to edge of the picture."""
        scene = self._session.scene
        if not self.hangs or scene is None:
            self._lines.hide(_NAME)
            return
        up, across = screen_axes(self._viewer)
        low, high = _ends(scene, up)
        segment = np.zeros((1, 2, 3))
        segment[0, :, across] = self.place(scene)
        segment[0, :, up] = low, high
        self._lines.draw(_NAME, segment, WHITE, width=_WIDTH_PX)

    def place(self, scene: Scene) -> float:
        """Coordinate of the curtain along the axis that runs across the screen."""
        low, high = _ends(scene, screen_axes(self._viewer)[1])
        part = scene.options.curtain
        return high - part * (high - low) if self._leftward else low + part * (high - low)

    @property
    def _leftward(self) -> bool:
        """Whether coordinates grow to the left of the screen."""
        return str(self._viewer.scene.camera.orientation[2]) == "left"

    def _is_near(self, point: Any) -> bool:
        scene = self._session.scene
        if scene is None or not self.hangs or len(point) < 3:
            return False
        away = abs(point[-3:][screen_axes(self._viewer)[1]] - self.place(scene))
        return bool(away * self._viewer.scene.camera.zoom <= GRAB_PX)

    def _on_move(self, _viewer: Any, event: Any) -> None:
        """Let the pointer say that the line can be dragged."""
        near = self._is_near(event.position)
        if near != self._near:
            self._near = near
            self._viewer.cursor.style = "pointing" if near else "standard"

    def _on_drag(self, viewer: Any, event: Any) -> Iterator[None]:
        if event.button not in (1, None) or event.modifiers or not self._is_near(event.position):
            return
        camera = viewer.scene.camera
        panned, camera.mouse_pan = camera.mouse_pan, False
        try:
            yield
            while event.type == "mouse_move":
                self._hang(event.position)
                yield
        finally:
            camera.mouse_pan = panned

    def _hang(self, point: Any) -> None:
        """Hang the curtain at a canvas point."""
        scene = self._session.scene
        if scene is None or not self.hangs:
            return
        across = screen_axes(self._viewer)[1]
        low, high = _ends(scene, across)
        part = float((point[-3:][across] - low) / (high - low))
        part = 1 - part if self._leftward else part
        self._session.set_options(curtain=round(min(1.0, max(0.0, part)), 4))


def _ends(scene: Scene, axis: int) -> tuple[float, float]:
    display = scene.display
    assert display is not None  # noqa: S101
    return ends(display, axis)


def ends(display: DisplayGrid, axis: int) -> tuple[float, float]:
    """Canvas coordinates of both faces of a display grid across a canvas axis."""
    step, first = display.scale[axis], display.translate[axis]
    return first - step / 2, first + step * (display.grid.shape[::-1][axis] - 0.5)
