"""What is tried of a pair: a list of hypotheses, each with the place that it gives to moving."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.fitting import can_fit, rigid_fit
from napari_medload.checks.placing import (
    as_stored,
    direction_text,
    flip_name,
    flipped,
    flips,
    moved,
    swapped,
    swaps,
)
from napari_medload.geometry import Grid
from napari_medload.geometry.agreement import corner_displacement_mm, corner_displacement_voxels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.checks.matching import Side
    from napari_medload.formats.contract import FormName
    from napari_medload.geometry import FloatArray
    from napari_medload.images import Volume

_FORMS_TOLERATED_MM = 0.1
_SAME_GRID_VOXELS = 0.5
_MOVED_MM, _TURNED_DEGREES = 1.5, 1.5


@dataclass(frozen=True)
class Trial:
    """One hypothesis.

    Parameters
    ----------
    name : str
    place : callable or None
        From fixed and moving side to the place of moving, see `checks.placing`. None where the
        labels change sides and the images stay.
    effort : int
        See `Ranked`.
    proved : bool
        Whether the headers alone prove it.
    """

    name: str
    place: Callable[[Side, Side], FloatArray] | None
    effort: int = 1
    proved: bool = False


def trials(pair: CoarsePair, volumes: Mapping[str, Volume]) -> Iterator[Trial]:
    """All that can be tried at once without other samples, the simplest first."""
    yield from _orientations(pair)
    yield from _headers(pair, volumes)
    yield from _labels(volumes)


def _orientations(pair: CoarsePair) -> Iterator[Trial]:
    """Give each of the 47 other ways to number the axes of moving, and the mirrors of fixed."""
    grid = pair.moving.image.grid
    for axes in flips():
        yield Trial(f"{flip_name(grid, axes)} flip", partial(_flipped, axes), len(axes))
    for axis in range(3):
        name = flip_name(pair.fixed.image.grid, (axis,))
        yield Trial(f"{name} flip of fixed", partial(_fixed_flipped, axis), 2)
    for order in swaps():
        exchanged = [axis for axis, stored in enumerate(order) if axis != stored]
        letters = ["ijk"[axis] for axis in exchanged]
        turned = len(exchanged) == 3
        name = (
            f"the axis order {', '.join('ijk'[axis] for axis in order)}"
            if turned
            else f"a swap of axes {letters[0]} and {letters[1]}"
        )
        for axes in ((), *flips()):
            also = f", {flip_name(_reordered(grid, order), axes)} flip" if axes else ""
            effort = 2 + turned + len(axes)
            yield Trial(name + also, partial(_swapped, order, axes), effort)


def _reordered(grid: Grid, order: tuple[int, int, int]) -> Grid:
    """Grid of an array with its axes in another order, under the header as it is."""
    i, j, k = (grid.shape[axis] for axis in order)
    return Grid((i, j, k), grid.affine, grid.known, grid.oriented)


def _flipped(axes: tuple[int, ...], fixed: Side, moving: Side) -> FloatArray:
    return flipped(moving.image.grid, axes) @ as_stored(fixed, moving)


def _fixed_flipped(axis: int, fixed: Side, moving: Side) -> FloatArray:
    return as_stored(fixed, moving) @ flipped(fixed.image.grid, (axis,))


def _swapped(
    order: tuple[int, int, int], axes: tuple[int, ...], fixed: Side, moving: Side
) -> FloatArray:
    grid = _reordered(moving.image.grid, order)
    return swapped(order) @ flipped(grid, axes) @ as_stored(fixed, moving)


def _headers(pair: CoarsePair, volumes: Mapping[str, Volume]) -> Iterator[Trial]:
    """Other headers: of the partner, the other form of the own one, none but its middle."""
    fixed, moving = pair.fixed.image.grid, pair.moving.image.grid
    if fixed.known and moving.known:
        yield Trial("the header of the partner", _by_index)
        yield Trial("centring the grids on one another", _centred, 3)
    for side in ("moving", "fixed"):
        for name, grid in _other_forms(volumes[f"{side}_image"]):
            yield Trial(f"the {name} of {side}", partial(_regridded, side, grid))


def _by_index(_fixed: Side, _moving: Side) -> FloatArray:
    return np.eye(4)


def _centred(fixed: Side, moving: Side) -> FloatArray:
    offset = moving.image.grid.centre - fixed.image.grid.centre
    return moved(fixed, moving, offset, np.zeros(3))


def _other_forms(volume: Volume) -> Iterator[tuple[FormName, Grid]]:
    forms, grid = volume.header.forms, volume.grid
    if forms is None or not grid.known:
        return
    options: tuple[tuple[FormName, FloatArray | None], ...] = (
        ("sform", forms.sform),
        ("qform", forms.qform),
    )
    for name, affine in options:
        if affine is None:
            continue
        other = Grid(grid.shape, affine)
        distance = corner_displacement_mm(grid, other)
        if not other.is_singular and distance is not None and distance > _FORMS_TOLERATED_MM:
            yield name, other


def _regridded(side: str, grid: Grid, fixed: Side, moving: Side) -> FloatArray:
    to_world = grid.affine if side == "fixed" else fixed.image.grid.affine
    to_moving = (grid if side == "moving" else moving.image.grid).world_to_index()
    return np.asarray(to_moving @ to_world, dtype=np.float64)


def _labels(volumes: Mapping[str, Volume]) -> Iterator[Trial]:
    """Let moving and fixed label change sides."""
    roles = ("fixed_image", "moving_image", "fixed_label", "moving_label")
    if any(role not in volumes for role in roles):
        return
    fixed, moving, fixed_label, moving_label = (volumes[role].grid for role in roles)
    crossed = _same(moving, fixed_label) and _same(fixed, moving_label)
    proved = crossed and not _same(fixed, fixed_label)
    yield Trial("a swap of the labels of moving and fixed", None, 1, proved)


def _same(a: Grid, b: Grid) -> bool:
    voxels = corner_displacement_voxels(a, b)
    return a.shape == b.shape and (voxels is None or voxels <= _SAME_GRID_VOXELS)


def moves(pair: CoarsePair, wanted: Callable[[], bool]) -> Iterator[Trial]:
    """Shift moving, and turn it a little, to where it fits best; this has to be searched for."""
    if not can_fit(pair.fixed, pair.moving):
        return
    fit = rigid_fit(pair.fixed, pair.moving, wanted)
    turn = float(np.linalg.norm(fit.degrees))
    if fit.distance_mm < _MOVED_MM and turn < _TURNED_DEGREES:
        return
    name = "a shift" if fit.distance_mm >= _MOVED_MM else "a turn"
    if fit.distance_mm >= _MOVED_MM:
        name += f" of {direction_text(fit.mm)}"
    if turn >= _TURNED_DEGREES:
        name += f"{', turned' if name.startswith('a shift') else ''} by {turn:.0f}°"
    yield Trial(name, partial(_moved, fit.mm, fit.degrees), 2)


def _moved(mm: FloatArray, degrees: FloatArray, fixed: Side, moving: Side) -> FloatArray:
    return moved(fixed, moving, mm, degrees)
