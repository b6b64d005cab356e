"""The grid that a sample is drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import apply, from_parts, inverse, scaling, shear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.session.options import GridChoice

_SIDE_AT_MOST = 512
_SHEAR_SEEN = 1e-3
_COARSER_SEEN = 1.01


@dataclass(frozen=True)
class DisplayGrid:
    """Where a sample is drawn, and how the canvas counts there.

    On the canvas the axes are (S, A, R), at right angles, in mm. Where the grid is not tilted
    these are world coordinates; else they agree with the world in the middle of the grid only,
    so every coordinate that a person sees goes through `to_ras`.

    Parameters
    ----------
    grid : Grid
        Axes i, j, k run nearest to R, A, S.
    note : str
        What a person should know of it; empty where nothing.
    """

    grid: Grid
    note: str = ""

    @property
    def scale(self) -> tuple[float, float, float]:
        """Canvas step along (k, j, i)."""
        x, y, z = (round(step / self._quantum) * self._quantum for step in self.grid.spacing)
        return z, y, x

    @property
    def _quantum(self) -> float:
        """Power of two, a millionth of the spacing.

        Steps and starts that are multiples of it are added without rounding. napari divides the
        canvas by the step and loses the last slice to a rounding error otherwise.
        """
        return float(2.0 ** (np.floor(np.log2(min(self.grid.spacing))) - 20))

    @property
    def translate(self) -> tuple[float, float, float]:
        """Canvas position (S, A, R) of the first voxel's centre."""
        steps = np.array(self.scale[::-1]) * (np.array(self.grid.shape) - 1) / 2
        x, y, z = (np.rint((self.grid.centre - steps) / self._quantum) * self._quantum).tolist()
        return z, y, x

    @property
    def _canvas_to_ras(self) -> FloatArray:
        """From canvas points in (R, A, S) order to RAS+ mm."""
        canvas = scaling(self.scale[::-1], self.translate[::-1])
        joined = self.grid.affine @ inverse(canvas)
        return from_parts(joined[:3, :3], joined[:3, 3])

    def to_ras(self, canvas: Iterable[float]) -> tuple[float, float, float]:
        """World point of a canvas point (S, A, R)."""
        x, y, z = apply(self._canvas_to_ras, list(canvas)[::-1]).tolist()
        return x, y, z

    def to_canvas(self, ras: Iterable[float]) -> tuple[float, float, float]:
        """Canvas point (S, A, R) of a world point."""
        x, y, z = apply(inverse(self._canvas_to_ras), list(ras)).tolist()
        return z, y, x

    def to_index(self, canvas: Iterable[float]) -> tuple[float, float, float]:
        """Fractional display index (i, j, k) of a canvas point."""
        s, a, r = (
            (p - t) / step for p, t, step in zip(canvas, self.translate, self.scale, strict=True)
        )
        return r, a, s

    @property
    def middle(self) -> tuple[float, float, float]:
        """World point of the voxel in the middle."""
        middle = zip(self.grid.shape[::-1], self.scale, self.translate, strict=True)
        return self.to_ras(start + size // 2 * step for size, step, start in middle)

    def contains(self, ras: Iterable[float]) -> bool:
        """Whether a world point lies on the grid."""
        index = np.array(self.to_index(self.to_canvas(ras)))
        return bool(((index >= -0.5) & (index <= np.array(self.grid.shape) - 0.5)).all())


def choose_grid(choice: GridChoice, grids: Mapping[str, Grid]) -> DisplayGrid:
    """Pick the display grid of a sample.

    Parameters
    ----------
    choice : str
    grids : mapping of role to Grid
        Of the images that can be placed, in order of preference; not empty.
    """
    known = [grid for grid in grids.values() if grid.oriented]
    if choice == "world" and known:
        return _world(known)
    role = next((role for role in grids if role.startswith(choice)), next(iter(grids)))
    grid = grids[role]
    if not grid.known:
        return DisplayGrid(grid.canonical())
    if shear(grid.affine) > _SHEAR_SEEN:
        return _world(known, f"{role.replace('_', ' ')} is sheared: world grid")
    return DisplayGrid(grid.canonical())


def _world(known: list[Grid], note: str = "") -> DisplayGrid:
    grid, finest = world_grid(known), min(min(grid.spacing) for grid in known)
    if grid.spacing[0] > finest * _COARSER_SEEN:
        coarse = f"world grid at {grid.spacing[0]:.3g} mm, the finest image has {finest:.3g} mm"
        note = "; ".join(filter(None, (note, coarse)))
    return DisplayGrid(grid, note)


def world_grid(grids: Iterable[Grid]) -> Grid:
    """RAS box around some grids at their finest spacing, at most 512 voxels a side."""
    grids = list(grids)
    low = np.min([grid.bounds[0] for grid in grids], axis=0)
    high = np.max([grid.bounds[1] for grid in grids], axis=0)
    finest = min(min(grid.spacing) for grid in grids)
    step = max(finest, float((high - low).max()) / _SIDE_AT_MOST)
    i, j, k = (max(1, int(n)) for n in np.ceil((high - low) / step - 1e-3))
    return Grid((i, j, k), scaling((step, step, step), low + step / 2))
