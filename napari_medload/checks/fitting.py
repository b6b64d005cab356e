"""Where moving fits fixed best when it is moved and turned a little: a coarse search, no more.

It tells a pair that is out of place from one that does not belong together. It registers nothing:
its result is a figure for a sentence, good to a few mm and degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.matching import Match, Side, match
from napari_medload.checks.placing import moved
from napari_medload.geometry.affine import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.geometry import FloatArray

_STEPS = ((12.0, 0.0), (6.0, 6.0), (3.0, 3.0), (1.5, 1.5))
_LAST_STEPS = ((1.0, 1.0), (0.5, 0.5))
"""Steps in mm and degrees: on every other voxel, then on all."""

_SWEEPS = 3
_LEAST_OVERLAP = 0.3


@dataclass(frozen=True, eq=False)
class Fit:
    """Where moving fits.

    Parameters
    ----------
    mm : array, shape (3,)
        How far the moving image lies too far to the R, A, S.
    degrees : array, shape (3,)
        How far it is turned about R, A, S.
    match : Match
        There.
    """

    mm: FloatArray
    degrees: FloatArray
    match: Match

    @property
    def distance_mm(self) -> float:
        """Length of the shift."""
        return float(np.linalg.norm(self.mm))


def can_fit(fixed: Side, moving: Side) -> bool:
    """Whether a shift in mm means anything: both images say where they lie."""
    return fixed.image.grid.oriented and moving.image.grid.oriented


def rigid_fit(
    fixed: Side, moving: Side, wanted: Callable[[], bool] = lambda: True, turning: bool = True
) -> Fit:
    """Search by steps along and about each axis, from the header's place and from the middle.

    Parameters
    ----------
    wanted : callable
        Asked between steps; where it answers no, the best so far is returned.
    turning : bool
        Whether the moving image may be turned as well.
    """
    starts = [np.zeros(6), np.append(middle(moving) - middle(fixed), np.zeros(3))]
    thin = _Search(Side(fixed.image.every_other()), moving, wanted, turning)
    best = thin.climb(max(starts, key=thin.score), _STEPS)
    best = _Search(Side(fixed.image), moving, wanted, turning).climb(best, _LAST_STEPS)
    mm, degrees = best[:3], best[3:]
    return Fit(mm, degrees, match(fixed, moving, moved(fixed, moving, mm, degrees)))


class _Search:
    """A search by images alone: where labels agree is for others to see."""

    def __init__(
        self, fixed: Side, moving: Side, wanted: Callable[[], bool], turning: bool
    ) -> None:
        self._fixed, self._moving = fixed, Side(moving.image)
        self._wanted, self._turning = wanted, turning

    def score(self, place: FloatArray) -> float:
        """Judge a place: three mm and three degrees."""
        mapping = moved(self._fixed, self._moving, place[:3], place[3:])
        found = match(self._fixed, self._moving, mapping)
        return found.nmi if found.overlap >= _LEAST_OVERLAP else 0.0

    def climb(self, best: FloatArray, steps: Sequence[tuple[float, float]]) -> FloatArray:
        """Step along and about each axis, as long as it gets better, then by smaller steps."""
        value = self.score(best)
        for mm, degrees in steps:
            lengths = [mm] * 3 + [degrees * self._turning] * 3
            for _sweep in range(_SWEEPS):
                before = value
                for step in np.diag(lengths)[np.array(lengths) > 0]:
                    for trial in (best + step, best - step):
                        if not self._wanted():
                            return best
                        reached = self.score(trial)
                        if reached > value:
                            best, value = trial, reached
                if value == before:
                    break
        return best


def middle(side: Side) -> FloatArray:
    """World place of what is seen, shape (3,): the mean of voxels, by their grey levels."""
    image = side.image
    weights = image.levels * np.isfinite(image.values)
    total = float(weights.sum())
    if not total:
        return np.asarray(image.grid.centre)
    index = [
        float((weights.sum(axis=tuple({0, 1, 2} - {axis})) * np.arange(size)).sum() / total)
        for axis, size in enumerate(weights.shape)
    ]
    return apply(image.grid.affine @ image.to_file, index)
