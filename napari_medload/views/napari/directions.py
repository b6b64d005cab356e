"""Letters of direction at the edges of the canvas: R, L, A, P, S, I.

They follow what napari shows, not what somebody asked for: the axes of the canvas, however they
are rolled or transposed, the camera, and the layers that say what the axes are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.components.overlays import TextOverlay

from napari_medload.views.napari.layers import MM, STORED

if TYPE_CHECKING:
    from napari.components import ViewerModel

_SIDES = ("middle_left", "middle_right", "top_center", "bottom_center")
_PREFIX = "medload_"
_ENDS = (("S", "I"), ("A", "P"), ("R", "L"))
"""What lies at the upper and lower end of each canvas axis."""

_YELLOW = "#ffd866"
_SHADE = (0.0, 0.0, 0.0, 0.8)  # the letters are read on bright tissue and over a crosshair too


def name_directions(viewer: ViewerModel) -> None:
    """Write the letters on the canvas of a viewer from now on; a second call changes nothing."""
    if _PREFIX + _SIDES[0] in viewer.canvas.overlays:
        return
    letters = [_letter(side) for side in _SIDES]
    for side, overlay in zip(_SIDES, letters, strict=True):
        viewer.canvas.overlays[_PREFIX + side] = overlay

    def refresh(_event: Any = None) -> None:  # a function: napari would not keep a method alive
        for overlay, letter in zip(letters, directions(viewer) or ("",) * 4, strict=True):
            if overlay.text != letter:
                overlay.text, overlay.visible = letter, bool(letter)

    def on_inserted(event: Any) -> None:
        event.value.events.visible.connect(refresh)
        refresh()

    dims, layers = viewer.dims.events, viewer.layers.events
    camera = viewer.scene.camera.events
    for emitter in (dims.order, dims.ndisplay, camera.orientation, layers.removed):
        emitter.connect(refresh)
    layers.inserted.connect(on_inserted)
    for layer in viewer.layers:
        layer.events.visible.connect(refresh)
    refresh()


def _letter(side: str) -> TextOverlay:
    return TextOverlay(
        position=side, font_size=13, box=True, box_color=_SHADE, color=_YELLOW, gridded=True
    )


def directions(viewer: Any) -> tuple[str, str, str, str] | None:
    """Tell what lies at the left, right, top and bottom of the canvas.

    Parameters
    ----------
    viewer : napari.viewer.Viewer or ViewerModel

    Returns
    -------
    tuple of four str, or None
        None in 3D, where an axis that is shown is not one of space, and where no visible layer
        says that the last three axes are S, A, R, or one says otherwise.
    """
    named = {tuple(layer.axis_labels[-3:]) for layer in viewer.layers if layer.visible}
    if viewer.dims.ndisplay != 2 or MM[1] not in named or STORED[1] in named:
        return None
    up, across = (axis - (viewer.dims.ndim - 3) for axis in viewer.dims.order[-2:])
    if up < 0 or across < 0:
        return None
    _depth, vertical, horizontal = viewer.scene.camera.orientation
    top, bottom = _ENDS[up] if vertical == "up" else _ENDS[up][::-1]
    left, right = _ENDS[across] if horizontal == "left" else _ENDS[across][::-1]
    return left, right, top, bottom
