"""Dashed outlines of labels, which are told from solid ones without any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.scene.compare.planes import PlaneArray, plane_key

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.images.display_array import DisplayArray

_DASH = 3
"""Voxels; gaps are as long."""


class DashedOutlines(PlaneArray):
    """The voxels along the border of each label, in dashes.

    A voxel is on the border if one of its four neighbours in the plane has another label. Upright
    borders are cut into dashes from top to bottom, all others from left to right: by one
    direction alone, a border along the other would be drawn whole or not at all.

    Parameters
    ----------
    labels : DisplayArray
    """

    def __init__(self, labels: DisplayArray) -> None:
        super().__init__(labels.shape, labels.dtype)
        self.labels = labels

    def plane(self, axis: int, index: int) -> Array:
        """Outline the labels of a plane; see `PlaneArray.plane`."""
        labels = self.labels[plane_key(axis, index)]
        down, across = _differs(labels), _differs(labels.T).T
        rows, columns = ((np.arange(n) // _DASH) % 2 == 0 for n in labels.shape)
        dashes = np.where(down, columns, rows[:, np.newaxis])
        drawn: Array = np.where((down | across) & dashes, labels, 0).astype(self.dtype)
        return drawn


def _differs(labels: Array) -> Array:
    """Tell which voxels have a neighbour of another value along the first axis."""
    changes = labels[1:] != labels[:-1]
    found = np.zeros(labels.shape, bool)
    found[1:] |= changes
    found[:-1] |= changes
    return found
