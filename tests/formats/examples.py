"""One file of each kind that the formats read, with what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import nibabel as nib
import numpy as np

from tests.phantoms import affine_of, noise, write_h5, write_nifti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (4, 5, 6)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), centre=(10, -20, 30), tilt=(5, 10, 15))


@dataclass(frozen=True)
class Example:
    """A kind of file.

    Parameters
    ----------
    name : str
        For the test's id.
    write : callable
        From a folder to the path of a new file in it.
    data_suffix : str
        Suffix of the file that holds the pixels, where that is another file.
    header_bytes : int
        How much of the file, uncompressed, suffices for the header; 0 where that is undefined.
    """

    name: str
    write: Callable[[Path], Path]
    data_suffix: str = ""
    header_bytes: int = 0

    def data_path(self, path: Path) -> Path:
        """Path of the file with the pixels."""
        return path.with_suffix(self.data_suffix) if self.data_suffix else path


def _nifti(
    name: str, file: str, array: np.ndarray, data_suffix: str = "", **options: Any
) -> Example:
    header_bytes = 544 if options.get("version") == 2 else 352
    return Example(
        name,
        lambda folder: write_nifti(folder / file, array, AFFINE, **options),
        data_suffix,
        0 if data_suffix else header_bytes,
    )


def _rgb(shape: tuple[int, ...], channels: int = 3) -> np.ndarray:
    kind = np.dtype([(letter, "u1") for letter in "RGBA"[:channels]])
    return noise((*shape, channels), np.uint8).copy(order="C").view(kind)[..., 0]


def _h5(folder: Path, array: np.ndarray, **options: Any) -> Path:
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=array, **options)
    return path


def _slice(path: Path, array: np.ndarray, **options: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=array, **options)
    return path


_DTYPES = ("int8", "uint8", "int16", "uint16", "int32", "float32", "float64", "int64", "uint64")

NIFTI: tuple[Example, ...] = (
    *(_nifti(f"nii-{kind}", "a.nii", noise(SHAPE, kind)) for kind in _DTYPES),
    *(_nifti(f"gz-{kind}", "a.nii.gz", noise(SHAPE, kind)) for kind in ("uint8", "float64")),
    _nifti("nii-2d", "a.nii", noise((4, 5))),
    _nifti("gz-4d", "a.nii.gz", noise((*SHAPE, 3))),
    _nifti("gz-5d", "a.nii.gz", noise((*SHAPE, 1, 3), np.float32)),
    _nifti("nii-5d-frames", "a.nii", noise((*SHAPE, 2, 3), np.uint8)),
    _nifti("nii-one-voxel", "a.nii", noise((1, 1, 1))),
    _nifti("hdr", "a.hdr", noise(SHAPE), ".img"),
    _nifti("img", "a.img", noise(SHAPE, np.float32), ".img"),
    _nifti("HDR", "A.HDR", noise(SHAPE), ".IMG"),
    _nifti("nifti2", "a.nii", noise(SHAPE), version=2),
    _nifti("nifti2-gz", "a.nii.gz", noise(SHAPE, np.float32), version=2),
    _nifti("nifti2-pair", "a.hdr", noise(SHAPE), ".img", version=2),
    _nifti("big-endian", "a.nii", noise(SHAPE, ">i2"), byte_order=">"),
    _nifti("big-endian-gz", "a.nii.gz", noise(SHAPE, ">f4"), byte_order=">"),
    _nifti("big-endian-nifti2", "a.nii", noise(SHAPE, ">f8"), byte_order=">", version=2),
    _nifti("scaled", "a.nii", noise(SHAPE), slope=0.5, intercept=-1024.25),
    _nifti("scaled-pair", "a.img", noise(SHAPE), ".img", slope=2.0, intercept=7.0),
    _nifti("scaled-big-endian", "a.nii", noise(SHAPE, ">i2"), byte_order=">", slope=3.0),
    _nifti("rgb", "a.nii", _rgb(SHAPE)),
    _nifti("rgb-gz", "a.nii.gz", _rgb(SHAPE)),
    _nifti("rgb-2d", "a.nii", _rgb((4, 5))),
    _nifti("rgb-4d", "a.nii.gz", _rgb((*SHAPE, 2))),
    _nifti("rgba", "a.nii", _rgb(SHAPE, 4)),
)

HDF5: tuple[Example, ...] = (
    *(
        Example(
            f"h5-{kind}",
            lambda folder, kind=kind: write_h5(folder / "a.h5", data=noise(SHAPE, kind)),
        )
        for kind in (*_DTYPES, "float16", "bool", ">i2")
    ),
    Example("h5-2d", lambda folder: write_h5(folder / "a.h5", data=noise((4, 5)))),
    Example("h5-4d", lambda folder: write_h5(folder / "a.hdf5", data=noise((*SHAPE, 3)))),
    Example(
        "h5-gzip", lambda folder: _h5(folder, noise(SHAPE), compression="gzip", fletcher32=True)
    ),
    Example("h5-below", lambda folder: write_h5(folder / "a.h5", **{"group/data": noise(SHAPE)})),
)

SLICES: tuple[Example, ...] = (
    Example("h5-slice", lambda folder: _slice(folder / "a.im", noise((4, 5, 1)))),
    Example("h5-slice-float", lambda folder: _slice(folder / "a.im", noise((4, 5, 1), ">f4"))),
    Example(
        "h5-slice-gzip",
        lambda folder: _slice(folder / "a.im", noise((40, 50, 1)), compression="gzip"),
    ),
    Example("h5-slice-masks", lambda folder: _slice(folder / "a.seg", noise((4, 5, 1, 3), bool))),
)

EXAMPLES: tuple[Example, ...] = NIFTI + HDF5 + SLICES


def stored_truth(path: Path) -> np.ndarray:
    """Stored numbers according to nibabel or h5py; channels of colours along a last axis."""
    if path.suffix in (".h5", ".hdf5", ".im", ".seg"):
        with h5py.File(path) as file:
            found: list[str] = []
            file.visit(found.append)
            return np.asarray(next(file[k] for k in found if isinstance(file[k], h5py.Dataset)))
    array = np.asarray(nib.load(path).dataobj.get_unscaled())
    if array.dtype.names:
        channels = np.stack([array[name] for name in array.dtype.names], axis=-1)
        missing = 4 - channels.ndim
        return channels.reshape((*channels.shape[:2], *(1,) * missing, *channels.shape[2:]))
    return array
