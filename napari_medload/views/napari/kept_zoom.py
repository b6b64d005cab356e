"""The zoom while pictures have less room for a time: the same part of the patient stays in view."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from napari.components import ViewerModel

Room: TypeAlias = tuple[float, float]
"""Height and width of a picture on the screen, in pixels."""


class KeptZoom:
    """Zooms out as far as smaller pictures need, and back again.

    Where a person zooms meanwhile, that is kept as a factor.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._reasons: set[str] = set()
        self._whole: tuple[float, Room] | None = None
        self._last = 1.0

    def enter(self, reason: str, before: Room, after: Room) -> None:
        """Give pictures less room."""
        if self._whole is None:
            self._last = self._viewer.scene.camera.zoom
            self._whole = (self._last, before)
        self._reasons.add(reason)
        self._follow(after)

    def leave(self, reason: str, after: Room) -> None:
        """Give them the room back; nothing where they never had less."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            self._follow(after)

    def _follow(self, room: Room) -> None:
        if self._whole is None:
            return
        camera = self._viewer.scene.camera
        zoom, whole = self._whole
        zoom *= camera.zoom / self._last
        self._whole = (zoom, whole) if self._reasons else None
        self._last = self._fitting(zoom, whole, room) if self._reasons else zoom
        camera.zoom = self._last

    def _fitting(self, zoom: float, whole: Room, room: Room) -> float:
        """Return the zoom at which what the whole room shows of the picture fits into another."""
        low, high = self._viewer.layers.extent.world
        wanted = zoom
        for axis, had, has in zip(self._viewer.dims.order[-2:], whole, room, strict=True):
            seen = min(had / zoom, high[axis] - low[axis])
            if seen > 0 and has > 0:
                wanted = min(wanted, has / seen)
        return float(wanted)
