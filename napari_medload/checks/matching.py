"""How well one side of a pair matches the other, wherever it is placed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.similarity import (
    BINS,
    joint_histogram,
    label_dice,
    levels,
    mutual_information,
    normalised_mutual_information,
)
from napari_medload.geometry.lattice import index_map

if TYPE_CHECKING:
    from napari_medload.checks.similarity import Codes
    from napari_medload.checks.thinning import CoarseImage
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_LEAST_VOXELS = 200


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a pair: its image, and its label where it has one."""

    image: CoarseImage
    label: CoarseImage | None = None

    @property
    def nbytes(self) -> int:
        """Memory of both."""
        return self.image.nbytes + (self.label.nbytes if self.label else 0)

    @cached_property
    def label_from_image(self) -> FloatArray:
        """Voxel index in the file of the image to that in the file of its label."""
        if self.label is None:
            return np.eye(4)
        return index_map(self.image.grid, self.label.grid)

    @cached_property
    def own_label(self) -> Array | None:
        """Its label at the voxels of its image."""
        if self.label is None:
            return None
        return self.label.sampled_on(self.image, self.label_from_image)


@dataclass(frozen=True)
class Match:
    """How alike fixed and moving are where both are.

    Parameters
    ----------
    mi : float
        Mutual information in bits.
    nmi : float
        Normalised mutual information, 1 (nothing in common) to 2.
    dice : float or None
        Mean Dice coefficient of the labels that both have; None without such labels.
    overlap : float
        Part of the fixed image that the moving image covers, 0 to 1.
    """

    mi: float
    nmi: float
    dice: float | None
    overlap: float

    @property
    def merit(self) -> float:
        """One number to rank matches by: what images share, and as much again from labels."""
        return self.nmi - 1 + (0.5 * self.dice if self.dice is not None else 0.0)


NOTHING = Match(0.0, 1.0, None, 0.0)


def match(fixed: Side, moving: Side, mapping: FloatArray) -> Match:
    """Compare moving with fixed.

    Parameters
    ----------
    mapping : array, shape (4, 4)
        Voxel index in the file of the fixed image to that in the file of the moving image.
    """
    seen = moving.image.sampled_on(fixed.image, mapping)
    both = np.isfinite(seen) & np.isfinite(fixed.image.values)
    count = np.count_nonzero(both)
    if count < _LEAST_VOXELS:
        return NOTHING
    joint = joint_histogram(fixed.image.levels[both], levels(seen[both], moving.image.limits))
    return Match(
        mutual_information(joint),
        normalised_mutual_information(joint),
        _dice(fixed, moving, mapping, both),
        float(count / both.size),
    )


def label_fit(fixed: Side, moving: Side, swapped: bool = False) -> float | None:
    """How well labels fit their own images, whatever the pair: normalised mutual information.

    Parameters
    ----------
    swapped : bool
        Whether each image takes the label of the other, by the headers.

    Returns
    -------
    float or None
        Mean of both sides, 1 to 2; None without two labels.
    """
    if fixed.label is None or moving.label is None:
        return None
    labels = (moving.label, fixed.label) if swapped else (fixed.label, moving.label)
    found = [_fit(side.image, label) for side, label in zip((fixed, moving), labels, strict=True)]
    return sum(found) / len(found)


def _fit(image: CoarseImage, label: CoarseImage) -> float:
    seen = label.sampled_on(image, index_map(image.grid, label.grid))
    there = np.isfinite(image.values)
    if np.count_nonzero(there) < _LEAST_VOXELS or not label.labels.size:
        return 1.0
    sizes = (BINS, label.labels.size + 1)
    codes = _codes(seen[there], label.labels)
    return normalised_mutual_information(joint_histogram(image.levels[there], codes, sizes))


def _dice(fixed: Side, moving: Side, mapping: FloatArray, both: Array) -> float | None:
    own = fixed.own_label
    if own is None or fixed.label is None or moving.label is None:
        return None
    shared = np.intersect1d(fixed.label.labels, moving.label.labels)
    if not shared.size:
        return None
    from_image = moving.label_from_image
    seen = moving.label.sampled_on(fixed.image, from_image @ mapping)
    sizes = (shared.size + 1, shared.size + 1)
    return label_dice(joint_histogram(_codes(own[both], shared), _codes(seen[both], shared), sizes))


def _codes(values: Array, shared: Array) -> Codes:
    """Turn labels into numbers from 1 on; all others are background."""
    place = np.minimum(np.searchsorted(shared, values), shared.size - 1)
    return np.where(shared[place] == values, place + 1, 0).astype(np.uint8)
