"""A labelled pair, four files, from disk to arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from napari_medload.loaders import open_dataset
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import (
    LARGE,
    MEDIUM,
    ROLES,
    Pair,
    Place,
    Shape,
    write_list,
    write_pairs,
)
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.images import Image

_ROUNDS = {MEDIUM: 20, LARGE: 12}


def measure(folder: Path) -> list[Figure]:
    """Read pairs of both sizes as nibabel's, SimpleITK's and this library's users do."""
    return [figure for shape in (MEDIUM, LARGE) for figure in _measure(folder, shape)]


def _measure(folder: Path, shape: Shape) -> list[Figure]:
    size = "×".join(map(str, shape))
    pair = Pair(f"read-{size}", Place(shape), Place(shape, tilt=(8.0, -5.0, 12.0)))
    write_pairs(folder, [pair])
    listed = write_list(folder / f"{pair.name}.csv", {pair.name: pair.files})
    paths = [folder / pair.files[role] for role in ROLES]
    samples: list[Any] = []

    def prepare() -> None:
        samples[:] = [open_dataset(listed)[0]]
        _warm_memory(len(ROLES) * 2 * math.prod(shape))

    def ours(_turn: int = 0) -> dict[str, Image]:
        return dict(samples[0].load())

    def nibabel(_turn: int = 0) -> list[np.ndarray]:
        return [np.asarray(nib.load(path).dataobj) for path in paths]

    def simpleitk(_turn: int = 0) -> list[sitk.Image]:
        return [sitk.ReadImage(str(path)) for path in paths]

    prepare()
    _check(ours(), nibabel())
    times = interleaved(
        {"ours": ours, "nibabel": nibabel, "simpleitk": simpleitk}, _ROUNDS[shape], prepare
    )
    what = f"labelled pair of {size} to arrays, against"
    return [
        Figure(f"{what} nibabel", times["ours"], times["nibabel"], "s", 3.0, "faster"),
        Figure(f"{what} SimpleITK", times["ours"], times["simpleitk"], "s", 1.8, "faster"),
    ]


def _warm_memory(size: int) -> None:
    """Fetch free memory that a virtual machine has given back to its host.

    To have it back takes up to a millisecond per megabyte, which whoever comes next would pay.
    """
    np.ones(size, np.uint8)


def _check(found: dict[str, Image], expected: list[np.ndarray]) -> None:
    for role, array in zip(ROLES, expected, strict=True):
        if not np.array_equal(found[role].data[0], array):
            raise AssertionError(f"{role} differs from what nibabel reads")
