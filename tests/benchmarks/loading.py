"""Single images from disk to voxels, and what is known of them before.

The four files are what people load: a CT with noise everywhere, a label map, an image of real
numbers with a scaling slope, and a masked MR.
"""

from __future__ import annotations

import gzip
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import geometric_mean
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from napari_medload.images import ScalarImage
from tests.benchmarks.figures import Figure
from tests.benchmarks.peers import VARIABLE, TorchIO
from tests.benchmarks.phantoms import LARGE, MEDIUM, Place, blobs, tissue
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ROUNDS = 12
_GZIP_LEVEL = 6
_HEADER_ROUNDS = 8
_HEADERS = 200
"""Images asked in a round: many, because the first pay for caches that the peer left cold."""

_SLOPE, _INTERCEPT = 0.25, -3.0
_PLACE = {"spacing": (0.8, 0.8, 1.25), "tilt": (4.0, -7.0, 11.0), "orientation": "LPS"}


def measure(folder: Path) -> list[Figure]:
    """Load each file as the users of nibabel and TorchIO do, and read headers."""
    paths = _write(folder / "loading")
    with TorchIO.named() as torchio:
        if torchio.version is None:
            print(
                f"loading: no lines against TorchIO, which is not installed here; {VARIABLE} can "
                "name an interpreter that has it",
                file=sys.stderr,
            )
            return _load(paths, None)
        return [*_load(paths, torchio), _read_headers(paths, torchio)]


def _load(paths: Mapping[str, Path], torchio: TorchIO | None) -> list[Figure]:
    """Time all files; every figure is of the geometric means over them."""
    times = {what: _load_one(what, path, torchio) for what, path in paths.items()}
    mean = {name: geometric_mean(each[name] for each in times.values()) for name in times["CT"]}
    what = f"load {len(paths)} .nii.gz, geometric means, against"
    figures = [Figure(f"{what} nibabel", mean["ours"], mean["nibabel"], "s", 2.5, "faster")]
    if torchio is not None:
        name = f"{what} TorchIO {torchio.version}"
        figures.append(Figure(name, mean["ours"], mean["torchio"], "s", 4.0, "faster"))
    return figures


def _load_one(what: str, path: Path, torchio: TorchIO | None) -> dict[str, float]:
    def ours(_turn: int = 0) -> ScalarImage:
        image = ScalarImage(path)
        image.load()
        return image

    def nibabel(_turn: int = 0) -> np.ndarray:
        return np.asarray(nib.load(path).dataobj)

    expected = nibabel()
    contenders: dict[str, Callable[[int], Any]] = {"ours": ours, "nibabel": nibabel}
    if not np.array_equal(ours().data[0], expected):
        raise AssertionError(f"{path.name} differs from what nibabel reads")
    if torchio is not None:
        if not np.isclose(torchio.ask("sums", [path])[0], expected.sum(dtype=float), rtol=1e-6):
            raise AssertionError(f"TorchIO reads something else in {path.name}")
        contenders["torchio"] = lambda _turn: torchio.ask("load", [path])
    size = 4 * expected.nbytes
    del expected

    def prepare() -> None:
        if torchio is not None:
            torchio.ask("forget")
        np.ones(size, np.uint8)  # as in `reading`: what a virtual machine gave back is fetched

    times = interleaved(contenders, _ROUNDS, prepare)
    taken = ", ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in times.items())
    print(f"loading: {what}: {taken}", file=sys.stderr)
    return times


def _read_headers(paths: Mapping[str, Path], torchio: TorchIO) -> Figure:
    """Ask images that were just made for four facts, from the files in turn."""
    asked = [*paths.values()] * (_HEADERS // len(paths))

    def ours(_turn: int = 0) -> list[tuple[Any, ...]]:
        return [_facts(ScalarImage(path)) for path in asked]

    def theirs(_turn: int = 0) -> list[list[Any]]:
        return list(torchio.ask("facts", asked))

    for mine, other in zip(ours(), theirs(), strict=True):
        same = [np.allclose(a, b, atol=1e-4) for a, b in zip(mine[:2], other[:2], strict=True)]
        if not (
            all(same) and list(mine[2]) == other[2] and np.allclose(mine[3], other[3], 0, 1e-3)
        ):
            raise AssertionError(f"{mine} is not what TorchIO says: {other}")
    times = interleaved({"ours": ours, "theirs": theirs}, _HEADER_ROUNDS)
    what = f"shape, spacing, orientation, affine of {_HEADERS} .nii.gz"
    name = f"{what}, against TorchIO {torchio.version}"
    return Figure(name, times["ours"], times["theirs"], "s", 30.0, "faster")


def _facts(image: ScalarImage) -> tuple[Any, ...]:
    return image.shape, image.spacing, image.orientation, image.affine


def _write(folder: Path) -> dict[str, Path]:
    """Write the files, in a folder without others: ITK reads ``a.nii`` where it stands beside."""
    folder.mkdir()
    jobs = {"CT": _ct, "labels": _labels, "scaled": _scaled, "MR": _mr}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {
            what: pool.submit(_store, make, folder / f"{what}.nii.gz")
            for what, make in jobs.items()
        }
        return {what: job.result() for what, job in running.items()}


def _store(make: Callable[[], nib.Nifti1Image], path: Path) -> Path:
    path.write_bytes(gzip.compress(make().to_bytes(), _GZIP_LEVEL))
    return path


def _ct() -> nib.Nifti1Image:
    return _image(tissue(LARGE, 70, masked=False))


def _labels() -> nib.Nifti1Image:
    return _image(blobs(LARGE, 71))


def _mr() -> nib.Nifti1Image:
    return _image(tissue(MEDIUM, 72))


def _scaled() -> nib.Nifti1Image:
    """Real numbers of many bits, as after the correction of a bias field."""
    field = 1 + 0.3 * np.cos(np.linspace(0, 3, MEDIUM[0], dtype=np.float32))
    image = _image(tissue(MEDIUM, 73) * field[:, None, None])
    image.header.set_slope_inter(_SLOPE, _INTERCEPT)
    return image


def _image(array: np.ndarray) -> nib.Nifti1Image:
    return nib.Nifti1Image(array, Place(array.shape, **_PLACE).affine)
