"""Array-likes for files that are shown alone: frames one at a time, and what can be painted into.

They are read from the threads in which napari slices, so they keep what they share under a lock.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.images.array_like import ArrayLike, full_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.formats.contract import Array
    from napari_medload.images.display_array import DisplayArray

_FRAMES_KEPT = 2


class FrameStack(ArrayLike):
    """Frames of a volume on a display grid, each made ready when it is first looked at.

    Parameters
    ----------
    frame : callable
        Makes the array-like of a frame, axes (k, j, i).
    count : int
        Number of frames.
    last : bool
        Whether the axis of frames is the last one (colours) and not the first one (time).
    """

    def __init__(
        self, frame: Callable[[int], DisplayArray], count: int, last: bool = False
    ) -> None:
        self._make, self._count, self._last = frame, count, last
        self._lock = threading.Lock()
        self._kept: dict[int, DisplayArray] = {}
        first = self._frame(0)
        self._spatial, self.dtype = first.shape, first.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along frames, k, j, i; for colours along k, j, i, frames."""
        return (*self._spatial, self._count) if self._last else (self._count, *self._spatial)

    def __getitem__(self, key: Any) -> Array:
        """Read planes of one frame or of several.

        Parameters
        ----------
        key : int, slice, Ellipsis or a tuple of them
        """
        parts = full_key(key, self.ndim)
        wanted, spatial = (parts[3], parts[:3]) if self._last else (parts[0], parts[1:])
        if not isinstance(wanted, slice):
            return self._frame(range(self._count)[int(wanted)])[spatial]
        frames = [self._frame(number)[spatial] for number in range(self._count)[wanted]]
        if frames:
            return np.stack(frames, axis=-1 if self._last else 0)
        empty = np.zeros(self._spatial, self.dtype)[spatial]
        return np.zeros((*empty.shape, 0) if self._last else (0, *empty.shape), self.dtype)

    def _frame(self, number: int) -> DisplayArray:
        kept = self._count if self._last else _FRAMES_KEPT  # colours are always read together
        with self._lock:
            found = self._kept.pop(number, None) or self._make(number)
            self._kept[number] = found  # the latest last
            while len(self._kept) > kept:
                del self._kept[next(iter(self._kept))]
        return found


class Paintable(ArrayLike):
    """Voxels that are read on demand until somebody paints, and held as a whole from then on.

    Images are of this kind too: napari turns them into labels as they are. A copy, which napari
    makes to duplicate a layer, reads from the same source and is painted on its own.

    Parameters
    ----------
    source : DisplayArray or FrameStack
        What is shown as long as nobody has painted.
    """

    def __init__(self, source: DisplayArray | FrameStack) -> None:
        self.source = source
        self.painted: Array | None = None
        self.dtype = source.dtype
        self._lock = threading.Lock()

    def __deepcopy__(self, _memo: Any) -> Paintable:
        made = Paintable(self.source)
        made.painted = None if self.painted is None else self.painted.copy()
        return made

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes, as of the source."""
        return self.source.shape

    def __getitem__(self, key: Any) -> Array:
        """Read like an array; planes are resliced as long as nobody has painted."""
        if self.painted is not None:
            return np.asarray(self.painted[key])
        if not _is_basic(key):
            return np.asarray(np.asarray(self.source[...])[key])
        return np.array(self.source[key])  # napari paints into what it has read

    def astype(self, dtype: Any) -> Array:
        """Read the whole as another type; napari asks for it where an image becomes labels."""
        return np.asarray(self).astype(dtype)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._whole()[key] = value

    def _whole(self) -> Array:
        with self._lock:
            if self.painted is None:
                self.painted = np.array(self.source[...])
            return self.painted


def _is_basic(key: Any) -> bool:
    """Whether a key holds whole numbers and slices only."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(isinstance(part, slice | int | np.integer) or part is Ellipsis for part in parts)
