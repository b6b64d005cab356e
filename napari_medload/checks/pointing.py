"""The voxel that a finding leads to: looked for once something was found, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.finding import Place
from napari_medload.checks.measures import LEAST_SIZE, no_pause, planes
from napari_medload.geometry.affine import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from napari_medload.checks.measures import Breathe, LabelMeasure
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.images import Volume

    Holds: TypeAlias = Callable[[Array], Array]
    """Which of some values are meant."""


def place_in(role: str, grid: Grid, index: Iterable[float], frame: int = 0) -> Place:
    """Tell where a voxel lies.

    Parameters
    ----------
    role : str
        File that the voxel is in.
    grid : Grid
        Of that file.
    index : three floats
        (i, j, k) as stored.
    frame : int
        Of the file.
    """
    i, j, k = (float(at) for at in index)
    if not grid.oriented:
        return Place(role, (i, j, k), None, frame)
    right, anterior, superior = apply(grid.affine, (i, j, k)).tolist()
    return Place(role, (i, j, k), (right, anterior, superior), frame)


def middle_of(role: str, grid: Grid) -> Place:
    """Tell where the middle of a file's grid lies."""
    return place_in(role, grid, [(size - 1) / 2 for size in grid.shape])


def centre_of(
    role: str, grid: Grid, measure: LabelMeasure, values: Iterable[int] | None = None
) -> Place:
    """Tell where the middle of some labels lies, each voxel counting once; of all by default."""
    meant = list(measure.counts if values is None else values)
    centres = [measure.centres[value] for value in meant]
    counts = [measure.counts[value] for value in meant]
    return place_in(role, grid, np.average(centres, axis=0, weights=counts))


def labelled_place(role: str, volume: Volume, index: Array) -> Place:
    """Tell where a voxel lies that holds a label, and in which frame it first does."""
    i, j, k = (round(float(at)) for at in index)
    held = np.flatnonzero(volume.scaling.apply(volume.array[i, j, k]))
    return place_in(role, volume.grid, index, int(held[0]) if held.size else 0)


def first_voxel(
    role: str, volume: Volume, holds: Holds, breathe: Breathe = no_pause
) -> Place | None:
    """Find the first voxel, in the order of memory, whose value is meant."""
    for frame in range(volume.frames):
        for found in _by_planes(volume, frame, holds, breathe):
            return place_in(role, volume.grid, found[0], frame)
    return None


def label_voxel(
    role: str, volume: Volume, measure: LabelMeasure, value: int, breathe: Breathe = no_pause
) -> Place | None:
    """Find the voxel of a label that is nearest to its middle, which may lie beside a bent one."""
    frames, holds = _meant(volume, measure, value)
    found = (
        (frame, places) for frame in frames for places in _by_planes(volume, frame, holds, breathe)
    )
    return _nearest(role, volume.grid, found, measure.centres[value])


def border_voxel(role: str, volume: Volume, measure: LabelMeasure, value: int) -> Place | None:
    """Find the voxel in an outermost plane that is nearest to the middle of its label."""
    frames, holds = _meant(volume, measure, value)
    found = ((frame, places) for frame in frames for places in _by_faces(volume, frame, holds))
    return _nearest(role, volume.grid, found, measure.centres[value])


def _meant(volume: Volume, measure: LabelMeasure, value: int) -> tuple[Iterable[int], Holds]:
    """Frames in which a label may lie, and what tells its voxels there."""
    if measure.channels:
        return (value - 1,), lambda values: values != 0
    return range(volume.frames), lambda values: np.rint(values) == value


def _by_planes(volume: Volume, frame: int, holds: Holds, breathe: Breathe) -> Iterator[Array]:
    """Yield indices of the voxels that are meant, shape (n, 3), plane by plane."""
    shape = volume.grid.shape
    for index, (fast, slow), stored in planes(volume.array[..., frame]):
        breathe()
        flat = np.flatnonzero(holds(volume.scaling.apply(stored)))
        if flat.size:
            places = np.full((flat.size, 3), index)
            places[:, fast], places[:, slow] = flat % shape[fast], flat // shape[fast]
            yield places


def _by_faces(volume: Volume, frame: int, holds: Holds) -> Iterator[Array]:
    """Yield the same of the outermost planes."""
    array = volume.array[..., frame]
    for axis, size in enumerate(array.shape):
        for at in (0, size - 1) if size >= LEAST_SIZE else ():
            face = volume.scaling.apply(np.moveaxis(array, axis, 0)[at])
            flat = np.argwhere(holds(face))
            if flat.size:
                yield np.insert(flat, axis, at, axis=1)


def _nearest(
    role: str, grid: Grid, found: Iterable[tuple[int, Array]], middle: FloatArray
) -> Place | None:
    """Return the place nearest to a middle, counted in voxels."""
    best: tuple[float, int, Array] | None = None
    for frame, places in found:
        distances = np.square(places - middle).sum(axis=1)
        least = int(np.argmin(distances))
        if best is None or distances[least] < best[0]:
            best = (float(distances[least]), frame, places[least])
    return None if best is None else place_in(role, grid, best[2], best[1])
