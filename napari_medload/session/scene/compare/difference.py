"""Absolute difference of two images, after their intensities were matched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.scene.compare.planes import PlaneArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid
    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.scene.compare.planes import KeptPlanes

_SIDE, _SIDE_BENT = 32, 12
_PERCENTILES = range(5, 100, 5)
_ENOUGH = 64
"""Samples in the overlap, below which percentiles say nothing."""


@dataclass(frozen=True)
class Matching:
    """Linear map of moving values to fixed ones: ``gain * value + offset``."""

    gain: float
    offset: float


def match_intensities(
    fixed: Reslicer,
    moving: Reslicer,
    display: Grid,
    limits: tuple[tuple[float, float], tuple[float, float]],
) -> Matching:
    """Find the linear map under which two images have the same distribution of values.

    The lower contrast limits, which are the air around a patient, are mapped onto each other, so
    that no difference is seen where neither shows anything. The gain is what fits best between
    the percentiles (5th, 10th, … 95th) of both, at points that lie in both images and are
    brighter than the lower limit of both; 32³ points of the display grid are looked up. These
    are percentiles, and not a regression of one on the other, because they do not care how well
    the images lie on each other: a misregistered pair is matched like a registered one. Where
    the overlap is too small or too flat, the contrast limits are matched.

    Parameters
    ----------
    fixed, moving : Reslicer
    display : Grid
    limits : two tuples of two floats
        Contrast limits of fixed and of moving.
    """
    bent = any(one.mapping(display) is None for one in (fixed, moving))  # point by point: slow
    points = _points(display, _SIDE_BENT if bent else _SIDE)
    (f_low, f_high), (m_low, m_high) = limits
    one = values_at(fixed, display, points) - f_low
    other = values_at(moving, display, points) - m_low
    seen = (one > 0) & (other > 0)  # no comparison with NaN is true
    gain = (f_high - f_low) / (m_high - m_low)
    if np.count_nonzero(seen) >= _ENOUGH:
        wanted, found = (np.percentile(values[seen], _PERCENTILES) for values in (one, other))
        gain = float(wanted @ found / (found @ found))
    return Matching(gain, f_low - gain * m_low)


def _points(display: Grid, side: int) -> Array:
    """Voxels spread evenly over a grid, shape (n, 3)."""
    axes = [np.unique(np.linspace(0, size - 1, side).round()) for size in display.shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def values_at(reslicer: Reslicer, display: Grid, points: Array) -> Array:
    """Look up the values of the voxels nearest to display indices, NaN outside, shape (n,).

    Infinite values become NaN too.
    """
    voxels = np.rint(reslicer.source_index(display, points)).astype(np.intp)
    inside = ((voxels >= 0) & (voxels < reslicer.array.shape)).all(axis=1)
    found = np.full(len(points), np.nan)
    found[inside] = reslicer.scaling.apply(reslicer.array[tuple(voxels[inside].T)])
    found[np.isinf(found)] = np.nan
    return found


class Difference(PlaneArray):
    """Absolute difference in units of the fixed image's contrast, 0 where they are equal.

    It is 0 too where a plane leaves either image, or has no number: nothing is known there, so
    no difference is drawn.

    Parameters
    ----------
    fixed, moving : KeptPlanes
    matching : callable
        Returns the map from moving to fixed values; called when a plane is first read.
    """

    def __init__(
        self, fixed: KeptPlanes, moving: KeptPlanes, matching: Callable[[], Matching]
    ) -> None:
        super().__init__(fixed.shape, np.float32)
        self._fixed, self._moving, self._matching = fixed, moving, matching

    def plane(self, axis: int, index: int) -> Array:
        """Subtract a plane of both; see `PlaneArray.plane`."""
        gain, offset = self._in_contrast_units()
        found = self._moving.plane(axis, index) * np.float32(gain)
        found += np.float32(offset)
        found -= self._fixed.plane(axis, index)
        np.abs(found, out=found)
        found[~np.isfinite(found)] = 0
        for image in (self._fixed, self._moving):
            covered = image.covered(axis, index)
            if covered is not None:
                found[~covered] = 0
        return found

    def value_at(self, axis: int, place: tuple[int, int, int]) -> float | None:
        """Difference in one voxel, as it is drawn in the plane across an axis.

        Parameters
        ----------
        axis : int
            Across the plane that is shown; both images have kept that plane then.
        place : tuple of three int
            Along k, j, i.

        Returns
        -------
        float or None
            In units of the fixed image's contrast; None where either image has nothing.
        """
        index, spot = place[axis], tuple(at for n, at in enumerate(place) if n != axis)
        for image in (self._fixed, self._moving):
            covered = image.covered(axis, index)
            if covered is not None and not covered[spot]:
                return None
        gain, offset = self._in_contrast_units()
        moving, fixed = (image.plane(axis, index)[spot] for image in (self._moving, self._fixed))
        found = abs(float(moving) * gain + offset - float(fixed))
        return found if math.isfinite(found) else None

    def _in_contrast_units(self) -> tuple[float, float]:
        """Turn the map of values into one of what `KeptPlanes` holds."""
        matching = self._matching()
        (f_low, f_high), (m_low, m_high) = self._fixed.limits, self._moving.limits
        wide = f_high - f_low
        gain = matching.gain * (m_high - m_low) / wide
        return gain, (matching.gain * m_low + matching.offset - f_low) / wide
