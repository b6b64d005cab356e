"""Edges of an image, to be drawn over another: labels of value 1 on a plane."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.scene.compare.planes import PlaneArray

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.session.scene.compare.planes import KeptPlanes

_STRONGEST = 80.0
"""Percentile of the gradient inside the patient from which it is an edge."""

_FAINTEST = 0.02
"""Of the contrast per voxel; below it, a gradient is noise, also in a flat image."""

_PROBED = (0.3, 0.4, 0.5, 0.6, 0.7)
_DARK = 0.05
_ABOVE = np.float32(1.001)
_STEEP = np.float32(np.tan(np.pi / 8))


class Edges(PlaneArray):
    """Ridges of the gradient of an image, found in each plane by itself.

    The plane is smoothed by [1 2 1] / 4 along both axes. An edge is where the gradient is largest
    along its own direction (the thinning of Canny, IEEE PAMI 8(6), 1986) and strong: above a
    percentile of the gradient inside the patient, taken once from some planes along the same
    axis, so that edges neither come and go between slices nor fill empty ones.

    Parameters
    ----------
    image : KeptPlanes
    spacing : tuple of three floats
        Of the display grid along k, j, i.
    """

    def __init__(self, image: KeptPlanes, spacing: tuple[float, float, float]) -> None:
        super().__init__(image.shape, np.uint8)
        self._image, self._spacing = image, spacing
        self._thresholds: dict[int, float] = {}
        self._lock = threading.Lock()

    def plane(self, axis: int, index: int) -> Array:
        """Find the edges in a plane; see `PlaneArray.plane`."""
        down, across = self._gradient(axis, index)
        found = _ridges(down, across, self._threshold(axis))
        covered = self._image.covered(axis, index)
        if covered is not None:  # where the image ends is no edge in it
            found &= _eroded(covered)
        return found.view(np.uint8)

    def _gradient(self, axis: int, index: int) -> tuple[Array, Array]:
        """Gradient down and across a plane, in contrasts per smallest step of its grid."""
        down, across = (step for n, step in enumerate(self._spacing) if n != axis)
        smallest = min(down, across)
        plane = np.nan_to_num(self._image.plane(axis, index), nan=0.0, posinf=1.0, neginf=0.0)
        smooth = _smoothed(_smoothed(plane).T).T
        return _slope(smooth) * (smallest / down), _slope(smooth.T).T * (smallest / across)

    def _threshold(self, axis: int) -> float:
        with self._lock:
            if axis not in self._thresholds:
                self._thresholds[axis] = self._find_threshold(axis)
            return self._thresholds[axis]

    def _find_threshold(self, axis: int) -> float:
        strengths = [np.zeros(0, np.float32)]
        for part in _PROBED:
            index = int(part * self.shape[axis])
            inside = self._image.plane(axis, index) > _DARK
            covered = self._image.covered(axis, index)
            if covered is not None:
                inside &= _eroded(covered)
            strengths.append(np.hypot(*self._gradient(axis, index))[inside])
        found = np.concatenate(strengths)
        return max(_FAINTEST, float(np.percentile(found, _STRONGEST)) if found.size else 0.0)


def _smoothed(plane: Array) -> Array:
    """Smooth along the first axis; the border is repeated."""
    padded = np.concatenate((plane[:1], plane, plane[-1:]))
    return np.asarray((padded[:-2] + padded[2:]) * np.float32(0.25) + plane * np.float32(0.5))


def _slope(plane: Array) -> Array:
    """Slope along the first axis, per step; none at the border."""
    found = np.zeros_like(plane)
    found[1:-1] = (plane[2:] - plane[:-2]) * np.float32(0.5)
    return found


def _ridges(down: Array, across: Array, threshold: float) -> Array:
    """Tell where the gradient is strong and largest along its own direction."""
    strength = np.hypot(down, across)
    size_down, size_across = np.abs(down), np.abs(across)
    level = size_down < size_across * _STEEP
    upright = size_across < size_down * _STEEP
    rising = (down > 0) == (across > 0)
    padded = np.pad(strength, 1)

    def moved(rows: int, columns: int) -> Array:
        high, wide = strength.shape
        return padded[1 + rows : 1 + rows + high, 1 + columns : 1 + columns + wide]

    directions = [level, upright, rising]
    before = np.select(directions, [moved(0, -1), moved(-1, 0), moved(-1, -1)], moved(-1, 1))
    after = np.select(directions, [moved(0, 1), moved(1, 0), moved(1, 1)], moved(1, -1))
    # of two neighbours that are equal, but for rounding, the first one is the edge
    ridge = (strength > before * _ABOVE) & (strength * _ABOVE >= after)
    return np.asarray((strength >= threshold) & ridge)


def _eroded(covered: Array) -> Array:
    """Leave out what lies within two voxels of the outside, as far as a gradient reaches."""
    found = covered.copy()
    for along in (found, found.T):
        for _ in range(2):
            before = along.copy()
            along[1:] &= before[:-1]
            along[:-1] &= before[1:]
    return found
