"""The headers of a thousand compressed volumes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from napari_medload.formats import read_header
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import Pair, Place, write_pairs
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

_FILES = 1000
_FILES_BY_SIMPLEITK = 50
_ROUNDS = 12
_SHAPE = (128, 128, 90)


def measure(folder: Path) -> list[Figure]:
    """Read shape and affine of every file; SimpleITK's time is that of fifty, times twenty."""
    paths = _files(folder)
    names = [str(path) for path in paths[:_FILES_BY_SIMPLEITK]]

    def ours(_turn: int = 0) -> list[tuple[tuple[int, ...], np.ndarray]]:
        return [(header.shape, header.grid.affine) for header in map(read_header, paths)]

    def nibabel(_turn: int = 0) -> list[tuple[tuple[int, ...], np.ndarray]]:
        return [(image.shape, image.affine) for image in map(nib.load, paths)]

    def simpleitk(_turn: int = 0) -> list[tuple[int, ...]]:
        return [_size(name) for name in names]

    for (shape, affine), (their_shape, their_affine) in zip(ours(), nibabel(), strict=True):
        if shape != their_shape or not np.allclose(affine, their_affine, atol=1e-4):
            raise AssertionError(f"{shape} {affine} is not what nibabel reads")
    times = interleaved({"ours": ours, "nibabel": nibabel, "simpleitk": simpleitk}, _ROUNDS)
    theirs = times["simpleitk"] * _FILES / _FILES_BY_SIMPLEITK
    what = f"headers of {_FILES:,} .nii.gz, against"
    return [
        Figure(f"{what} nibabel.load", times["ours"], times["nibabel"], "s", 5.0, "faster"),
        Figure(f"{what} SimpleITK (50 of them)", times["ours"], theirs, "s", 50.0, "faster"),
    ]


def _files(folder: Path) -> list[Path]:
    """Write the scans of some pairs, with noise in the air, under a thousand names."""
    pairs = [
        Pair(f"scan-{n}", Place(_SHAPE), Place(_SHAPE, tilt=(9.0, n, -4.0)), n, masked=False)
        for n in range(2)
    ]
    write_pairs(folder, pairs)
    written = [folder / p.files[role] for p in pairs for role in ("fixed_image", "moving_image")]
    place = folder / "headers"
    place.mkdir()
    paths = [place / f"{n:04}.nii.gz" for n in range(_FILES)]
    for n, path in enumerate(paths):
        os.link(written[n % len(written)], path)
    return paths


def _size(name: str) -> tuple[int, ...]:
    reader = sitk.ImageFileReader()
    reader.SetFileName(name)
    reader.ReadImageInformation()
    return tuple(reader.GetSize())
