"""Thin lines over the images of a canvas: the curtain's edge, crosshair, linked cursor.

They are lines of vispy in napari's own scene, and no layer: a layer would widen the sliders, cost
hundreds of widgets and have lines as thick as voxels. napari has no public way to its scene, so
what is private of it stands in this module (and in `plan_boxes`).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.compat import isalive
from vispy.scene.visuals import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel

YELLOW = (1.0, 0.847, 0.4)
"""Of what says where: letters, crosshair, linked cursor; labels and regions have other colours."""

WHITE = (1.0, 1.0, 1.0)
"""Of what can be dragged; it is thicker too, so that it is told from a crosshair at a glance."""

_ON_TOP = 1_100_000
_SHADE = (0.0, 0.0, 0.0, 0.6)  # keeps a line visible on bright tissue
_LOG = logging.getLogger(__name__)


def canvas_in(viewer: Any) -> Any | None:
    """Canvas of napari's own window, or None where napari keeps it elsewhere."""
    try:
        return viewer.window._qt_viewer.canvas
    except AttributeError:
        _LOG.warning("this napari has no canvas that lines can be drawn on")
        return None


class CanvasLines:
    """Named sets of segments on a canvas, each in one colour.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose axes and grid the canvas shows.
    canvas : VispyCanvas or None
        None draws nothing.
    """

    def __init__(self, viewer: ViewerModel, canvas: Any | None) -> None:
        self._viewer, self._canvas = viewer, canvas
        self._lines: dict[tuple[str, int], tuple[Any, Any]] = {}

    def draw(
        self,
        name: str,
        segments: Any,
        colour: tuple[float, float, float],
        views: Sequence[int] | None = None,
        width: float = 1.0,
    ) -> None:
        """Show segments in place of those that had the name before.

        Parameters
        ----------
        name : str
        segments : array, shape (n, 2, 3)
            Ends as canvas points (S, A, R).
        colour : tuple of three floats
            Red, green and blue, 0 to 1.
        views : sequence of int, optional
            Where the canvas shows several pictures beside each other, in which of them; in all.
        width : float
            Of the lines, in pixels.
        """
        scenes = self.scenes()
        wanted = range(len(scenes)) if views is None else views
        flat = self.flat(segments)
        for (other, number), pair in self._lines.items():
            if other == name and number not in wanted:
                _hide(pair)
        for number in wanted:
            if number >= len(scenes):
                continue
            pair = self._lines.get((name, number)) or self._make(name, number, colour, width)
            for line in pair:
                if line.parent is not scenes[number]:  # napari makes the views of its grid anew
                    line.parent = scenes[number]
                line.set_data(flat)
                line.visible = len(flat) > 0

    def hide(self, name: str) -> None:
        """Show nothing under a name."""
        if self._gone:
            return
        for (other, _number), pair in self._lines.items():
            if other == name:
                _hide(pair)

    def shown(self, name: str) -> bool:
        """Whether something is shown under a name."""
        return any(
            pair[1].visible for (other, _number), pair in self._lines.items() if other == name
        )

    def close(self) -> None:
        """Take all lines off the canvas, unless the canvas is gone itself."""
        if not self._gone:
            for pair in self._lines.values():
                for line in pair:
                    with suppress(Exception):  # a view of napari's grid may be gone
                        line.parent = None
        self._lines.clear()
        self._canvas = None

    @property
    def _gone(self) -> bool:
        """Whether there is no canvas, or none any more: Qt ends it first when a program ends."""
        return self._canvas is None or not isalive(self._canvas.native)

    def scenes(self) -> list[Any]:
        """Scenes of the pictures on the canvas, from left to right."""
        if self._canvas is None or self._gone:
            return []
        views = self._canvas.grid_views if self._viewer.canvas.grid.enabled else ()
        return [view.scene for view in views or (self._canvas.view,)]

    def flat(self, segments: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Points of vispy's scene: across and up, in units of the canvas."""
        dims = self._viewer.dims
        up, across = (axis - (dims.ndim - 3) for axis in dims.order[-2:])
        points = np.asarray(segments, dtype=np.float64).reshape(-1, 3)
        flat = np.zeros((len(points), 3), np.float32)
        flat[:, 0], flat[:, 1] = points[:, across], points[:, up]
        return flat

    def _make(
        self, name: str, number: int, colour: tuple[float, float, float], width: float
    ) -> tuple[Any, Any]:
        pair = (
            _line(_SHADE, width + 2.0, _ON_TOP),
            _line((*colour, 1.0), width, _ON_TOP + 1),
        )
        self._lines[name, number] = pair
        return pair


def _hide(pair: tuple[Any, Any]) -> None:
    for line in pair:
        line.visible = False


def _line(colour: tuple[float, ...], width: float, order: int) -> Any:
    line = Line(
        pos=np.zeros((2, 3), np.float32), color=colour, width=width, connect="segments",
        method="gl", antialias=False,
    )  # fmt: skip
    line.set_gl_state("translucent", depth_test=False)
    line.order = order
    line.visible = False
    return line
