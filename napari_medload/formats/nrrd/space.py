"""Where an NRRD file says that its voxels lie.

Source: "Definition of NRRD File Format", https://teem.sourceforge.net/nrrd/format.html, sections on
space and orientation and on per-axis fields.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.lengths import MM_PER
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import from_parts, scaling
from napari_medload.geometry.orientation import affine_from_letters, flip_ras_lps

if TYPE_CHECKING:
    from napari_medload.formats.nrrd.header import Fields
    from napari_medload.geometry import FloatArray

_LETTERS = {
    "right-anterior-superior": "RAS",
    "ras": "RAS",
    "left-anterior-superior": "LAS",
    "las": "LAS",
    "left-posterior-superior": "LPS",
    "lps": "LPS",
}


def grid_of(
    fields: Fields, spatial: tuple[int, ...], shape: tuple[int, int, int]
) -> tuple[Grid, tuple[str, ...]]:
    """Grid of the spatial axes, and what is good to know of it.

    A space without anatomical name is placed as ITK does it, as if it were LPS, and is not
    oriented; so is an array with spacings alone.

    Parameters
    ----------
    spatial : tuple of one to three ints
        Axes on disk that are i, j and k.

    Raises
    ------
    ValueError
        If the fields contradict each other, or a length is none.
    """
    directions = fields.vectors("space directions")
    if directions and len(spatial) > 1:
        return _placed(fields, [directions[axis] for axis in spatial], shape)
    spacings = fields.numbers("spacings")
    if not spacings or any(math.isnan(spacings[axis]) for axis in spatial):
        return Grid.unknown(shape), ()
    factors, notes = _factors("units", fields.words("units"), spatial)
    steps = [spacings[axis] * factor for axis, factor in zip(spatial, factors, strict=True)]
    if not all(0 < step < math.inf for step in steps):
        raise ValueError(f"spacings: {fields.text('spacings')}, expected positive numbers")
    i, j, k = (*steps, 1.0, 1.0)[:3]
    affine = flip_ras_lps(scaling((i, j, k)))
    return Grid(shape, affine, oriented=False), notes


def _placed(
    fields: Fields, directions: list[list[float] | None], shape: tuple[int, int, int]
) -> tuple[Grid, tuple[str, ...]]:
    """Grid whose axes have directions in a space."""
    linear, origin, notes = _in_space(fields, directions)
    if not np.isfinite([*linear.ravel(), *origin]).all():
        raise ValueError("space directions or a space origin with numbers that are not finite")
    if not np.linalg.norm(linear, axis=0).all():
        raise ValueError(
            f"space directions: {fields.text('space directions')}, of which one has no length"
        )
    space = fields.fields.get("space", "")
    letters = _LETTERS.get(space.lower().removesuffix("-time").removesuffix("t"))
    flat = len(directions) < 3 and len(directions[0] or []) < 3
    if letters is None or flat:
        found = f"'{space}'" if space else "without a name"
        notes = (
            *notes,
            f"Its space is {found}, which does not say where left, anterior and superior are; "
            "it is placed as ITK would, as if it were LPS.",
        )
    affine = from_parts(linear, origin)
    if letters in (None, "LPS"):
        affine = flip_ras_lps(affine)
    else:
        affine = affine_from_letters(str(letters)) @ affine
    return Grid(shape, affine, oriented=letters is not None and not flat), notes


def _in_space(
    fields: Fields, directions: list[list[float] | None]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Directions of i, j and k as columns, origin, in mm, in the space of the file."""
    found = fields.vectors("space origin") or [None]
    dims = {len(vector) for vector in (*directions, *found) if vector is not None}
    if len(dims) != 1 or not dims <= {2, 3, 4}:
        raise ValueError("space directions and a space origin of differing or unusual lengths")
    size = dims.pop()
    if size == 4 and any(way is not None and way[3] for way in directions):
        raise ValueError("space directions that run through both space and time")
    notes: tuple[str, ...] = ()
    if found[0] is None:
        notes = ("It states no space origin; its first voxel is placed at 0, 0, 0.",)
    size = min(size, 3)
    factors, of_units = _factors("space units", fields.words("space units"), range(size))
    linear, origin = np.zeros((3, 3)), np.zeros(3)
    for axis, way in enumerate(directions):
        linear[:size, axis] = np.multiply((way or [])[:size], factors)
    origin[:size] = np.multiply((found[0] or [0.0] * size)[:size], factors)
    if len(directions) == 2:  # a plane: its third axis is one mm along the normal
        normal = np.cross(linear[:, 0], linear[:, 1])
        linear[:, 2] = normal / (np.linalg.norm(normal) or 1.0)
        if size == 2:
            linear[:, 2] = (0.0, 0.0, 1.0)
    return linear, origin, (*notes, *of_units)


def _factors(
    name: str, units: list[str], axes: range | tuple[int, ...]
) -> tuple[list[float], tuple[str, ...]]:
    """Millimetres that the unit of each axis has, and notes on them."""
    factors, notes = [], []
    for axis in axes:
        unit = units[axis] if axis < len(units) else ""
        factor = MM_PER.get(unit.lower(), None if unit.strip("? ") else 1.0)
        factors.append(1.0 if factor is None else factor)
        if factor is None:
            notes.append(f"Its {name} are '{unit}', which is no known length; they are read as mm.")
        elif factor != 1.0:
            notes.append(
                f"Its lengths in '{unit}' are converted to mm; programs that ignore {name} "
                "show it in another size."
            )
    return factors, tuple(dict.fromkeys(notes))
