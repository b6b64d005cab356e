"""The mark on the canvas of a sample that is drawn as if a hypothesis were true."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from napari.components.overlays import TextOverlay

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.session import Scene

MARK_COLOUR = "#ffb000"
"""Amber: no other text on canvas or dock stands on a ground like it."""

_OVERLAY = "medload as if"
_LETTER_PX, _NARROWEST, _LINES = 9, 14, 3
_BAR_PX, _DIRECTION_PX = 80, 24  # half of what stands in the middle below


class AsIfMark:
    """Says on the canvas, for as long as it is so, that not the file is drawn.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._overlay = TextOverlay(
            position="bottom_left", font_size=9, box=True, box_color=MARK_COLOUR, color="black"
        )
        viewer.canvas.overlays[_OVERLAY] = self._overlay

    def draw(self, scene: Scene) -> None:
        """Write as if what a scene is drawn; nothing for what is drawn as the files say."""
        if scene.as_if is None:
            self._overlay.visible = False
            return
        middle = _BAR_PX if scene.halved else _DIRECTION_PX
        room = int(self._viewer.canvas.size[1]) // 2 - middle
        columns = max(_NARROWEST, room // _LETTER_PX)
        text = f"as if: {scene.as_if.name}"
        lines = textwrap.wrap(text, columns, max_lines=_LINES, placeholder="…")
        self._overlay.text = "\n".join(f" {line} " for line in (*lines, "– not the file"))
        self._overlay.visible = True

    def close(self) -> None:
        """Take it off the canvas, unless the canvas is gone itself."""
        with suppress(Exception):  # napari draws on what Qt may have deleted
            self._overlay.visible = False
