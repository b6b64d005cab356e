"""Channels of one-hot masks joined into categories, as MedSegPy collates them.

A category is one channel, or a tuple of channels that count as one structure: with *dog* at
channel 0 and *cat* at channel 2, ``(0, 2)`` is *pet*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Mask: TypeAlias = npt.NDArray[Any]
Category: TypeAlias = "int | Sequence[int]"
"""A channel, or several that are joined."""
Collation: TypeAlias = tuple[tuple[int, ...], ...]
"""Channels of each category."""


def collect_mask(mask: Mask, index: Category | Sequence[Category]) -> Mask:
    """Pick and join channels of a mask.

    Parameters
    ----------
    mask : array, shape (..., C)
        Such as H×W×1×C of one slice or H×W×D×C of a volume.
    index : int, or sequence of ints and tuples of ints
        One entry a category. The channels of a tuple are united: a voxel that lies in two of
        them counts once.

    Returns
    -------
    array, shape (..., number of categories)
        Of the mask's dtype. The axis before the channels is left out where its size is 1.

    Raises
    ------
    IndexError
        If the mask has no such channel.
    ValueError
        If a tuple is empty.
    """
    entries = [index] if isinstance(index, int | np.integer) else list(index)
    joined = join_channels(mask, tuple(as_channels(entry) for entry in entries))
    single = joined.ndim > 2 and joined.shape[-2] == 1
    return joined.squeeze(axis=-2) if single else joined


def join_channels(
    mask: Mask, categories: Collation, absent: Literal["error", "empty"] = "error"
) -> Mask:
    """Unite the channels of each category, shape (..., categories); all axes are kept.

    Each category lies in one piece of memory, in the order of the mask's own axes.

    Parameters
    ----------
    mask : array, shape (..., C)
    categories : tuple of tuples of int
        Channels of each.
    absent : str
        What becomes of a category with a channel that is not there: an ``"error"``, or it is
        ``"empty"``.

    Raises
    ------
    IndexError
        If the mask lacks a channel, and that is an error.
    """
    count = mask.shape[-1]
    planes = np.empty((len(categories), *mask.shape[:-1]), mask.dtype)
    for plane, channels in zip(planes, categories, strict=True):
        lacking = [channel for channel in channels if not -count <= channel < count]
        if lacking and absent == "error":
            raise IndexError(
                f"no channel {lacking[0]}: the mask has {count} channels (0 to {count - 1})"
            )
        plane[...] = 0 if lacking else mask[..., channels[0]]
        for channel in () if lacking else channels[1:]:
            np.maximum(plane, mask[..., channel], out=plane)
    return np.moveaxis(planes, 0, -1)


def add_background_labels(mask: Mask, background_last: bool = False) -> Mask:
    """Add a channel for all that lies in no other.

    Parameters
    ----------
    mask : array, shape (..., C)
        Zero outside a structure.
    background_last : bool
        Whether it becomes the last channel, and not the first.

    Returns
    -------
    array, shape (..., C + 1)
        Of the mask's dtype.
    """
    background = (~mask.astype(bool).any(axis=-1, keepdims=True)).astype(mask.dtype)
    parts = (mask, background) if background_last else (background, mask)
    return np.concatenate(parts, axis=-1)


def contiguous_ids(category_ids: Iterable[Category]) -> dict[int | tuple[int, ...], int]:
    """Assign numbers from 0 to categories, in their order.

    Raises
    ------
    ValueError
        If a category is met twice.
    """
    numbers: dict[int | tuple[int, ...], int] = {}
    for category in category_ids:
        single = isinstance(category, int | np.integer)
        key = int(category) if single else as_channels(category)  # type: ignore[arg-type]
        if key in numbers:
            raise ValueError(f"the category {key} is met twice; expected each once")
        numbers[key] = len(numbers)
    return numbers


def as_channels(category: Category) -> tuple[int, ...]:
    """Channels of a category.

    Raises
    ------
    ValueError
        If it names no channel, or something else than whole numbers.
    """
    entries = (category,) if isinstance(category, int | np.integer) else tuple(category)
    if not entries or not all(isinstance(entry, int | np.integer) for entry in entries):
        raise ValueError(f"{category!r} is no category; expected a channel, or a tuple of channels")
    return tuple(int(entry) for entry in entries)
