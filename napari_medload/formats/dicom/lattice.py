"""Lattices: equal steps on which slices lie, with gaps or without, or nearest to where they lie.

The step is taken from the positions themselves, so that the tilt of a gantry becomes shear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.dicom.places import normal_of
from napari_medload.formats.dicom.wording import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.dicom.planes import Plane
    from napari_medload.geometry import FloatArray

_REGULAR_STEPS = 0.01
_REGULAR_MM = 1e-3
_TILT_DEGREES = 0.05
_FINER = (1, 2, 3)
"""Parts of the smallest step that are tried as the common one."""

_EMPTY_AT_MOST = {1: 10, 2: 2, 3: 2}
"""How many times as many slices as there are may lack, for each of them."""


@dataclass(frozen=True)
class Lattice:
    """Where slices lie, LPS mm.

    Parameters
    ----------
    origin, step : array, shape (3,)
        Slice k lies at ``origin + k * step``.
    indices : sequence of int
        Slice of each position, ascending.
    notes : tuple of str
    worst : float
        How far slices of uneven steps are from their places, in mm; 0 for all others.
    """

    origin: FloatArray
    step: FloatArray
    indices: Sequence[int]
    notes: tuple[str, ...] = ()
    worst: float = 0.0


def one_slice(plane: Plane) -> Lattice:
    """Lattice of a single slice, as thick as it states."""
    notes: tuple[str, ...] = ()
    if plane.thickness is None:
        notes = ("It states no slice thickness; its one slice is drawn 1 mm thick.",)
    step = normal_of(plane) * (plane.thickness or 1.0)
    return Lattice(np.array(plane.position), step, (0,), notes)


def lattice_of(positions: FloatArray, normal: FloatArray) -> Lattice:
    """Lattice of two or more positions in ascending order, shape (n, 3)."""
    first, total = positions[0], positions[-1] - positions[0]
    count = len(positions)
    regular = Lattice(first, total / (count - 1), range(count))
    if _misplaced(regular, positions) > _tolerance(regular.step):
        regular = _with_gaps(positions, normal) or _best_fit(positions, normal)
    tilt = _degrees(regular.step, normal)
    if tilt <= _TILT_DEGREES or _aside_only(regular, positions, normal):
        return regular
    note = (
        f"The slices are shifted against each other by a gantry tilt of {tilt:.2f}°; the grid "
        "keeps it as shear."
    )
    return replace(regular, notes=(*regular.notes, note))


def _aside_only(lattice: Lattice, positions: FloatArray, normal: FloatArray) -> bool:
    """Whether slices that lie on no lattice are evenly spaced, and moved within their planes."""
    steps = np.diff(positions @ normal)
    return lattice.worst > 0 and float(np.ptp(steps)) <= _tolerance(lattice.step)


def _misplaced(lattice: Lattice, positions: FloatArray) -> float:
    """Largest distance of a slice from its place on the lattice, in mm."""
    fitted = lattice.origin + np.outer(lattice.indices, lattice.step)
    return float(np.linalg.norm(positions - fitted, axis=1).max())


def _tolerance(step: FloatArray) -> float:
    return _REGULAR_STEPS * float(np.linalg.norm(step)) + _REGULAR_MM


def _degrees(step: FloatArray, normal: FloatArray) -> float:
    along = float(step @ normal)
    aside = float(np.linalg.norm(step - along * normal))
    return math.degrees(math.atan2(aside, along))


def _with_gaps(positions: FloatArray, normal: FloatArray) -> Lattice | None:
    """Lattice on which some slices lack; None where the steps have nothing in common."""
    steps = np.diff(positions @ normal)
    count, total = len(positions), positions[-1] - positions[0]
    for finer in _FINER:
        multiples = np.rint(steps / (steps.min() / finer))
        length = int(multiples.sum()) + 1
        if length - count > _EMPTY_AT_MOST[finer] * count:
            continue
        indices = [0, *np.cumsum(multiples.astype(int)).tolist()]
        lattice = Lattice(positions[0], total / (length - 1), indices)
        if _misplaced(lattice, positions) <= _tolerance(lattice.step):
            return Lattice(lattice.origin, lattice.step, indices, (_gaps_note(indices),))
    return None


def _gaps_note(indices: Sequence[int]) -> str:
    there = set(indices)
    absent = [str(k) for k in range(indices[-1] + 1) if k not in there]
    if len(absent) == 1:
        return f"Slice {absent[0]} (counted from 0) is missing: no file holds it."
    return f"Slices {named(absent, 8)} (counted from 0) are missing: no file holds them."


def _best_fit(positions: FloatArray, normal: FloatArray) -> Lattice:
    """Lattice with equal steps that lies nearest to slices of unequal ones."""
    count = len(positions)
    design = np.stack((np.ones(count), np.arange(count)), axis=1)
    (origin, step), *_rest = np.linalg.lstsq(design, positions, rcond=None)
    worst = _misplaced(Lattice(origin, step, range(count)), positions)
    lattice = Lattice(origin, step, range(count), worst=worst)
    steps = np.diff(positions @ normal)
    found = f"evenly spaced: steps from {steps.min():.4g} to {steps.max():.4g} mm"
    if _aside_only(lattice, positions, normal):
        found = "in one line: some are moved within their planes"
    note = (
        f"The slices are not {found}. They are shown {np.linalg.norm(step):.4g} mm apart, which "
        f"misplaces them by up to {worst:.2g} mm."
    )
    return replace(lattice, notes=(note,))
