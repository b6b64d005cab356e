"""A pair whose values are known everywhere: each image is a linear function of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from tests.phantoms import affine_of
from tests.session.datasets import resident

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.scene import Scene

FIXED_SHAPE, MOVING_SHAPE = (16, 14, 12), (40, 44, 42)
FIXED_SLOPES, MOVING_SLOPES = (2.0, -1.0, 0.5), (-1.0, 3.0, 2.0)
FIXED = affine_of("LAS", FIXED_SHAPE, (1.0, 1.5, 2.5), centre=(3.2, -4.1, 7.3))
MOVING = affine_of("PIR", MOVING_SHAPE, centre=(3.0, -4.0, 7.0), tilt=(4, 7, 10))


def ramp(slopes: tuple[float, ...], world: np.ndarray) -> np.ndarray:
    """Value at world points, shape (..., 3); interpolation gives it without error."""
    return 100.0 + world @ np.array(slopes)


def places(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """World points of all voxels, shape (i, j, k, 3)."""
    return nib.affines.apply_affine(affine, np.moveaxis(np.indices(shape), 0, -1))


def ramps(folder: Path, moving: np.ndarray = MOVING) -> dict[str, Resident]:
    """Fixed stored LAS and anisotropic; moving stored PIR, tilted, and all around it."""
    made = {}
    for role, slopes, affine, shape in (
        ("fixed_image", FIXED_SLOPES, FIXED, FIXED_SHAPE),
        ("moving_image", MOVING_SLOPES, moving, MOVING_SHAPE),
    ):
        array = ramp(slopes, places(affine, shape)).astype(np.float32)
        made[role] = resident(folder / f"{role}.nii", array, affine)
    return made


def shown_places() -> np.ndarray:
    """World points of the voxels that are drawn on the fixed image's grid, shape (k, j, i, 3)."""
    turned = nib.as_closest_canonical(nib.Nifti1Image(np.zeros(FIXED_SHAPE, np.uint8), FIXED))
    return places(turned.affine, turned.shape).transpose(2, 1, 0, 3)


def in_contrast(scene: Scene, role: str, values: np.ndarray) -> np.ndarray:
    """Values in units of the contrast of a role."""
    (layer,) = (one for one in scene.layers if one.role == role)
    low, high = layer.limits
    return (values - low) / (high - low)


def truths(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Fixed and moving as they must be drawn, axes (k, j, i)."""
    world = shown_places()
    return (
        in_contrast(scene, "fixed_image", ramp(FIXED_SLOPES, world)),
        in_contrast(scene, "moving_image", ramp(MOVING_SLOPES, world)),
    )


def planes_of(array: object) -> list[tuple[int, int, np.ndarray]]:
    """Some planes along each axis, read as a canvas reads them."""
    found = []
    for axis, size in enumerate(array.shape):
        for index in {0, size // 2, size - 1}:
            key = [slice(None)] * 3
            key[axis] = index
            found.append((axis, index, np.asarray(array[tuple(key)])))
    return found
