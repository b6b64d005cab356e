"""Which numbers a label image holds, for formats that take some only. Each file is read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.images import read_volume
from napari_medload.loaders.identity import file_stamp

if TYPE_CHECKING:
    from napari_medload.formats import Source
    from napari_medload.formats.contract import Array

_REMEMBERED = 200_000
_MOST = 4096
_SPREAD = 1 << 16


@dataclass(frozen=True, slots=True)
class LabelValues:
    """Numbers in a label image.

    Parameters
    ----------
    whole : tuple of int
        Values that occur, in order; empty where there are fractions, or more than 4096 values.
    lowest, highest : float
        Of all values; NaN met as one that is neither.
    fractions : bool
        Whether there are values that are no whole numbers, as in soft labels.
    """

    whole: tuple[int, ...]
    lowest: float
    highest: float
    fractions: bool


def values_in(source: Source) -> LabelValues:
    """Find the values in a label image, scaled as its file says.

    It is read once, as long as it does not change: what is remembered is a few numbers.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return _values_in(source, file_stamp(source))


@lru_cache(maxsize=_REMEMBERED)
def _values_in(source: Source, _stamp: tuple[int, int]) -> LabelValues:
    values = read_volume(source).values()
    if not values.size:
        return LabelValues((), 0.0, 0.0, False)
    lowest, highest = float(values.min()), float(values.max())
    if values.dtype.kind == "b":
        return LabelValues(tuple(range(int(lowest), int(highest) + 1)), lowest, highest, False)
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        return LabelValues((), lowest, highest, True)
    if values.dtype.kind == "f" and not np.array_equal(values, np.rint(values)):
        return LabelValues((), lowest, highest, True)
    found = _occurring(values, int(lowest), int(highest))
    return LabelValues(found if len(found) <= _MOST else (), lowest, highest, False)


def _occurring(values: Array, lowest: int, highest: int) -> tuple[int, ...]:
    """Whole numbers that occur, in order."""
    if highest - lowest > _SPREAD:
        return tuple(int(value) for value in np.unique(values))
    met = np.zeros(highest - lowest + 1, bool)
    for plane in np.moveaxis(values, -1, 0):  # one by one: indices take eight bytes a voxel
        met[np.unique(plane).astype(np.int64) - lowest] = True
    return tuple(int(value) + lowest for value in np.flatnonzero(met))
