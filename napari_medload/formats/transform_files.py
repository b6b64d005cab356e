"""What a file of ITK's transforms says of itself, before ITK reads it.

ITK trusts the counts in these files: too few numbers for their type make it read and write beyond
its memory, which ends the whole program. So they are counted here first; and what other programs
name alike, and files of which ITK would leave out a part, are refused with the way to convert them.
"""

from __future__ import annotations

import math
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import h5py
import numpy as np

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.displacements import EXPECTED, RUN_AGAIN, SAVE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HDF5 = (".h5", ".hdf5")
_COUNTS = {  # numbers, and fixed numbers at least
    "AffineTransform": (12, 3),
    "MatrixOffsetTransformBase": (12, 3),
    "Euler3DTransform": (6, 3),
    "QuaternionRigidTransform": (7, 3),
    "ScaleTransform": (3, 3),
    "ScaleLogarithmicTransform": (3, 3),
    "ScaleSkewVersor3DTransform": (15, 3),
    "ScaleVersor3DTransform": (9, 3),
    "Similarity3DTransform": (7, 3),
    "TranslationTransform": (3, 0),
    "VersorTransform": (3, 3),
    "VersorRigid3DTransform": (6, 3),
    "IdentityTransform": (0, 0),
}
_ON_LATTICES = (
    "BSplineTransform",
    "DisplacementFieldTransform",
    "BSplineSmoothingOnUpdateDisplacementFieldTransform",
    "GaussianSmoothingOnUpdateDisplacementFieldTransform",
)
_NUMBERS_OF_LATTICE = 18  # size, origin, spacing, and nine of directions
_TYPE = re.compile(r"(\w+?)_(?:double|float)_(\d)_(\d)(?:_\d)?")
_MAT_HEAD = 20


@dataclass
class Entry:
    """One transform in a file, as it is stored.

    Parameters
    ----------
    kind : str
        Such as "AffineTransform_double_3_3".
    count : int
        Numbers of its parameters.
    fixed : sequence of float
        Its fixed parameters.
    """

    kind: str
    count: int = 0
    fixed: Sequence[float] = ()


def expect_transform(path: Path) -> None:
    """Check that ITK can read a file safely, and all of it.

    Raises
    ------
    UnreadableFileError
        If it cannot.
    """
    suffix = path.suffix
    if suffix != suffix.lower():
        _refuse(
            path,
            f"a name that ends in '{suffix}', by which ITK does not know its own files",
            f"Rename it to '{suffix.lower()}'.",
        )
    if suffix in _HDF5:
        entries = _entries_in_hdf5(path)
    else:
        content = path.read_bytes()
        if not content.strip():
            _refuse(path, "an empty file", "Check that it was copied completely.")
        binary = suffix == ".mat" and b"\0" in content[:_MAT_HEAD]
        entries = _entries_in_mat(path, content) if binary else _entries_in_text(path, content)
    if len(entries) > 1 and not entries[0].kind.startswith("CompositeTransform"):
        raise UnreadableFileError.about(
            path,
            f"{len(entries)} transforms one after the other, of which ITK takes the first alone",
            "one transform",
            "Join them as a SimpleITK.CompositeTransform and write that.",
        )
    for number, entry in enumerate(entries):
        if number == 0 and entry.kind.startswith("CompositeTransform"):
            if len(entries) == 1:
                remedy = "Write it as .h5 or .tfm: a .mat file does not hold the parts."
                _refuse(path, "a composite transform without parts", remedy)
            continue
        _expect_counts(path, entry)


def _refuse(path: Path, found: str, remedy: str, expected: str = EXPECTED) -> NoReturn:
    raise UnreadableFileError.about(path, found, expected, remedy)


def _expect_counts(path: Path, entry: Entry) -> None:
    """Refuse a transform whose numbers are not as many as its type has."""
    match = _TYPE.fullmatch(entry.kind)
    if match and match[2] != "3":
        _refuse(
            path,
            f"a transform in {match[2]} dimensions",
            "Name the transform of the volumes, not of their slices.",
            "one in three",
        )
    name = match[1] if match else entry.kind
    if name in _ON_LATTICES:
        count, fixed = _lattice_count(path, name, entry.fixed), _NUMBERS_OF_LATTICE
    elif name in _COUNTS:
        count, fixed = _COUNTS[name]
    else:
        _refuse(path, f"a transform of the type {entry.kind[:60]!r}, which is not read", SAVE_AGAIN)
    if entry.count != count or len(entry.fixed) < fixed:
        _refuse(
            path,
            f"{entry.count:,} parameters and {len(entry.fixed)} fixed ones of the type {name}",
            "Check that it was copied completely, or write it again.",
            f"{count:,} and {fixed}",
        )


def _lattice_count(path: Path, name: str, fixed: Sequence[float]) -> int:
    """Count the numbers that a lattice of vectors must have."""
    size = [float(side) for side in fixed[:3]]
    if len(fixed) < _NUMBERS_OF_LATTICE or any(side < 1 or side % 1 for side in size):
        _refuse(
            path,
            f"a {name} whose lattice has the size {', '.join(f'{side:g}' for side in size)}",
            "Check that it was copied completely, or write it again.",
            f"{_NUMBERS_OF_LATTICE} fixed parameters, of which the first three are its size",
        )
    return 3 * math.prod(map(int, size))


# --- text --------------------------------------------------------------------------------


def _entries_in_text(path: Path, content: bytes) -> list[Entry]:
    text = content.decode("latin-1")
    _refuse_others(path, text)
    entries: list[Entry] = []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        name = name.strip()
        if line.startswith("#") or name not in ("Transform", "Parameters", "FixedParameters"):
            continue
        if name == "Transform":
            entries.append(Entry(value.strip()))
        elif entries and name == "Parameters":
            entries[-1].count = len(_numbers(path, value))
        elif entries:
            entries[-1].fixed = _numbers(path, value)
    return entries


def _numbers(path: Path, text: str) -> Sequence[float]:
    try:
        numbers = np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        _refuse(path, f"parameters that are no numbers ({error})", RUN_AGAIN)
    if not np.isfinite(numbers).all():
        _refuse(path, "parameters that are NaN or infinite", RUN_AGAIN, "finite numbers")
    found: Sequence[float] = numbers.tolist()
    return found


def _refuse_others(path: Path, text: str) -> None:
    """Refuse what other programs name alike."""
    if re.match(r"\s*(//[^\n]*\n\s*)*\(\w+\s", text):
        _refuse(
            path,
            "parameters of elastix",
            'Let transformix write the displacements with "-def all", and name that file.',
        )
    with suppress(ValueError):
        lines = text[:_TEXT_OF_MATRIX].strip().splitlines()
        numbers = np.array([line.split() for line in lines], dtype=np.float64)
        if numbers.shape == (4, 4):
            _refuse(
                path,
                "a matrix of 4×4 numbers alone, as FSL writes them, which counts in voxels of two "
                "images that it does not name",
                "Convert it, for instance with c3d_affine_tool -fsl2ras -oitk.",
            )


_TEXT_OF_MATRIX = 1 << 12


# --- HDF5 and MATLAB ---------------------------------------------------------------------


def _entries_in_hdf5(path: Path) -> list[Entry]:
    """Read what an HDF5 file says of its transforms."""
    try:
        with h5py.File(path, "r") as file:
            group = file.get("TransformGroup")
            if isinstance(group, h5py.Group) and len(group):
                places = sorted(group, key=lambda name: (len(name), name))
                return [_entry_of(group[place]) for place in places]
            found = f"an HDF5 file of {', '.join(list(file)[:3]) or 'nothing'}"
    except Exception as error:  # h5py raises many kinds for damaged files
        found = f"no HDF5 file that can be read ({error})"
    _refuse(path, found, SAVE_AGAIN, "a TransformGroup, as ITK stores transforms")


def _entry_of(stored: Any) -> Entry:
    entry = Entry(_text(stored["TransformType"][()]))
    for name in ("Transform", "Tranform"):  # older versions of ITK leave out a letter
        if f"{name}Parameters" in stored:
            entry.count = int(stored[f"{name}Parameters"].size)
        if f"{name}FixedParameters" in stored:
            entry.fixed = np.ravel(stored[f"{name}FixedParameters"][()]).tolist()
    return entry


def _text(stored: Any) -> str:
    value = stored[0] if isinstance(stored, np.ndarray) else stored
    return value.decode() if isinstance(value, bytes) else str(value)


def _entries_in_mat(path: Path, content: bytes) -> list[Entry]:
    """Read what a MATLAB file, version 4, holds: numbers of a transform, then its fixed ones."""
    entries: list[Entry] = []
    at = 0
    while at < len(content):
        name, values, at = _matrix_at(path, content, at)
        if name != "fixed":
            entries.append(Entry(name, len(values)))
        elif entries:
            entries[-1].fixed = values
    return entries


def _matrix_at(path: Path, content: bytes, at: int) -> tuple[str, Sequence[float], int]:
    """Name and numbers of the matrix at a place, and the place behind it."""
    order = "<" if content[at : at + 2] < b"\x10" else ">"
    try:
        kind, rows, columns, _, length = struct.unpack_from(f"{order}5i", content, at)
        name = content[at + _MAT_HEAD : at + _MAT_HEAD + length].rstrip(b"\0").decode("ascii")
        number = np.dtype(f"{order}f{4 if kind // 10 % 10 else 8}")
        begin = at + _MAT_HEAD + length
        values = np.frombuffer(content, number, rows * columns, begin)
    except (struct.error, ValueError) as error:
        _refuse(path, f"no MATLAB file that can be read ({error})", SAVE_AGAIN)
    return name, values.tolist(), begin + values.nbytes
