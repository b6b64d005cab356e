"""Orientation letters, and the one place where RAS+ turns into LPS+."""

from __future__ import annotations

import operator

import numpy as np

from napari_medload.geometry.affine import FloatArray, from_parts, voxel_spacing

LETTERS = (("L", "R"), ("P", "A"), ("I", "S"))
"""Letter of the negative and of the positive direction of each RAS+ world axis."""

UNKNOWN = "?"

_NO_DIRECTION = 1e-8
"""Below this, a part of a unit vector is the rounding of its computation."""

_HALF_AND_MORE = 0.51
_RIGHT_ANGLE = 1e-3
"""Cosine; the nearest rotation differs by less than this, and that leaves more than a half."""

_LPS = np.diag((-1.0, -1.0, 1.0, 1.0))


def flip_ras_lps(affine: FloatArray) -> FloatArray:
    """Turn an affine into RAS+ mm into one into LPS+ mm (ITK, DICOM), or back."""
    return np.asarray(_LPS @ affine, dtype=np.float64)


def nearest_world_axes(affine: FloatArray) -> tuple[tuple[int, int] | None, ...]:
    """World axis that each voxel axis runs along, with its sign.

    The axes of the nearest rotation (polar decomposition) are assigned from the one that is
    aligned best to the one aligned worst; nibabel's orientations follow the same rule.

    Returns
    -------
    tuple of three (world axis 0..2, sign ±1)
        None for a voxel axis without direction (zero column, or a flattened volume).
    """
    plain = _plain_world_axes(affine)
    if plain is not None:
        return plain
    spacing = voxel_spacing(affine)
    spacing[spacing == 0] = 1.0
    left, strength, right = np.linalg.svd(affine[:3, :3] / spacing)
    kept = strength > strength.max() * 3 * np.finfo(np.float64).eps
    # for nine numbers Python is faster than numpy
    columns: list[list[float]] = (left[:, kept] @ right[kept]).T.tolist()
    found: list[tuple[int, int] | None] = [None, None, None]
    free = [0, 1, 2]
    for axis in sorted(range(3), key=lambda axis: -max(part**2 for part in columns[axis])):
        column = columns[axis]
        world = max(free, key=lambda world: abs(column[world]))
        if abs(column[world]) > _NO_DIRECTION:
            found[axis] = (world, 1 if column[world] > 0 else -1)
            free.remove(world)
    return tuple(found)


def _plain_world_axes(affine: FloatArray) -> tuple[tuple[int, int], ...] | None:
    """World axes where no assignment is in doubt, without a decomposition; else None.

    Axes at right angles are their own nearest rotation. Where each of them has more than half of
    its squared length along one world axis, no two can share it, in whatever order they choose.
    """
    found, directions = [], []
    for (x, y, z), length in zip(
        affine[:3, :3].T.tolist(), voxel_spacing(affine).tolist(), strict=True
    ):
        if not length:
            return None
        direction = (x / length, y / length, z / length)
        world = max(range(3), key=lambda axis: abs(direction[axis]))
        if direction[world] ** 2 < _HALF_AND_MORE:
            return None
        found.append((world, 1 if direction[world] > 0 else -1))
        directions.append(direction)
    one, two, three = directions
    for first, second in ((one, two), (one, three), (two, three)):
        if abs(sum(map(operator.mul, first, second))) > _RIGHT_ANGLE:
            return None
    return tuple(found)


def letters(affine: FloatArray) -> str:
    """Three letters that name the direction of increasing index, such as ``"LPS"``.

    An axis without direction is named ``"?"``.
    """
    return "".join(
        UNKNOWN if found is None else LETTERS[found[0]][found[1] > 0]
        for found in nearest_world_axes(affine)
    )


def affine_from_letters(
    code: str, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> FloatArray:
    """Affine without obliquity whose axes run along three letters, origin at zero.

    Raises
    ------
    ValueError
        If the code does not name each of the three world axes once.
    """
    linear = np.zeros((3, 3))
    for axis, letter in enumerate(code[:3]):
        for world, pair in enumerate(LETTERS):
            if letter in pair:
                linear[world, axis] = spacing[axis] * (1 if letter == pair[1] else -1)
    if len(code) != 3 or (np.count_nonzero(linear, axis=1) != 1).any():
        raise ValueError(f"an orientation names R/L, A/P and S/I once each, found {code!r}")
    return from_parts(linear, (0.0, 0.0, 0.0))
