"""From images with positions to one lattice: `stack`.

Slices lie where their positions say, never where file names or instance numbers do. The affine
takes its third column from the positions themselves, so that the tilt of a gantry becomes shear.
Source: DICOM PS3.3, C.7.6.2 (image plane module).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.planes import ORDER, Plane
from napari_medload.formats.dicom.series import by_place, named, normal_of
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import from_parts
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.dicom.series import Part

Places: TypeAlias = "tuple[tuple[Plane, ...] | None, ...]"
"""For each slice along k its images, one a frame; None where no file holds it."""

_REGULAR_STEPS = 0.01
_REGULAR_MM = 1e-3
_TILT_DEGREES = 0.05
_FINER = (1, 2, 3)
"""Parts of the smallest step that are tried as the common one."""

_EMPTY_AT_MOST = {1: 10, 2: 2, 3: 2}
"""How many times as many slices as there are may lack, for each of them."""

_UPRIGHT = np.diag((-1.0, -1.0, 1.0))
"""A picture is drawn as it is looked at: columns to the left, rows to the back of a patient."""


@dataclass(frozen=True)
class Stack:
    """Images in their places.

    Parameters
    ----------
    grid : Grid
    places : tuple of (tuple of Plane) or None
        Along k.
    notes : tuple of str
    """

    grid: Grid
    places: Places
    notes: tuple[str, ...] = ()

    @property
    def absent(self) -> tuple[int, ...]:
        """Slices that no file holds."""
        return tuple(k for k, place in enumerate(self.places) if place is None)


def stack(part: Part) -> Stack:
    """Put the images of a part into their places.

    Raises
    ------
    UnreadableFileError
        If one has no place among others, or if some places have more images than others.
    """
    planes = part.planes
    if not all(plane.placed for plane in planes):
        return _without_place(planes)
    places = by_place(planes)
    counts = Counter(map(len, places))
    if len(counts) > 1:
        raise _uneven_counts(places, counts)
    notes = []
    if places and len(places[0]) > 1:
        places = [sorted(place, key=_in_order) for place in places]
        notes.append(_frames_note(places))
    positions = np.array([place[0].position for place in places])
    if len(places) == 1:
        lattice = _one_slice(places[0][0])
    else:
        lattice = _lattice(positions, normal_of(planes[0]))
    notes += lattice.notes
    filled: list[tuple[Plane, ...] | None] = [None] * (lattice.indices[-1] + 1)
    for index, place in zip(lattice.indices, places, strict=True):
        filled[index] = tuple(place)
    return Stack(_grid(planes[0], lattice, len(filled)), tuple(filled), tuple(notes))


def _in_order(plane: Plane) -> tuple[object, ...]:
    return (*plane.order, plane.file.name, plane.frame)


def _frames_note(places: Sequence[Sequence[Plane]]) -> str:
    """Say by what the images of one place differ."""
    count = len(places[0])
    by = next(
        (
            name
            for place, name in enumerate(ORDER)
            if all(len({plane.order[place] for plane in images}) > 1 for images in places)
        ),
        "their files",
    )
    return f"{count} images lie at each position; they are frames here, in the order of {by}."


def _uneven_counts(places: Sequence[Sequence[Plane]], counts: Counter[int]) -> UnreadableFileError:
    usual = counts.most_common(1)[0][0]
    odd = next(place for place in places if len(place) != usual)
    names = sorted({plane.file.name for plane in odd})
    return UnreadableFileError.about(
        odd[0].file.path,
        f"{len(odd)} images at one position ({named(names)}) where other positions have {usual}, "
        "and no tag that tells them apart",
        "as many images at each position",
        "Move the files that do not belong to the series into another folder.",
    )


# --- images without a place ---------------------------------------------------------------


def _without_place(planes: Sequence[Plane]) -> Stack:
    """Stack of one file whose images have no place in the patient."""
    files = {plane.file.path for plane in planes}
    if len(files) > 1:
        odd = min(
            (plane for plane in planes if not plane.placed), key=lambda plane: plane.file.name
        )
        raise UnreadableFileError.about(
            odd.file.path,
            f"no {odd.lacking} in a series of {len(files)} files",
            "the place of each slice",
            "Export the series with its positions, or open this file alone.",
        )
    first, pixels = planes[0], planes[0].file.pixels
    shape = (pixels.columns, pixels.rows, 1) if pixels else (1, 1, 1)
    notes = []
    if len(planes) > 1:
        notes.append(f"Its {len(planes)} images have no positions; they are frames of one slice.")
    places = (tuple(planes),)
    if first.spacing is None:
        notes.append("It states neither a place in the patient nor a spacing.")
        grid = Grid(shape, from_parts(_UPRIGHT, np.zeros(3)), known=False)
        return Stack(grid, places, tuple(notes))
    notes.append(f"It states a spacing, but no place in the patient ({first.lacking} is missing).")
    row, column = first.spacing
    steps = np.diag((column, row, first.thickness or 1.0))
    grid = Grid(shape, from_parts(_UPRIGHT @ steps, np.zeros(3)), oriented=False)
    return Stack(grid, places, tuple(notes))


# --- the lattice along k ------------------------------------------------------------------


@dataclass(frozen=True)
class _Lattice:
    """Where slices lie, LPS mm.

    Parameters
    ----------
    origin, step : array, shape (3,)
        Slice k lies at ``origin + k * step``.
    indices : sequence of int
        Slice of each position, ascending.
    notes : tuple of str
    """

    origin: FloatArray
    step: FloatArray
    indices: Sequence[int]
    notes: tuple[str, ...] = ()


def _one_slice(plane: Plane) -> _Lattice:
    notes: tuple[str, ...] = ()
    if plane.thickness is None:
        notes = ("It states no slice thickness; its one slice is drawn 1 mm thick.",)
    step = normal_of(plane) * (plane.thickness or 1.0)
    return _Lattice(np.array(plane.position), step, (0,), notes)


def _lattice(positions: FloatArray, normal: FloatArray) -> _Lattice:
    """Lattice of two or more positions in ascending order, shape (n, 3)."""
    first, total = positions[0], positions[-1] - positions[0]
    count = len(positions)
    regular = _Lattice(first, total / (count - 1), range(count))
    if _misplaced(regular, positions) > _tolerance(regular.step):
        regular = _with_gaps(positions, normal) or _best_fit(positions, normal)
    tilt = _degrees(regular.step, normal)
    notes = regular.notes
    if tilt > _TILT_DEGREES:
        notes = (
            *notes,
            f"The slices are shifted against each other by a gantry tilt of {tilt:.2f}°; the "
            "grid keeps it as shear.",
        )
    return _Lattice(regular.origin, regular.step, regular.indices, notes)


def _misplaced(lattice: _Lattice, positions: FloatArray) -> float:
    """Largest distance of a slice from its place on the lattice, in mm."""
    fitted = lattice.origin + np.outer(lattice.indices, lattice.step)
    return float(np.linalg.norm(positions - fitted, axis=1).max())


def _tolerance(step: FloatArray) -> float:
    return _REGULAR_STEPS * float(np.linalg.norm(step)) + _REGULAR_MM


def _degrees(step: FloatArray, normal: FloatArray) -> float:
    along = float(step @ normal)
    aside = float(np.linalg.norm(step - along * normal))
    return math.degrees(math.atan2(aside, along))


def _with_gaps(positions: FloatArray, normal: FloatArray) -> _Lattice | None:
    """Lattice on which some slices lack; None where the steps have nothing in common."""
    steps = np.diff(positions @ normal)
    count, total = len(positions), positions[-1] - positions[0]
    for finer in _FINER:
        multiples = np.rint(steps / (steps.min() / finer))
        length = int(multiples.sum()) + 1
        if length - count > _EMPTY_AT_MOST[finer] * count:
            continue
        indices = [0, *np.cumsum(multiples.astype(int)).tolist()]
        lattice = _Lattice(positions[0], total / (length - 1), indices)
        if _misplaced(lattice, positions) <= _tolerance(lattice.step):
            return _Lattice(lattice.origin, lattice.step, indices, (_gaps_note(indices),))
    return None


def _gaps_note(indices: Sequence[int]) -> str:
    there = set(indices)
    absent = [str(k) for k in range(indices[-1] + 1) if k not in there]
    if len(absent) == 1:
        return f"Slice {absent[0]} (counted from 0) is missing: no file holds it."
    return f"Slices {named(absent, 8)} (counted from 0) are missing: no file holds them."


def _best_fit(positions: FloatArray, normal: FloatArray) -> _Lattice:
    """Lattice with equal steps that lies nearest to slices of unequal ones."""
    count = len(positions)
    design = np.stack((np.ones(count), np.arange(count)), axis=1)
    (origin, step), *_rest = np.linalg.lstsq(design, positions, rcond=None)
    lattice = _Lattice(origin, step, range(count))
    steps = np.diff(positions @ normal)
    return _Lattice(
        origin,
        step,
        range(count),
        (
            f"The slices are not evenly spaced: steps from {steps.min():.4g} to {steps.max():.4g} "
            f"mm. They are shown {np.linalg.norm(step):.4g} mm apart, which misplaces them by up "
            f"to {_misplaced(lattice, positions):.2g} mm.",
        ),
    )


def _grid(plane: Plane, lattice: _Lattice, depth: int) -> Grid:
    """Grid whose axes are columns, rows, slices."""
    pixels, spacing, orientation = plane.file.pixels, plane.spacing, plane.orientation
    if pixels is None or spacing is None or orientation is None:
        raise ValueError(f"{plane.file.path}: an image without a place on a lattice")
    linear = np.stack(
        (
            np.array(orientation[:3]) * spacing[1],
            np.array(orientation[3:]) * spacing[0],
            lattice.step,
        ),
        axis=1,
    )
    affine = flip_ras_lps(from_parts(linear, lattice.origin))
    return Grid((pixels.columns, pixels.rows, depth), affine)
