"""NIfTI-1 and NIfTI-2: ``.nii``, ``.nii.gz`` and ``.hdr``/``.img`` pairs.

Pairs without the magic of NIfTI are ANALYZE 7.5 (`formats.nifti.analyze`). The geometry follows
nibabel: the sform where its code is set, else the qform, else the base affine, to which nifti1.h
attaches no directions ("method 1"). Both forms are kept in the header. Sources: nifti1.h and
nifti2.h of the NIfTI data format working group.
"""

from __future__ import annotations

import math
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any, ClassVar

import nibabel as nib
import numpy as np
from isal import isal_zlib

from napari_medload.formats.contract import (
    Array,
    Box,
    Content,
    Header,
    Scaling,
    Source,
    UnreadableFileError,
    cut,
    spatial_shape,
    whole_box,
)
from napari_medload.formats.nifti import analyze
from napari_medload.formats.nifti.header import (
    LONGEST,
    NIFTI1,
    Fields,
    affine_of,
    byte_order_of,
    dtype_of,
    forms_of,
    frame_step_of,
    lengths_of,
    parse_fields,
    scaling_of,
    shape_of,
)
from napari_medload.formats.storage.atomic import written_whole
from napari_medload.formats.storage.ending import expect_end
from napari_medload.formats.storage.inflate import inflate, inflate_start
from napari_medload.formats.storage.narrowing import affine_in_float32
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import shear

_LABEL_INTENT = 1002
_VECTOR_INTENT = 1007
_GZIP = 31
_ALONE = (".nii", ".nii.gz")
_NO_DIRECTIONS = (
    "Neither its sform nor its qform is set, so it states a spacing and no directions. nibabel "
    "takes the axes for left, anterior, superior, ITK for left, posterior, superior."
)
_NO_GEOMETRY = (
    "It states neither directions (sform_code and qform_code 0) nor a spacing (pixdim 0, or 1 "
    "without a unit), so "
    "nothing is known in mm."
)
_LONGEST_AXIS = 32767
_SHEAR_OF_ROUNDING = 1e-4
_KINDS = {
    (False, False): nib.Nifti1Image,
    (False, True): nib.Nifti1Pair,
    (True, False): nib.Nifti2Image,
    (True, True): nib.Nifti2Pair,
}
"""By whether an axis is too long for NIfTI-1, and whether a pair is written."""


class Nifti:
    """Reader of NIfTI files."""

    name: ClassVar[str] = "NIfTI"
    suffixes: ClassVar[tuple[str, ...]] = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")
    written: ClassVar[tuple[str, ...]] = (".nii", ".nii.gz", ".hdr", ".img")

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
        file, data_path = source.file, None
        if not file.lower().endswith(_ALONE):
            header_path, data_path = _pair(source.path)
            file = str(header_path)
        block = _first_bytes(file)
        try:
            if data_path is not None and analyze.is_analyze(block):
                byte_order = byte_order_of(block, NIFTI1)
                return analyze.describe(source, block, Path(file), data_path, byte_order)
            return _describe(source, block, file, data_path)
        except (ValueError, OverflowError) as error:
            raise UnreadableFileError.about(
                file,
                f"a header with {error}",
                "sizes, a data type and an affine that agree",
                "Write the file again with a tool that sets its header.",
            ) from error

    def write(self, path: Path, content: Content) -> None:
        """Write NIfTI-1; channels become the components of a vector along the fifth axis.

        Frames that are images of their own stay along the fourth, with the time between them.
        bool becomes uint8, float16 becomes float32. An affine is stored in float32. A sheared one
        is kept in the sform; the qform, which cannot hold shear, comes as near as a rotation does.
        A grid without directions stays without, where that is the place of its voxels; an unknown
        one sets no form and no unit. More than 32,767 voxels along an axis need NIfTI-2.

        Raises
        ------
        ValueError
            If the values are neither integers nor real numbers of at most 64 bits, or the affine
            does not fit into float32.
        """
        array, affine = _as_stored(path, content.array), content.grid.affine
        affine_in_float32(path, affine, "NIfTI")
        if array.ndim == 4 and array.shape[3] > 1 and content.frame_step is None:
            array = array[:, :, :, None, :]
        is_pair = path.name.lower().endswith((".hdr", ".img"))
        kind = _KINDS[max(array.shape) > _LONGEST_AXIS, is_pair]
        header = kind.header_class()
        header.set_xyzt_units(
            "mm" if content.grid.known else "unknown", "sec" if content.frame_step else "unknown"
        )
        if content.is_label:
            header.set_intent(_LABEL_INTENT)
        elif array.ndim == 5:
            header.set_intent(_VECTOR_INTENT)
        image = kind(array, affine, header, dtype=array.dtype)
        sform_code, qform_code = _codes(content, image.header.get_base_affine())
        image.set_sform(affine, code=sform_code)
        image.set_qform(affine, code=qform_code)
        if content.frame_step and array.ndim == 4:
            image.header["pixdim"][4] = content.frame_step
        if is_pair:
            image.to_filename(path)
        else:
            _store(image, path)

    def array(self, header: Header, box: Box | None = None) -> Array:
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
            stored = _inflate(path, header, box)
        elif box is not None and _is_of_planes(box, header):
            return _read_planes(path, header, box[2])
        else:
            stored = _map(path, header)
        if header.interleaved:
            stored = np.moveaxis(stored, 0, -1)
        stored = cut(stored, box)
        stored.flags.writeable = False
        return stored


def _as_stored(path: Path, array: Array) -> Array:
    """Array of a type that NIfTI has and this module reads."""
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ValueError(
            f"{path}: values of type {array.dtype}; expected integers or real numbers of at most "
            "64 bits. Save its magnitude or its parts as images of their own."
        )
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    return (
        array.astype(np.float32) if array.dtype.itemsize == 2 and array.dtype.kind == "f" else array
    )


def _inflate(path: Path, header: Header, box: Box | None) -> Array:
    """Inflate the stored numbers, as far as a box of a 3D image needs them."""
    shape, needed = _shape_on_disk(header), header.shape[2:3]
    if box is not None and len(header.shape) == 3:
        needed = (box[2].stop,)
        shape = (*shape[:-1], *needed)
    whole = needed == header.shape[2:3]
    size = math.prod(shape) * header.dtype.itemsize
    flat = inflate(path, header.data_offset + size, whole=whole)
    return flat[header.data_offset :].view(header.dtype).reshape(shape, order="F")


def _codes(content: Content, unstated: FloatArray) -> tuple[int, int]:
    """Codes of sform and qform: 0 where no directions are stated, and none are needed.

    Parameters
    ----------
    unstated : array, shape (4, 4)
        Affine that holds where both are 0.
    """
    grid = content.grid
    if not grid.known or not (grid.oriented or not np.allclose(unstated, grid.affine)):
        return 0, 0
    sform_code, qform_code = content.form_codes or (1, 1)
    is_rigid = shear(grid.affine) < _SHEAR_OF_ROUNDING
    return (sform_code, qform_code) if sform_code or (qform_code and is_rigid) else (1, 1)


def _shape_on_disk(header: Header) -> tuple[int, ...]:
    """Sizes from the fastest axis to the slowest."""
    shape = header.shape
    return (shape[-1], *shape[:-1]) if header.interleaved else shape


def _pair(path: Path) -> tuple[Path, Path]:
    """Header file and data file, of the path of either."""
    name = path.name
    if not path.exists():  # the header may be there still
        raise FileNotFoundError(path)
    for mine, other in ((".hdr", ".img"), (".img", ".hdr")):
        for compressed in ("", ".gz"):
            if name.lower().endswith(mine + compressed):
                stem = name[: -len(mine + compressed)]
                partner = _sibling(path.parent, stem, other, compressed)
                return (path, partner) if mine == ".hdr" else (partner, path)
    return path, path


def _sibling(folder: Path, stem: str, suffix: str, compressed: str) -> Path:
    """Other half of a pair, rather compressed as the one half is than not."""
    for ending in (compressed, "" if compressed else ".gz"):
        for spelt in (suffix, suffix.upper()):
            candidate = folder / (stem + spelt + ending)
            if candidate.exists():
                return candidate
    raise UnreadableFileError.about(
        folder / stem,
        f"no {stem}{suffix} beside it",
        "a .hdr file and an .img file of one name",
        "Put both into one folder.",
    )


def _first_bytes(path: str) -> bytes:
    if path.lower().endswith(".gz"):
        return inflate_start(path, LONGEST)
    with FileIO(path) as file:
        return file.read(LONGEST)


def _describe(source: Source, block: bytes, file: str, data_path: Path | None) -> Header:
    fields, version, byte_order = parse_fields(file, block)
    shape, dtype = shape_of(fields), dtype_of(fields, byte_order)
    spatial, interleaved = spatial_shape(shape), bool(dtype.names)
    if dtype.names:  # RGB and RGBA: bytes along one more axis
        shape = (*spatial, *shape[3:], len(dtype.names))
        dtype = np.dtype(np.uint8)
    # names decide what is one file: magics are copied wrongly when pairs are split
    first = version.first_byte if data_path is None else 0
    if not math.isfinite(fields["vox_offset"]):
        raise ValueError(f"data that begin at byte {fields['vox_offset']} (vox_offset)")
    offset = int(fields["vox_offset"]) or first
    if offset < first:
        raise ValueError(f"data that begin at byte {offset}, inside the header (vox_offset)")
    mm, notes = lengths_of(fields)
    forms = forms_of(fields, version, mm)
    grid = Grid(spatial, affine_of(fields, forms, mm))
    if not (forms.sform_code or forms.qform_code):
        known = _states_spacing(fields, min(len(shape), 3))
        grid = replace(grid, known=known, oriented=False)
        notes = (_NO_DIRECTIONS, *notes) if known else (_NO_GEOMETRY,)
    return Header(
        source=source,
        shape=shape,
        dtype=dtype,
        grid=grid,
        scaling=Scaling() if interleaved else scaling_of(fields),  # nifti1.h on RGB24
        forms=forms,
        is_label=int(fields["intent_code"]) == _LABEL_INTENT,
        data_path=data_path,
        data_offset=offset,
        interleaved=interleaved,
        frame_step=frame_step_of(fields) if len(shape) == 4 and not interleaved else None,
        notes=notes,
    )


def _states_spacing(fields: Fields, axes: int) -> bool:
    """Whether a header without forms states a spacing; ones without a unit are a default."""
    spacing = fields["pixdim"][1 : axes + 1]
    return all(spacing) and (bool(fields["xyzt_units"]) or any(step != 1 for step in spacing))


def _map(path: Path, header: Header) -> Array:
    expect_end(path, header.data_offset + header.nbytes)
    shape = _shape_on_disk(header)
    # as text: of a Path, numpy follows every link first
    return np.memmap(str(path), header.dtype, "r", header.data_offset, shape, order="F")


def _is_of_planes(box: Box, header: Header) -> bool:
    """Whether a box is one piece of the file."""
    return len(header.shape) == 3 and box[:2] == whole_box(header.shape)[:2]


def _read_planes(path: Path, header: Header, planes: slice) -> Array:
    """Read neighbouring planes of a 3D image, sooner than they are mapped and copied."""
    expect_end(path, header.data_offset + header.nbytes)
    shape = (*header.shape[:2], planes.stop - planes.start)
    start = header.data_offset + planes.start * math.prod(shape[:2]) * header.dtype.itemsize
    stored = np.fromfile(path, header.dtype, math.prod(shape), offset=start)
    stored = stored.reshape(shape, order="F")
    stored.flags.writeable = False
    return stored


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
    image = nib.Nifti1Image(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=sform_code)
    image.set_qform(affine, code=qform_code)
    with written_whole(Path(path)) as aside:
        _store(image, aside)


def _store(image: Any, path: Path) -> None:
    content = image.to_bytes()
    if path.name.lower().endswith(".gz"):
        content = isal_zlib.compress(content, 2, _GZIP)
    path.write_bytes(content)
