"""Displacement fields: volumes of vectors that say how far each place is moved.

Vectors count in mm. Those of a NIfTI file count in LPS where its intent is 1007 (VECTOR): so ITK,
ANTs and what is built on them write. They count in RAS where it is 1006 (DISPVECT), by the NIfTI
standard; ITK 5.4 turns these around as it reads, and programs built on other versions of it may
not. The grid is read by our own reader, so that a sheared or an oblique field lies where its header
says. Outside a field nothing is displaced, as in ITK.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from nibabel.openers import ImageOpener

from napari_medload.formats.contract import Source, UnreadableFileError, shape_text
from napari_medload.formats.door import read_array, read_header
from napari_medload.formats.itk_border import to_itk

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_medload.formats.contract import Header

FIELD_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Volumes that may be displacement fields."""

_NIFTI = (".nii", ".nii.gz")
_DISPVECT, _VECTOR = 1006, 1007
_FLIP = np.array((-1.0, -1.0, 1.0))  # between RAS and LPS
EXPECTED = "a transform of ITK in three dimensions (.txt, .tfm, .h5, .mat), or a displacement field"
SAVE_AGAIN = "Save it again with SimpleITK.WriteTransform."
RUN_AGAIN = "Run the registration again."


def read_field(path: Path) -> sitk.Image:
    """Read a displacement field into ITK's memory.

    Returns
    -------
    SimpleITK.Image
        Of vectors of float64, in LPS mm.

    Raises
    ------
    UnreadableFileError
        If the file holds none, or does not say in which directions its vectors count.
    """
    return _nifti_field(path) if path.name.lower().endswith(_NIFTI) else _itk_field(path)


def itk_reason(error: str) -> str:
    """Last line of what ITK says, without the places in its memory."""
    line = next(filter(None, reversed(error.splitlines())), "").strip()
    return re.sub(r"^ITK ERROR: \w+\(\w+\): ", "", line)


def expect_finite(path: Path, numbers: npt.NDArray[Any]) -> None:
    """Check the numbers of a transform.

    Raises
    ------
    UnreadableFileError
        If some are NaN or infinite.
    """
    bad = numbers.size - int(np.isfinite(numbers).sum())
    if bad:
        raise UnreadableFileError.about(
            path,
            f"{bad:,} of {numbers.size:,} numbers are NaN or infinite",
            "finite numbers",
            RUN_AGAIN,
        )


def _nifti_field(path: Path) -> sitk.Image:
    """Displacement field of a NIfTI file, in ITK's memory and LPS."""
    header = read_header(Source(path))
    _check_shape(path, header)
    stored = _stored_header(path)
    intent, name = int(stored["intent_code"]), bytes(stored["intent_name"]).rstrip(b"\0")
    if name.startswith(b"NREG"):
        raise UnreadableFileError.about(
            path,
            "a transformation of NiftyReg, whose numbers are positions",
            "displacements in mm",
            "Convert it with reg_transform -disp.",
        )
    if intent not in (_DISPVECT, _VECTOR):
        raise UnreadableFileError.about(
            path,
            f"intent code {intent}, which does not say in which directions the vectors count",
            f"{_VECTOR} (VECTOR, LPS mm as ITK and ANTs write) or {_DISPVECT} (DISPVECT, RAS mm)",
            "Write the field with SimpleITK, or set its intent.",
        )
    if not header.grid.known or header.grid.is_singular:
        raise UnreadableFileError.about(
            path,
            "no affine" if not header.grid.known else "a singular affine",
            "one that places the vectors in the world",
            "Write its header again, with the geometry of the fixed image.",
        )
    vectors = header.scaling.apply(read_array(header))
    vectors = np.asarray(vectors, dtype=np.float64).reshape((*header.grid.shape, 3), order="F")
    expect_finite(path, vectors)
    if intent == _DISPVECT:
        vectors = vectors * _FLIP
    return to_itk(vectors, header.grid.affine)


def _check_shape(path: Path, header: Header) -> None:
    if len(header.shape) == 5 and header.shape[3:] == (1, 3):
        return
    found = f"shape {shape_text(header.shape)}"
    remedy = "Name a file of vectors, not of an image."
    if len(header.shape) == 4 and header.shape[3] == 3:
        found += ", vectors along the fourth axis, whose unit and directions are not stated"
        remedy = (
            "If they count in voxels (DeepReg, VoxelMorph, Learn2Reg), turn them into mm with the "
            "affine first; then write them with SimpleITK as a vector image."
        )
    raise UnreadableFileError.about(
        path, found, "i×j×k×1×3 of NIfTI's vectors in mm, a displacement field", remedy
    )


def _stored_header(path: Path) -> Any:
    try:
        with ImageOpener(path, "rb") as file:
            size = file.read(4)
            file.seek(0)
            modern = int.from_bytes(size, "little") == 540 or int.from_bytes(size, "big") == 540
            kind = nib.Nifti2Header if modern else nib.Nifti1Header
            return kind.from_fileobj(file, check=False)
    except (zlib.error, EOFError) as error:
        raise UnreadableFileError.about(
            path, f"damaged gzip ({error})", EXPECTED, "Copy the file again."
        ) from error


def _itk_field(path: Path) -> sitk.Image:
    """Displacement field of another format, as ITK reads it: vectors in LPS."""
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise UnreadableFileError.about(
            path, f"no volume that ITK reads ({itk_reason(str(error))})", EXPECTED, SAVE_AGAIN
        ) from error
    parts = image.GetNumberOfComponentsPerPixel()
    if image.GetDimension() != 3 or parts != 3:
        raise UnreadableFileError.about(
            path,
            f"{image.GetDimension()} dimensions with {parts} number(s) a voxel",
            "three, with a vector of three numbers in mm: a displacement field",
            "Name a file of vectors, not of an image.",
        )
    image = sitk.Cast(image, sitk.sitkVectorFloat64)
    expect_finite(path, sitk.GetArrayViewFromImage(image))
    return image
