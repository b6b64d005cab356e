"""Some middle slices of a large uncompressed volume, of which the rest is never read."""

from __future__ import annotations

from mmap import mmap
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from napari_medload.images import ScalarImage
from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import LARGE, Place, tissue
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from pathlib import Path

_FIRST, _STOP = 96, 104
_DATA_OFFSET = 352
_ROUNDS = 200


def measure(folder: Path) -> list[Figure]:
    """Cut an image and take its voxels, against a map whose geometry and type are known."""
    path = folder / "slab.nii"
    stored = tissue(LARGE, 80, masked=False)
    nib.save(nib.Nifti1Image(stored, Place(LARGE).affine), path)

    def ours(_turn: int = 0) -> np.ndarray:
        data = ScalarImage(path)[:, :, _FIRST:_STOP].data
        return np.array(data) if _is_mapped(data) else data

    def mapped(_turn: int = 0) -> np.ndarray:
        whole = np.memmap(path, np.int16, "r", _DATA_OFFSET, LARGE, order="F")
        return np.array(whole[:, :, _FIRST:_STOP])

    for found in (ours()[0], mapped()):
        if not np.array_equal(found, stored[:, :, _FIRST:_STOP]):
            raise AssertionError("the slab is not what was written")
    times = interleaved({"ours": ours, "mapped": mapped}, _ROUNDS)
    size = "×".join(map(str, LARGE))
    name = f"{_STOP - _FIRST} slices of a .nii of {size}, against a bare memory map"
    return [Figure(name, times["ours"], times["mapped"], "s", 1.5, "at most")]


def _is_mapped(array: Any) -> bool:
    """Whether an array lies in a file still: until it is touched, nothing has been read."""
    while array is not None:
        if isinstance(array, np.memmap | mmap):
            return True
        array = getattr(array, "base", None)
    return False
