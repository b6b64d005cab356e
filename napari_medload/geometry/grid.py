"""Grids: where the voxels of an array lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from napari_medload.geometry.affine import (
    AffineError,
    FloatArray,
    apply,
    as_affine,
    from_parts,
    inverse,
    is_singular,
    oblique_degrees,
    voxel_spacing,
)
from napari_medload.geometry.orientation import letters, nearest_world_axes

OBLIQUE_FROM_DEGREES = 0.05
"""Below this, an angle is the rounding of a header and not a tilt."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A lattice of voxels: shape and affine.

    Parameters
    ----------
    shape : tuple of three ints
        Number of voxels along i, j, k.
    affine : array, shape (4, 4)
        Voxel indices to RAS+ mm. Where `known` is False it counts voxels, and says only along
        which axes the array is drawn.
    known : bool
        Whether the source states a geometry. Nothing may call the numbers of an unknown
        grid millimetres.
    oriented : bool
        Whether the source states directions. Where it states a spacing alone, lengths are in mm,
        but nothing may be called left, anterior or superior.
    """

    shape: tuple[int, int, int]
    affine: FloatArray
    known: bool = True
    oriented: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "oriented", self.oriented and self.known)
        object.__setattr__(self, "affine", as_affine(self.affine))
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"a grid has three positive sizes, found {self.shape}")

    @classmethod
    def unknown(cls, shape: tuple[int, int, int]) -> Grid:
        """Grid of an array whose source states no geometry."""
        return cls(shape, np.eye(4), known=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return (
            self.shape == other.shape
            and (self.known, self.oriented) == (other.known, other.oriented)
            and np.array_equal(self.affine, other.affine)
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.known, self.oriented, self.affine.tobytes()))

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Step along each voxel axis, in mm (in voxels where unknown)."""
        x, y, z = voxel_spacing(self.affine).tolist()
        return x, y, z

    @property
    def origin(self) -> tuple[float, float, float]:
        """World position of the centre of voxel (0, 0, 0)."""
        x, y, z = self.affine[:3, 3].tolist()
        return x, y, z

    @cached_property
    def orientation(self) -> str:
        """Three letters, see `geometry.orientation.letters`; ``"???"`` where unknown."""
        return letters(self.affine) if self.oriented else "???"

    @cached_property
    def oblique_degrees(self) -> float:
        """Largest angle between a voxel axis and its world axis."""
        return oblique_degrees(self.affine)

    @property
    def is_oblique(self) -> bool:
        """Whether the grid is tilted by more than a header's rounding."""
        return self.known and self.oblique_degrees > OBLIQUE_FROM_DEGREES

    @property
    def is_singular(self) -> bool:
        """Whether world points have no voxel."""
        return is_singular(self.affine)

    @cached_property
    def corners(self) -> FloatArray:
        """World positions of the eight outer voxel corners, shape (8, 3)."""
        ends = [(-0.5, size - 0.5) for size in self.shape]
        return apply(self.affine, list(product(*ends)))

    @cached_property
    def bounds(self) -> FloatArray:
        """Box around the outer voxel corners: row 0 its minimum, row 1 its maximum (2, 3)."""
        return np.stack((self.corners.min(axis=0), self.corners.max(axis=0)))

    @property
    def extent(self) -> tuple[float, float, float]:
        """Length of the grid along each of its own axes, outer edge to outer edge."""
        x, y, z = (size * step for size, step in zip(self.shape, self.spacing, strict=True))
        return x, y, z

    @cached_property
    def centre(self) -> FloatArray:
        """World position of the middle of the grid, shape (3,)."""
        return apply(self.affine, (np.array(self.shape) - 1) / 2)

    def world_to_index(self) -> FloatArray:
        """Affine from the world to (fractional) voxel indices.

        Raises
        ------
        AffineError
            If the grid is singular.
        """
        return inverse(self.affine)

    def cropped(self, box: tuple[slice, slice, slice]) -> Grid:
        """Grid of the voxels of a box, which stay where they are.

        Parameters
        ----------
        box : tuple of three slices
            From start to stop along i, j and k; it may reach out of the grid.
        """
        i, j, k = ((part.start, part.stop - part.start) for part in box)
        affine = self.affine.copy()
        affine[:3, 3] = apply(self.affine, (i[0], j[0], k[0]))
        return Grid((i[1], j[1], k[1]), affine, self.known, self.oriented)

    def canonical(self) -> Grid:
        """Permute and flip the axes so that i, j, k run nearest to R, A, S.

        The voxels stay where they are, only their numbering changes.

        Raises
        ------
        AffineError
            If an axis has no direction.
        """
        linear, start = np.zeros((3, 3)), self.affine[:3, 3].copy()
        shape = [0, 0, 0]
        for axis, found in enumerate(nearest_world_axes(self.affine)):
            if found is None:
                raise AffineError(
                    f"voxel axis {axis} has no direction in the affine {self.affine[:3].tolist()}"
                )
            world, sign = found
            linear[:, world] = sign * self.affine[:3, axis]
            shape[world] = self.shape[axis]
            if sign < 0:
                start += (self.shape[axis] - 1) * self.affine[:3, axis]
        return Grid(
            (shape[0], shape[1], shape[2]), from_parts(linear, start), self.known, self.oriented
        )
