"""Landmarks over the images: rings for the fixed ones, crosses for the moving ones.

A landmark is drawn as a small ball cut by the slice: largest where the slice runs through it, and
gone where it is further away than its radius. A line joins each pair, with its name and distance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from vispy.scene.visuals import Text

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_medload.session import Scene
    from napari_medload.session.scene.landmarks import ShownLandmarks
    from napari_medload.views.napari.canvas_lines import CanvasLines

FIXED, MOVING, BETWEEN = (0.34, 0.71, 0.91), (1.0, 0.5, 0.8), (0.95, 0.95, 0.95)
"""Sky blue, pink and white: told apart with any colour vision, and their shapes without."""

_RING, _CROSS, _LINE = "fixed landmarks", "moving landmarks", "landmark distances"
_NAMES = (_RING, _CROSS, _LINE)
_SIDES_OF_RING = 24
_SMALLEST = 0.35  # part of the radius, at which a mark is still seen
_TEXTS_AT_MOST = 60
_TEXT_PX, _ABOVE, _WIDTH = 10, 1_100_010, 2.0
_GAP_PX = 3

FloatArray = npt.NDArray[np.float64]


class LandmarkMarks:
    """Draws the landmarks of scenes on a canvas, near the slice that it shows.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    lines : CanvasLines
        On the same canvas.
    """

    def __init__(self, viewer: ViewerModel, lines: CanvasLines) -> None:
        self._viewer, self._lines = viewer, lines
        self._landmarks: ShownLandmarks | None = None
        self._halves = self._shown = False
        self._text: Any | None = None
        for emitter in self._emitters():
            emitter.connect(self._redraw)

    def close(self) -> None:
        """Take the landmarks off the canvas, and let go of the viewer."""
        self.draw(None)
        for emitter in self._emitters():
            emitter.disconnect(self._redraw)
        if self._text is not None:
            self._text.parent = None
            self._text = None

    def _emitters(self) -> tuple[Any, ...]:
        """Return what tells of another slice, another plane, another zoom."""
        dims, camera = self._viewer.dims.events, self._viewer.scene.camera.events
        return dims.point, dims.order, camera.zoom

    def draw(self, scene: Scene | None) -> None:
        """Show the landmarks of a scene, or none."""
        self._landmarks = None if scene is None else scene.landmarks
        self._halves = scene is not None and any(layer.side == "right" for layer in scene.layers)
        self._redraw()

    def _redraw(self, _event: Any = None) -> None:
        found, dims = self._landmarks, self._viewer.dims
        if found is None and not self._shown:
            return
        self._shown = found is not None
        if found is None or dims.ndisplay != 2 or dims.ndim < 3:
            for name in _NAMES:
                self._lines.hide(name)
            self._write(np.zeros((0, 3)), [])
            return
        across, *plane = (axis - (dims.ndim - 3) for axis in dims.order[-3:])
        at, radius = dims.point[-3:][across], found.size / 2
        halves = self._halves and len(self._lines.scenes()) > 1
        left, right = ((0,), (1,)) if halves else (None, None)
        sizes = {_RING: cut(found.fixed, across, at, radius)}
        sizes[_CROSS] = cut(found.moving, across, at, radius)
        if found.distances:  # a pair is seen as soon as one of both is
            near = np.maximum(sizes[_RING], sizes[_CROSS])
            sizes = {
                name: np.where(near > 0, np.maximum(own, _SMALLEST * radius), 0.0)
                for name, own in sizes.items()
            }
        circles = rings(found.fixed, sizes[_RING], plane)
        self._lines.draw(_RING, circles, FIXED, left, _WIDTH)
        arms = crosses(found.moving, sizes[_CROSS], plane)
        self._lines.draw(_CROSS, arms, MOVING, right, _WIDTH)
        if not found.distances:
            self._lines.hide(_LINE)
            marked, seen = (found.fixed, sizes[_RING]) if len(found.fixed) else (
                found.moving, sizes[_CROSS]
            )  # fmt: skip
            self._write(marked, _chosen(found.texts, seen), radius)
            return
        joined = (near > 0) & np.isfinite(found.moving).all(axis=1)
        between = np.stack((found.fixed, found.moving), axis=1)[joined]
        self._lines.draw(_LINE, between, BETWEEN, () if left is not None else None)
        self._write(found.fixed, _chosen(found.texts, near), radius)

    def _write(self, points: FloatArray, texts: list[tuple[int, str]], radius: float = 0.0) -> None:
        """Write texts to the right of marks; too many would hide the image."""
        texts = texts[:_TEXTS_AT_MOST]
        scenes = self._lines.scenes()
        if not texts or not scenes:
            if self._text is not None:
                self._text.visible = False
            return
        if self._text is None:
            self._text = _new_text()
        text = self._text
        if text.parent is not scenes[0]:  # napari makes the views of its grid anew
            text.parent = scenes[0]
        camera = self._viewer.scene.camera
        pixel = 1 / camera.zoom
        rightward = -1 if camera.orientation[2] == "left" else 1
        beside = self._lines.flat(points[[row for row, _ in texts]])
        beside[:, 0] += rightward * (radius + _GAP_PX * pixel)
        # dark copies around each text keep it readable on bright tissue
        copies = [(dx * pixel, dy * pixel, 0) for dx in (-1, 1) for dy in (-1, 1)] + [(0, 0, 0)]
        dark = (0.0, 0.0, 0.0, 1.0)
        text.text = [words for _, words in texts] * len(copies)
        text.pos = np.concatenate([beside + np.array(shift, np.float32) for shift in copies])
        text.color = np.repeat([*[dark] * 4, (*BETWEEN, 1.0)], len(texts), axis=0)
        text.visible = True


def _new_text() -> Any:
    text = Text("", bold=True, font_size=_TEXT_PX, anchor_x="left", anchor_y="center")
    text.set_gl_state("translucent", depth_test=False)
    text.order = _ABOVE
    return text


def _chosen(texts: tuple[str, ...], sizes: FloatArray) -> list[tuple[int, str]]:
    """Rows and texts of the landmarks that are seen and have one."""
    return [(row, texts[row]) for row in np.flatnonzero(sizes > 0).tolist() if texts[row]]


def cut(points: FloatArray, axis: int, at: float, radius: float) -> FloatArray:
    """Radii of the circles in which a slice cuts balls; 0 where it does not, shape (n,).

    Parameters
    ----------
    points : array, shape (n, 3)
        Canvas points; NaN for none.
    axis : int
        Across the slice.
    at : float
        Where the slice lies along it.
    radius : float
        Of the balls.
    """
    away = np.abs(points[:, axis] - at)
    with np.errstate(invalid="ignore"):
        inside = away < radius
        sizes = np.sqrt(np.maximum(radius**2 - away**2, 0.0))
    return np.where(inside, np.maximum(sizes, _SMALLEST * radius), 0.0)


def rings(points: FloatArray, sizes: FloatArray, plane: list[int]) -> FloatArray:
    """Segments of rings around points, shape (n × sides, 2, 3)."""
    turns = np.linspace(0, 2 * np.pi, _SIDES_OF_RING + 1)
    circle = np.zeros((_SIDES_OF_RING + 1, 3))
    circle[:, plane[0]], circle[:, plane[1]] = np.sin(turns), np.cos(turns)
    seen = sizes > 0
    ends = points[seen, None] + sizes[seen, None, None] * circle
    return np.stack((ends[:, :-1], ends[:, 1:]), axis=2).reshape(-1, 2, 3)


def crosses(points: FloatArray, sizes: FloatArray, plane: list[int]) -> FloatArray:
    """Segments of diagonal crosses at points, shape (n × 2, 2, 3)."""
    arms = np.zeros((2, 2, 3))
    arms[:, :, plane[0]] = ((-1, 1), (-1, 1))
    arms[:, :, plane[1]] = ((-1, 1), (1, -1))
    seen = sizes > 0
    ends = points[seen, None, None] + sizes[seen, None, None, None] * arms / np.sqrt(2)
    return np.asarray(ends.reshape(-1, 2, 3))
