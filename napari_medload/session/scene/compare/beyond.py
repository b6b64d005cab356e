"""What the display grid cuts off: how far an image continues beyond it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.geometry.affine import apply, inverse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats.contract import Array
    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.options import GridChoice
    from napari_medload.session.scene.display_grid import DisplayGrid

Cut: TypeAlias = dict[tuple[int, int], float]
"""Length by axis (0 i, 1 j, 2 k) and end (0 low, 1 high) of the display grid."""

WORTH = 10.0
"""Least length that is told, in mm (in voxels where the grid is unknown)."""

WORTH_PART = 0.02
"""Least part of what is seen of an image that must lie beyond one side of the grid."""

_SIDE = 40
"""Voxels of an image that are looked up along each axis."""

_BRIGHT = 0.15
"""Part of the contrast above which a voxel is seen; darker ones are air and its noise."""

_STRAY = 0.001
"""Part of what is seen that may lie further out than what is told."""

_TOWARDS = (("L", "R"), ("P", "A"), ("I", "S"))


def cut_off(reslicer: Reslicer, limits: tuple[float, float], display: DisplayGrid) -> Cut:
    """Measure how far what is seen of an image continues beyond the faces of a grid.

    Parameters
    ----------
    reslicer : Reslicer
    limits : tuple of two floats
        Contrast limits, which tell what is seen from air.
    display : DisplayGrid

    Returns
    -------
    dict of (int, int) to float
        For an axis (0 i, 1 j, 2 k) and its end (0 low, 1 high) the length, in mm (in voxels where
        the grid is unknown), where it is worth telling; largest first. Empty for an image that
        lies beyond altogether, and for one that a transform bends.
    """
    mapping = reslicer.mapping(display.grid)
    if mapping is None:
        return {}
    to_display = inverse(mapping)
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in reslicer.array.shape])).reshape(3, -1)
    if not (_beyond(apply(to_display, corners.T), display) >= WORTH).any():
        return {}  # by the header alone, as for most pairs
    steps = np.array([max(1, math.ceil(n / _SIDE)) for n in reslicer.array.shape])
    away = _beyond(apply(to_display, _seen(reslicer, limits, steps)), display)
    out = away > 0
    if out.any(axis=(1, 2)).all():
        return {}
    last = len(away) - 1 - int(_STRAY * len(away))
    furthest = np.partition(away, last, axis=0)[last]
    # what is seen ends about half a step beyond the last voxel that was looked up
    ahead = np.abs(to_display[:3, :3] * steps).max(axis=1) / 2 * display.scale[::-1]
    furthest = furthest + ahead[:, np.newaxis]
    told = (furthest >= WORTH) & (out.mean(axis=0) >= WORTH_PART)
    found = {(int(axis), int(end)): float(furthest[axis, end]) for axis, end in np.argwhere(told)}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _seen(reslicer: Reslicer, limits: tuple[float, float], steps: Array) -> Array:
    """Return indices of voxels, one in some steps along each axis, that are brighter than air."""
    low, high = limits
    i, j, k = steps
    values = reslicer.scaling.apply(reslicer.array[::i, ::j, ::k])
    return np.asarray(np.argwhere(values > low + _BRIGHT * (high - low)) * steps)


def _beyond(places: Array, display: DisplayGrid) -> Array:
    """Lengths by which display indices lie beyond each face of the grid, shape (n, 3, 2)."""
    ends = np.array(display.grid.shape) - 0.5
    steps = np.array(display.scale[::-1])
    return np.stack(((-0.5 - places) * steps, (places - ends) * steps), axis=-1)


def cut_remark(
    cuts: Iterable[Cut], display: DisplayGrid, names: tuple[str, str], chosen: GridChoice
) -> str:
    """Say how far either of two images continues beyond the display grid; empty if not.

    Parameters
    ----------
    cuts : iterable of two dict
        Of both images, as of `cut_off`.
    display : DisplayGrid
    names : tuple of two str
        Roles of both images.
    chosen : str
        Of which image the grid is; the world's shows all of both.
    """
    oriented, unit = display.grid.oriented, "mm" if display.grid.known else "voxels"
    said = []
    for name, cut in zip(names, cuts, strict=True):
        ways = [
            f"{length:.0f} {unit} {_way(axis, end, oriented)}"
            for (axis, end), length in cut.items()
        ]
        if ways:
            said.append(f"{name.replace('_', ' ')} continues {', '.join(ways)} beyond this grid")
    if said and oriented and chosen != "world" and "moving_image" in names:
        said.append("grid of: world shows all")
    return "; ".join(said)


def _way(axis: int, end: int, oriented: bool) -> str:
    if oriented:
        return f"towards {_TOWARDS[axis][end]}"
    return f"{('before', 'after')[end]} axis {'ijk'[axis]}"
