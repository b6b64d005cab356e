"""What loaders are made with, checked: whole numbers, probabilities and shapes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np

from napari_medload.loaders.errors import LoaderError


def is_whole(number: object) -> bool:
    """Whether a number is whole, Python's or NumPy's; True and False are none."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def is_real(number: object) -> bool:
    """Whether a number is real, Python's or NumPy's; True and False are none."""
    return isinstance(number, Real) and not isinstance(number, bool)


def is_shape(shape: object) -> bool:
    """Whether three sizes are the shape of an image."""
    if not isinstance(shape, Sequence | np.ndarray) or len(shape) != 3:
        return False
    return all(is_whole(size) and size > 0 for size in shape)


def expect(name: str, found: object, fits: bool, expected: str) -> None:
    """Check one argument.

    Raises
    ------
    LoaderError
        Where it does not fit.
    """
    if not fits:
        raise LoaderError(f"{name} must be {expected}, found {found!r}. Correct it.")


def expect_count(name: str, found: object, least: int) -> None:
    """Check that an argument is a whole number, and at least so large.

    Raises
    ------
    LoaderError
        Where it does not fit.
    """
    fits = is_whole(found) and found >= least  # type: ignore[operator]
    expect(name, found, fits, f"an int from {least}")
