"""Planes of a scene as they lie on a screen: which way up, and which side is whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.session.options import PLANES
from napari_medload.session.scene.compare.planes import plane_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats.contract import Array
    from napari_medload.session.options import Plane
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene

_AXES: dict[Plane, tuple[int, int, int]] = {
    "axial": (0, 1, 2),
    "coronal": (1, 0, 2),
    "sagittal": (2, 0, 1),
}
"""Canvas axes (0 S, 1 A, 2 R): across the slices, down and across the screen."""

_ENDS = (("S", "I"), ("A", "P"), ("R", "L"))
"""What lies at the upper and lower end of each canvas axis."""


@dataclass(frozen=True)
class ScreenAxis:
    """One axis of a plane on the screen, or the one through it.

    Parameters
    ----------
    axis : int
        Of the data, (k, j, i), and of the canvas, (S, A, R): 0, 1 or 2.
    size : int
        Voxels.
    start : float
        Canvas coordinate of the first pixel's centre: of the left or upper one; through the
        plane, of the first slice of the data.
    step : float
        Canvas units per pixel; negative where pixels and voxels are counted in opposite ways.
    """

    axis: int
    size: int
    start: float
    step: float

    @property
    def flipped(self) -> bool:
        """Whether pixels and voxels are counted in opposite ways."""
        return self.step < 0

    @property
    def extent(self) -> float:
        """Length from the outer face of the first voxel to that of the last one."""
        return self.size * abs(self.step)

    def pixel_at(self, coordinate: float) -> float:
        """Fractional pixel of a canvas coordinate; centres of pixels are whole numbers."""
        return (coordinate - self.start) / self.step


@dataclass(frozen=True)
class PlaneView:
    """How a plane lies on the screen.

    Parameters
    ----------
    name : str
    across, down, through : ScreenAxis
        From left to right, from top to bottom, and from slice to slice.
    letters : tuple of four str
        What lies at the left, right, top and bottom; empty where directions are not known.
    """

    name: Plane
    across: ScreenAxis
    down: ScreenAxis
    through: ScreenAxis
    letters: tuple[str, str, str, str]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a cut."""
        return self.down.size, self.across.size


def plane_views(scene: Scene) -> tuple[PlaneView, ...]:
    """Tell how the planes of a scene lie on the screen.

    Superior is at the top, and anterior in axial planes. In the radiological convention canvas
    coordinates grow to the left, so the patient's right is on the left and, in sagittal planes,
    anterior is; in the neurological one they grow to the right. An array without directions is
    not turned: it is drawn as the radiological convention draws it.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    tuple of PlaneView
        Axial, coronal, sagittal; empty where nothing can be drawn, and in 3D.
    """
    display = scene.display
    if display is None or scene.options.volume:
        return ()
    leftward = scene.options.radiological or not scene.oriented
    return tuple(_view(name, display, leftward, scene.oriented) for name in PLANES)


def _view(name: Plane, display: DisplayGrid, leftward: bool, oriented: bool) -> PlaneView:
    depth, up, over = _AXES[name]
    left, right = _ENDS[over] if leftward else _ENDS[over][::-1]
    return PlaneView(
        name,
        across=_axis(display, over, leftward),
        down=_axis(display, up, flipped=True),
        through=_axis(display, depth, flipped=False),
        letters=(left, right, *_ENDS[up]) if oriented else ("", "", "", ""),
    )


def _axis(display: DisplayGrid, axis: int, flipped: bool) -> ScreenAxis:
    size, step = display.grid.shape[::-1][axis], display.scale[axis]
    start = display.translate[axis]
    if flipped:
        return ScreenAxis(axis, size, start + (size - 1) * step, -step)
    return ScreenAxis(axis, size, start, step)


def index_at(view: PlaneView, canvas: Iterable[float]) -> int:
    """Slice nearest to a canvas point (S, A, R); the first or last one beyond the grid."""
    through = view.through
    nearest = int(np.rint(through.pixel_at(tuple(canvas)[through.axis])))
    return min(max(nearest, 0), through.size - 1)


def cut(layer: Layer, view: PlaneView, index: int) -> Array:
    """Read a plane of a layer, in the order of the screen.

    Parameters
    ----------
    layer : Layer
    view : PlaneView
        Of the layer's own scene.
    index : int
        Of the slice, as the data count it.

    Returns
    -------
    array, shape (rows, columns)
        Row 0 is at the top and column 0 on the left; values are those of `layer.data`. It may be
        a view of them, and is not to be written into.

    Raises
    ------
    IndexError
        If there is no such slice.
    """
    plane: Array = np.asarray(layer.data[plane_key(view.through.axis, index)])
    rows = slice(None, None, -1 if view.down.flipped else 1)
    columns = slice(None, None, -1 if view.across.flipped else 1)
    turned: Array = plane[rows, columns]
    return turned
