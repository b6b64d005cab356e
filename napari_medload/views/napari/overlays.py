"""What is written on the canvas: directions, scale bar, sample and badges."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_medload.views.napari.directions import name_directions

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.session import Scene

_LETTER_PX = 11  # of a letter of the title, roughly
_NARROWEST = 24
_BREAK = "\u200b"


class CanvasText:
    """Texts on the canvas of a viewer, drawn by napari's own overlays.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        name_directions(viewer)
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
            for overlay in (self._title, self._viewer.canvas.overlays.scale_bar):
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

    def draw_title(self, scene: Scene) -> None:
        """Write what is drawn, in lines that fit beside the upper letter."""
        self.say(title(scene, self._columns // 2 - 1 if scene.oriented else self._columns))


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
