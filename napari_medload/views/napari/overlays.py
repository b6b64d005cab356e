"""What is written on the canvas: directions, scale bar, sample and badges."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from napari.components.overlays import TextOverlay
from qtpy.QtCore import QTimer

from napari_medload.session.picture.caption import mode_text, problem_lines
from napari_medload.views.napari.directions import name_directions
from napari_medload.views.napari.fitted_text import fitted, metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.viewer import Viewer

    from napari_medload.session import Scene

_EDGE_PX = 12  # that napari leaves beside a text
_BESIDE_LETTER_PX = 32  # half a letter of direction, and what is left free on both sides of a text
_SMALL_PX = 500
_LEAST_PX = 58  # on a canvas too narrow for any text
_TIGHT_PX = 100  # lines so short break words, and many of them say little
_TITLE_PT, _MODE_PT = (8, 10), (9, 12)
"""Sizes of the fonts, on a small picture and on others."""

_OVER_PICTURE, _ALONE = 0.3, 0.85
"""Part of the canvas' height that the title may take where there is a picture, and where not."""

_MODE_LINES = 5

_LASTING = ("flicker", "difference")
"""Modes whose picture can't be read without what is written of it, so it stays."""

_MODE = "medload mode"
_MODE_MS = 1200
_SHADE = (0.0, 0.0, 0.0, 0.5)


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
        self._title.visible = True
        self._lines: tuple[str, ...] = ()
        self._slice = ""
        self._mode = TextOverlay(
            position="bottom_left", font_size=_MODE_PT[1], box=True, box_color=_SHADE, color="white"
        )
        viewer.canvas.overlays[_MODE] = self._mode
        self._tiling = viewer.canvas.overlay_tiling.bottom_left
        # what else is written there stands below or above, and not beside it on a letter
        viewer.canvas.overlay_tiling.bottom_left = "vertical"
        self._named: tuple[str, str] | None = None
        self._shown: Scene | None = None
        self._silence = QTimer()
        self._silence.setSingleShot(True)
        self._silence.setInterval(_MODE_MS)
        self._silence.timeout.connect(self._unname)

    @property
    def passing(self) -> bool:
        """Whether the name of a mode stands there that will go by itself."""
        return bool(self._silence.isActive())

    def close(self) -> None:
        """Take everything off the canvas again, unless the canvas is gone itself."""
        with suppress(Exception):  # napari draws on what Qt may have deleted
            self._silence.stop()
            for overlay in (self._title, self._mode, self._viewer.canvas.overlays.scale_bar):
                overlay.visible = False
            self._viewer.canvas.background_color_override = None
            self._viewer.canvas.overlay_tiling.bottom_left = self._tiling

    def say(self, text: str) -> None:
        """Write a text in place of the sample's own."""
        height, width = self._viewer.canvas.size
        self._slice = ""
        self._fit((text,), width - 2 * _EDGE_PX, height * _ALONE)

    def name_slice(self, text: str) -> None:
        """Write which slice is shown under what is written of its sample."""
        if text != self._slice:
            self._slice = text
            self._write()

    def draw(self, scene: Scene) -> None:
        """Write what belongs to a scene."""
        self.draw_title(scene)
        self._name_mode(scene)
        # its unit is that of the layers
        self._viewer.canvas.overlays.scale_bar.visible = scene.display is not None

    def draw_title(self, scene: Scene) -> None:
        """Write what is drawn, in lines that fit beside the upper letter.

        Over a picture they are few, and end in dots where there is more to say: the dock says it
        in full.
        """
        room = self._room(scene)
        share = _OVER_PICTURE if scene.layers else _ALONE
        if room < _TIGHT_PX:
            share /= 2
        self._slice = ""
        self._fit(title(scene), room, self._viewer.canvas.size[0] * share, scene)
        if scene == self._shown:  # the window is another size
            self._fit_mode(scene)

    def _room(self, scene: Scene) -> float:
        """Width that is free left of the letters in the middle of a picture, in pixels."""
        width = float(self._viewer.canvas.size[1])
        if scene.options.volume or not scene.oriented:
            return width - 2 * _EDGE_PX
        return max(_LEAST_PX, self._picture(scene) / 2 - _BESIDE_LETTER_PX)

    def _picture(self, scene: Scene | None) -> float:
        """Width that a picture has on the canvas, in pixels."""
        halved = scene is not None and scene.halved
        return float(self._viewer.canvas.size[1]) / (2 if halved else 1)

    def _is_small(self, scene: Scene | None) -> bool:
        return min(self._picture(scene), float(self._viewer.canvas.size[0])) < _SMALL_PX

    def _fit(
        self, texts: Sequence[str], room: float, height: float, scene: Scene | None = None
    ) -> None:
        """Write a title in lines of some width and height; its first text is never cut."""
        seen = scene is not None and scene.layers and scene.problems  # the rest stays in sight
        points = _TITLE_PT[not seen and not self._is_small(scene)]
        measure, line = metrics(points)
        self._title.font_size = points
        least = len(fitted(texts[:1], room, sys.maxsize, measure)) + 1
        self._lines = tuple(fitted(texts, room, max(least, int(height / line)), measure))
        self._write()

    def _write(self) -> None:
        self._title.text = "\n".join(filter(None, (*self._lines, self._slice)))

    def _name_mode(self, scene: Scene) -> None:
        """Name the compare mode for a moment after it has changed.

        Which image the flicker shows, and how large a difference is, stays.
        """
        text = mode_text(scene)
        before, self._named = self._named, (scene.mode, text)
        self._shown = scene
        lasting = scene.mode in _LASTING
        if not text or (before is None and not lasting):
            self._unname()
        elif lasting or (before is not None and before[0] != scene.mode):
            self._fit_mode(scene)
            self._mode.visible = True
            if lasting:
                self._silence.stop()
            else:
                self._silence.start()

    def _fit_mode(self, scene: Scene) -> None:
        """Break the name of the mode into lines left of the lower letter, or of the scale bar."""
        room = min(self._room(scene), self._viewer.canvas.size[1] / 2 - _BESIDE_LETTER_PX)
        sizes = _TITLE_PT if scene.mode == "difference" else _MODE_PT  # it stays, and is long
        points = sizes[not self._is_small(scene)]
        self._mode.font_size = points
        lines = fitted((mode_text(scene),), room, _MODE_LINES, metrics(points)[0])
        self._mode.text = "\n".join(lines)

    def _unname(self) -> None:
        with suppress(RuntimeError):  # Qt may have deleted the canvas
            self._mode.visible = False


def title(scene: Scene) -> list[str]:
    """Tell sample, why something is not drawn, and badges; each in a line of its own.

    Beside a picture a reason is short: the file without its folders, and what is wrong with it.
    """
    lines = [scene.sample_id, *problem_lines(scene), *scene.notes]
    if scene.options.volume and scene.layers:
        lines.append("3D, coarse")
    return lines
