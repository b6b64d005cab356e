"""How alike two images are, whatever their contrasts: mutual information, and Dice of labels.

Mutual information after Maes et al. (1997) and Viola and Wells (1997), its normalised form after
Studholme, Hill and Hawkes (1999): it hardly depends on how much of the images overlaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

BINS = 32
"""Grey levels an image is sorted into: at most 256."""

_LOW, _HIGH = 0.5, 99.5

Codes = npt.NDArray[np.uint8]


def value_range(values: Array) -> tuple[float, float]:
    """Percentiles 0.5 and 99.5 of the finite values; wider where most voxels share one value.

    Equal where an image is constant, or holds no finite value.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0
    low, high = (float(v) for v in np.percentile(finite, (_LOW, _HIGH)))
    return (low, high) if low < high else (float(finite.min()), float(finite.max()))


def levels(values: Array, limits: tuple[float, float], bins: int = BINS) -> Codes:
    """Sort values into grey levels 0 to `bins` - 1; what lies beyond the limits goes to the ends.

    Values that are not finite must be left out by who counts.
    """
    low, high = limits
    if not low < high:
        return np.zeros_like(values, np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):
        placed = (values - low) * (bins / (high - low))
        kept = np.clip(np.nan_to_num(placed, copy=False), 0, bins - 1)
    return np.asarray(kept, dtype=np.uint8)


def joint_histogram(a: Codes, b: Codes, sizes: tuple[int, int] = (BINS, BINS)) -> FloatArray:
    """Count how often each code of `a` meets each code of `b`, shape `sizes`."""
    together = a.astype(np.intp) * sizes[1] + b
    counted = np.bincount(together.ravel(), minlength=sizes[0] * sizes[1])
    return np.asarray(counted.reshape(sizes), dtype=np.float64)


def entropy(counts: FloatArray) -> float:
    """Entropy in bits of what was counted: 0 where all of it is one thing, or nothing is."""
    total = counts.sum()
    if not total:
        return 0.0
    shares = counts[counts > 0] / total
    return float(-(shares * np.log2(shares)).sum())


def mutual_information(joint: FloatArray) -> float:
    """H(a) + H(b) - H(a, b) in bits, of a joint histogram. At least 0."""
    apart = entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0))
    return max(0.0, apart - entropy(joint))


def normalised_mutual_information(joint: FloatArray) -> float:
    """(H(a) + H(b)) / H(a, b) of a joint histogram.

    1 for images that say nothing about one another, 2 for images of which each tells the other.
    It is 1 too where neither varies.
    """
    both = entropy(joint)
    if not both:
        return 1.0
    return (entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0))) / both


def label_dice(joint: FloatArray) -> float | None:
    """Mean Dice coefficient of the labels of a joint histogram.

    Parameters
    ----------
    joint : array, shape (labels + 1, labels + 1)
        How often each label of one image meets each of the other; the first is background.

    Returns
    -------
    float or None
        Each label counts alike, whatever its size. None where there is no voxel of any.
    """
    sizes = (joint.sum(axis=1) + joint.sum(axis=0))[1:]
    there = sizes > 0
    if not there.any():
        return None
    return float((2 * np.diagonal(joint)[1:][there] / sizes[there]).mean())
