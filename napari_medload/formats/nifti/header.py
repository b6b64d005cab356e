"""The 348 or 540 bytes of a NIfTI header, read as nibabel reads them.

The layout is that of nibabel's record types; its header objects, and numpy's records, cost several
times as much, which is felt over thousands of files. Sources: nifti1.h and nifti2.h of the NIfTI
data format working group.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from nibabel import nifti1, nifti2
from nibabel.quaternions import fillpositive, quat2mat
from nibabel.volumeutils import shape_zoom_affine

from napari_medload.formats.contract import Forms, Scaling, UnreadableFileError
from napari_medload.geometry.affine import AffineError, as_affine

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_medload.geometry import FloatArray

LONGEST = 540
_KNOWN_FORM_CODES = range(6)

Fields: TypeAlias = dict[str, Any]
ByteOrder: TypeAlias = Literal["<", ">"]


@dataclass(frozen=True)
class Version:
    """What differs between NIfTI-1 and NIfTI-2."""

    record: np.dtype[Any]
    first_byte: int
    dim_start: int
    dim_bytes: int
    precision: type[np.floating[Any]]

    @cached_property
    def layouts(self) -> dict[ByteOrder, struct.Struct]:
        """Numbers of the fields that count one after another, in either order of bytes."""
        codes = "".join(_code(name, self.record[name]) for name in self.record.names or ())
        return {"<": struct.Struct("<" + codes), ">": struct.Struct(">" + codes)}

    @cached_property
    def places(self) -> tuple[tuple[str, int | slice], ...]:
        """Name of each field that counts, and which of these numbers are its own."""
        places: list[tuple[str, int | slice]] = []
        start = 0
        for name in filter(_READ.__contains__, self.record.names or ()):
            shape = self.record[name].shape
            end = start + (shape[0] if shape else 1)
            places.append((name, slice(start, end) if shape else start))
            start = end
        return tuple(places)


def _code(name: str, field: np.dtype[Any]) -> str:
    """Code of a field for `struct`, whose sizes are the same on every machine."""
    if name not in _READ:
        return f"{field.itemsize}x"
    count = field.shape[0] if field.shape else 1
    return f"{count}{_CODES[field.base.kind][field.base.itemsize]}"


_CODES = {
    "i": {1: "b", 2: "h", 4: "i", 8: "q"},
    "u": {1: "B", 2: "H", 4: "I", 8: "Q"},
    "f": {4: "f", 8: "d"},
}
_READ = frozenset(
    (
        "dim datatype pixdim vox_offset scl_slope scl_inter xyzt_units intent_code qform_code "
        "sform_code quatern_b quatern_c quatern_d qoffset_x qoffset_y qoffset_z "
        "srow_x srow_y srow_z"
    ).split()
)
_UNITS_OF_LENGTH = 7
_UNITS = {1: (1000.0, "metres"), 3: (0.001, "micrometres")}
_UNITS_OF_TIME = 0x38
_SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6}
_UNSCALED = Scaling()
NIFTI1 = Version(nifti1.header_dtype, 352, 40, 2, np.float32)
NIFTI2 = Version(nifti2.header_dtype, 544, 16, 8, np.float64)


def parse_fields(path: str, block: bytes) -> tuple[Fields, Version, ByteOrder]:
    """Read the fields of a header.

    Parameters
    ----------
    block : bytes
        The first 540 bytes of the file, or all there are.

    Returns
    -------
    fields : dict
        By their names in nifti1.h.
    version : Version
    byte_order : str
        ``"<"`` or ``">"``.

    Raises
    ------
    UnreadableFileError
        If it is no NIfTI header.
    """
    version = None
    if block[344:348] in (b"n+1\0", b"ni1\0"):
        version = NIFTI1
    elif block[4:8] in (b"n+2\0", b"ni2\0") and len(block) >= LONGEST:
        version = NIFTI2
    if version is None:
        raise UnreadableFileError.about(
            path,
            f"no NIfTI header (the file begins with {block[:4]!r}, {len(block)} bytes read)",
            "NIfTI-1 or NIfTI-2, whose magic is 'n+1', 'ni1', 'n+2' or 'ni2'",
            "Check that the download is complete and the suffix is right.",
        )
    byte_order = byte_order_of(block, version)
    numbers = version.layouts[byte_order].unpack_from(block)
    fields: Fields = {name: numbers[place] for name, place in version.places}
    return fields, version, byte_order


def byte_order_of(block: bytes, version: Version) -> ByteOrder:
    """Order in which the number of axes makes sense."""
    start = version.dim_start
    axes = int.from_bytes(block[start : start + version.dim_bytes], "little", signed=True)
    if axes == 0:
        size = int.from_bytes(block[:4], "little")
        return "<" if size in (348, LONGEST) else ">"
    return "<" if 1 <= axes <= 7 else ">"


def shape_of(fields: Fields) -> tuple[int, ...]:
    """Sizes along the axes.

    Raises
    ------
    ValueError
        If there are none, or one is not positive.
    """
    axes = int(fields["dim"][0])
    if not 1 <= axes <= 7:
        raise ValueError(f"{axes} axes (dim)")
    shape: tuple[int, ...] = fields["dim"][1 : axes + 1]
    if min(shape) < 1:
        raise ValueError(f"sizes (dim) {shape}")
    return shape


def dtype_of(fields: Fields, byte_order: ByteOrder) -> np.dtype[Any]:
    """Type of the stored numbers; a record for RGB and RGBA.

    Raises
    ------
    ValueError
        If the code names no type of number.
    """
    return _dtype_of_code(fields["datatype"], byte_order)


@lru_cache(maxsize=64)
def _dtype_of_code(code: int, byte_order: ByteOrder) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = np.dtype(nifti1.data_type_codes.dtype[code])
    except KeyError:
        dtype = np.dtype("V")
    if not dtype.names and dtype.kind not in "iufc":
        raise ValueError(f"the data type code (datatype) {code}, which names no type of number")
    return dtype.newbyteorder(byte_order)


def scaling_of(fields: Fields) -> Scaling:
    """From stored numbers to values; a slope of zero or none means no scaling.

    Raises
    ------
    ValueError
        If the slope is a number and the intercept is none.
    """
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        return _UNSCALED
    if not math.isfinite(intercept):
        raise ValueError(f"a slope (scl_slope) of {slope} with an intercept of {intercept}")
    return Scaling(slope, intercept)


def lengths_of(fields: Fields) -> tuple[float, tuple[str, ...]]:
    """Millimetres that the unit of length has, and a note where it is another.

    Without a unit, lengths are in mm, as all programs have it.
    """
    code = fields["xyzt_units"] & _UNITS_OF_LENGTH
    if code not in _UNITS:
        return 1.0, ()
    factor, name = _UNITS[code]
    return factor, (
        f"Its lengths are in {name} (xyzt_units) and are converted to mm, as ITK does; nibabel "
        "takes them for mm and shows it in another size.",
    )


def frame_step_of(fields: Fields) -> float:
    """Seconds between frames; 0 where they are not stated, or are no time."""
    factor = _SECONDS.get(fields["xyzt_units"] & _UNITS_OF_TIME, 0.0)
    step = float(fields["pixdim"][4]) * factor
    return step if 0 < step < math.inf else 0.0


def forms_of(fields: Fields, version: Version, mm: float) -> Forms:
    """Both transforms; the qform is worked out when it is first asked for.

    Parameters
    ----------
    mm : float
        Millimetres that the unit of length has.
    """
    sform_code, qform_code = (
        code if (code := int(fields[f"{form}form_code"])) in _KNOWN_FORM_CODES else 0
        for form in "sq"
    )
    sform = None
    if sform_code:
        rows = (fields["srow_x"], fields["srow_y"], fields["srow_z"], (0.0, 0.0, 0.0, 1.0))
        sform = _affine_of_fields("srow", rows, mm)
    qform = partial(_qform, fields, version.precision, mm) if qform_code else None
    return Forms(sform_code, qform_code, sform, qform)


def affine_of(fields: Fields, forms: Forms, mm: float) -> FloatArray:
    """Best transform: the sform where its code is set, else the qform, else the base affine.

    Raises
    ------
    ValueError
        If the one that counts is broken.
    """
    if forms.sform is not None:
        return forms.sform
    if forms.make_qform is not None:
        return forms.make_qform()
    axes = int(fields["dim"][0])
    zooms = _zooms(fields)[1 : axes + 1]
    affine = shape_zoom_affine(shape_of(fields), zooms, x_flip=True)
    return _affine_of_fields("pixdim", affine, mm)


def _affine_of_fields(names: str, matrix: npt.ArrayLike, mm: float) -> FloatArray:
    """Affine into mm that some fields state in their unit; an error names them."""
    if mm != 1.0:
        matrix = np.diag((mm, mm, mm, 1.0)) @ np.array(matrix, dtype=np.float64)
    try:
        return as_affine(matrix)
    except AffineError as error:
        raise AffineError(f"an affine ({names}) that is none: {error}") from error


def _zooms(fields: Fields) -> FloatArray:
    """``pixdim`` with small faults mended as nibabel does when it opens a file."""
    pixdim = np.array(fields["pixdim"], dtype=np.float64)
    if pixdim[0] not in (-1, 1):
        pixdim[0] = 1
    pixdim[1:4] = np.abs(pixdim[1:4])
    pixdim[1:4][pixdim[1:4] == 0] = 1
    return pixdim


def _qform(fields: Fields, precision: type[np.floating[Any]], mm: float) -> FloatArray:
    """Affine of the quaternion, method 2 of nifti1.h."""
    pixdim = _zooms(fields)
    vector = [fields[f"quatern_{axis}"] for axis in "bcd"]
    try:
        quaternion = fillpositive(vector, -3 * np.finfo(precision).eps)
    except ValueError as error:
        raise ValueError(f"a rotation (quatern) of {vector}, which is none") from error
    affine = np.eye(4)
    affine[:3, :3] = quat2mat(quaternion) * (pixdim[1], pixdim[2], pixdim[3] * pixdim[0])
    affine[:3, 3] = [fields[f"qoffset_{axis}"] for axis in "xyz"]
    return _affine_of_fields("quatern, qoffset, pixdim", affine, mm)
