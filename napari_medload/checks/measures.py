"""What checks need to know of the voxels of a volume, measured in one pass, plane by plane.

Planes are taken along the axis that runs slowest in memory, so that each is one piece, and other
threads get their turn between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.geometry.affine import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.images import Volume

_SAMPLED = 100_000
_DIRECT = 1 << 16
ROUNDING = 1e-3
"""How far from a whole number a label may be for it, as scale factors in float32 leave it."""
LEAST_SIZE = 3  # an axis of fewer voxels has no inside

Breathe: TypeAlias = "Callable[[], object]"
"""Called between planes, in case something else should go first; it may raise to end it all."""

Plane: TypeAlias = "tuple[int, tuple[int, int], Array]"
"""Index of a plane, and its (fast, slow) axes of a flat piece of memory."""


@dataclass(frozen=True)
class ImageMeasure:
    """Of an image.

    Parameters
    ----------
    nans, infinite : int
        Voxels that are not a number, or infinite.
    low, high : float or None
        Of the finite values; None where there are none.
    """

    nans: int
    infinite: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LabelMeasure:
    """Of a label image. Values are those stored, or for one-hot channels the channel plus one.

    Parameters
    ----------
    nans, infinite : int
        Voxels that are not a number, or infinite.
    fraction : float or None
        The value that is furthest from a whole number, where one is none.
    counts : dict of int to int
        Voxels of each label that occurs, without 0.
    centres : dict of int to array, shape (3,)
        Mean voxel index of each.
    borders : dict of int to int
        Voxels of each that lie in an outermost plane.
    points : array, shape (n, 3)
        Indices of some of its voxels, spread evenly.
    channels : bool
        Whether values count channels.
    """

    nans: int
    infinite: int
    fraction: float | None
    counts: Mapping[int, int]
    centres: Mapping[int, FloatArray]
    borders: Mapping[int, int]
    points: FloatArray = field(repr=False)
    channels: bool = False

    def whole(self) -> list[int]:
        """Labels that reach no border: all of them is seen."""
        return [value for value in self.counts if value not in self.borders]


def no_pause() -> None:
    """Go on at once."""


def planes(array: Array) -> Iterator[Plane]:
    """Take a 3D array apart, plane by plane, each as a flat view in the order of memory."""
    strides = [abs(stride) for stride in array.strides]
    slow = int(np.argmax([s if n > 1 else -1 for s, n in zip(strides, array.shape, strict=True)]))
    rest = sorted((axis for axis in range(3) if axis != slow), key=lambda axis: strides[axis])
    ordered = array.transpose(slow, rest[1], rest[0])
    for index, plane in enumerate(ordered):
        yield index, (rest[0], rest[1]), plane.reshape(-1)


def measure_image(volume: Volume, breathe: Breathe = no_pause) -> ImageMeasure:
    """Measure the values of all frames."""
    nans = infinite = 0
    low, high = np.inf, -np.inf
    for frame in range(volume.frames):
        for _index, _axes, stored in planes(volume.array[..., frame]):
            breathe()
            values = stored
            if stored.dtype.kind == "f" and not np.isfinite(stored).all():
                here = int(np.count_nonzero(np.isnan(stored)))
                infinite += int(stored.size - np.count_nonzero(np.isfinite(stored))) - here
                nans += here
                values = stored[np.isfinite(stored)]
            if values.size:
                low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        return ImageMeasure(nans, infinite, None, None)
    ends = sorted(float(volume.scaling.apply(np.array(value))) for value in (low, high))
    return ImageMeasure(nans, infinite, *ends)


def measure_labels(volume: Volume, channels: bool, breathe: Breathe = no_pause) -> LabelMeasure:
    """Measure labels.

    Parameters
    ----------
    channels : bool
        Whether frames are channels of one-hot labels, and not points in time. They are only
        taken for channels where all values are 0 or 1.
    breathe : callable
        Called between planes.
    """
    one_hot = channels and volume.frames > 1 and _is_binary(volume)
    tally = _Tally(volume.grid.shape, max(1, volume.array.size // _SAMPLED))
    for frame in range(volume.frames):
        shift = frame if one_hot else 0
        array = volume.array[..., frame]
        for index, axes, stored in planes(array):
            breathe()
            tally.add(index, axes, volume.scaling.apply(stored), shift)
        for face in _faces(array):
            tally.touch(volume.scaling.apply(face), shift)
    return tally.result(one_hot)


def _is_binary(volume: Volume) -> bool:
    """Whether all values are 0 or 1."""
    if not volume.scaling.is_identity:
        return False
    array = volume.array
    return array.dtype.kind == "b" or bool(((array == 0) | (array == 1)).all())


def _faces(array: Array) -> Iterator[Array]:
    for axis, size in enumerate(array.shape):
        if size >= LEAST_SIZE:
            across = np.moveaxis(array, axis, 0)  # a view; take() would copy the whole array
            yield across[0]
            yield across[-1]


class _Tally:
    """Sums over the voxels of each label.

    Parameters
    ----------
    shape : tuple of three ints
    step : int
        Of how many voxels one is kept as a point.
    """

    def __init__(self, shape: tuple[int, int, int], step: int) -> None:
        self._shape, self._step = shape, step
        self._counts: dict[int, int] = {}
        self._sums: dict[int, FloatArray] = {}
        self._borders: dict[int, int] = {}
        self._points: list[FloatArray] = []
        self._nans = self._infinite = 0
        self._fraction: float | None = None
        self._off = 0.0

    def add(self, index: int, axes: tuple[int, int], values: Array, shift: int) -> None:
        """Count a plane.

        Parameters
        ----------
        index : int
            Of the plane along the third axis.
        axes : tuple of two ints
            Axes along which the flat values run fast and slow.
        shift : int
            Added to values: the channel.
        """
        places = np.flatnonzero(values)
        if not places.size:
            return
        found, places = self._whole(values[places], places)
        if not found.size:
            return
        fast, slow = axes
        third = 3 - fast - slow
        across, down = places % self._shape[fast], places // self._shape[fast]
        present, codes = _coded(found)
        counts = np.bincount(codes, minlength=len(present))
        sums = np.zeros((len(present), 3))
        sums[:, fast] = np.bincount(codes, across, len(present))
        sums[:, slow] = np.bincount(codes, down, len(present))
        sums[:, third] = counts * index
        for value, count, total in zip(present, counts.tolist(), sums, strict=True):
            if count:
                label = value + shift
                self._counts[label] = self._counts.get(label, 0) + count
                self._sums[label] = self._sums.get(label, np.zeros(3)) + total
        kept = slice((index * 7919) % self._step, None, self._step)  # not the same place each time
        points = np.empty((len(places[kept]), 3))
        points[:, fast], points[:, slow] = across[kept], down[kept]
        points[:, third] = index
        self._points.append(points)

    def touch(self, face: Array, shift: int) -> None:
        """Count the labels of an outermost plane."""
        values = face[face != 0]
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
            values = values[np.abs(values - np.rint(values)) <= ROUNDING]
        for value, count in zip(*np.unique(values, return_counts=True), strict=True):
            label = round(float(value)) + shift
            self._borders[label] = self._borders.get(label, 0) + int(count)

    def result(self, channels: bool) -> LabelMeasure:
        """Bring the sums together."""
        order = sorted(self._counts)
        return LabelMeasure(
            self._nans,
            self._infinite,
            self._fraction,
            {label: self._counts[label] for label in order},
            {label: self._sums[label] / self._counts[label] for label in order},
            {label: n for label, n in sorted(self._borders.items()) if label in self._counts},
            np.concatenate(self._points) if self._points else np.empty((0, 3)),
            channels,
        )

    def _whole(self, values: Array, places: Array) -> tuple[Array, Array]:
        """Whole numbers among values, and their places; the others are remembered."""
        if values.dtype.kind != "f":
            return values, places
        finite = np.isfinite(values)
        if not finite.all():
            nans = int(np.count_nonzero(np.isnan(values)))
            self._nans += nans
            self._infinite += int(np.count_nonzero(~finite)) - nans
            values, places = values[finite], places[finite]
        rounded = np.rint(values)
        off = np.abs(values - rounded)
        furthest = int(np.argmax(off)) if off.size else 0
        if off.size and off[furthest] > self._off:
            self._off, self._fraction = float(off[furthest]), float(values[furthest])
        odd = (off > ROUNDING) | (rounded == 0)
        if odd.any():
            rounded, places = rounded[~odd], places[~odd]
        return rounded.astype(np.int64), places


def _coded(values: Array) -> tuple[list[int], Array]:
    """Distinct values, and for each voxel its place among them."""
    if values.dtype.kind == "b":
        return [1], np.zeros(values.size, np.intp)
    lowest, highest = int(values.min()), int(values.max())
    if 0 <= lowest and highest < _DIRECT:
        return list(range(highest + 1)), values.astype(np.intp)
    present, codes = np.unique(values, return_inverse=True)
    return [int(value) for value in present], codes.reshape(-1)


@dataclass(frozen=True)
class Backdrop:
    """What lies around the body in an image, such as air.

    Parameters
    ----------
    level : float
        Largest value that counts as it.
    body : array of bool
        Thinned: what is brighter, and what is enclosed by it, such as lungs in a chest.
    step : int
        Of how many voxels along each axis `body` holds one.
    centre : array, shape (3,), or None
        Mean index of all that is brighter; None where that is cut off by a border.
    """

    level: float
    body: Array = field(repr=False)
    step: int
    centre: FloatArray | None


_BINS = 128
_LOWEST_PART = 0.15
_LEAST_SHARE = 0.1
_ABOVE = 0.03
_TOUCHING = 0.02


def backdrop(volume: Volume) -> Backdrop | None:
    """Find the dark background of an image, from one voxel in many; None where it has none.

    It is a peak at the low end of the histogram that holds a tenth of all voxels. What lies up to
    3 % of the range above it counts as well: noise, and air that is not quite even.
    """
    array = volume.array[..., 0]
    step = max(1, round((array.size / _SAMPLED) ** (1 / 3)))
    values = volume.scaling.apply(array[::step, ::step, ::step]).astype(np.float32)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(np.percentile(finite, 99.5))
    if not low < high:
        return None
    counts, edges = np.histogram(finite, _BINS, (low, high))
    peak = int(np.argmax(counts[: round(_BINS * _LOWEST_PART)]))
    if counts[peak] < _LEAST_SHARE * finite.size:
        return None
    level = float(edges[peak + 1] + _ABOVE * (high - low))
    bright = values > level
    return Backdrop(level, _enclosed(bright), step, _centre(bright, step))


def _enclosed(bright: Array) -> Array:
    """Return what lies between bright voxels along at least two of the three axes."""
    votes = np.zeros(bright.shape, np.uint8)
    for axis in range(3):
        there = np.maximum.accumulate(bright, axis)
        back = np.flip(np.maximum.accumulate(np.flip(bright, axis), axis), axis)
        votes += there & back
    return votes >= 2


def _centre(inside: Array, step: int) -> FloatArray | None:
    """Mean index of what is inside, unless it reaches a border."""
    if not inside.any() or min(inside.shape) < LEAST_SIZE:
        return None
    if any(float(face.mean()) > _TOUCHING for face in _faces(inside)):
        return None
    return np.array([places.mean() * step for places in np.nonzero(inside)])


def lying_outside(label: LabelMeasure, lies: Grid, image: Grid, found: Backdrop) -> Array | None:
    """Tell which points of a label lie on the background of an image, or beside it.

    Parameters
    ----------
    label : LabelMeasure
    lies : Grid
        Of the label.
    image : Grid
        Of the image.
    found : Backdrop
        Of the image.

    Returns
    -------
    array of bool, shape (n,), or None
        One for each of the label's points; None where there are none, or the image has no place.
    """
    if not len(label.points) or image.is_singular:
        return None
    points = label.points
    if lies != image and lies.known and image.known:
        points = apply(image.world_to_index(), apply(lies.affine, points))
    inside = ((points > -0.5) & (points < np.array(image.shape) - 0.5)).all(axis=1)
    nearest = np.rint(points[inside] / found.step).astype(np.intp)
    nearest = np.minimum(nearest, np.array(found.body.shape) - 1)
    outside = np.ones(len(points), bool)
    outside[inside] = ~found.body[tuple(nearest.T)]
    return outside
