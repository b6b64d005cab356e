"""Numbers about the voxels of a volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.images.volume import Volume

_COUNTED_RANGE = 1 << 20
_CONTRAST_STRIDES = (3, 4, 4)
_PADDING_SHARE, _PADDING_GAP = 0.02, 0.2


@dataclass(frozen=True)
class Statistics:
    """Of all voxels: finite minimum, maximum and mean, and how many are not finite."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    nonfinite: int


def statistics(volume: Volume) -> Statistics:
    """Measure a whole volume, slice by slice, in float64."""
    low, high, total, count, nonfinite = np.inf, -np.inf, 0.0, 0, 0
    for k in range(volume.array.shape[2]):
        values = volume.scaling.apply(volume.array[:, :, k])
        if values.dtype.kind == "f":
            finite = np.isfinite(values)
            if not finite.all():
                nonfinite += int(values.size - np.count_nonzero(finite))
                values = values[finite]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
            total += float(values.sum(dtype=np.float64))
            count += values.size
    if not count:
        return Statistics(None, None, None, nonfinite)
    return Statistics(low, high, total / count, nonfinite)


def contrast_limits(volume: Volume, low: float = 1.0, high: float = 99.5) -> tuple[float, float]:
    """Percentiles of a sample of the voxels, to map to black and white.

    What pads a scan outside its field of view is left out. Falls back to the full range, and to
    one around the value of a constant image, so that the limits always differ.
    """
    sample = volume.array[tuple(slice(step // 2, None, step) for step in _CONTRAST_STRIDES)]
    if not sample.size:
        sample = volume.array
    values = volume.scaling.apply(np.asarray(sample))
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if values.dtype.kind == "b" or values.dtype.itemsize < 4:  # percentiles would overflow
        values = values.astype(np.float32)
    if not values.size:
        return 0.0, 1.0
    bottom, top = (float(v) for v in np.percentile(_inside(values), (low, high)))
    if not bottom < top:  # most voxels share one value: a sparse image
        whole = statistics(volume)
        bottom, top = whole.minimum or 0.0, whole.maximum or 0.0
    return (bottom, top) if bottom < top else (bottom - 0.5, bottom + 0.5)


def _inside(values: Array) -> Array:
    """Leave out padding: many voxels of one negative value, far below all others (-3024 in CT).

    A background of zeros, as of a masked scan, is no padding.
    """
    lowest = values.min()
    if lowest >= 0:
        return values
    inside = values[values > lowest]
    if inside.size > (1 - _PADDING_SHARE) * values.size or not inside.size:
        return values
    gap, width = inside.min() - lowest, np.ptp(inside)
    return inside if gap > _PADDING_GAP * width > 0 else values


def count_values(values: Array) -> dict[int, int] | None:
    """Count the voxels of each value.

    Returns
    -------
    dict or None
        Sorted by value; None where a value is no whole number.
    """
    if values.dtype.kind == "f":
        whole = whole_numbers(values)
        if whole is None:
            return None
        values = whole
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    low, high = int(values.min()), int(values.max())
    if high - low <= _COUNTED_RANGE and high < 2**63:
        flat = values.reshape(-1, order="A")
        flat = flat if low == 0 and flat.dtype.itemsize < 8 else flat.astype(np.int64) - low
        counts = np.bincount(flat)
        return {int(v) + low: int(counts[v]) for v in np.flatnonzero(counts)}
    found, counts = np.unique(values, return_counts=True)
    return {int(v): int(n) for v, n in zip(found, counts, strict=True)}


def whole_numbers(values: Array) -> Array | None:
    """Integers equal to `values`, in the smallest type that holds them; None where none are.

    Memory order is kept.
    """
    if values.dtype.kind in "bu" and values.dtype.itemsize == 1:
        return values.view(np.uint8)
    lowest, highest = values.min(), values.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        return None
    low, high = int(lowest), int(highest)
    if max(-low, high) >= 2**31:
        return values if values.dtype.kind in "iu" else None
    kind = np.result_type(np.min_scalar_type(low), np.min_scalar_type(high))
    whole = values.astype(kind)
    return whole if values.dtype.kind in "iu" or np.array_equal(whole, values) else None
