"""Small MedSegPy datasets with known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from tests.phantoms import noise, write_h5

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SHAPE = (6, 7, 5)
CHANNELS = 4


def scan_image(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """H×W×D."""
    return noise(shape, np.int16, seed)


def scan_masks(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """H×W×D×C, of zeros and ones, some of which overlap."""
    return np.random.default_rng(seed).integers(0, 2, (*shape, CHANNELS)).astype(np.uint8)


def put(path: Path, array: np.ndarray, **options: Any) -> Path:
    """Write one slice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=array, **options)
    return path


def write_scan(
    folder: Path,
    name: str = "0000001_V00-Aug00",
    seed: int = 0,
    *,
    masks: bool = True,
    numbers: Iterable[int] = (),
    **options: Any,
) -> Path:
    """Write a scan as slices H×W×1 and H×W×1×C, numbered from 1 where nothing else is said."""
    image, mask = scan_image(seed), scan_masks(seed)
    for place, number in enumerate(numbers or range(1, SHAPE[2] + 1)):
        k = slice(place, place + 1)
        put(folder / f"{name}_{number:03d}.im", image[:, :, k], **options)
        if masks:
            put(folder / f"{name}_{number:03d}.seg", mask[:, :, k], **options)
    return folder


def write_volume(folder: Path, name: str = "0000001_V00", seed: int = 0) -> Path:
    """Write a scan as one file with ``volume`` and ``seg``."""
    write_h5(folder / f"{name}.h5", volume=scan_image(seed), seg=scan_masks(seed))
    return folder
