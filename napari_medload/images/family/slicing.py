"""Indices in NumPy's syntax, as boxes of voxels. An axis that is indexed stays, with size 1."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_medload.formats import Box

_AXES = "WHD"


def box_of(key: Any, shape: tuple[int, int, int]) -> Box:
    """Box that an index of an image names.

    Parameters
    ----------
    key : int, slice or tuple of them
        Along width, height and depth; axes that are not named are whole.
    shape : tuple of three ints
        Width, height, depth.

    Raises
    ------
    TypeError
        For anything else, such as a float.
    NotImplementedError
        For an Ellipsis.
    IndexError
        If there are more than three, an index lies outside, or a slice is empty.
    ValueError
        If a slice has a step.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if len(parts) > 3:
        raise IndexError(f"an image is indexed along {_AXES}, found {len(parts)} indices")
    parts = (*parts, *([slice(None)] * (3 - len(parts))))
    i, j, k = (
        _range(part, size, axis) for part, size, axis in zip(parts, shape, _AXES, strict=True)
    )
    return i, j, k


def _range(part: Any, size: int, axis: str) -> slice:
    if part is Ellipsis:
        raise NotImplementedError("an image is not indexed with ...; name the axes with : instead")
    if isinstance(part, slice):
        start, stop, step = part.indices(size)
        if step != 1:
            raise ValueError(
                f"axis {axis} is sliced with step {step}; expected 1. Index the array `data` "
                "instead, whose spacing is then yours to keep"
            )
        if start >= stop:
            raise IndexError(f"the slice {_text(part)} of axis {axis} of size {size} is empty")
        return slice(start, stop)
    if isinstance(part, bool) or not hasattr(part, "__index__"):
        raise TypeError(f"axis {axis} is indexed by an integer or a slice, found {part!r}")
    place = index(part)
    if not -size <= place < size:
        raise IndexError(f"index {place} lies outside axis {axis} of size {size}")
    return slice(place % size, place % size + 1)


def _text(part: slice) -> str:
    return ":".join("" if end is None else str(end) for end in (part.start, part.stop))
