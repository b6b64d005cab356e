"""What is written on the canvas: directions, scale bar, sample and badges."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from napari.components.overlays import TextOverlay
from qtpy.QtCore import QTimer

from napari_medload.views.napari.directions import name_directions

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_medload.session import Scene

_LETTER_PX = 11  # of a letter of the title, roughly
_NARROWEST = 24
_SHORTEST = 8
_BREAK = "\u200b"
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
        self._title.font_size = 10
        self._title.visible = True
        self._lines, self._slice = "", ""
        self._mode = TextOverlay(
            position="bottom_left", font_size=12, box=True, box_color=_SHADE, color="white"
        )
        viewer.canvas.overlays[_MODE] = self._mode
        self._named: tuple[str, str] | None = None
        self._silence = QTimer()
        self._silence.setSingleShot(True)
        self._silence.setInterval(_MODE_MS)
        self._silence.timeout.connect(self._unname)

    @property
    def _columns(self) -> int:
        """Letters that stand side by side on the canvas."""
        return max(_NARROWEST, int(self._viewer.canvas.size[1]) // _LETTER_PX)

    def close(self) -> None:
        """Take everything off the canvas again, unless the canvas is gone itself."""
        with suppress(Exception):  # napari draws on what Qt may have deleted
            self._silence.stop()
            for overlay in (self._title, self._mode, self._viewer.canvas.overlays.scale_bar):
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
        self._name_mode(scene)
        # its unit is that of the layers
        self._viewer.canvas.overlays.scale_bar.visible = scene.display is not None

    def draw_title(self, scene: Scene) -> None:
        """Write what is drawn, in lines that fit beside the upper letter."""
        pictures = 2 if scene.halved else 1
        fitting = self._columns // (2 * pictures) - 1
        self.say(title(scene, max(_SHORTEST, fitting) if scene.oriented else self._columns))

    def _name_mode(self, scene: Scene) -> None:
        """Name the compare mode for a moment after it has changed.

        Which image the flicker shows is written for as long as it flickers.
        """
        text = mode_text(scene)
        before, self._named = self._named, (scene.mode, text)
        turning = scene.mode == "flicker"
        if not text or before is None:
            self._unname()
        elif turning or before[0] != scene.mode:
            lines = _wrapped(text, max(1, self._columns // 2 - 2))
            self._mode.text, self._mode.visible = "\n".join(lines), True
            if turning:
                self._silence.stop()
            else:
                self._silence.start()

    def _unname(self) -> None:
        with suppress(RuntimeError):  # Qt may have deleted the canvas
            self._mode.visible = False


def mode_text(scene: Scene) -> str:
    """Name how a scene compares its images, and what is to be known to read the picture."""
    if scene.compared is None or scene.display is None:
        return ""
    options, mode = scene.options, scene.mode
    lower, upper = (role.removesuffix("_image") for role in scene.compared)
    if mode == "checkerboard":
        unit = "mm" if scene.known else "voxels"
        return f"checkerboard, {options.checker_mm:g} {unit}"
    if mode == "two-colour":
        one, other = options.colours.split(" + ")
        return f"{lower} {one}, {upper} {other}"
    if mode == "curtain":
        return f"curtain: {lower} | {upper}"
    if mode == "flicker":
        return f"flicker: {upper if options.flicker else lower}"
    return {"fixed": lower, "moving": upper}.get(mode, mode)


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
