"""Axes of arrays, STCZYX in any order, and the order SC(Z)YX that regions are cut in.

S and T become one axis of samples, S running slowest: ``sample = s * T + t``. A missing channel
axis is added with size one. Both are undone exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.regions.errors import RegionError
from napari_medload.regions.specs import ints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Array

LETTERS = "STCZYX"


def checked_axes(axes: str, shape: Sequence[int] | None = None) -> str:
    """Check the names of an array's axes and return them in upper case.

    Parameters
    ----------
    axes : str
        Some of S, T, C, Z, Y, X in any order, each at most once, Y and X among them. Lower case
        is taken as upper case.
    shape : sequence of ints, optional
        Of the array that they name.

    Raises
    ------
    RegionError
        If a letter is unknown, stands twice or is missing, or their number is not that of the
        array's axes.
    """
    expected = "expected some of S, T, C, Z, Y, X in any order, each once, with Y and X"
    if not isinstance(axes, str) or not axes:
        raise RegionError(f"axes are {axes!r}; {expected}, such as 'CZYX'.")
    found = axes.upper()
    if unknown := [letter for letter in found if letter not in LETTERS]:
        raise RegionError(f"axes {axes!r} hold unknown {', '.join(unknown)}; {expected}.")
    if twice := [letter for letter in LETTERS if found.count(letter) > 1]:
        raise RegionError(f"axes {axes!r} name {', '.join(twice)} more than once; {expected}.")
    if missing := [letter for letter in "YX" if letter not in found]:
        raise RegionError(f"axes {axes!r} lack {' and '.join(missing)}; {expected}.")
    if shape is not None and len(shape) != len(found):
        raise RegionError(
            f"axes {axes!r} name {len(found)} axes, the array has {len(shape)}, shape "
            f"{tuple(shape)}; expected one letter for each axis."
        )
    return found


def canonical_shape(shape: Sequence[int], axes: str) -> tuple[int, ...]:
    """Shape in SC(Z)YX order.

    Parameters
    ----------
    shape : sequence of ints
    axes : str
        Names of its axes.

    Raises
    ------
    RegionError
        If an axis is empty, or as for `checked_axes`.
    """
    size = _sizes(shape, axes)
    spatial = [size[letter] for letter in "ZYX" if letter in size]
    return (size.get("S", 1) * size.get("T", 1), size.get("C", 1), *spatial)


def sample_place(sample: int, shape: Sequence[int], axes: str) -> dict[str, int]:
    """Index along S and along T, where the array has them, of one of its samples.

    Raises
    ------
    RegionError
        If there is no such sample.
    """
    size = _sizes(shape, axes)
    count = size.get("S", 1) * size.get("T", 1)
    if not 0 <= sample < count:
        raise RegionError(
            f"sample_idx is {sample}, an image of axes {axes} and shape {tuple(shape)} has "
            f"{count}; expected 0 to {count - 1}."
        )
    s, t = divmod(sample, size.get("T", 1))
    return {letter: at for letter, at in (("S", s), ("T", t)) if letter in size}


def to_canonical(array: Array, axes: str) -> Array:
    """Bring an array into SC(Z)YX order.

    Parameters
    ----------
    array : array
    axes : str
        Names of its axes.

    Returns
    -------
    array, shape SC(Z)YX
        A view wherever S and T can be joined in place.

    Raises
    ------
    RegionError
        As for `canonical_shape`.
    """
    axes = checked_axes(axes, array.shape)
    shape = canonical_shape(array.shape, axes)
    return array.transpose([axes.index(a) for a in LETTERS if a in axes]).reshape(shape)


def from_canonical(
    array: Array, axes: str, shape: Sequence[int], target_axes: str | None = None
) -> Array:
    """Bring an array from SC(Z)YX order back into the axes of an image.

    The number of channels is that of `array`, which may be a model's output: where the axes name
    no channels, several come before the first of Z, Y, X; see `restored_axes`.

    Parameters
    ----------
    array : array, shape SC(Z)YX
    axes : str
        Axes of the image.
    shape : sequence of ints
        Shape of the image in these axes.
    target_axes : str, optional
        Axes to restore to, where they are others in order or in having channels.

    Returns
    -------
    array
        Shape of the image, but for its channels; a view.

    Raises
    ------
    RegionError
        If the array is no image of these axes and this shape.
    """
    size = _sizes(shape, axes)
    expected = canonical_shape(shape, axes)
    if array.ndim != len(expected) or (array.shape[0], *array.shape[2:]) != (
        expected[0],
        *expected[2:],
    ):
        raise RegionError(
            f"an array of shape {array.shape} is no image of axes {axes} and shape "
            f"{tuple(shape)}; expected {expected} (SC(Z)YX), with any number of channels."
        )
    size["C"] = array.shape[1]
    wanted = restored_axes(target_axes or axes, array.shape[1])
    if lost := [a for a in size if a not in wanted and size[a] > 1]:
        raise RegionError(
            f"target axes {target_axes} lack {', '.join(lost)} of an image of axes {axes} and "
            f"shape {tuple(shape)}; expected every axis longer than one. Add it to target_axes."
        )
    apart = array.reshape([size.get(letter, 1) for letter in LETTERS])
    kept = apart.transpose([LETTERS.index(a) for a in wanted + _rest(wanted)])
    return kept.reshape(kept.shape[: len(wanted)])


def restored_axes(axes: str, channels: int) -> str:
    """Axes that an image is restored to.

    Parameters
    ----------
    axes : str
        Axes that were asked for.
    channels : int
        Channels that there are.

    Returns
    -------
    str
        The same axes; several channels that they do not name stand before the first of Z, Y, X,
        as in C×W×H×D.
    """
    axes = checked_axes(axes)
    if "C" in axes or channels == 1:
        return axes
    first = min(axes.index(letter) for letter in "ZYX" if letter in axes)
    return f"{axes[:first]}C{axes[first:]}"


def _sizes(shape: Sequence[int], axes: str) -> dict[str, int]:
    numbers = ints(shape, "shape")
    axes = checked_axes(axes, numbers)
    if not all(number > 0 for number in numbers):
        raise RegionError(f"an image of shape {numbers} has no voxels; expected sizes above zero.")
    return dict(zip(axes, numbers, strict=True))


def _rest(axes: str) -> str:
    return "".join(letter for letter in LETTERS if letter not in axes)
