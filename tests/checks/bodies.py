"""Bodies that are functions of the place in the world, seen in any contrast on any grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_medload.checks.coarse import CoarsePair, coarse_pair
from napari_medload.formats import Header, Scaling, Source
from napari_medload.geometry import Grid
from napari_medload.images import Volume
from napari_medload.loaders import Sample
from tests.phantoms import affine_of

SHAPE = (60, 64, 56)
SPACING = (3.0, 3.0, 3.0)
ORGANS = 7


class Body:
    """An ellipsoid with organs at random places; no two bodies are alike, none is symmetric."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._centres = rng.uniform(-48, 48, (ORGANS, 3))
        self._widths = rng.uniform(10, 20, ORGANS)
        self._kinds = rng.permutation(np.linspace(0.2, 1.0, ORGANS))

    def tissue(self, grid: Grid) -> np.ndarray:
        """Fraction from 0 (air) to 1 at each voxel, (i, j, k)."""
        index = np.moveaxis(np.indices(grid.shape), 0, -1)
        places = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
        inside = (np.square(places / (72.0, 84.0, 66.0)).sum(axis=-1) < 1) * 0.1
        for centre, width, kind in zip(self._centres, self._widths, self._kinds, strict=True):
            near = np.exp(-np.square((places - centre) / width).sum(axis=-1))
            inside = inside + (inside > 0) * kind * near
        return inside

    def t1(self, grid: Grid, seed: int = 0) -> np.ndarray:
        """Bright where there is much."""
        return _noisy(900 * self.tissue(grid), seed)

    def t2(self, grid: Grid, seed: int = 1) -> np.ndarray:
        """Another contrast: not monotonous, and air stays dark."""
        tissue = self.tissue(grid)
        return _noisy((tissue > 0) * (700 - 900 * np.abs(tissue - 0.35)), seed)

    def label(self, grid: Grid) -> np.ndarray:
        """Three labels: the voxels near each of three organs."""
        index = np.moveaxis(np.indices(grid.shape), 0, -1)
        places = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
        found = np.zeros(grid.shape, np.uint8)
        for value in (1, 2, 3):
            distance = np.linalg.norm(places - self._centres[value], axis=-1)
            found[distance < 1.2 * self._widths[value]] = value
        return found


def _noisy(values: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 8, values.shape)
    return np.asfortranarray(np.rint(values + noise).astype(np.int16))


def grid(orientation: str = "RAS", tilt: float = 0.0, **how: Any) -> Grid:
    """Grid around the middle of the world."""
    shape, spacing = how.get("shape", SHAPE), how.get("spacing", SPACING)
    affine = affine_of(
        orientation, shape, spacing, how.get("centre", (0.0, 0.0, 0.0)), (0.0, 0.0, tilt)
    )
    return Grid(shape, affine)


def volume(array: np.ndarray, where: Grid) -> Volume:
    """Volume in memory, as if it had been read."""
    stored = array if array.ndim == 4 else array[..., np.newaxis]
    header = Header(Source("body.nii.gz"), array.shape, array.dtype, where)
    return Volume(stored, where, Scaling(), header)


def pair_of(
    fixed: Body, moving: Body | None = None, labels: bool = True, tilt: float = 6.0
) -> dict[str, Volume]:
    """Volumes of a pair in one world: fixed LAS, moving PIR and tilted."""
    moving = fixed if moving is None else moving
    here, there = grid("LAS"), grid("PIR", tilt, spacing=(2.8, 3.0, 3.2))
    made = {
        "fixed_image": volume(fixed.t1(here), here),
        "moving_image": volume(moving.t2(there), there),
    }
    if labels:
        made["fixed_label"] = volume(fixed.label(here), here)
        made["moving_label"] = volume(moving.label(there), there)
    return made


def changed(volumes: dict[str, Volume], roles: str, array: Any = None, affine: Any = None) -> Any:
    """Volumes with the arrays or the affines of some roles changed by a function."""
    made = dict(volumes)
    for role, old in volumes.items():
        if role.startswith(roles):
            stored = old.array if array is None else array(old.array)
            matrix = old.grid.affine if affine is None else affine(old.grid.affine)
            where = Grid(stored.shape[:3], matrix, old.grid.known)
            made[role] = volume(np.asfortranarray(stored), where)
    return made


def coarse(volumes: dict[str, Volume], name: str = "a") -> CoarsePair:
    """Thin a pair."""
    found = coarse_pair(Sample(name, {}), volumes)
    assert found is not None
    return found


def moved(affine: np.ndarray, mm: tuple[float, float, float], degrees: float = 0.0) -> np.ndarray:
    """Affine turned about S and then shifted."""
    turn = np.eye(4)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn[:2, :2], turn[:3, 3] = ((c, -s), (s, c)), mm
    return turn @ affine
