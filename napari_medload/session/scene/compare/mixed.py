"""Parts of the fixed image beside parts of the moving one: checkerboard and curtain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.scene.compare.planes import PlaneArray

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.session.scene.compare.planes import KeptPlanes
    from napari_medload.session.scene.display_grid import DisplayGrid

_ROUNDING = 1e-6
_FIELDS = 8
"""Over the shorter side of the largest plane."""


def field_size(display: DisplayGrid) -> float:
    """Choose a size for the fields of a checkerboard: 1, 2 or 5 times a power of ten.

    About eight of them lie over the shorter side of the largest plane, whichever plane is shown:
    fields are cubes. None is much smaller than a voxel.

    Parameters
    ----------
    display : DisplayGrid

    Returns
    -------
    float
        In mm; in voxels where the grid is unknown.
    """
    sizes = zip(display.grid.shape[::-1], display.scale, strict=True)
    _shortest, (extent, step), _longest = sorted((size * step, step) for size, step in sizes)
    wanted = max(extent / _FIELDS, step)
    ten = 10.0 ** math.floor(math.log10(wanted))
    return min((n * ten for n in (1, 2, 5, 10)), key=lambda size: abs(math.log(size / wanted)))


class Checkerboard(PlaneArray):
    """Cubes of the fixed and of the moving image in turn, each in units of its own contrast.

    The cubes stand still in the world: one corner lies at RAS (0, 0, 0) mm, whatever the grid,
    and the field towards +R, +A, +S of it shows the fixed image. They follow the axes of the
    display grid, so on a tilted one they are turned with it, about the middle of the grid. A
    voxel belongs to the cube that its centre lies in.

    Parameters
    ----------
    fixed, moving : KeptPlanes
    display : DisplayGrid
    side : float
        Of a cube, in mm (in voxels where the grid is unknown).
    """

    def __init__(
        self, fixed: KeptPlanes, moving: KeptPlanes, display: DisplayGrid, side: float
    ) -> None:
        super().__init__(fixed.shape, np.float32)
        self._fixed, self._moving = fixed, moving
        self._odd = [
            np.floor((first + step * np.arange(size)) / side + _ROUNDING) % 2 == 1
            for first, step, size in zip(display.translate, display.scale, fixed.shape, strict=True)
        ]

    def plane(self, axis: int, index: int) -> Array:
        """Mix a plane of both; see `PlaneArray.plane`."""
        down, across = (odd for n, odd in enumerate(self._odd) if n != axis)
        of_moving = down[:, np.newaxis] ^ (across ^ self._odd[axis][index])
        return np.where(of_moving, self._moving.plane(axis, index), self._fixed.plane(axis, index))


class Curtain(PlaneArray):
    """The fixed image on the left of the screen and the moving one on the right.

    Of each plane, whichever way it is cut, the last axis runs across the screen: R in axial and
    coronal planes, A in sagittal ones.

    Parameters
    ----------
    fixed, moving : KeptPlanes
    at : float
        Where the curtain hangs, as a part of the width from the left of the screen.
    leftward : bool
        Whether coordinates grow to the left of the screen, as in the radiological convention.
    """

    def __init__(self, fixed: KeptPlanes, moving: KeptPlanes, at: float, leftward: bool) -> None:
        super().__init__(fixed.shape, np.float32)
        self._fixed, self._moving = fixed, moving
        self._at, self._leftward = at, leftward

    def plane(self, axis: int, index: int) -> Array:
        """Join parts of a plane of both; see `PlaneArray.plane`."""
        joined = self._moving.plane(axis, index).copy()
        wide = joined.shape[1]
        left = math.ceil(self._at * wide - 0.5)  # voxels whose centres lie left of the curtain
        part = slice(wide - left, None) if self._leftward else slice(0, left)
        joined[:, part] = self._fixed.plane(axis, index)[:, part]
        return joined
