"""Small datasets in DeepReg's layouts, and loaders of them."""

from __future__ import annotations

import numpy as np

from napari_medload.loaders import (
    GroupedDataLoader,
    NiftiFileLoader,
    PairedDataLoader,
    UnpairedDataLoader,
)
from tests.phantoms import write_h5, write_nifti

SHAPE = (4, 5, 6)
PAIRED = ("moving_images", "fixed_images", "moving_labels", "fixed_labels")
SINGLE = ("images", "labels")


def voxels(role, name, channels=0):
    """Values that tell role and name; labels of ones and zeros."""
    rng = np.random.default_rng(sum(map(ord, f"{role}/{name}")))
    if "label" in role:
        shape = (*SHAPE, channels) if channels else SHAPE
        return rng.integers(0, 2, shape).astype(np.uint8)
    return rng.integers(0, 1000, SHAPE).astype(np.int16)


def nifti(root, roles, names, suffix=".nii.gz", channels=0):
    for role in roles:
        for name in names:
            write_nifti(root / role / f"{name}{suffix}", voxels(role, name, channels))
    return str(root)


def h5(root, roles, names, channels=0):
    for role in roles:
        write_h5(root / f"{role}.h5", **{name: voxels(role, name, channels) for name in names})
    return str(root)


def paired(folders, labeled=False, sample_label="all", seed=0, files=NiftiFileLoader, **options):
    shapes = {"moving_image_shape": (3, 4, 5), "fixed_image_shape": (6, 6, 6)}
    return PairedDataLoader(files, folders, labeled, sample_label, seed, **(shapes | options))


def unpaired(folders, labeled=False, sample_label="all", seed=0, files=NiftiFileLoader, **options):
    return UnpairedDataLoader(files, folders, labeled, sample_label, seed, SHAPE, **options)


def grouped(
    folders,
    prob=1,
    option="forward",
    sampled=True,
    seed=0,
    labeled=False,
    files=NiftiFileLoader,
    **options,
):
    return GroupedDataLoader(
        files, folders, labeled, "all", prob, option, sampled, seed, SHAPE, **options
    )
