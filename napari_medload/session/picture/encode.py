"""Planes as few and small numbers, to be sent to where they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array

_AS_THEY_ARE = {"|b1": "u1", "|u1": "u1", "|i1": "<i2", "<i2": "<i2", "<u2": "<u2"}
_LARGEST = 65535
_EXACT = 2
"""Bytes of the whole numbers that are sent as they are."""

_FINEST = 4096
"""Steps from black to white that are told apart; a screen shows 256."""

_WIDEST = 7.0
"""Contrasts below black and above white that numbers are kept apart in."""

_TABLE_AT_MOST = 65536

_LARGEST_SINGLE, _SMALLEST_SINGLE = 1e30, 1e-25
_LARGEST_DOUBLE, _SMALLEST_DOUBLE = 1e300, 1e-300
"""Between which numbers of each precision can be subtracted and divided."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Stored numbers, and what they stand for: ``value = stored * slope + intercept``.

    Parameters
    ----------
    data : array of uint8, int16 or uint16
        C-contiguous and little-endian.
    slope, intercept : float
    """

    data: Array
    slope: float = 1.0
    intercept: float = 0.0


def encode_image(plane: Array, limits: tuple[float, float]) -> Encoded:
    """Store the values of an image in 8 or 16 bits.

    Whole numbers that fit are kept exactly. Others are rounded to even steps over the range of
    the finite ones; where that is far wider than the contrast, what lies beyond several times
    the contrast is brought to the ends, so that a single stray value does not spoil the steps.
    NaN and minus infinity become a number below black, infinity becomes the highest one.

    Parameters
    ----------
    plane : array, any shape
        A plane, or a whole volume.
    limits : tuple of two floats
        Values drawn black and white.
    """
    known = _AS_THEY_ARE.get(plane.dtype.newbyteorder("<").str)
    if known is not None:
        return Encoded(np.ascontiguousarray(plane, known))
    if not plane.size:
        return Encoded(np.zeros(plane.shape, "u1"))
    if plane.dtype.kind in "iu":
        low, high = int(plane.min()), int(plane.max())
        if high - low <= _LARGEST:
            return _shifted(plane, low, high)
        return _rounded(plane.astype(np.float64), float(low), float(high), limits)
    return _encode_floats(plane, limits)


def is_rounded(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of a type may be stored in steps, which depend on the contrast."""
    return dtype.kind not in "biu" or dtype.itemsize > _EXACT


def _shifted(plane: Array, low: int, high: int) -> Encoded:
    """Store whole numbers exactly, counted from the lowest one where they must be."""
    if -32768 <= low and high <= 32767:
        return Encoded(np.ascontiguousarray(plane, "<i2"))
    if 0 <= low and high <= _LARGEST:
        return Encoded(np.ascontiguousarray(plane, "<u2"))
    # they wrap around alike, in any width
    stored = plane.astype("<u2", order="C") - np.uint16(low % 65536)
    return Encoded(np.ascontiguousarray(stored, "<u2"), 1.0, float(low))


def _encode_floats(plane: Array, limits: tuple[float, float]) -> Encoded:
    values = plane.astype(np.float32 if plane.dtype.itemsize <= 4 else np.float64, order="C")
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        finite, dark = values[np.isfinite(values)], not np.isfinite(low)
        low, high = (float(finite.min()), float(finite.max())) if finite.size else limits
        if dark:  # black in every window that these steps are for, and not dark as tissue is
            low = min(low, limits[0] - _WIDEST * (limits[1] - limits[0]))
        np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
    return _rounded(values, low, high, limits)


def _rounded(values: Array, low: float, high: float, limits: tuple[float, float]) -> Encoded:
    """Store finite values in even steps; `values` is worked on in place.

    Steps are not finer than anybody can see: noise in the last bits would only be sent along.
    """
    contrast = limits[1] - limits[0]
    if contrast > 0:
        reach = _WIDEST * contrast
        kept = max(low, limits[0] - reach), min(high, limits[1] + reach)
        low, high = kept if kept[0] < kept[1] else (min(kept), min(kept))
    if max(-low, high) > _LARGEST_SINGLE or high - low < _SMALLEST_SINGLE:
        values = values.astype(np.float64)
    number = values.dtype.type
    low, high = float(number(max(low, -_LARGEST_DOUBLE))), min(high, _LARGEST_DOUBLE)
    slope = max((high - low) / _LARGEST, contrast / _FINEST)
    if not slope > _SMALLEST_DOUBLE:
        return Encoded(np.zeros(values.shape, "<u2"), 1.0, low)
    np.clip(values, low, high, out=values)
    values -= number(low)
    values *= number(1 / slope)
    np.rint(values, out=values)
    return Encoded(values.astype("<u2"), slope, low)


def encode_labels(plane: Array, values: tuple[int, ...]) -> Encoded:
    """Store labels as their numbers in ``(0, *values)``; 0 stands for all that is not in it.

    Parameters
    ----------
    plane : array of whole numbers, any shape
        A plane, or a whole volume.
    values : tuple of int
        Codes of a layer, as `Layer.values` has them.
    """
    stored = "u1" if len(values) < 256 else "<u2"
    if not values or not plane.size:
        return Encoded(np.zeros(plane.shape, stored))
    if plane.dtype.kind == "b":
        plane = plane.view(np.uint8)
    lowest, table = _table(values, stored)
    if table is None:
        return Encoded(_found(plane, values, stored))
    if plane.dtype.itemsize == 1 and plane.dtype.kind == "u":
        return Encoded(np.take(_byte_table(values, stored), np.ascontiguousarray(plane)))
    at = np.ascontiguousarray(plane).astype(np.int64)
    at -= lowest
    return Encoded(np.take(table, at, mode="clip"))


@lru_cache(maxsize=64)
def _table(values: tuple[int, ...], stored: str) -> tuple[int, Any]:
    """Return the number of each code from the lowest on, with a 0 at both ends."""
    lowest = min(values) - 1
    if max(values) - lowest > _TABLE_AT_MOST:
        return lowest, None
    table = np.zeros(max(values) - lowest + 2, stored)
    table[np.array(values) - lowest] = np.arange(1, len(values) + 1)
    return lowest, table


@lru_cache(maxsize=64)
def _byte_table(values: tuple[int, ...], stored: str) -> Any:
    """Return the number of each code from 0 to 255."""
    table = np.zeros(256, stored)
    for number, value in enumerate(values, 1):
        if 0 <= value < 256:
            table[value] = number
    return table


def _found(plane: Array, values: tuple[int, ...], stored: str) -> Array:
    """Look codes up that lie too far apart for a table."""
    order = np.argsort(values)
    codes = np.array(values)[order]
    at = np.searchsorted(codes, plane).clip(max=len(codes) - 1)
    numbers: Array = np.where(codes[at] == plane, order[at] + 1, 0).astype(stored)
    return numbers
