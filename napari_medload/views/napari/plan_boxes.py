"""The regions of a plan as outlines on the canvas, cut by the slice that is shown.

They are lines of vispy in napari's own scene, and no layer: a layer would widen the sliders, and
its lines would be as thick as voxels are. napari has no public way to its scene, so what is
private of it stands in this module alone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.compat import isalive
from vispy.scene.visuals import Line

from napari_medload.labels.palette import OKABE_ITO

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.geometry import FloatArray
    from napari_medload.session.regions import Regions, Section

_OTHERS, _CURRENT = OKABE_ITO[1], OKABE_ITO[0]  # sky blue and orange differ in brightness too
_DASHES = 12
_ON_TOP = 1_000_000
_LOG = logging.getLogger(__name__)


class PlanBoxes:
    """Draws the regions that the slice of a viewer meets.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    regions : Regions

    Attributes
    ----------
    met, drawn : int
        Regions that the slice meets, and how many of them are drawn.
    """

    sliced = Signal()

    def __init__(self, viewer: Viewer, regions: Regions) -> None:
        self._viewer, self._regions = viewer, regions
        self._shown = True
        self.met = self.drawn = 0
        self._lines, self._canvas = _lines_in(viewer)
        dims, grid = viewer.dims.events, viewer.canvas.grid.events
        self._watched = (dims.point, dims.order, grid.enabled)
        for emitter in (*self._watched, viewer.dims.events.ndisplay):
            emitter.connect(self.draw)
        regions.changed.connect(self.draw)
        regions.looked_at.connect(self._go_there)

    @property
    def shown(self) -> bool:
        """Whether the outlines are drawn."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = shown
        self.draw()

    def close(self) -> None:
        """Take the outlines off the canvas."""
        self._regions.changed.disconnect(self.draw, missing_ok=True)
        self._regions.looked_at.disconnect(self._go_there, missing_ok=True)
        for emitter in (*self._watched, self._viewer.dims.events.ndisplay):
            emitter.disconnect(self.draw)
        if self._canvas is None or not isalive(self._canvas):  # napari is closing
            return
        for line in self._lines.values():
            line.parent = None

    def draw(self, _event: Any = None) -> None:
        """Draw what the slice meets; nothing in 3D."""
        axis, section = self._cut()
        if not self._shown or self._viewer.canvas.grid.enabled:  # whose views are other scenes
            section = None
        self.met, self.drawn = (0, 0) if section is None else (section.met, section.drawn)
        self.sliced.emit()
        if section is None or axis is None:
            for line in self._lines.values():
                line.visible = False
            return
        up, across = (
            other - (self._viewer.dims.ndim - 3) for other in self._viewer.dims.order[-2:]
        )
        for name, segments in (
            ("others", section.others),
            ("shade", section.current),
            ("current", section.current),
            ("kept shade", _dashed(section.kept)),
            ("kept", _dashed(section.kept)),
        ):
            line = self._lines.get(name)
            if line is None:
                continue
            line.visible = len(segments) > 0
            if line.visible:  # points of vispy's scene: across and up, in units of the canvas
                flat = segments.reshape(-1, 3)[:, (across, up, axis)] * (1, 1, 0)
                line.set_data(flat.astype(np.float32))

    def _cut(self) -> tuple[int | None, Section | None]:
        """Canvas axis that the slice is at right angles to, and what it cuts out of the plan."""
        dims = self._viewer.dims
        axis = _across(tuple(dims.order), dims.ndim)
        if axis is None or dims.ndisplay != 2 or len(dims.point) < 3:
            return None, None
        return axis, self._regions.section(axis, float(dims.point[-3:][axis]))

    def _go_there(self, point: tuple[float, float, float]) -> None:
        """Bring the slices of a region into view, but for those that show it already."""
        dims = self._viewer.dims
        if len(dims.point) < 3:
            return
        wanted = list(dims.point)
        for axis in range(3):  # also those of the planes that a person may turn to
            section = self._regions.section(axis, float(dims.point[-3:][axis]))
            if section is not None and not len(section.current):
                wanted[dims.ndim - 3 + axis] = point[axis]
        if wanted != list(dims.point):
            dims.point = wanted


def _across(order: tuple[int, ...], ndim: int) -> int | None:
    """Canvas axis (0 S, 1 A, 2 R) that the slice is at right angles to; None for other planes."""
    hidden = [axis - (ndim - 3) for axis in order[:-2] if axis >= ndim - 3]
    return hidden[0] if len(hidden) == 1 else None


def _lines_in(viewer: Viewer) -> tuple[dict[str, Any], Any]:
    """Lines in the scene of a viewer, and its widget; none where napari keeps it elsewhere."""
    try:
        canvas = viewer.window._qt_viewer.canvas
        scene, widget = canvas.view.scene, canvas.native
    except AttributeError:
        _LOG.warning("this napari has no canvas that regions can be drawn on; facts are shown")
        return {}, None
    shade = (0.0, 0.0, 0.0, 0.8)  # keeps the current region visible on bright tissue
    looks = {
        "others": ((*_OTHERS, 0.9), 1.0),
        "shade": (shade, 5.0),
        "current": ((*_CURRENT, 1.0), 3.0),
        "kept shade": (shade, 3.0),
        "kept": ((*_CURRENT, 1.0), 1.0),
    }
    lines = {
        name: _line(scene, colour, width, order)
        for order, (name, (colour, width)) in enumerate(looks.items())
    }
    return lines, widget


def _line(scene: Any, colour: tuple[float, ...], width: float, order: int) -> Any:
    line = Line(
        pos=np.zeros((2, 3), np.float32), color=colour, width=width, connect="segments",
        method="gl", antialias=False, parent=scene,
    )  # fmt: skip
    line.set_gl_state("translucent", depth_test=False)
    line.order = _ON_TOP + order
    line.visible = False
    return line


def _dashed(segments: FloatArray) -> FloatArray:
    """Every second piece of each segment."""
    cuts = np.linspace(0.0, 1.0, 2 * _DASHES)
    begin, along = segments[:, :1], segments[:, 1:] - segments[:, :1]
    points = begin + along * cuts[:, np.newaxis]
    return np.asarray(points.reshape(-1, 2, 3))
