"""Dashed outlines of labels, which are told from solid ones without any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.scene.compare.planes import PlaneArray, plane_key

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.images.display_array import DisplayArray

_PERIODS = 30
"""Dashes over the longer side of a plane; so they are as long on the screen at any voxel size."""

_SHORTEST = 7.0
"""Voxels of a dash and a gap: shorter ones are specks, because a line is a voxel wide."""

_DRAWN = 0.58
"""Part of a period that is drawn."""

_FEWEST = 3
"""Dashes around a label, however small it is."""

# Sides of a voxel, clockwise: each as the way along it, and the step to the voxel beyond it.
_ALONG = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
_BEYOND = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])


class DashedOutlines(PlaneArray):
    """The voxels along the border of each label, in dashes.

    Dashes are measured along the way around a label, so they are as long on each side of it,
    whatever its shape. Each way around has a whole number of them.

    Parameters
    ----------
    labels : DisplayArray
    """

    def __init__(self, labels: DisplayArray) -> None:
        super().__init__(labels.shape, labels.dtype)
        self.labels = labels
        z, y, x = self.shape
        dx, dy, dz = labels.grid.spacing
        self._steps = (dz, dy, dx)
        self._period = max(z * dz, y * dy, x * dx) / _PERIODS

    def plane(self, axis: int, index: int) -> Array:
        """Outline the labels of a plane; see `PlaneArray.plane`."""
        labels = np.asarray(self.labels[plane_key(axis, index)])
        steps = np.array([step for n, step in enumerate(self._steps) if n != axis])
        drawn: Array = np.where(_dashes(labels, steps, self._period), labels, 0).astype(self.dtype)
        return drawn


def _dashes(labels: Array, steps: Array, period: float) -> Array:
    """Tell which voxels of a plane are drawn.

    Parameters
    ----------
    labels : array, shape (rows, columns)
    steps : array, shape (2,)
        Size of a voxel along both axes.
    period : float
        Length of a dash and a gap, in the same unit.

    Returns
    -------
    array of bool, shape (rows, columns)
    """
    around = np.pad(labels, 1)  # what leaves the plane is followed along its edge, undrawn
    voxels, sides = _sides(around)
    number = np.full((*around.shape, 4), -1)
    number[voxels[:, 0], voxels[:, 1], sides] = np.arange(len(sides))
    ways = _ALONG[sides] * steps
    following = _following(around, number, voxels, sides)
    shown = _in_dashes(following, ways, period, float(steps.mean()))

    beyond = voxels + _BEYOND[sides]
    other = number[beyond[:, 0], beyond[:, 1], (sides + 2) % 4]
    theirs = around[beyond[:, 0], beyond[:, 1]]
    # where labels touch, both have their dashes in one place, or the gaps would be filled
    shared = (other >= 0) & (theirs < around[voxels[:, 0], voxels[:, 1]])
    shown[shared] = shown[other[shared]]

    drawn = np.zeros(labels.shape, bool)
    inside = ((beyond > 0) & (beyond <= labels.shape)).all(axis=1)
    for side in (3, 2, 1, 0):  # of a voxel with several sides, one decides: lines may be thin
        mine = inside & (sides == side)
        row, column = (voxels[mine] - 1).T
        drawn[row, column] = shown[mine]
    return drawn


def _in_dashes(following: Array, ways: Array, period: float, voxel: float) -> Array:
    """Tell which sides lie in a dash, shape (n,); all around what is too small for any gap."""
    # halved steps of a staircase are as long as the slope that it stands for
    lengths = np.linalg.norm(ways + ways[following], axis=1) / 2
    start, place = _measure(following, lengths)
    whole = np.bincount(start, lengths, minlength=len(start))[start]
    count = np.rint(whole / max(period, _SHORTEST * voxel))
    few = np.minimum(_FEWEST, whole // (_SHORTEST / 2 * voxel))
    count = np.maximum(count, few)
    shown: Array = (place / whole * count) % 1 < _DRAWN
    return shown


def _sides(around: Array) -> tuple[Array, Array]:
    """List the sides of labelled voxels at which another label or none begins.

    Returns
    -------
    voxels : array, shape (n, 2)
    sides : array, shape (n,)
        Numbers as of `_ALONG`.
    """
    middle = around[1:-1, 1:-1]
    rows, columns = middle.shape
    borders = [
        (middle != 0)
        & (around[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] != middle)
        for down, right in _BEYOND
    ]
    found = np.argwhere(np.stack(borders, axis=-1))
    return found[:, :2] + 1, found[:, 2]


def _following(around: Array, number: Array, voxels: Array, sides: Array) -> Array:
    """Return the number of the side after each, clockwise around its label, shape (n,)."""
    ahead = voxels + _ALONG[sides]
    across = ahead + _BEYOND[sides]
    label = around[voxels[:, 0], voxels[:, 1]]
    goes_on = around[ahead[:, 0], ahead[:, 1]] == label
    turns_out = goes_on & (around[across[:, 0], across[:, 1]] == label)
    after = np.where(goes_on[:, None], ahead, voxels)
    after = np.where(turns_out[:, None], across, after)
    turn = np.where(turns_out, 3, np.where(goes_on, 0, 1))
    found: Array = number[after[:, 0], after[:, 1], (sides + turn) % 4]
    return found


def _measure(following: Array, lengths: Array) -> tuple[Array, Array]:
    """Find out for each side where its way around begins, and how far it lies from there.

    All ways are followed at once, by steps that are doubled each time.

    Returns
    -------
    start : array of int, shape (n,)
        The same for all sides of one way around.
    place : array, shape (n,)
        Way left to the start.
    """
    start, jump = np.arange(len(following)), following
    rounds = max(1, len(following).bit_length())
    for _ in range(rounds):
        start, jump = np.minimum(start, start[jump]), jump[jump]
    first = start == np.arange(len(following))
    jump = np.where(first, np.arange(len(following)), following)
    place = np.where(first, 0.0, lengths)
    for _ in range(rounds):
        place, jump = place + place[jump], jump[jump]
    return start, place
