"""What happens to arrays between a file and a network: normalising, checking, resizing."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.loaders.deepreg.file_loader import FloatImage

Array = npt.NDArray[Any]
_REAL = "fiub"
_LOG = logging.getLogger(__name__)


def normalize_array(
    arr: Array,
    v_min: float | None = None,
    v_max: float | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Map the values from [v_min, v_max] to [0, 1]; values outside are clipped.

    The formula is that of DeepReg's code, (x − min) / (max − min), and not the one with EPS of
    its documentation.

    Parameters
    ----------
    arr : array
        Floats keep their type, integers become float64.
    v_min, v_max : float, optional
        Smallest and largest value of the array by default.
    out : array of floats, optional
        Where the result is put, such as `arr` itself; a new array by default.

    Returns
    -------
    array
        Zeros where v_min and v_max are equal.

    Raises
    ------
    LoaderError
        If there are no values, they are no real numbers, one is not finite, or v_min is larger
        than v_max.
    """
    arr = np.asarray(arr)
    smallest, largest = _extremes(arr)
    low = smallest if v_min is None else v_min
    high = largest if v_max is None else v_max
    _check_range(arr, smallest, low, high)
    if low == high:
        result = np.zeros_like(arr) if out is None else out
        result[...] = 0
        return result
    if arr.dtype.kind != "f":  # differences of small integers would overflow
        arr, low, high = arr.astype(np.float64), float(low), float(high)
    if not _has_room(arr.dtype, low, high):
        return _put(_normalize_wide(arr, low, high), arr.dtype, out)
    if low > smallest or high < largest:
        arr = np.clip(arr, low, high)
    result = np.subtract(arr, low, out=out)
    result /= high - low  # in place: memory is the limit here
    return result


def _extremes(arr: Array) -> tuple[Any, Any]:
    """Return the smallest and largest of real values; raise `LoaderError` where there are none."""
    if arr.dtype.kind not in _REAL:
        raise LoaderError(
            f"an array of shape {arr.shape} has values of type {arr.dtype}; expected real numbers. "
            "Take the magnitude of complex values."
        )
    if not arr.size:
        raise LoaderError(f"an array of shape {arr.shape} has no values; expected an image")
    return arr.min(), arr.max()


def _check_range(arr: Array, smallest: float, low: float, high: float) -> None:
    """Raise `LoaderError` unless values can be mapped from low and high, and none is NaN."""
    if not (math.isfinite(low) and math.isfinite(high)) or math.isnan(smallest):
        raise LoaderError(
            f"the values of an array of shape {arr.shape} reach from {low} to {high}; expected "
            "finite numbers. Replace NaN and infinity, such as with numpy.nan_to_num."
        )
    if low > high:
        raise LoaderError(
            f"v_min is {low} and v_max is {high}; expected v_min below v_max. Swap them, or leave "
            "them out."
        )


def _has_room(dtype: np.dtype[Any], low: float, high: float) -> bool:
    """Whether the range from low to high can be written in a type; ±6e4 is no float16."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(dtype.type(high) - dtype.type(low)))


def _normalize_wide(arr: Array, low: float, high: float) -> Array:
    """Normalise in float64, all halved so that even its whole range has room."""
    wide = np.result_type(arr.dtype, np.float64)
    half_low, half_high = wide.type(low) / 2, wide.type(high) / 2
    values = np.clip(arr.astype(wide) / 2, half_low, half_high)
    values -= half_low
    values /= half_high - half_low
    return values


def _put(values: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    if out is None:
        return values.astype(dtype)
    out[...] = values
    return out


def check_sample(
    moving_image: Array | None,
    fixed_image: Array | None,
    moving_label: Array | None,
    fixed_label: Array | None,
    image_indices: Sequence[int],
) -> None:
    """Check that the arrays of a pair can be trained with.

    Raises
    ------
    LoaderError
        If one is missing, has the wrong number of axes, holds values outside [0, 1] or NaN, or
        if both labels have not the same number of channels.
    """
    if moving_image is None or fixed_image is None:
        raise LoaderError(
            f"Sample {image_indices}: moving image and fixed image must not be None; expected two "
            "arrays. Check what get_data of the loader returns."
        )
    if (moving_label is None) != (fixed_label is None):
        raise LoaderError(
            f"Sample {image_indices}: moving label and fixed label must be both None or non-None. "
            "Label both images, or load the data with labeled=False."
        )
    _check_values(moving_image, "moving_image", image_indices)
    _check_values(fixed_image, "fixed_image", image_indices)
    _check_axes(moving_image, "moving_image", (3,), image_indices)
    _check_axes(fixed_image, "fixed_image", (3,), image_indices)
    if moving_label is None or fixed_label is None:
        return
    _check_values(moving_label, "moving_label", image_indices)
    _check_values(fixed_label, "fixed_label", image_indices)
    _check_axes(moving_label, "moving_label", (3, 4), image_indices)
    _check_axes(fixed_label, "fixed_label", (3, 4), image_indices)
    _compare_shapes(moving_image, moving_label, "moving", image_indices)
    _compare_shapes(fixed_image, fixed_label, "fixed", image_indices)
    moving, fixed = _channels(moving_label), _channels(fixed_label)
    if moving != fixed:
        raise LoaderError(
            f"Sample {image_indices}'s moving image and fixed image have different numbers of "
            f"labels. Found {moving} for moving and {fixed} for fixed; expected one channel for "
            "each label in both, empty where there is no such label."
        )


def _check_values(array: Array, name: str, indices: Sequence[int]) -> None:
    if not array.size:
        return
    low, high = array.min(), array.max()
    if low >= 0 and high <= 1:  # NaN is neither
        return
    remedy = (
        "Write labels of several classes as one channel each, of zeros and ones."
        if "label" in name
        else "Normalise the image, and replace NaN."
    )
    raise LoaderError(
        f"Sample {list(indices)}'s {name}'s values are not between [0, 1]. Found {low} to {high}. "
        f"{remedy}"
    )


def _check_axes(array: Array, name: str, wanted: tuple[int, ...], indices: Sequence[int]) -> None:
    if array.ndim not in wanted or not array.size:
        kinds = " or ".join(f"{count}D" for count in wanted)
        raise LoaderError(
            f"Sample {list(indices)}'s {name}'s shape should be {kinds}. It must be non-empty too; "
            f"found {array.shape}. Write one volume a file."
        )


def _compare_shapes(image: Array, label: Array, side: str, indices: Sequence[int]) -> None:
    if image.shape[:3] != label.shape[:3]:
        _LOG.warning(
            "Sample %s's %s image and label have different shapes. Found %s and %s; expected one "
            "grid. Resample the label onto its image.",
            list(indices),
            side,
            image.shape,
            label.shape,
        )


def _channels(label: Array) -> int:
    return 1 if label.ndim == 3 else int(label.shape[3])


def resize(array: Array, shape: Sequence[int]) -> FloatImage:
    """Resize the first axes by linear interpolation between the centres of voxels.

    Outside the outermost centres the edge is repeated; nothing is smoothed before. That is what
    tf.image.resize does, and torch's interpolate with ``align_corners=False``.

    Parameters
    ----------
    array : array, three axes or more
    shape : three ints
        New sizes of the first three axes.

    Returns
    -------
    array, float32
    """
    result: FloatImage = np.asarray(array, dtype=np.float32)
    # axes that shrink go first, so that the others have less to do
    for axis in sorted(range(len(shape)), key=lambda axis: shape[axis] / result.shape[axis]):
        result = _resize_axis(result, axis, shape[axis])
    return result


def _resize_axis(array: FloatImage, axis: int, size: int) -> FloatImage:
    old = array.shape[axis]
    if old == size:
        return array
    places = np.clip((np.arange(size) + 0.5) * (old / size) - 0.5, 0, old - 1)
    before = np.floor(places).astype(np.intp)
    weights = (places - before).astype(np.float32)
    weights = weights.reshape([-1 if place == axis else 1 for place in range(array.ndim)])
    low = np.take(array, before, axis)
    high: FloatImage = np.take(array, np.minimum(before + 1, old - 1), axis)
    high -= low
    high *= weights
    high += low
    return high
