"""Axes, arrays and tensors to draw from."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from hypothesis import strategies as st

ALL_AXES = [
    "".join(order)
    for more in range(5)
    for chosen in combinations("STCZ", more)
    for order in permutations((*chosen, "Y", "X"))
]
"""Every order of every choice of axes: 1370 layouts."""


def counted(shape, dtype=np.float32):
    """Array in which no two voxels have the same value."""
    return np.arange(np.prod(shape)).astype(dtype).reshape(shape)


@st.composite
def layouts(draw, largest=5):
    """Axes in any order, and a shape."""
    axes = draw(st.sampled_from(ALL_AXES))
    return axes, tuple(draw(st.integers(1, largest)) for _ in axes)


class Tensor:
    """What torch hands out: an array behind ``__array__``, whose elements are tensors too."""

    def __init__(self, values):
        self._values = np.asarray(values)
        self.shape, self.ndim = self._values.shape, self._values.ndim
        self.dtype = f"torch.{self._values.dtype}"

    def __array__(self, dtype=None, copy=None):
        return self._values if dtype is None else self._values.astype(dtype)

    def __getitem__(self, place):
        return Tensor(self._values[place])

    def __len__(self):
        return len(self._values)

    def __index__(self):
        return int(self._values)
