"""Reading pictures of the canvas at places in the patient, for the tests of what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from tests.phantoms import affine_of, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

SHAPE, SPACING = (22, 18, 16), (1.5, 2.0, 2.5)
AXES = {"axial": (0, 1), "coronal": (0, 2), "sagittal": (1, 2)}
"""World axis along the screen's horizontal and vertical, for each plane."""

ACROSS = {"axial": 2, "coronal": 1, "sagittal": 0}
"""World axis that each plane is cut at right angles to."""


class Image:
    """An image on disk as nibabel sees it, along R, A, S."""

    def __init__(self, path: Path) -> None:
        canonical = nib.as_closest_canonical(nib.load(path))
        self.array = np.asarray(canonical.dataobj)
        self.affine = canonical.affine

    def ras(self, index: Any) -> np.ndarray:
        """World place of a voxel's centre."""
        return (self.affine @ (*index, 1))[:3]

    def cut(self, plane: str, at: int) -> list[tuple[int, int, int]]:
        """All voxels of a slice."""
        axis = ACROSS[plane]
        ranges = [range(n) if k != axis else (at,) for k, n in enumerate(self.array.shape)]
        return [(i, j, k) for i in ranges[0] for j in ranges[1] for k in ranges[2]]

    def grey(self, limits: Any) -> np.ndarray:
        """Values in units of a contrast, cut off at 0 and 1."""
        low, high = limits
        return np.clip((self.array - low) / (high - low), 0, 1)


def write_pair(folder: Path, fixed: np.ndarray, moving: np.ndarray, name: str = "a") -> None:
    """Write two arrays whose voxels lie in the same places, stored along other axes.

    Parameters
    ----------
    fixed, moving : array, axes R, A, S
    """
    affine = affine_of("RAS", fixed.shape, SPACING, centre=(3.0, 2.0, 1.0))
    for side, array, code in (("fixed", fixed, "LAS"), ("moving", moving, "PIR")):
        store(folder / f"{side}_images" / f"{name}.nii.gz", array, affine, code)


def store(path: Path, array: np.ndarray, affine: np.ndarray, code: str) -> None:
    """Write an array along R, A, S with its axes in another order."""
    whole = nib.Nifti1Image(array, affine)
    there = nib.orientations.axcodes2ornt(code)
    here = nib.orientations.io_orientation(affine)
    turned = whole.as_reoriented(nib.orientations.ornt_transform(here, there))
    write_nifti(path, np.asarray(turned.dataobj), turned.affine)


def noisy_pair(folder: Path) -> tuple[Image, Image]:
    """Write a pair of two noises, and return them as nibabel reads them."""
    write_pair(folder, noise(SHAPE, np.int16, 3), noise(SHAPE, np.int16, 4))
    return Image(folder / "fixed_images" / "a.nii.gz"), Image(folder / "moving_images" / "a.nii.gz")


def bare(browser: Browser) -> None:
    """Leave only the images on the canvas."""
    for overlay in browser.viewer.canvas.overlays.values():
        overlay.visible = False


def colours(browser: Browser, plane: str, places: Any, picture: Any = None) -> np.ndarray:
    """Colours on the canvas at world places, (n, 3), 0 to 1; an untilted grid, one picture."""
    shown = browser.canvas() if picture is None else picture
    rows, columns = screen(browser, plane, places)
    return shown[rows, columns, :3].astype(float) / 255


def screen(browser: Browser, plane: str, places: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of world places, from the conventions alone."""
    camera, (across, up) = browser.viewer.scene.camera, AXES[plane]
    height, width = browser.viewer.canvas.size
    centre_up, centre_across = camera.center[-2:]
    places = np.asarray(places)
    sign = -1 if browser.session.options.radiological else 1
    columns = width / 2 + sign * (places[:, across] - centre_across) * camera.zoom
    rows = height / 2 - (places[:, up] - centre_up) * camera.zoom
    return np.floor(rows).astype(int), np.floor(columns).astype(int)
