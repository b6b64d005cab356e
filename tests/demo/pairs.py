"""A sample of the demo as nibabel sees it, so that our own reader is not its own judge."""

from functools import cached_property
from itertools import product

import nibabel as nib
import numpy as np

GREY, WHITE, FLUID, LESION = 1, 2, 3, 4
TISSUES = (GREY, WHITE, FLUID)


class Scan:
    def __init__(self, path):
        self.path = path
        self.file = nib.load(path)
        self.affine = self.file.affine

    @cached_property
    def array(self):
        return np.asanyarray(self.file.dataobj)

    @property
    def orientation(self):
        return "".join(nib.aff2axcodes(self.affine))

    @property
    def corners(self):
        ends = list(product(*((0, size - 1) for size in self.file.shape)))
        return nib.affines.apply_affine(self.affine, ends)

    def centroid(self, value):
        return nib.affines.apply_affine(self.affine, np.argwhere(self.array == value).mean(axis=0))

    def at(self, points, shift=(0.0, 0.0, 0.0)):
        """Values of the voxels nearest to RAS points (..., 3); 0 outside."""
        index = nib.affines.apply_affine(np.linalg.inv(self.affine), points + np.asarray(shift))
        index = np.rint(index).astype(int)
        inside = ((index >= 0) & (index < self.array.shape)).all(axis=-1)
        values = np.zeros(index.shape[:-1], self.array.dtype)
        values[inside] = self.array[tuple(index[inside].T)]
        return values


class Pair:
    def __init__(self, folder, name):
        self.id = name
        self._folder = folder

    def _scan(self, role):
        return Scan(self._folder / role / f"{self.id}.nii.gz")

    @cached_property
    def fixed(self):
        return self._scan("fixed_images")

    @cached_property
    def moving(self):
        return self._scan("moving_images")

    @cached_property
    def fixed_label(self):
        return self._scan("fixed_labels")

    @cached_property
    def moving_label(self):
        return self._scan("moving_labels")

    @property
    def scans(self):
        return (self.fixed, self.moving, self.fixed_label, self.moving_label)

    def fixed_places(self):
        """World points of every other fixed voxel along each axis, (i, j, k, 3)."""
        shape = self.fixed.file.shape
        index = np.stack(np.meshgrid(*(np.arange(0, n, 2) for n in shape), indexing="ij"), -1)
        return nib.affines.apply_affine(self.fixed.affine, index)

    def dice(self, shift=(0.0, 0.0, 0.0)):
        """Overlap of each label, the moving one looked up at the fixed voxels' places."""
        fixed = self.fixed_label.array[::2, ::2, ::2]
        moving = self.moving_label.at(self.fixed_places(), shift)
        return {
            value: 2
            * np.sum((fixed == value) & (moving == value))
            / (np.sum(fixed == value) + np.sum(moving == value))
            for value in (*TISSUES, LESION)
        }

    def lesion_offset(self):
        """From the fixed to the moving lesion: R, A, S in mm."""
        return self.moving_label.centroid(LESION) - self.fixed_label.centroid(LESION)
