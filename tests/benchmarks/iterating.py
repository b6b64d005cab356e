"""An epoch of pairs, read and normalised."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from napari_medload.loaders import NiftiFileLoader, PairedDataLoader, UnpairedDataLoader
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import Pair, Place, Shape, write_pairs
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_medload.loaders.deepreg import GeneratorDataLoader

_SHAPE: Shape = (192, 192, 140)
_PAIRS = 6
_ROUNDS = 14


def measure(folder: Path) -> list[Figure]:
    """Iterate unlabeled pairs with the default number of threads, and one after the other."""
    place = folder / "iterating"
    files = _files(folder, place)
    where: dict[str, Any] = {
        "file_loader": NiftiFileLoader,
        "data_dir_paths": [str(place)],
        "labeled": False,
        "sample_label": "all",
        "seed": 0,
    }
    loaders = {
        "paired": PairedDataLoader(moving_image_shape=_SHAPE, fixed_image_shape=_SHAPE, **where),
        "unpaired": UnpairedDataLoader(image_shape=_SHAPE, **where),
    }
    return [_measure(kind, loader, files[kind]) for kind, loader in loaders.items()]


def _measure(kind: str, loader: GeneratorDataLoader, files: dict[str, list[Path]]) -> Figure:
    order = list(loader.sample_index_generator())

    def ours(_turn: int = 0) -> int:
        return _consume((sample["moving_image"], sample["fixed_image"]) for sample in loader)

    def nibabel(_turn: int = 0) -> int:
        return _consume(
            (_read(files["moving"][moving]), _read(files["fixed"][fixed]))
            for moving, fixed, _ in order
        )

    _check(loader, files, order)
    times = interleaved({"ours": ours, "nibabel": nibabel}, _ROUNDS)
    size = "×".join(map(str, _SHAPE))
    name = f"{len(order)} {kind} images of {size}, normalised, against nibabel in turn"
    return Figure(name, times["ours"], times["nibabel"], "s", 2.0, "faster")


def _consume(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> int:
    """Let each pair go as training does, so that no contender holds an epoch in memory."""
    return sum(moving.size + fixed.size for moving, fixed in pairs)


def _read(path: Path) -> np.ndarray:
    array = np.asarray(nib.load(path).dataobj, dtype=np.float32)
    low, high = array.min(), array.max()
    return (array - low) / (high - low)


def _check(loader: GeneratorDataLoader, files: dict[str, list[Path]], order: list[Any]) -> None:
    for sample, (moving, fixed, _) in zip(loader, order, strict=True):
        for side, index in (("moving", moving), ("fixed", fixed)):
            if not np.array_equal(sample[f"{side}_image"], _read(files[side][index])):
                raise AssertionError(f"{files[side][index]} differs from what nibabel reads")


def _files(folder: Path, place: Path) -> dict[str, dict[str, list[Path]]]:
    """Write pairs in the layouts of both loaders: by role, and all images in one folder."""
    pairs = [
        Pair(
            f"iterate-{n}", Place(_SHAPE), Place(_SHAPE, tilt=(6.0, n, -3.0)), n, masked=n % 2 == 0
        )
        for n in range(_PAIRS)
    ]
    write_pairs(folder, pairs)
    for name in ("moving_images", "fixed_images", "images"):
        (place / name).mkdir(parents=True, exist_ok=True)
    for n, pair in enumerate(pairs):
        for side in ("moving", "fixed"):
            written = folder / pair.files[f"{side}_image"]
            os.link(written, place / f"{side}_images" / f"{n}.nii.gz")
            os.link(written, place / "images" / f"{n}-{side}.nii.gz")
    by_side = {
        side: [place / f"{side}_images" / f"{n}.nii.gz" for n in range(_PAIRS)]
        for side in ("moving", "fixed")
    }
    single = sorted((place / "images").iterdir())
    return {"paired": by_side, "unpaired": {"moving": single, "fixed": single}}
