"""Affines: 4×4 float64 matrices from voxel indices to RAS+ millimetres.

Voxel centres lie at integer indices. A translation is the world position of voxel (0, 0, 0).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]


class AffineError(ValueError):
    """A matrix that cannot place voxels in the world."""


def as_affine(matrix: npt.ArrayLike) -> FloatArray:
    """Check a matrix and return it as an immutable float64 affine.

    Parameters
    ----------
    matrix : array-like, shape (4, 4)
        Voxel indices to RAS+ mm.

    Raises
    ------
    AffineError
        If the shape is not (4, 4), a value is not finite, or the last row is not 0, 0, 0, 1.
    """
    affine = np.array(matrix, dtype=np.float64)
    if affine.shape != (4, 4):
        raise AffineError(f"an affine has shape (4, 4), found {affine.shape}")
    numbers = affine.ravel().tolist()  # for sixteen numbers Python is faster than numpy
    if not all(map(math.isfinite, numbers)):
        raise AffineError(f"an affine holds finite numbers, found {affine.tolist()}")
    if numbers[12:] != [0.0, 0.0, 0.0, 1.0]:
        raise AffineError(f"the last row of an affine is 0, 0, 0, 1, found {numbers[12:]}")
    affine.flags.writeable = False
    return affine


def from_parts(linear: npt.ArrayLike, translation: npt.ArrayLike) -> FloatArray:
    """Join a 3×3 matrix and a translation (3,) into an affine."""
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = translation
    return as_affine(affine)


def scaling(spacing: npt.ArrayLike, origin: npt.ArrayLike = (0.0, 0.0, 0.0)) -> FloatArray:
    """Affine with positive axes along R, A, S, the given spacing (3,) and origin (3,)."""
    return from_parts(np.diag(np.asarray(spacing, dtype=np.float64)), origin)


def voxel_spacing(affine: FloatArray) -> FloatArray:
    """Length of one step along each voxel axis, shape (3,), in mm."""
    columns = affine[:3, :3].T.tolist()  # for nine numbers Python is faster than numpy
    return np.array([math.sqrt(x * x + y * y + z * z) for x, y, z in columns], dtype=np.float64)


def apply(affine: FloatArray, points: npt.ArrayLike) -> FloatArray:
    """Map points, shape (..., 3)."""
    return np.asarray(points, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]


def is_singular(affine: FloatArray) -> bool:
    """Whether the affine flattens space, so that no voxel can be found from a world point."""
    spacing = voxel_spacing(affine)
    if not spacing.all():
        return True
    return bool(abs(np.linalg.det(affine[:3, :3] / spacing)) < 1e-6)


def inverse(affine: FloatArray) -> FloatArray:
    """World to voxel indices.

    Raises
    ------
    AffineError
        If the affine is singular.
    """
    if is_singular(affine):
        raise AffineError(
            "the affine is singular (an axis has no length or two axes coincide), so world "
            f"points have no voxel: {affine[:3].tolist()}"
        )
    linear = np.linalg.inv(affine[:3, :3])
    return from_parts(linear, -linear @ affine[:3, 3])


def oblique_degrees(affine: FloatArray) -> float:
    """Largest angle between a voxel axis and the world axis nearest to it, in degrees."""
    spacing = voxel_spacing(affine)
    spacing[spacing == 0] = 1.0
    directions = np.abs(affine[:3, :3] / spacing)
    along = np.sort(directions, axis=0)
    # atan2 keeps small angles exact where arccos of a number near one would not
    return float(np.degrees(np.arctan2(np.hypot(along[0], along[1]), along[2])).max())


def shear(affine: FloatArray) -> float:
    """Largest |cosine| between two voxel axes: 0 where all axes are at right angles."""
    spacing = voxel_spacing(affine)
    spacing[spacing == 0] = 1.0
    directions = affine[:3, :3] / spacing
    gram = np.abs(directions.T @ directions)
    return float(gram[np.triu_indices(3, k=1)].max())
