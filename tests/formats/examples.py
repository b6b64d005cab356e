"""One file of each kind that the formats read, with what is in it."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import nibabel as nib
import numpy as np
import pydicom
import SimpleITK as sitk
from PIL import Image

from tests.formats.dicom_phantoms import instance, placed, save, write_enhanced
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


def _mgh(name: str, file: str, array: np.ndarray, header_bytes: int = 284) -> Example:
    def write(folder: Path) -> Path:
        nib.save(nib.MGHImage(array, AFFINE), folder / file)
        return folder / file

    return Example(name, write, header_bytes=header_bytes)


MGH: tuple[Example, ...] = (
    *(_mgh(f"mgh-{kind}", "a.mgh", noise(SHAPE, kind)) for kind in ("uint8", "int16", "int32")),
    *(_mgh(f"mgz-{kind}", "a.mgz", noise(SHAPE, kind)) for kind in ("uint16", "float32")),
    _mgh("mgh-frames", "a.mgh", noise((*SHAPE, 3), np.float32)),
    _mgh("mgz-frames", "A.MGZ", noise((*SHAPE, 2))),
)


def _analyze(name: str, file: str, array: np.ndarray, order: str = "<") -> Example:
    def write(folder: Path) -> Path:
        header = nib.AnalyzeHeader(endianness=order)
        header.set_data_dtype(array.dtype)
        nib.save(nib.AnalyzeImage(array, np.diag((-1, 2, 3, 1)), header), folder / file)
        return folder / file

    return Example(name, write, data_suffix=".img")


ANALYZE: tuple[Example, ...] = (
    *(
        _analyze(f"analyze-{kind}", "a.img", noise(SHAPE, kind))
        for kind in ("uint8", "int16", "int32", "float32", "float64")
    ),
    _analyze("analyze-hdr", "a.hdr", noise(SHAPE)),
    _analyze("analyze-4d", "a.hdr", noise((*SHAPE, 3))),
    _analyze("analyze-big-endian", "a.img", noise(SHAPE, ">i2"), ">"),
)


def _picture(name: str, file: str, rows: np.ndarray, **options: Any) -> Example:
    def write(folder: Path) -> Path:
        Image.fromarray(np.ascontiguousarray(rows)).save(folder / file, **options)
        return folder / file

    return Example(name, write)


def _picture_by_itk(name: str, file: str, rows: np.ndarray, *, colours: bool = False) -> Example:
    def write(folder: Path) -> Path:
        image = sitk.GetImageFromArray(np.ascontiguousarray(rows), isVector=colours)
        sitk.WriteImage(image, str(folder / file))
        return folder / file

    return Example(name, write)


RASTER: tuple[Example, ...] = (
    _picture("png", "a.png", noise((5, 4), np.uint8)),
    _picture("png-16", "a.PNG", noise((5, 4), np.uint16)),
    _picture("png-colours", "a.png", noise((5, 4, 3), np.uint8)),
    _picture("png-opacity", "a.png", noise((5, 4, 4), np.uint8)),
    _picture_by_itk("png-deep-colours", "a.png", noise((5, 4, 3), np.uint16), colours=True),
    _picture("jpg", "a.jpg", noise((16, 24), np.uint8)),
    _picture("jpeg-colours", "a.jpeg", noise((16, 24, 3), np.uint8), subsampling=0),
    _picture("bmp-colours", "a.bmp", noise((5, 4, 3), np.uint8)),
    *(
        _picture_by_itk(f"tif-{kind}", "a.tif", noise((5, 4), kind))
        for kind in ("uint8", "int16", "uint16", "int32", "float32")
    ),
    _picture_by_itk("tif-pages", "a.tiff", noise((3, 5, 4))),
    _picture_by_itk("tif-colours", "a.tif", noise((5, 4, 3), np.uint16), colours=True),
    _picture("tif-lzw", "a.tif", noise((5, 4), np.uint8), compression="tiff_lzw"),
    _picture("tif-deflate", "a.tif", noise((5, 4, 3), np.uint8), compression="tiff_adobe_deflate"),
)


def _by_itk(
    name: str, file: str, stored: np.ndarray, *, data_suffix: str = "", **options: Any
) -> Example:
    def write(folder: Path) -> Path:
        axes = min(stored.ndim, 3)
        order = (*reversed(range(axes)), *range(axes, stored.ndim))
        image = sitk.GetImageFromArray(stored.transpose(order).copy(), isVector=stored.ndim == 4)
        if axes == 3:
            lps = np.diag((-1, -1, 1, 1)) @ AFFINE
            spacing = np.linalg.norm(lps[:3, :3], axis=0)
            image.SetSpacing(spacing.tolist())
            image.SetOrigin(lps[:3, 3].tolist())
            image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
        sitk.WriteImage(image, str(folder / file), **options)
        return folder / file

    return Example(name, write, data_suffix)


def _by_hand(name: str, file: str, text: str, data: bytes) -> Example:
    def write(folder: Path) -> Path:
        (folder / file).write_bytes(text.encode() + data)
        return folder / file

    return Example(name, write, header_bytes=len(text))


_NRRD = """NRRD0004
type: short
dimension: 3
space: LPS
sizes: 4 5 6
space directions: (1,0,0) (0,2,0) (0,0,3)
space origin: (1,2,3)
endian: {endian}
encoding: {encoding}

"""
_MHA = """ObjectType = Image
NDims = 3
DimSize = 4 5 6
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 1 2 3
ElementSpacing = 1 2 3
CompressedData = {packed}
CompressedDataSize = {size}
BinaryDataByteOrderMSB = {big}
ElementType = MET_SHORT
ElementDataFile = LOCAL
"""
_LITTLE, _BIG = (noise(SHAPE, order + "i2").tobytes(order="F") for order in "<>")
_PACKED = zlib.compress(_LITTLE)

ITK: tuple[Example, ...] = (
    *(
        _by_itk(
            f"{suffix}-{kind}", f"a.{suffix}", noise(SHAPE, kind), useCompression=suffix == "mha"
        )
        for suffix in ("nrrd", "mha")
        for kind in _DTYPES
    ),
    _by_itk("nrrd-gzip", "a.NRRD", noise(SHAPE, np.float32), useCompression=True),
    _by_itk("nrrd-vector", "a.nrrd", noise((*SHAPE, 3), np.uint8), useCompression=True),
    _by_itk("nrrd-2d", "a.nrrd", noise((4, 5))),
    _by_itk("nhdr", "a.nhdr", noise(SHAPE), data_suffix=".raw"),
    _by_itk("nhdr-gzip", "a.nhdr", noise(SHAPE), data_suffix=".raw.gz", useCompression=True),
    _by_itk("mha-vector", "a.mha", noise((*SHAPE, 3), np.float32)),
    _by_itk("mha-2d", "a.mha", noise((4, 5)), useCompression=True),
    _by_itk("mhd", "a.mhd", noise(SHAPE), data_suffix=".raw"),
    _by_itk("mhd-zlib", "a.mhd", noise(SHAPE), data_suffix=".zraw", useCompression=True),
    _by_hand("nrrd-raw", "a.nrrd", _NRRD.format(endian="little", encoding="raw"), _LITTLE),
    _by_hand("nrrd-big", "big.nrrd", _NRRD.format(endian="big", encoding="raw"), _BIG),
    _by_hand(
        "nrrd-packed",
        "a.nrrd",
        _NRRD.format(endian="little", encoding="gz"),
        gzip.compress(_LITTLE),
    ),
    _by_hand("mha-raw", "a.mha", _MHA.format(packed=False, size=0, big=False), _LITTLE),
    _by_hand("mha-big", "big.mha", _MHA.format(packed=False, size=0, big=True), _BIG),
    _by_hand(
        "mha-packed", "a.mha", _MHA.format(packed=True, size=len(_PACKED), big=False), _PACKED
    ),
)


def _dicom(name: str, file: str, rows: np.ndarray, syntax: str = "1.2.840.10008.1.2.1") -> Example:
    def write(folder: Path) -> Path:
        image = placed(instance(np.ascontiguousarray(rows)), AFFINE, 0)
        return save(image, folder / file, syntax)

    return Example(name, write)


def _enhanced(name: str, array: np.ndarray) -> Example:
    order = [(k, t) for k in range(SHAPE[2]) for t in range(array.size // np.prod(SHAPE))]
    return Example(name, lambda folder: write_enhanced(folder / "a.dcm", array, AFFINE, order))


DICOM: tuple[Example, ...] = (
    *(
        _dicom(f"dcm-{kind}", "a.dcm", noise((50, 40), kind))
        for kind in ("uint8", "int16", "uint16", "int32")
    ),
    _dicom("ima", "A.IMA", noise((50, 40))),
    _dicom("dcm-without-suffix", "IM00001", noise((50, 40))),
    _dicom("dcm-implicit", "a.dicom", noise((50, 40)), "1.2.840.10008.1.2"),
    _dicom("dcm-big-endian", "a.dcm", noise((50, 40)), "1.2.840.10008.1.2.2"),
    _dicom("dcm-colours", "a.dcm", noise((50, 40, 3), np.uint8)),
    _dicom("dcm-rle", "a.dcm", noise((50, 40), np.uint16), "1.2.840.10008.1.2.5"),
    _enhanced("dcm-enhanced", noise(SHAPE)),
    _enhanced("dcm-enhanced-frames", noise((*SHAPE, 2))),
)

EXAMPLES: tuple[Example, ...] = NIFTI + HDF5 + SLICES + MGH + ANALYZE + RASTER + ITK + DICOM

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def stored_truth(path: Path) -> np.ndarray:
    """Stored numbers according to nibabel or h5py; channels of colours along a last axis."""
    if path.suffix in (".h5", ".hdf5", ".im", ".seg"):
        with h5py.File(path) as file:
            found: list[str] = []
            file.visit(found.append)
            return np.asarray(next(file[k] for k in found if isinstance(file[k], h5py.Dataset)))
    if path.suffix.lower() in (".nrrd", ".nhdr", ".mha", ".mhd"):
        found = _itk_truth(path)
        found = found[..., 0] if sitk.ReadImage(str(path)).GetDimension() == 2 else found
        return found.astype(found.dtype.newbyteorder(">" if "big" in path.name else "<"))
    if path.suffix.lower() in PICTURES:
        return _itk_truth(path)
    if path.suffix.lower() in ("", ".dcm", ".ima", ".dicom"):
        return _dicom_truth(path)
    if path.suffix.lower() in (".mgh", ".mgz"):
        return np.asarray(mgh_truth(path).dataobj)
    array = np.asarray(nib.load(path).dataobj.get_unscaled())
    if array.dtype.names:
        channels = np.stack([array[name] for name in array.dtype.names], axis=-1)
        missing = 4 - channels.ndim
        return channels.reshape((*channels.shape[:2], *(1,) * missing, *channels.shape[2:]))
    return array


def mgh_truth(path: Path) -> nib.MGHImage:
    """Image according to nibabel, whose own way to a file leaves it open."""
    raw = path.read_bytes()
    return nib.MGHImage.from_bytes(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def _dicom_truth(path: Path) -> np.ndarray:
    """Stored numbers according to pydicom, shape (i, j, k[, frames or colours])."""
    file = pydicom.dcmread(path)
    array = np.asarray(file.pixel_array).astype(file.pixel_array.dtype.newbyteorder("="))
    if "NumberOfFrames" not in file:
        return array.swapaxes(0, 1)[:, :, np.newaxis]
    stacked = array.transpose(2, 1, 0).reshape((*SHAPE, -1))  # all frames of a slice lie together
    return stacked[..., 0] if stacked.shape[3] == 1 else stacked


def _itk_truth(path: Path) -> np.ndarray:
    """Voxels according to SimpleITK, shape (i, j, k[, channels])."""
    image = sitk.ReadImage(str(path))
    axes = image.GetDimension()
    array = sitk.GetArrayFromImage(image)
    array = array.transpose((*reversed(range(axes)), *range(axes, array.ndim)))
    return array[:, :, np.newaxis] if axes == 2 else array
