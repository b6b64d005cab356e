"""A scan of 160 slices of 384×384, image and six masks, put together from 320 files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from napari_medload.formats import Source, read_array, read_header
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

_SLICES, _SIDE, _MASKS = 160, 384, 6
_SUFFIXES = (".im", ".seg")
_ROUNDS = 10


def measure(folder: Path) -> list[Figure]:
    """Read a scan as MedSegPy's users do: open each file with h5py, stack slice first."""
    return [
        _measure(folder, "uncompressed", 2.0),
        _measure(folder, "gzip", 1.0, compression="gzip"),
    ]


def _measure(folder: Path, how: str, required: float, **options: Any) -> Figure:
    place = folder / f"slices-{how}"
    _write(place, **options)
    names = {suffix: tuple(f"{k + 1:03d}{suffix}" for k in range(_SLICES)) for suffix in _SUFFIXES}

    def ours(_turn: int = 0) -> list[np.ndarray]:
        sources = [Source(place / found[0], slices=found) for found in names.values()]
        return [read_array(read_header(source)) for source in sources]

    def loop(_turn: int = 0) -> list[np.ndarray]:
        return [_loop([place / name for name in found]) for found in names.values()]

    for found, expected in zip(ours(), loop(), strict=True):
        if not np.array_equal(found, np.moveaxis(expected[:, :, :, 0], 0, 2)):
            raise AssertionError("a stack is not what h5py reads")
    times = interleaved({"ours": ours, "loop": loop}, _ROUNDS)
    what = f"{_SLICES} {how} slices with {_MASKS} masks to volumes, against a loop over h5py"
    return Figure(what, times["ours"], times["loop"], "s", required, "faster")


def _loop(paths: list[Path]) -> np.ndarray:
    stack = np.empty(0)
    for k, path in enumerate(paths):
        with h5py.File(path, "r") as file:
            data = file["data"][:]
        if k == 0:
            stack = np.empty((len(paths), *data.shape), data.dtype)
        stack[k] = data
    return stack


def _write(place: Path, **options: Any) -> None:
    """Write a bright ball with noise around it, and overlapping balls as masks."""
    place.mkdir()
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:_SIDE, :_SIDE] - _SIDE / 2
    for k in range(_SLICES):
        squared = row**2 + column**2 + (k - _SLICES / 2) ** 2
        image = 500 * np.exp(-squared / 9000) + rng.normal(0, 20, squared.shape)
        masks = [squared + 40 * c * column < 150**2 for c in range(_MASKS)]
        arrays = {
            ".im": image[..., np.newaxis].astype(np.float32),
            ".seg": np.stack(masks, axis=-1)[:, :, np.newaxis].astype(np.uint8),
        }
        for suffix, array in arrays.items():
            with h5py.File(place / f"{k + 1:03d}{suffix}", "w") as file:
                file.create_dataset("data", data=array, **options)
