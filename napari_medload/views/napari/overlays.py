"""What is written on the canvas: letters of direction, scale bar, sample and badges."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from napari.components.overlays import TextOverlay

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.session import Scene, ViewOptions
    from napari_medload.session.options import Plane

_SIDES = ("middle_left", "middle_right", "top_center", "bottom_center")
_LETTER_PX = 11  # of a letter of the title, roughly
_NARROWEST = 24
_BREAK = "\u200b"

_ENDS = (("S", "I"), ("A", "P"), ("R", "L"))
"""What lies at the upper and lower end of each canvas axis."""

_SCREEN: dict[Plane, tuple[int, int]] = {"axial": (1, 2), "coronal": (0, 2), "sagittal": (0, 1)}
"""Canvas axes that run up and across the screen."""


def letters(plane: Plane, radiological: bool) -> tuple[str, str, str, str]:
    """Letters at the left, right, top and bottom of the screen."""
    return _letters_along(*_SCREEN[plane], radiological)


def _letters_along(up: int, across: int, radiological: bool) -> tuple[str, str, str, str]:
    (left, right), (top, bottom) = _ENDS[across], _ENDS[up]
    return (left, right, top, bottom) if radiological else (right, left, top, bottom)


class CanvasText:
    """Texts on the canvas of a viewer, drawn by napari's own overlays.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._letters = []
        for side in _SIDES:
            overlay = TextOverlay(position=side, font_size=13, box=False, color="#ffd866")
            viewer.canvas.overlays[f"medload_{side}"] = overlay
            self._letters.append(overlay)
        # images end in black, and the letters are read on it, whatever napari's theme
        viewer.canvas.background_color_override = "black"
        self._title = viewer.canvas.overlays.text
        self._title.position = "top_left"
        self._title.font_size = 10
        self._title.visible = True
        self._lines, self._slice = "", ""

    @property
    def _columns(self) -> int:
        """Letters that stand side by side on the canvas."""
        return max(_NARROWEST, int(self._viewer.canvas.size[1]) // _LETTER_PX)

    def close(self) -> None:
        """Take everything off the canvas again, unless the canvas is gone itself."""
        with suppress(Exception):  # napari draws on what Qt may have deleted
            for overlay in (*self._letters, self._title, self._viewer.canvas.overlays.scale_bar):
                overlay.visible = False
            self._viewer.canvas.background_color_override = None

    def say(self, text: str) -> None:
        """Write a text in place of the sample's own."""
        self._lines, self._slice = text, ""
        self._title.text = text

    def name_slice(self, text: str) -> None:
        """Write which slice is shown under what is written of its sample."""
        if text != self._slice:
            self._slice = text
            self._title.text = "\n".join(filter(None, (self._lines, text)))

    def draw(self, scene: Scene) -> None:
        """Write what belongs to a scene."""
        self.draw_title(scene)
        # its unit is that of the layers
        self._viewer.canvas.overlays.scale_bar.visible = scene.display is not None
        self.draw_letters(scene, scene.options)

    def draw_title(self, scene: Scene) -> None:
        """Write what is drawn, in lines that fit beside the upper letter."""
        self.say(title(scene, self._columns // 2 - 1 if scene.oriented else self._columns))

    def draw_letters(self, scene: Scene, options: ViewOptions) -> None:
        """Name the directions; none where they are unknown or the canvas shows 3D."""
        shown = scene.oriented and not options.volume
        # napari's own buttons roll and transpose the axes into more orders than three planes
        up, across = (axis - (self._viewer.dims.ndim - 3) for axis in self._viewer.dims.order[-2:])
        for overlay, letter in zip(
            self._letters, _letters_along(up, across, options.radiological), strict=True
        ):
            overlay.text = letter
            overlay.visible = shown


def title(scene: Scene, columns: int) -> str:
    """Write sample, badges, and why something is not drawn, in lines of some letters."""
    lines = [scene.sample_id, *scene.notes]
    for role, why in scene.problems.items():
        lines.append(f"{role.replace('_', ' ')} cannot be shown: {why}")
    if scene.options.volume and scene.layers:
        lines.append("3D, coarse")
    return "\n".join(part for line in lines for part in _wrapped(line, columns))


def _wrapped(line: str, columns: int) -> list[str]:
    """Break a line at its spaces, and paths at their slashes."""
    breakable = line.replace("/", f"/{_BREAK} ")
    parts = textwrap.wrap(breakable, columns, break_long_words=True)
    return [part.replace(f"{_BREAK} ", "").replace(_BREAK, "") for part in parts]
