"""Random, smooth deformations: where a point of a subject lies in the template."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from napari_medload.demo.sampling import itk_image, smooth_noise
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import apply, scaling

CENTRE = np.array((0.0, -17.0, 5.0))
"""Middle of the template's brain, RAS mm."""

FIELD = Grid((51, 51, 51), scaling((6.0, 6.0, 6.0), CENTRE - 150.0))
"""Where a deformation is drawn: every 6 mm, well around any head."""

_SMOOTH_OVER_MM = 18.0
_AMPLITUDE_MM = 3.0
_STRETCH, _TURN_DEGREES = 0.05, 3.0
_ENOUGH_STEPS = 30


def draw_displacement(rng: np.random.Generator) -> FloatArray:
    """Draw where each point of a subject lies in the template.

    Returns
    -------
    array of float64, shape (51, 51, 51, 3)
        On `FIELD`, template minus subject position, R, A, S in mm: smooth noise of several mm,
        and a turn and a stretch of the whole head.
    """
    turn = rotation(rng.standard_normal(3), rng.uniform(0, _TURN_DEGREES))
    linear = turn * rng.uniform(1 - _STRETCH, 1 + _STRETCH, 3)
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in FIELD.shape), indexing="ij"), -1)
    from_centre = apply(FIELD.affine, indices) - CENTRE
    local = _AMPLITUDE_MM * smooth_noise(rng, FIELD, 3, _SMOOTH_OVER_MM)
    return np.asarray(local + from_centre @ (linear - np.eye(3)).T, dtype=np.float64)


def as_transform(displacement: FloatArray) -> sitk.Transform:
    """Transform from world points of the subject to those of the template, RAS mm."""
    # the transform takes the image's memory, so it gets an image of its own
    return sitk.DisplacementFieldTransform(itk_image(displacement, FIELD))


def back_into_subject(transform: sitk.Transform, point: FloatArray) -> FloatArray:
    """Point of the subject that lies at a point (3,) of the template, RAS mm.

    Found by fixed-point iteration, which converges because the displacement changes by less
    than a mm from one mm to the next.
    """
    found = point.copy()
    for _ in range(_ENOUGH_STEPS):
        found += point - np.asarray(transform.TransformPoint(found.tolist()))
    return found


def rotation(axis: FloatArray, degrees: float) -> FloatArray:
    """Rotation about an axis (3,) as a matrix (3, 3), by Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    angle = np.radians(degrees)
    turned = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return np.asarray(turned, dtype=np.float64)
