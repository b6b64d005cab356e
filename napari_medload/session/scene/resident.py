"""Volumes in memory, prepared for drawing: contrast, label codes, reslicers."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Scaling, Source
from napari_medload.images import Volume, read_volume
from napari_medload.images.itk import ItkCopy
from napari_medload.images.reslice import Reslicer
from napari_medload.images.statistics import contrast_limits, count_values, whole_numbers
from napari_medload.labels import Categories
from napari_medload.labels.collation import join_channels
from napari_medload.labels.overlap import MOST_CHANNELS, combine_channels, dense_codes
from napari_medload.loaders.identity import file_stamp, hash_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.formats.transforms import Transform
    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.images.display_array import DisplayArray
    from napari_medload.labels import LabelTable
    from napari_medload.labels.collation import Collation

_DISPLAYS_KEPT = 4  # on two grids, before and after a registration
_ALONE_KEPT = 3  # rows of an epoch: the one shown, and its neighbours
_VALUES_AT_MOST = 4096
_LARGEST_VALUE = 65535
_MAPPED_FROM_BYTES = 1 << 30


class Resident:
    """One volume, ready to be drawn as an image or as labels.

    Parameters
    ----------
    volume : Volume
    is_label : bool
        Whether its role holds labels. Fractional labels are drawn as images all the same.
    table : LabelTable
        Names for label values.
    one_hot : bool
        Whether frames of zeros and ones are channels of one label image, and not time points.
    collation : tuple of tuples of ints, optional
        Channels that are joined before they are drawn, one tuple a category.

    Attributes
    ----------
    absent : tuple of ints
        Slices (indices along the third axis) that no file holds. They count in no statistics and
        are drawn like the lowest value.
    """

    def __init__(
        self,
        volume: Volume,
        is_label: bool,
        table: LabelTable,
        one_hot: bool = True,
        collation: Collation | None = None,
    ) -> None:
        self.volume = in_memory(volume)
        self.stamp: tuple[int, int] | None = None  # of its files, before they were read
        self._stored: Volume | None = self.volume  # as it was read, until its content is hashed
        self._content = ""
        self.grid = volume.grid
        self.header = volume.header
        self.absent = volume.header.absent
        self.table = table
        self.values: tuple[int, ...] = ()
        self.remark = ""
        self.drawn_as_labels = is_label and self._make_labels(one_hot, collation)
        self.limits = (0.0, 1.0) if self.drawn_as_labels else self._make_limits()
        self._lock = threading.Lock()
        self._copy: tuple[int, ItkCopy] | None = None  # of one frame; all reslicers share it
        self._reslicers: dict[tuple[Grid, Transform | None], Reslicer] = {}
        self._displays: dict[tuple[Grid, Reslicer], DisplayArray] = {}
        self._coarse: dict[tuple[Grid, Reslicer], tuple[Array, FloatArray, float]] = {}
        self._alone: dict[int, Resident] = {}

    def content(self) -> str:
        """Hash what was stored in the file; what was kept for it is let go. For one thread."""
        stored = self._stored
        if stored is not None:
            self._content, self._stored = hash_of(stored), None
        return self._content

    def alone(self, value: int) -> Resident:
        """Return the same labels with one of them alone; the last few are kept.

        Its voxels are brought together from all codes that stand for it, so that no outline is
        drawn where another label crosses it.

        Parameters
        ----------
        value : int
            For one-hot labels the channel plus one.
        """
        with self._lock:
            found = self._alone.pop(value, None)
        if found is None:
            table = self.table.alone(value)
            own = np.isin(self.volume.array, list(table)).astype(np.uint8, order="F")
            own *= value
            volume = Volume(own, self.grid, Scaling(), self.header)
            found = Resident(volume, True, table, one_hot=False)
            found._stored = None
        with self._lock:
            self._alone[value] = found  # the latest last
            while len(self._alone) > _ALONE_KEPT:
                del self._alone[next(iter(self._alone))]
        return found

    def _make_labels(self, one_hot: bool, collation: Collation | None) -> bool:
        """Replace the array by whole numbers, one-hot channels by codes; False where neither."""
        volume = self.volume
        whole = whole_numbers(volume.values())
        if whole is None:
            return False
        joined = collation if one_hot and self._has_channels(whole) else ()
        if joined:
            whole = self._collated(whole, joined)
        channels = one_hot and 1 < whole.shape[3] <= MOST_CHANNELS
        if channels and whole.min() >= 0 and whole.max() <= 1:
            codes, self.table = combine_channels(whole, self.table, joined)
            smallest = whole_numbers(codes)
            whole = (codes if smallest is None else smallest)[..., np.newaxis]
        present = [value for value in count_values(whole) or () if value]
        if len(present) > _VALUES_AT_MOST:
            self.remark = f"more than {_VALUES_AT_MOST:,} label values, drawn as an image"
            return False
        if present and present[-1] > _LARGEST_VALUE:
            whole, self.table = dense_codes(whole, present, self.table)
            present = list(range(1, len(present) + 1))
        self.values = tuple(present)
        self.volume = Volume(whole, volume.grid, Scaling(), volume.header)
        return True

    def _has_channels(self, whole: Array) -> bool:
        """Whether the array has an axis of channels; a single one holds zeros and ones."""
        single = len(self.header.shape) > 3 and whole.min() >= 0 and whole.max() <= 1
        return whole.shape[3] > 1 or single

    def _collated(self, channels: Array, collation: Collation) -> Array:
        """Join the channels of each category; one whose channels are not all there stays empty."""
        count = channels.shape[3]
        if collation == tuple((channel,) for channel in range(count)):
            return channels
        absent = Categories(self.table, collation).absent(count)
        if absent:
            named = ", ".join(f"{name} ({_channels_text(c)})" for name, c in absent.items())
            self.remark = f"left out, not there: {named}; the masks have channels 0 to {count - 1}"
        return join_channels(channels, collation, absent="empty")

    def _make_limits(self) -> tuple[float, float]:
        """Contrast of the slices that are there; those that are not become as dark as any."""
        if not self.absent:
            return contrast_limits(self.volume)
        array = self.volume.array
        there = np.delete(array, self.absent, axis=2)
        limits = contrast_limits(self.volume.with_array(there))
        filled = np.array(array, order="K")
        filled[:, :, list(self.absent)] = _stored_below(limits[0], self.volume)
        filled.flags.writeable = False
        self.volume = self.volume.with_array(filled)
        return limits

    @property
    def frames(self) -> int:
        """Number of 3D arrays to choose from."""
        return self.volume.frames

    @property
    def nbytes(self) -> int:
        """Memory of the volume and of all copies made to reslice it."""
        with self._lock:
            copies = 0 if self._copy is None else self._copy[1].nbytes
            copies += sum(array.nbytes for array, _start, _step in self._coarse.values())
            copies += sum(one.nbytes for one in self._alone.values())
        stored = self._stored
        if stored is not None and stored.array is not self.volume.array:
            copies += stored.nbytes
        return self.volume.nbytes + copies

    def frame(self, wanted: int) -> int:
        """Return the wanted frame, or the last one where the volume has fewer."""
        return min(wanted, self.frames - 1)

    def reslicer(
        self, frame: int, placed: Grid | None = None, transform: Transform | None = None
    ) -> Reslicer:
        """Reslicer of a frame; the last few are kept, and share the copy that they work on.

        Parameters
        ----------
        placed : Grid, optional
            Where the voxels lie, for a volume that does not say so itself.
        transform : Transform, optional
            Leads from places of the display to places of this volume.
        """
        grid, shown = self.grid if placed is None else placed, self.frame(frame)
        key = (grid, transform)
        with self._lock:
            if self._copy is None or self._copy[0] != shown:  # one at a time: it takes memory
                self._copy = (shown, ItkCopy(self.volume.array[..., shown]))
                self._reslicers.clear()
                self._displays.clear()
                self._coarse.clear()
            if key not in self._reslicers:
                _keep_few(self._reslicers, _DISPLAYS_KEPT)
                self._reslicers[key] = Reslicer(
                    self.volume.array[..., shown],
                    grid,
                    self.volume.scaling,
                    nearest=self.drawn_as_labels,
                    outside=0.0 if self.drawn_as_labels else self.limits[0],
                    transform=transform,
                    shared=self._copy[1],
                )
            return self._reslicers[key]

    def display(
        self,
        grid: Grid,
        frame: int,
        placed: Grid | None = None,
        transform: Transform | None = None,
    ) -> DisplayArray:
        """Array-like on a grid; the same object for the same grid, frame, place and transform."""
        reslicer = self.reslicer(frame, placed, transform)
        key = (grid, reslicer)
        with self._lock:
            found = self._displays.get(key)
        if found is None:
            found = reslicer.on(grid)
            with self._lock:
                _keep_few(self._displays, _DISPLAYS_KEPT)
                self._displays[key] = found
        return found

    def coarse(
        self,
        grid: Grid,
        frame: int,
        placed: Grid | None,
        at_most: int,
        transform: Transform | None = None,
    ) -> tuple[Array, FloatArray, float]:
        """Whole volume on a grid, thinned; see `Reslicer.coarse`. Kept until another is asked."""
        reslicer = self.reslicer(frame, placed, transform)
        key = (grid, reslicer)
        with self._lock:
            found = self._coarse.get(key)
        if found is None:
            found = reslicer.coarse(grid, at_most)
            with self._lock:
                self._coarse = {key: found}
        return found


def _keep_few(kept: dict[Any, Any], at_most: int) -> None:
    """Make room for one more: what was kept first goes first."""
    while len(kept) >= at_most:
        del kept[next(iter(kept))]


def in_memory(volume: Volume) -> Volume:
    """Copy what is mapped from disk: a file that shrinks under a map ends the process.

    Volumes too large to be held twice stay mapped.
    """
    mapped = isinstance(volume.array, np.memmap)
    if not mapped or volume.array.nbytes >= _MAPPED_FROM_BYTES:
        return volume
    return volume.with_array(np.array(volume.array, order="K", subok=False))


def _stored_below(value: float, volume: Volume) -> float:
    """Return the stored number of a value, or the next lower one that the type holds."""
    scaling, kind = volume.scaling, volume.array.dtype
    stored = (value - scaling.intercept) / (scaling.slope or 1.0)
    if kind.kind not in "iu":
        return 0.0 if kind.kind == "b" else stored
    limits = np.iinfo(kind)
    return int(min(max(math.floor(stored), limits.min), limits.max))


def _channels_text(channels: Sequence[int]) -> str:
    return f"channel{'s' if len(channels) > 1 else ''} {', '.join(map(str, channels))}"


def read_resident(
    source: Source,
    is_label: bool,
    table: LabelTable,
    one_hot: bool = True,
    collation: Collation | None = None,
) -> Resident:
    """Read a volume and prepare it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    stamp = file_stamp(source)
    resident = Resident(read_volume(source), is_label, table, one_hot, collation)
    resident.stamp = stamp
    return resident
