"""Small images with known truth, for the tests of every room."""

from __future__ import annotations

import gzip
import math
import os
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import h5py
import nibabel as nib
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_PAIRS = (("L", "R"), ("P", "A"), ("I", "S"))

ORIENTATIONS: tuple[str, ...] = tuple(
    "".join(letters) for order in permutations(_PAIRS) for letters in product(*order)
)
"""All 48 storage orientations, as three letters."""


def rotation(degrees_x: float = 0.0, degrees_y: float = 0.0, degrees_z: float = 0.0) -> np.ndarray:
    """Rotation about world x, then y, then z, shape (3, 3)."""
    x, y, z = np.radians((degrees_x, degrees_y, degrees_z))
    about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    return np.array(about_z) @ np.array(about_y) @ np.array(about_x)


def affine_of(
    orientation: str,
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0),
    shear: float = 0.0,
) -> np.ndarray:
    """Affine of a grid stored along three letters, around a world centre, then tilted.

    Parameters
    ----------
    orientation : str
        Letters of increasing i, j, k.
    shape, spacing
        Along i, j, k.
    centre : three floats
        World position of the middle of the grid, RAS mm.
    tilt : three floats
        Degrees about the world axes.
    shear : float
        Part of the second axis' direction that is added to the first's.
    """
    linear = np.zeros((3, 3))
    for axis, letter in enumerate(orientation):
        for world, (negative, positive) in enumerate(_PAIRS):
            if letter in (negative, positive):
                linear[world, axis] = 1.0 if letter == positive else -1.0
    linear[:, 0] += shear * linear[:, 1]
    affine = np.eye(4)
    affine[:3, :3] = rotation(*tilt) @ linear @ np.diag(spacing)
    affine[:3, 3] = np.array(centre) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


def voxel_at(affine: np.ndarray, world: tuple[float, float, float]) -> tuple[int, int, int]:
    """Voxel whose centre is nearest to a world point."""
    i, j, k = np.rint(np.linalg.inv(affine) @ (*world, 1.0))[:3].astype(int)
    return int(i), int(j), int(k)


def fiducial(
    affine: np.ndarray,
    shape: tuple[int, int, int],
    world: tuple[float, float, float],
    value: float = 1000,
    dtype: Any = np.int16,
) -> tuple[np.ndarray, np.ndarray]:
    """Array with one bright voxel near a world point, and the true world place of that voxel."""
    voxel = voxel_at(affine, world)
    array = np.zeros(shape, dtype)
    array[voxel] = value
    return array, (affine @ (*voxel, 1.0))[:3]


def blob(
    affine: np.ndarray, shape: tuple[int, int, int], world: tuple[float, float, float], mm: float
) -> np.ndarray:
    """Gaussian of width `mm` around a world point, peak 1000, float32."""
    indices = np.moveaxis(np.indices(shape), 0, -1)
    places = indices @ affine[:3, :3].T + affine[:3, 3]
    squared = ((places - np.array(world)) ** 2).sum(axis=-1)
    return (1000 * np.exp(-squared / (2 * mm**2))).astype(np.float32)


def noise(shape: tuple[int, ...], dtype: Any = np.int16, seed: int = 0) -> np.ndarray:
    """Random values that fit a type; in Fortran order, as files store them."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        values = rng.integers(0, 2, shape).astype(bool)
    elif kind.kind in "iu":
        low = 0 if kind.kind == "u" else -100
        values = rng.integers(low, 120, shape).astype(kind)
    else:
        values = rng.normal(0, 50, shape).astype(kind)
    return np.asfortranarray(values)


def smooth(shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
    """A function of low curvature, so that interpolation is nearly exact."""
    i, j, k = np.indices(shape)
    return np.asfortranarray((100 + 3 * i - 2 * j + 5 * k + 0.1 * i * j).astype(dtype))


def write_nifti(
    path: Path,
    array: np.ndarray,
    affine: np.ndarray | None = None,
    *,
    slope: float | None = None,
    intercept: float = 0.0,
    sform_code: int = 1,
    qform_code: int = 1,
    qform: np.ndarray | None = None,
    version: int = 1,
    byte_order: str = "<",
) -> Path:
    """Write stored numbers with nibabel; folders are made.

    A pair is written where the path ends in ``.hdr`` or ``.img``. `slope` and `intercept` are
    put into the header without touching the numbers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.eye(4) if affine is None else affine
    pair = path.name.split(".", 1)[1].startswith(("hdr", "img"))
    kind = {
        (1, False): nib.Nifti1Image,
        (2, False): nib.Nifti2Image,
        (1, True): nib.Nifti1Pair,
        (2, True): nib.Nifti2Pair,
    }[version, pair]
    header = kind.header_class(endianness=byte_order)
    header.set_data_dtype(array.dtype)
    image = kind(array, affine, header, dtype=array.dtype)
    image.set_sform(affine, code=sform_code)
    image.set_qform(affine if qform is None else qform, code=qform_code)
    nib.save(image, path)
    if slope is not None:
        _set_slope(path, slope, intercept, image.header)
    return path


def huge_nifti(path: Path, shape: tuple[int, int, int], slope: float = 1.0) -> Path:
    """Write a file of zeros, uint8, that takes hardly any room on disk."""
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.uint8)
    header.set_sform(np.eye(4), code=1)
    header["magic"], header["vox_offset"], header["scl_slope"] = b"n+1", 352, slope
    with path.open("wb") as file:
        file.write(header.binaryblock + bytes(4))
        file.truncate(352 + math.prod(shape))
    return path


def _set_slope(path: Path, slope: float, intercept: float, header: Any) -> None:
    """Patch the scale factors of an uncompressed file."""
    template = header.template_dtype.newbyteorder(header.endianness)
    where = path.with_suffix(".hdr") if path.suffix == ".img" else path
    raw = bytearray(where.read_bytes())
    view = np.ndarray((), template, buffer=raw)
    view["scl_slope"], view["scl_inter"] = slope, intercept
    where.write_bytes(bytes(raw))


def write_h5(path: Path, **arrays: np.ndarray) -> Path:
    """Write datasets of an HDF5 file; ``__`` in a name stands for ``-``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name.replace("__", "-"), data=array)
    return path


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder, and of the folders."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
    }


def claim(path: Path, nbytes: int, packed: int) -> None:
    """Let a file claim an array of some size, packed into so many bytes of holes."""
    header = nib.Nifti1Image(np.zeros((1, 1, 1), np.float64), np.eye(4)).header
    header.set_data_shape((1024, 1024, nbytes >> 23))
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4)))
    os.truncate(path, packed)
