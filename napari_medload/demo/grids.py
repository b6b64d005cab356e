"""The samples of the demo and the grids that their images are stored on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_medload.demo.deformation import CENTRE, rotation
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import from_parts
from napari_medload.geometry.orientation import affine_from_letters, nearest_world_axes

Spacing = tuple[float, float, float]

FIXED_SPACING: Spacing = (1.2, 1.2, 1.2)
_FIXED_BOX_MM = np.array((168.0, 204.0, 178.0))
_MOVING_BOX_MM = np.array((180.0, 214.0, 186.0))
_OFF_CENTRE_MM = 3.0


@dataclass(frozen=True)
class Recipe:
    """How one sample is stored.

    Parameters
    ----------
    id : str
        Name of its four files, without suffix.
    fixed, moving : str
        Orientation letters of the stored axes.
    spacing : tuple of three floats
        Of the moving image, along its stored axes, in mm.
    tilt : float
        Turn of the moving grid about an axis drawn at random, in degrees.
    fixed_spacing : tuple of three floats
        The same of the fixed image.
    """

    id: str
    fixed: str
    moving: str
    spacing: Spacing
    tilt: float
    fixed_spacing: Spacing = FIXED_SPACING


RECIPES = (
    Recipe("subject_01", "RAS", "LPS", (1.0, 1.0, 3.0), 10.0),
    Recipe("subject_02", "LAS", "PIR", (1.2, 1.2, 1.8), 7.0),
    Recipe("subject_03", "RAS", "LPS", (1.0, 1.0, 2.5), 8.0),
    Recipe("subject_04", "LAS", "LPS", (1.0, 1.0, 3.0), 0.0),
    Recipe("subject_05", "RAS", "RAS", (1.5, 1.5, 1.5), 15.0),
    Recipe("subject_06", "LAS", "PIR", (1.2, 1.2, 2.0), 9.0),
    Recipe("subject_07", "RAS", "PIR", (1.0, 1.0, 3.0), 0.0),
    Recipe("subject_08", "LAS", "LSP", (1.0, 1.0, 2.5), 12.0),
    Recipe("subject_09", "RAS", "LPS", (1.2, 1.2, 2.5), 7.0),
    Recipe("subject_10", "LAS", "RAS", (1.2, 1.2, 2.0), 8.0),
    Recipe("subject_11", "RAS", "LAS", (1.5, 1.5, 1.5), 0.0),
    Recipe("subject_12", "LAS", "LPS", (1.0, 1.0, 3.0), 10.0),
    Recipe("subject_13", "RAS", "PIR", (1.1, 1.1, 2.2), 14.0),
)


def fixed_grid(recipe: Recipe) -> Grid:
    """Grid of the fixed image: along the axes of the template."""
    return _box(recipe.fixed, recipe.fixed_spacing, _FIXED_BOX_MM, np.eye(3), CENTRE)


def moving_grid(recipe: Recipe, rng: np.random.Generator) -> Grid:
    """Grid of the moving image: turned, and up to 3 mm off centre along A and S.

    Its middle stays on the midline, so that data flipped left-right overlap the brain.
    """
    turn = rotation(rng.standard_normal(3), recipe.tilt)
    off_centre = rng.uniform(-_OFF_CENTRE_MM, _OFF_CENTRE_MM, 3) * (0, 1, 1)
    return _box(recipe.moving, recipe.spacing, _MOVING_BOX_MM, turn, CENTRE + off_centre)


def left_right_axis(grid: Grid) -> int:
    """Voxel axis that runs nearest to left-right."""
    worlds = [found[0] if found else -1 for found in nearest_world_axes(grid.affine)]
    return worlds.index(0)


def _box(
    letters: str,
    spacing: Spacing,
    box_mm: FloatArray,
    turn: FloatArray,
    centre: FloatArray,
) -> Grid:
    """Grid of some letters and spacing that fills a box (R, A, S mm), turned about its centre."""
    axes = affine_from_letters(letters, spacing)[:3, :3]
    i, j, k = np.ceil(np.abs(axes).T @ box_mm / np.square(spacing)).astype(int).tolist()
    linear = turn @ axes
    return Grid((i, j, k), from_parts(linear, centre - linear @ ((np.array((i, j, k)) - 1) / 2)))
