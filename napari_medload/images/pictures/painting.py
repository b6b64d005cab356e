"""Values as the bytes of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from napari_medload.images.pictures.planes import true_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.labels import LabelTable

_COLOURS_AT_MOST = 4096


def clamped(values: Array) -> Array:
    """Values from 0 to 255, their decimals cut off, as uint8; what is no number becomes 0."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=255.0, neginf=0.0)
    return values.clip(0, 255).astype(np.uint8)


def stretched(values: Array, low: float, high: float) -> Array:
    """Values from `low` to `high` as 0 to 255, uint8; all zero where the two are equal."""
    if not low < high:
        return np.zeros(values.shape, np.uint8)
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    return clamped(np.rint(scaled))


def finite_range(values: Array) -> tuple[float, float]:
    """Smallest and largest finite value; zeros where there is none."""
    if values.dtype.kind != "f":
        return float(values.min()), float(values.max())
    low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = np.isfinite(values)
    if not finite.any():
        return 0.0, 0.0
    low = float(np.min(values, where=finite, initial=np.inf))
    return low, float(np.max(values, where=finite, initial=-np.inf))


def percentile_range(pictures: Sequence[Array], low: float, high: float) -> tuple[float, float]:
    """Percentiles of the finite values of some pictures; zeros where there is none."""
    values = np.concatenate([np.ravel(picture) for picture in pictures])
    values = values[np.isfinite(values)].astype(np.float64)
    if not values.size:
        return 0.0, 0.0
    bottom, top = np.percentile(values, (low, high)).tolist()
    return (bottom, top) if bottom < top else finite_range(values)


def coloured(labels: Array, table: LabelTable) -> Array | None:
    """Labels, shape (rows, columns), in the colours of a table, as uint8 (rows, columns, 3).

    None where they are no labels: fractions, or thousands of them.
    """
    if not np.isfinite(labels).all():
        return None
    values, inverse = np.unique(labels, return_inverse=True)
    if len(values) > _COLOURS_AT_MOST or (values != np.rint(values)).any():
        return None
    palette = np.array([table.label(int(value)).colour for value in values])
    painted: Array = np.rint(palette * 255).astype(np.uint8)[inverse.reshape(labels.shape)]
    return painted


def to_true_aspect(picture: Array, mm: tuple[float, float], nearest: bool) -> Array:
    """Picture, uint8 (rows, columns) or with channels, with square pixels of the finer side."""
    rows, columns = true_size(picture.shape[:2], mm)
    return resized(picture, rows, columns, nearest)


def resized(picture: Array, rows: int, columns: int, nearest: bool, blocks: bool = False) -> Array:
    """Picture of another size.

    Parameters
    ----------
    picture : array, uint8, shape (rows, columns) or (rows, columns, channels)
    rows, columns : int
    nearest : bool
        Whether no value is blended with another.
    blocks : bool
        Whether enlarged pixels stay sharp; those that are made smaller are blended.
    """
    if picture.shape[:2] == (rows, columns):
        return picture
    how = Pillow.Resampling.BOX if blocks else Pillow.Resampling.BILINEAR
    how = Pillow.Resampling.NEAREST if nearest else how
    image = Pillow.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((columns, rows), how))
