"""What every array-like is to those who read it as an array, however it gets its values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array


class ArrayLike(ABC):
    """Something that is read like an array, on demand.

    Attributes
    ----------
    dtype : numpy dtype
        Of what is returned.
    """

    dtype: np.dtype[Any]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Size along each axis."""

    @abstractmethod
    def __getitem__(self, key: Any) -> Array:
        """Read a part, by an int, a slice, Ellipsis or a tuple of them."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of voxels."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole, were it read at once."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[...], dtype=dtype)


def full_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """Return one index or slice for each axis.

    Raises
    ------
    IndexError
        If there are more than axes.
    """
    parts = key if isinstance(key, tuple) else (key,)
    at = next((n for n, part in enumerate(parts) if part is Ellipsis), len(parts))
    before, after = parts[:at], parts[at + 1 :]
    missing = ndim - len(before) - len(after)
    if missing < 0:
        raise IndexError(f"an array of {ndim} axes, found {len(parts)} indices")
    return (*before, *[slice(None)] * missing, *after)
