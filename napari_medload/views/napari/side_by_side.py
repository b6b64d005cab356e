"""Fixed and moving beside each other: one camera, one slice, one cursor.

Both halves are views of napari's own grid, so that zoom, pan and slice are one by construction,
no layer is there twice, and swapping a sample costs what it costs in any mode.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_medload.views.napari.canvas_lines import YELLOW
from napari_medload.views.napari.canvas_mouse import screen_axes
from napari_medload.views.napari.layers import reorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer as NapariLayer

    from napari_medload.session import Scene
    from napari_medload.views.napari.canvas_lines import CanvasLines
    from napari_medload.views.napari.kept_zoom import KeptZoom
    from napari_medload.views.napari.layers import SceneLayers

_NAME = "linked cursor"

_ARM_PX, _GAP_PX = 14, 4
_BETWEEN_PX = 6
_NAME_SIZES = (5, 7)
_NARROW_PX = 240
"""Half of a canvas, in which the smaller size of both leaves room for the upper letter."""
_NAME_AT, _BAR_AT = "top_right", "bottom_center"
"""Where the letters of both halves leave room: right of the upper ones, and between the lower."""
_REASON = "halves"


class SideBySide:
    """Lays the layers of a scene out in two halves of a canvas, and back over each other.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    layers : SceneLayers
        That draw the scenes there.
    lines : CanvasLines
        On the same canvas.
    zoom : KeptZoom
        Of the same canvas.
    named : bool
        Whether the name of its image is written in each half.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        layers: SceneLayers,
        lines: CanvasLines,
        zoom: KeptZoom,
        named: bool = True,
    ) -> None:
        self._viewer, self._layers, self._lines = viewer, layers, lines
        self._zoom, self._has_names = zoom, named
        self._before: tuple[bool, int, tuple[int, int], float] | None = None
        self._bar = ""
        self._order: list[NapariLayer] = []
        self._titled: tuple[NapariLayer, ...] = ()
        viewer.cursor.events.position.connect(self._on_cursor)
        viewer.canvas.events.size.connect(self._on_size)

    @property
    def on(self) -> bool:
        """Whether both halves are shown."""
        return self._before is not None

    def close(self) -> None:
        """Lay everything over each other again."""
        self._viewer.cursor.events.position.disconnect(self._on_cursor)
        self._viewer.canvas.events.size.disconnect(self._on_size)
        self.leave()

    def draw(self, scene: Scene) -> None:
        """Take the layout that a scene asks for."""
        left, right = (self._of(scene, side) for side in ("left", "right"))
        if not (left and right) or scene.options.volume:
            self.leave()
            return
        if self._before is None:
            self._order = list(self._viewer.layers)
        stride = max(len(left), len(right))
        kept = {id(layer) for layer in (*left, *right)}
        others = [layer for layer in self._viewer.layers if id(layer) not in kept]
        hidden = [layer for layer in others if not layer.visible]
        pads = hidden[: stride - len(left)]
        if len(pads) < stride - len(left):
            pads += self._layers.spare(scene, stride - len(left) - len(pads))
        used = kept | {id(layer) for layer in pads}
        rest = [layer for layer in others if id(layer) not in used]
        reorder(self._viewer, [*left, *pads, *right, *rest])
        self._enter(stride)
        if self._has_names:
            self._name((left[0], right[0]))

    def _of(self, scene: Scene, side: str) -> list[NapariLayer]:
        """Layers of a half that are seen, bottom first."""
        return [
            found
            for layer in scene.layers
            if layer.side == side
            and layer.visible
            and (found := self._layers.of(layer)) is not None
        ]

    def _enter(self, stride: int) -> None:
        grid = self._viewer.canvas.grid
        if self._before is None:
            self._before = (grid.enabled, grid.stride, grid.shape, grid.spacing)
            height, width = self._viewer.canvas.size
            self._zoom.enter(_REASON, (height, width), (height, (width - _BETWEEN_PX) / 2))
            grid.shape, grid.stride, grid.spacing = (1, 2), stride, _BETWEEN_PX
            grid.enabled = True
            bar = self._viewer.canvas.overlays.scale_bar
            self._bar, bar.position = bar.position, _BAR_AT  # half of a corner has no room for it
        elif grid.stride != stride:
            grid.stride = stride

    def leave(self) -> None:
        """Lay the layers over each other again, as they were."""
        if self._before is None:
            return
        grid = self._viewer.canvas.grid
        enabled, stride, shape, spacing = self._before
        self._before = None
        self._lines.hide(_NAME)
        self._name(())
        grid.enabled = enabled
        grid.shape, grid.stride, grid.spacing = shape, stride, spacing
        with suppress(Exception):  # napari moves it on what Qt may have deleted
            self._viewer.canvas.overlays.scale_bar.position = self._bar
        self._zoom.leave(_REASON, self._viewer.canvas.size)
        self._stack()

    def _stack(self) -> None:
        """Bring the layers into the order that they had; new images go below all labels."""
        there = list(self._viewer.layers)
        order = [layer for layer in self._order if layer in there]
        for layer in there:
            if layer not in order:
                labels = (at for at, other in enumerate(order) if isinstance(other, Labels))
                below = isinstance(layer, Image)
                order.insert(next(labels, len(order)) if below else len(order), layer)
        self._order = []
        reorder(self._viewer, order)

    def _name(self, images: Sequence[NapariLayer]) -> None:
        """Write in each half the name of its image."""
        for layer in self._titled:
            if layer not in images:
                layer.name_overlay.visible = False
        for layer in images:
            if not layer.name_overlay.visible:
                layer.name_overlay.position = _NAME_AT
                layer.name_overlay.visible = True
        self._titled = tuple(images)
        self._on_size()

    def _on_size(self, _event: Any = None) -> None:
        """Write the names as large as there is room."""
        size = _NAME_SIZES[self._viewer.canvas.size[1] / 2 >= _NARROW_PX]
        for layer in self._titled:
            if layer.name_overlay.font_size != size:
                layer.name_overlay.font_size = size

    def _on_cursor(self, _event: Any = None) -> None:
        """Mark in the other half the place that the mouse is at."""
        if not self.on:
            return
        viewer = self._viewer
        viewbox, point = viewer.cursor.viewbox, viewer.cursor.position
        if viewbox is None or len(point) < 3 or not viewer.mouse_over_canvas:
            self._lines.hide(_NAME)
            return
        up, across = screen_axes(viewer)
        cross = cross_at(point[-3:], up, across, 1 / viewer.scene.camera.zoom)
        self._lines.draw(_NAME, cross, YELLOW, views=(1 - min(viewbox[1], 1),))


def cross_at(
    point: Iterable[float], up: int, across: int, pixel: float
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return four arms around a canvas point that leave the point itself free, (4, 2, 3)."""
    middle = np.array(tuple(point), dtype=np.float64)
    arms = np.tile(middle, (4, 2, 1))
    for number, (axis, sign) in enumerate(((up, 1), (up, -1), (across, 1), (across, -1))):
        arms[number, :, axis] += sign * pixel * np.array((_GAP_PX, _ARM_PX))
    return arms
