"""NIfTI-1 and NIfTI-2: ``.nii``, ``.nii.gz`` and ``.hdr``/``.img`` pairs.

The geometry follows nibabel: the sform where its code is set, else the qform, else the base
affine. Both forms are kept in the header. Sources: nifti1.h and nifti2.h of the NIfTI data
format working group.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

import nibabel as nib
import numpy as np
from isal import isal_zlib
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from napari_medload.formats.contract import (
    Array,
    Forms,
    Header,
    Scaling,
    Source,
    UnreadableFileError,
    spatial_shape,
)
from napari_medload.formats.inflate import inflate, inflate_start
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import AffineError, as_affine

_NIFTI1_BYTES, _NIFTI2_BYTES = 348, 540
_LABEL_INTENT = 1002
_GZIP = 31


class Nifti:
    """Reader of NIfTI files."""

    name: ClassVar[str] = "NIfTI"
    suffixes: ClassVar[tuple[str, ...]] = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")

    def sources(self, path: Path) -> list[Source]:
        """One array a file."""
        return [Source(path)]

    def header(self, source: Source) -> Header:
        """Read a header without pixels.

        Raises
        ------
        UnreadableFileError
            If the file is no NIfTI file or its header contradicts itself.
        """
        header_path, data_path = _pair(source.path)
        block = _first_bytes(header_path)
        parsed, single = _parse(header_path, block)
        try:
            return _describe(source, parsed, single, data_path)
        except (HeaderDataError, AffineError, ValueError) as error:
            raise UnreadableFileError.about(
                header_path,
                f"a NIfTI header with {error}",
                "sizes, a data type and an affine that agree",
                "Write the file again with a tool that sets its header.",
            ) from error

    def array(self, header: Header) -> Array:
        """Read the stored numbers: inflated where compressed, else mapped from disk."""
        path = header.data_path or header.source.path
        if header.dtype.kind == "c" or header.dtype.itemsize > 8:
            raise UnreadableFileError.about(
                path,
                f"voxels of type {header.dtype}",
                "integers or real numbers",
                "Save its magnitude or its channels as an image of their own.",
            )
        if path.name.lower().endswith(".gz"):
            flat = inflate(path, header.data_offset + header.nbytes)
            numbers = flat[header.data_offset :].view(header.dtype)
            stored: Array = numbers.reshape(header.shape, order="F")
        else:
            stored = _map(path, header)
        stored.flags.writeable = False
        return stored


def _pair(path: Path) -> tuple[Path, Path]:
    """Header file and data file of a path."""
    name = path.name
    for mine, other in ((".hdr", ".img"), (".img", ".hdr")):
        for compressed in ("", ".gz"):
            if name.lower().endswith(mine + compressed):
                stem = name[: -len(mine + compressed)]
                partner = _sibling(path.parent, stem, other)
                return (path, partner) if mine == ".hdr" else (partner, path)
    return path, path


def _sibling(folder: Path, stem: str, suffix: str) -> Path:
    for candidate in (folder / (stem + suffix), folder / (stem + suffix + ".gz")):
        if candidate.exists():
            return candidate
    raise UnreadableFileError.about(
        folder / stem,
        f"no {stem}{suffix} beside it",
        "a .hdr file and an .img file of one name",
        "Put both into one folder.",
    )


def _first_bytes(path: Path) -> bytes:
    if path.name.lower().endswith(".gz"):
        return inflate_start(path, _NIFTI2_BYTES)
    with path.open("rb") as file:
        return file.read(_NIFTI2_BYTES)


def _parse(path: Path, block: bytes) -> tuple[Any, bool]:
    """Nibabel's header object, and whether header and data share one file."""
    one, two = block[344:348], block[4:8]
    try:
        if one in (b"n+1\0", b"ni1\0"):
            return nib.Nifti1Header(block[:_NIFTI1_BYTES], check=False), one == b"n+1\0"
        if two in (b"n+2\0", b"ni2\0"):
            return nib.Nifti2Header(block[:_NIFTI2_BYTES], check=False), two == b"n+2\0"
    except (WrapStructError, HeaderDataError, ValueError) as error:
        raise UnreadableFileError.about(
            path, f"a broken header ({error})", "a NIfTI header", "Convert the file again."
        ) from error
    raise UnreadableFileError.about(
        path,
        f"no NIfTI header (the file begins with {block[:4]!r}, {len(block)} bytes read)",
        "NIfTI-1 or NIfTI-2, whose magic is 'n+1', 'ni1', 'n+2' or 'ni2'",
        "Check that the download is complete and the suffix is right.",
    )


def _describe(source: Source, parsed: Any, single: bool, data_path: Path) -> Header:
    shape = tuple(int(size) for size in parsed.get_data_shape())
    if not shape or min(shape) < 1:
        raise ValueError(f"sizes {shape}")
    dtype = parsed.get_data_dtype()
    if dtype.names:  # RGB and RGBA: bytes along one more axis
        shape, dtype = (*shape, len(dtype.names)), np.dtype(np.uint8)
    offset = int(parsed["vox_offset"])
    if single and offset == 0:
        offset = 352 if parsed.sizeof_hdr == _NIFTI1_BYTES else 544
    if offset < (parsed.sizeof_hdr if single else 0):
        raise ValueError(f"data that begin at byte {offset}, inside the header")
    slope, intercept = parsed.get_slope_inter()
    forms = Forms(
        int(parsed["sform_code"]),
        int(parsed["qform_code"]),
        _form(parsed.get_sform(coded=True)),
        _form(parsed.get_qform(coded=True)),
    )
    affine = _best(forms, parsed)
    return Header(
        source=source,
        shape=shape,
        dtype=dtype,
        grid=Grid(spatial_shape(shape), affine),
        scaling=Scaling(1.0 if slope is None else slope, 0.0 if intercept is None else intercept),
        forms=forms,
        is_label=int(parsed["intent_code"]) == _LABEL_INTENT,
        data_path=data_path,
        data_offset=offset,
    )


def _form(coded: tuple[Any, int]) -> FloatArray | None:
    affine, code = coded
    return None if affine is None or code == 0 else np.asarray(affine, dtype=np.float64)


def _best(forms: Forms, parsed: Any) -> FloatArray:
    for form in (forms.sform, forms.qform):
        if form is not None:
            return as_affine(form)
    return as_affine(parsed.get_base_affine())


def _map(path: Path, header: Header) -> Array:
    found = path.stat().st_size
    needed = header.data_offset + header.nbytes
    if found < needed:
        raise UnreadableFileError.about(
            path,
            f"{found} bytes",
            f"{needed} bytes, as the header says",
            "The file is truncated or its header is wrong; copy it again from its source.",
        )
    return np.memmap(path, header.dtype, "r", header.data_offset, header.shape, order="F")


def save_nifti(
    path: Path | str, array: Array, affine: FloatArray, sform_code: int = 1, qform_code: int = 1
) -> None:
    """Write a NIfTI-1 file, whole or not at all.

    Parameters
    ----------
    path : path
        Ending in ``.nii`` or ``.nii.gz``.
    array : array, shape (i, j, k) or (i, j, k, frames)
        Written with its own dtype.
    affine : array, shape (4, 4)
        Voxel indices to RAS+ mm, for both forms.
    sform_code, qform_code : int
        As NIfTI defines them; 0 leaves a form unset.
    """
    path = Path(path)
    image = nib.Nifti1Image(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=sform_code)
    image.set_qform(affine, code=qform_code)
    content = image.to_bytes()
    if path.name.endswith(".gz"):
        content = isal_zlib.compress(content, 2, _GZIP)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
