"""Labelled pairs on disk that compress as scans do: smooth tissue, and noise of a few bits."""

from __future__ import annotations

import csv
import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from tests.phantoms import affine_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Shape = tuple[int, int, int]
Triple = tuple[float, float, float]

MEDIUM: Shape = (256, 256, 180)
LARGE: Shape = (512, 512, 200)
ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")

_GZIP_LEVEL = 6
_WAVES = 8
_NOISE = 9.0
_BLOBS = 5


@dataclass(frozen=True)
class Place:
    """Shape of an image, and where it lies."""

    shape: Shape
    spacing: Triple = (1.0, 1.0, 1.0)
    tilt: Triple = (0.0, 0.0, 0.0)
    orientation: str = "RAS"

    @property
    def affine(self) -> np.ndarray:
        """Voxel indices to RAS mm, (4, 4)."""
        return affine_of(self.orientation, self.shape, self.spacing, tilt=self.tilt)


@dataclass(frozen=True)
class Pair:
    """A labelled pair: each label lies on the grid of its image.

    Parameters
    ----------
    name : str
    fixed, moving : Place
    seed : int
    masked : bool
        Whether the air around the body is zero; else it is noise, as scanners write it.
    """

    name: str
    fixed: Place
    moving: Place
    seed: int = 0
    masked: bool = True
    files: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        files = {role: f"{self.name}-{role}.nii.gz" for role in ROLES}
        object.__setattr__(self, "files", files)

    def place(self, role: str) -> Place:
        """Place of a role."""
        return self.moving if role.startswith("moving") else self.fixed


def write_pairs(folder: Path, pairs: Iterable[Pair]) -> None:
    """Write the files of some pairs, unless they are there."""
    wanted = [(pair, role) for pair in pairs for role in ROLES]
    missing = [(pair, role) for pair, role in wanted if not (folder / pair.files[role]).exists()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(_write, folder, pair, role) for pair, role in missing]:
            done.result()


def _write(folder: Path, pair: Pair, role: str) -> None:
    place = pair.place(role)
    seed = 2 * pair.seed + role.startswith("moving")
    if role.endswith("label"):
        array = blobs(place.shape, seed)
    else:
        array = tissue(place.shape, seed, pair.masked)
    image = nib.Nifti1Image(array, place.affine)
    image.header.set_xyzt_units("mm")
    (folder / pair.files[role]).write_bytes(gzip.compress(image.to_bytes(), _GZIP_LEVEL))


def write_list(path: Path, rows: Mapping[str, Mapping[str, str]]) -> Path:
    """Write a sample list: id, then the file of each role."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("id", *ROLES))
        writer.writeheader()
        writer.writerows({"id": name, **files} for name, files in rows.items())
    return path


def tissue(shape: Shape, seed: int, masked: bool = True) -> np.ndarray:
    """Scan of a head-like body, int16, in the order of files."""
    rng = np.random.default_rng(seed)
    x, y, z = _axes(shape)
    texture = np.zeros(shape, np.float32, order="F")
    for _ in range(_WAVES):
        a, b, c = rng.uniform(-7, 7, 3)
        p, q, r = rng.uniform(0, 2 * np.pi, 3)
        texture += np.cos(a * x + p) * np.cos(b * y + q) * np.cos(c * z + r)
    values = 420 + 90 * texture + np.where(texture > 0.4, np.float32(170), np.float32(0))
    values *= (x / 0.85) ** 2 + (y / 0.92) ** 2 + (z / 0.97) ** 2 < 1
    noise = np.float32(_NOISE) * rng.standard_normal(shape[::-1], np.float32).T
    values += noise * (values != 0) if masked else noise
    return np.asfortranarray(np.abs(values).astype(np.int16))


def blobs(shape: Shape, seed: int) -> np.ndarray:
    """Labels 1, 2, … of some ellipsoids, uint8, in the order of files."""
    rng = np.random.default_rng(seed)
    x, y, z = _axes(shape)
    labels = np.zeros(shape, np.uint8, order="F")
    for value in range(1, _BLOBS + 1):
        a, b, c = rng.uniform(-0.45, 0.45, 3)
        p, q, r = rng.uniform(0.12, 0.3, 3)
        labels[((x - a) / p) ** 2 + ((y - b) / q) ** 2 + ((z - c) / r) ** 2 < 1] = value
    return labels


def _axes(shape: Sequence[int]) -> list[np.ndarray]:
    """Coordinates from -1 to 1 along each axis, ready to be broadcast."""
    return list(np.ix_(*(np.linspace(-1, 1, size, dtype=np.float32) for size in shape)))
