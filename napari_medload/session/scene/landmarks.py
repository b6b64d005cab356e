"""Landmarks of both sides, placed on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.affine import apply, inverse
from napari_medload.session.scene.before_after import COMPARED, is_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.session.options import ViewOptions
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.results import Result


@dataclass(frozen=True, eq=False)
class ShownLandmarks:
    """Landmarks on the canvas.

    Parameters
    ----------
    names : tuple of str
    fixed, moving : array, shape (n, 3)
        Canvas points (S, A, R). Paired row by row where both have rows; NaN where a point is
        nowhere.
    distances : tuple of float
        In mm, one a pair; empty where there are no pairs.
    size : float
        How large they are drawn, in units of the canvas.
    """

    names: tuple[str, ...]
    fixed: FloatArray
    moving: FloatArray
    distances: tuple[float, ...]
    size: float

    @property
    def texts(self) -> tuple[str, ...]:
        """Distance of each pair, such as "3.1 mm"; the names of those that are not paired."""
        if not self.distances:
            return self.names
        return tuple(f"{mm:.1f} mm" for mm in self.distances)


_PART_OF_VIEW, _SMALLEST_MM = 0.04, 3.0


def shown_landmarks(
    result: Result,
    display: DisplayGrid,
    options: ViewOptions,
    drawn: Mapping[str, tuple[Grid, Grid]],
) -> ShownLandmarks | None:
    """Place landmarks on the canvas.

    Parameters
    ----------
    drawn : mapping of role to (Grid, Grid)
        Where the header of each image says that it lies, and where it is drawn.

    Returns
    -------
    ShownLandmarks or None
        None where there are none, and where they have no place: on grids without geometry, and as
        other programs see the files.
    """
    if not (result.fixed or result.moving) or options.lens or not display.grid.oriented:
        return None
    stated = [drawn[role][0] for role in COMPARED if role in drawn]
    after = is_after(result, options, stated)
    if after and result.transform is None:  # nobody knows how the warped image was made
        moving, distances = np.full_like(result.points("moving"), np.nan), None
    elif after:
        moving, distances = result.moved, result.after
    else:
        moving, distances = result.points("moving"), result.before
        moving = _as_drawn(moving, drawn.get("moving_image"))
    fixed = _as_drawn(result.points("fixed"), drawn.get("fixed_image"))
    if options.aligned == "index":  # the images are not where the distances were taken
        distances = None
    extent = max(display.grid.extent)
    return ShownLandmarks(
        result.names,
        _on_canvas(fixed, display),
        _on_canvas(moving, display),
        distances.each if distances is not None else (),
        max(_SMALLEST_MM, _PART_OF_VIEW * extent),
    )


def _as_drawn(points: FloatArray, grids: tuple[Grid, Grid] | None) -> FloatArray:
    """Move points along with an image that is drawn elsewhere than its header says."""
    if grids is None or not grids[0].known or grids[0] == grids[1]:
        return points
    stated, drawn = grids
    return apply(drawn.affine, apply(inverse(stated.affine), points))


def _on_canvas(points: FloatArray, display: DisplayGrid) -> FloatArray:
    return np.array([display.to_canvas(point) for point in points]).reshape(-1, 3)
