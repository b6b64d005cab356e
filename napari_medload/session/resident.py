"""Volumes in memory, prepared for drawing: contrast, label codes, reslicers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Scaling, Source
from napari_medload.images import Volume, read_volume
from napari_medload.images.reslice import Reslicer
from napari_medload.images.statistics import contrast_limits, count_values, whole_numbers
from napari_medload.labels.overlap import MOST_CHANNELS, combine_channels

if TYPE_CHECKING:
    from napari_medload.geometry import Grid
    from napari_medload.images.display_array import DisplayArray
    from napari_medload.labels import LabelTable

_DISPLAYS_KEPT = 2


class Resident:
    """One volume, ready to be drawn as an image or as labels.

    Parameters
    ----------
    volume : Volume
    is_label : bool
        Whether its role holds labels. Fractional labels are drawn as images all the same.
    table : LabelTable
        Names for label values.
    """

    def __init__(self, volume: Volume, is_label: bool, table: LabelTable) -> None:
        self.volume = volume
        self.grid = volume.grid
        self.header = volume.header
        self.table = table
        self.values: tuple[int, ...] = ()
        self.drawn_as_labels = is_label and self._make_labels()
        self.limits = (0.0, 1.0) if self.drawn_as_labels else contrast_limits(self.volume)
        self._lock = threading.Lock()
        self._reslicers: dict[int, Reslicer] = {}
        self._displays: dict[tuple[Grid, int], DisplayArray] = {}

    def _make_labels(self) -> bool:
        """Replace the array by whole numbers, one-hot channels by codes; False where neither."""
        volume = self.volume
        whole = whole_numbers(volume.values())
        if whole is None:
            return False
        if 1 < whole.shape[3] <= MOST_CHANNELS and whole.min() >= 0 and whole.max() <= 1:
            codes, self.table = combine_channels(whole, self.table)
            smallest = whole_numbers(codes)
            whole = (codes if smallest is None else smallest)[..., np.newaxis]
        counts = count_values(whole[..., 0])
        self.values = tuple(value for value in counts or () if value)
        self.volume = Volume(whole, volume.grid, Scaling(), volume.header)
        return True

    @property
    def frames(self) -> int:
        """Number of 3D arrays to choose from."""
        return self.volume.frames

    @property
    def nbytes(self) -> int:
        """Memory of the volume and of all copies made to reslice it."""
        with self._lock:
            copies = sum(reslicer.nbytes for reslicer in self._reslicers.values())
        return self.volume.nbytes + copies

    def reslicer(self, frame: int) -> Reslicer:
        """Reslicer of a frame; the last frame where the volume has fewer."""
        frame = min(frame, self.frames - 1)
        with self._lock:
            if frame not in self._reslicers:
                self._reslicers.clear()  # one frame at a time: each may hold a copy
                self._displays.clear()
                self._reslicers[frame] = Reslicer(
                    self.volume.array[..., frame],
                    self.grid,
                    self.volume.scaling,
                    nearest=self.drawn_as_labels,
                )
            return self._reslicers[frame]

    def display(self, grid: Grid, frame: int) -> DisplayArray:
        """Array-like on a grid; the same object for the same grid and frame."""
        reslicer = self.reslicer(frame)
        key = (grid, min(frame, self.frames - 1))
        with self._lock:
            found = self._displays.get(key)
        if found is None:
            found = reslicer.on(grid)
            with self._lock:
                while len(self._displays) >= _DISPLAYS_KEPT:
                    del self._displays[next(iter(self._displays))]
                self._displays[key] = found
        return found


def read_resident(source: Source, is_label: bool, table: LabelTable) -> Resident:
    """Read a volume and prepare it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return Resident(read_volume(source), is_label, table)
