"""Which of a format's types holds the values of an array, and whether its affine fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray


def as_one_of(path: Path, array: Array, kinds: Sequence[str], name: str) -> Array:
    """Return an array with a type that a format has, without a change of any value.

    Parameters
    ----------
    path : path
        For errors.
    array : array
    kinds : sequence of str
        The format's types as numpy names them, without byte order, such as ``"i2"``.
    name : str
        Of the format, for errors.

    Returns
    -------
    array
        The same where its type is among them; else of the first type that holds the whole range
        of its own, else of the first one that holds these values.

    Raises
    ------
    ValueError
        If none does.
    """
    types = [np.dtype(kind) for kind in kinds]
    if array.dtype.newbyteorder("=") in types:
        return array
    if array.dtype.kind in "biuf":
        types.sort(key=lambda dtype: (dtype.itemsize, dtype.kind == "f"))
        for dtype in types:
            if np.can_cast(array.dtype, dtype, "safe"):
                return array.astype(dtype)
        for dtype in types:
            if _holds(dtype, array):
                return array.astype(dtype)
    wide = ", ".join(str(np.dtype(kind)) for kind in kinds)
    raise ValueError(
        f"{path}: values of type {array.dtype}, which {name} cannot hold unchanged; expected "
        f"values that fit one of {wide}. Convert the array to one of these first, or write NIfTI."
    )


def affine_in_float32(path: Path, affine: FloatArray, name: str) -> npt.NDArray[np.float32]:
    """Round an affine as a format stores it.

    Raises
    ------
    ValueError
        If a number of it is too large for that, or an axis too short.
    """
    with np.errstate(over="ignore", under="ignore"):
        rounded = affine.astype(np.float32)
    if not np.isfinite(rounded).all() or not rounded[:3, :3].any(axis=0).all():
        raise ValueError(
            f"{path}: the affine {affine[:3].tolist()}, of which {name} cannot hold every number; "
            "expected lengths in mm that 32 bits hold. Set an affine in mm, or write NRRD."
        )
    return rounded


def _holds(dtype: np.dtype[Any], array: Array) -> bool:
    """Whether every value comes back from a type."""
    if array.dtype.kind == "f" and dtype.kind != "f":
        return False  # a picture of whole numbers is real all the same
    if dtype.kind in "iu" and array.size:
        limits = np.iinfo(dtype)
        return bool(limits.min <= int(array.min()) and int(array.max()) <= limits.max)
    with np.errstate(over="ignore", invalid="ignore"):
        there = array.astype(dtype)
        if array.dtype.kind == "f":
            return bool(np.array_equal(there.astype(array.dtype), array, equal_nan=True))
        # whole numbers in a real type: exact up to the digits of its mantissa
        exact = 1 << (np.finfo(dtype).nmant + 1)
        return not array.size or bool(-exact <= int(array.min()) and int(array.max()) <= exact)
