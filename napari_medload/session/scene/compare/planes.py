"""Arrays that are made plane by plane, and planes that are kept once they were read.

napari reads them from its slicing threads, so what is shared is guarded by a lock.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.images.array_like import ArrayLike, full_key
from napari_medload.images.display_array import DisplayArray, ReslicedBlock, WarpedBlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_KEPT = 12
"""Planes of a source: values and coverage of two slices in each of three planes."""


class PlaneArray(ArrayLike):
    """An array-like on a display grid, axes (k, j, i), of which planes are made on demand.

    Parameters
    ----------
    shape : tuple of three ints
        Along k, j, i.
    dtype : numpy dtype
        Of what is returned.
    """

    def __init__(self, shape: tuple[int, int, int], dtype: Any) -> None:
        self._shape = shape
        self.dtype = np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes along k, j, i."""
        return self._shape

    @abstractmethod
    def plane(self, axis: int, index: int) -> Array:
        """Make the plane at an index along an axis; its axes are the other two, in order."""

    def __getitem__(self, key: Any) -> Array:
        """Read like an array; what is thicker than a plane is read along its thinnest axis.

        Parameters
        ----------
        key : int, slice, Ellipsis or a tuple of them
            Along (k, j, i).
        """
        parts = full_key(key, 3)
        axis = self._across(parts)
        others = tuple(part for n, part in enumerate(parts) if n != axis)
        wanted = range(self.shape[axis])
        if not isinstance(parts[axis], slice):
            return np.asarray(self.plane(axis, wanted[int(parts[axis])])[others])
        planes = [self.plane(axis, index)[others] for index in wanted[parts[axis]]]
        if planes:
            return np.stack(planes, axis=axis)
        sizes = [len(range(n)[part]) for n, part in zip(self.shape, parts, strict=True)]
        return np.zeros(sizes, self.dtype)

    def _across(self, parts: tuple[Any, ...]) -> int:
        """Axis across which to read: a single index, else where the fewest planes are wanted."""

        def wanted(axis: int) -> int:
            part = parts[axis]
            return len(range(self.shape[axis])[part]) if isinstance(part, slice) else -1

        widths = [wanted(axis) for axis in range(3)]
        return widths.index(min(widths))


class KeptPlanes:
    """One of two compared images: its planes in units of its contrast, the last few kept.

    Parameters
    ----------
    source : DisplayArray
    limits : tuple of two floats
        Values that become 0 and 1. Nothing is cut off beyond them.
    absent : tuple of int, optional
        Slices of the source, along its third stored axis, that hold nothing.
    mapping : array, shape (4, 4), optional
        Display index (i, j, k) to stored index, to find the absent slices.
    """

    def __init__(
        self,
        source: DisplayArray,
        limits: tuple[float, float] = (0.0, 1.0),
        absent: tuple[int, ...] = (),
        mapping: FloatArray | None = None,
    ) -> None:
        self.source, self.limits = source, limits
        self._absent = absent if mapping is not None else ()
        self._mapping = mapping
        self._twin = _with_other_outside(source)
        self._kept: OrderedDict[tuple[str, int, int], Any] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes along k, j, i."""
        return self.source.shape

    def windowed(self, limits: tuple[float, float]) -> KeptPlanes:
        """Return the same image in units of another contrast; itself where it is the same.

        No plane is kept of it, because all that are held are in units of this one.
        """
        if limits == self.limits:
            return self
        return KeptPlanes(self.source, limits, self._absent, self._mapping)

    @property
    def nbytes(self) -> int:
        """Memory of what is kept."""
        with self._lock:
            return sum(plane.nbytes for plane in self._kept.values() if plane is not None)

    def plane(self, axis: int, index: int) -> Array:
        """Plane in units of the contrast, float32; not to be written into."""
        found: Array = self._keep("values", axis, index, self._scaled)
        return found

    def covered(self, axis: int, index: int) -> Array | None:
        """Tell where a plane lies inside the image; None where it does everywhere."""
        found: Array | None = self._keep("covered", axis, index, self._find_covered)
        return found

    def _keep(self, what: str, axis: int, index: int, make: Callable[[int, int], Any]) -> Any:
        key = (what, axis, index)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make(axis, index)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _scaled(self, axis: int, index: int) -> Array:
        stored = self.source[plane_key(axis, index)]
        low, high = self.limits
        values = np.subtract(stored, low, dtype=np.result_type(stored, np.float32))
        values *= 1 / (high - low)
        scaled = np.ascontiguousarray(values, np.float32)
        scaled.flags.writeable = False
        return scaled

    def _find_covered(self, axis: int, index: int) -> Array | None:
        inside: Array | None = None
        if self._twin is not None:
            key = plane_key(axis, index)
            inside = self.source[key] == self._twin[key]
        if not self._absent:
            return inside
        there = ~self._lies_in_absent(axis, index)
        return there if inside is None else inside & there

    def _lies_in_absent(self, axis: int, index: int) -> Array:
        """Tell where a plane has anything of a slice that is not there, blended or alone."""
        assert self._mapping is not None  # noqa: S101
        steps, start = self._mapping[2, 2::-1], self._mapping[2, 3]  # along k, j, i
        along = [
            step * (np.arange(size) if n != axis else np.array([index]))
            for n, (step, size) in enumerate(zip(steps, self.shape, strict=True))
        ]
        stored = start + along[0][:, None, None] + along[1][:, None] + along[2]
        distance = np.abs(stored[..., None] - np.array(self._absent)).min(axis=-1)
        return np.asarray(distance.squeeze(axis) < 1 - 1e-3)


def plane_key(axis: int, index: int) -> tuple[int | slice, ...]:
    """Key of one plane along (k, j, i)."""
    return tuple(index if n == axis else slice(None) for n in range(3))


def _with_other_outside(source: DisplayArray) -> DisplayArray | None:
    """Return the same array with another number outside of the image; None if it has no outside.

    Where the two differ is outside: so the answer comes from what is drawn, whatever way it is
    resliced.
    """
    if not isinstance(source.block, ReslicedBlock | WarpedBlock):
        return None
    other = 0.0 if abs(source.block.outside) >= 0.5 else 1.0
    block = replace(source.block, outside=other)
    return DisplayArray(block, source.grid, source.dtype, source.scaling)
