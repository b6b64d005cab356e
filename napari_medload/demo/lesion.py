"""Lesions: rough ellipsoids in the white matter of one side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.demo.deformation import rotation
from napari_medload.geometry.affine import apply

if TYPE_CHECKING:
    from napari_medload.demo.template import FloatVolume, Template
    from napari_medload.geometry import FloatArray, Grid

_RADII_MM = (8.0, 12.0)
_EDGE_MM = 2.0
_ROUGHNESS = 0.4
_BUMPS, _BUMPS_PER_RADIAN = 4, 2.0
_SITES = np.array(((22.0, -65.0, -5.0), (45.0, 30.0, 45.0)))
"""Box of lesion centres in the template: distance from the midline, A, S in mm."""


def draw_site(template: Template, rng: np.random.Generator, side: int) -> FloatArray:
    """Draw a point deep in the white matter of one side (+1 right, -1 left): RAS mm, (3,)."""
    places = apply(template.grid.affine, np.argwhere(template.white > 0.98))
    low, high = _SITES
    unsided = places * (side, 1, 1)
    fitting = places[((unsided >= low) & (unsided <= high)).all(axis=1)]
    return np.asarray(rng.choice(fitting), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Lesion:
    """A lesion at a place in the world.

    Parameters
    ----------
    centre : array, shape (3,)
        RAS mm.
    to_sphere : array, shape (3, 3)
        From offsets in mm to the unit sphere.
    waves, phases : array, shape (n, 3) and (n,)
        Bumps of the surface, as cosines over its directions.
    """

    centre: FloatArray
    to_sphere: FloatArray
    waves: FloatArray
    phases: FloatArray

    @classmethod
    def draw(cls, rng: np.random.Generator, centre: FloatArray) -> Lesion:
        """Draw size, orientation and surface."""
        turn = rotation(rng.standard_normal(3), rng.uniform(0, 180))
        radii = rng.uniform(*_RADII_MM, 3)
        waves = _BUMPS_PER_RADIAN * rng.standard_normal((_BUMPS, 3))
        return cls(centre, turn / radii[:, None], waves, rng.uniform(0, 2 * np.pi, _BUMPS))

    def on(self, grid: Grid) -> FloatVolume:
        """Fraction of lesion in each voxel of a grid, 0 to 1, with an edge of 2 mm."""
        fraction = np.zeros(grid.shape, dtype=np.float32)
        reach = max(_RADII_MM) * (1 + _ROUGHNESS) + _EDGE_MM
        middle = apply(grid.world_to_index(), self.centre)
        within = reach / np.asarray(grid.spacing)
        low = np.maximum(np.floor(middle - within), 0).astype(int)
        high = np.minimum(np.ceil(middle + within) + 1, grid.shape).astype(int)
        if (low < high).all():
            box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
            indices = np.moveaxis(np.mgrid[box], 0, -1)
            fraction[box] = self._fraction(apply(grid.affine, indices) - self.centre)
        return fraction

    def _fraction(self, offsets: FloatArray) -> FloatArray:
        """Fraction of lesion at offsets (..., 3) from its centre, in mm."""
        on_sphere = offsets @ self.to_sphere.T
        distance = np.linalg.norm(on_sphere, axis=-1)
        direction = on_sphere / np.maximum(distance, 1e-9)[..., None]
        bumps = np.cos(direction @ self.waves.T + self.phases).mean(axis=-1)
        # a surface that is a function of direction leaves no islands
        depth_mm = (1 + _ROUGHNESS * bumps - distance) * np.mean(_RADII_MM)
        return np.asarray(np.clip(depth_mm / _EDGE_MM + 0.5, 0, 1), dtype=np.float64)
