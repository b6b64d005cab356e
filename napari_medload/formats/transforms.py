"""Transforms: what a registration gives, read from files of ITK or from displacement fields.

A transform is a map for resampling, as ITK means it: it takes a point of the fixed image to the
point of the moving image that belongs there. ITK counts in LPS mm; everything that comes out here
counts in RAS mm.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import SimpleITK as sitk

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.displacements import (
    EXPECTED,
    FIELD_SUFFIXES,
    RUN_AGAIN,
    SAVE_AGAIN,
    expect_finite,
    itk_reason,
    read_field,
)
from napari_medload.formats.storage.regular import expect_file
from napari_medload.formats.transform_files import expect_transform
from napari_medload.geometry.affine import FloatArray, apply, from_parts, inverse, is_singular
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_medload.geometry import Grid

TRANSFORM_SUFFIXES = (".txt", ".tfm", ".h5", ".hdf5", ".mat")
"""Files of ITK's transforms."""

_FLIP: FloatArray = np.array((-1.0, -1.0, 1.0))  # between RAS and LPS
_SIDE_OF_SAMPLES = 12
_NEWTON_STEPS, _NEAR_MM, _STEP_MM = 30, 1e-4, 0.05


@dataclass(frozen=True, eq=False)
class Transform:
    """A map from points of the fixed image to points of the moving image, in RAS+ mm.

    Parameters
    ----------
    path : Path
        The file that it was read from.
    parts : tuple of SimpleITK.Transform
        In LPS mm; the last one is applied first, as in ITK's composites.
    nbytes : int
        Memory that it holds.
    """

    path: Path
    parts: tuple[sitk.Transform, ...]
    nbytes: int = 0
    _farthest: dict[Grid, float] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def itk(self) -> sitk.Transform:
        """The whole transform, in LPS mm."""
        return self.parts[0] if len(self.parts) == 1 else sitk.CompositeTransform(list(self.parts))

    @cached_property
    def matrix(self) -> FloatArray | None:
        """The same as a matrix in RAS mm, shape (4, 4), or None where it is no linear map."""
        if not all(part.IsLinear() for part in self.parts):
            return None
        # exact for maps that are linear: the images of the origin and of the three axes
        places = np.array([self._point(point) for point in (np.zeros(3), *np.eye(3))])
        return from_parts((places[1:] - places[0]).T, places[0])

    @property
    def kind(self) -> str:
        """What it is, in words, such as "affine" or "displacement field"."""
        return " + ".join(map(_kind_of, reversed(self.parts))) or "identity"

    @property
    def parameters(self) -> int:
        """Degrees of freedom, counted over all parts."""
        return sum(part.GetNumberOfParameters() for part in self.parts)

    @property
    def description(self) -> str:
        """For people: "through case1.tfm (affine, 12 parameters)"."""
        count = f"{self.parameters:,} parameters"
        fields = all(isinstance(part, sitk.DisplacementFieldTransform) for part in self.parts)
        detail = self.kind if fields or not self.parameters else f"{self.kind}, {count}"
        return f"{self.path.name} ({detail})"

    def apply(self, points: npt.ArrayLike) -> FloatArray:
        """Map points of the fixed image to the moving image.

        Parameters
        ----------
        points : array-like, shape (n, 3)
            RAS mm.

        Returns
        -------
        array, shape (n, 3)
            RAS mm.
        """
        places = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        if self.matrix is not None:
            return apply(self.matrix, places)
        return np.array([self._point(place) for place in places]).reshape(-1, 3)

    def find(self, points: npt.ArrayLike) -> FloatArray:
        """Find the points of the fixed image that are mapped to some of the moving image.

        Newton's method, with the derivatives taken from differences; a transform that folds
        space may have several answers, of which the nearest by its steps is found.

        Parameters
        ----------
        points : array-like, shape (n, 3)
            RAS mm.

        Returns
        -------
        array, shape (n, 3)
            RAS mm; NaN where no point was found that is mapped there.
        """
        wanted = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        if self.matrix is not None:
            return apply(inverse(self.matrix), wanted)
        return np.array([self._found(point) for point in wanted]).reshape(-1, 3)

    def largest_displacement(self, grid: Grid) -> float:
        """Farthest that any place of a grid is moved, in mm.

        Taken at the corners, where a linear map has its largest, and at a lattice between them;
        kept, because a panel asks anew for each picture.
        """
        if grid not in self._farthest:
            self._farthest[grid] = self._largest_displacement(grid)
        return self._farthest[grid]

    def _largest_displacement(self, grid: Grid) -> float:
        sides = [np.linspace(0, size - 1, min(size, _SIDE_OF_SAMPLES)) for size in grid.shape]
        lattice = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
        places = apply(grid.affine, lattice)
        return float(np.linalg.norm(self.apply(places) - places, axis=1).max())

    def _point(self, place: FloatArray) -> FloatArray:
        return np.array(self.itk.TransformPoint((place * _FLIP).tolist())) * _FLIP

    def _found(self, wanted: FloatArray) -> FloatArray:
        """Where one point comes from; NaN where that is not found."""
        place, off = wanted, self._point(wanted) - wanted
        for _ in range(_NEWTON_STEPS):
            distance = float(np.linalg.norm(off))
            if distance < _NEAR_MM:
                return place
            ends = [self._point(place + _STEP_MM * axis) - wanted for axis in np.eye(3)]
            slopes = (np.array(ends).T - off[:, np.newaxis]) / _STEP_MM
            step = np.asarray(np.linalg.lstsq(slopes, off, rcond=None)[0], dtype=np.float64)
            for part in (1.0, 0.5, 0.25, 0.125):  # a full step may overshoot a bend
                nearer = self._point(place - part * step) - wanted
                if np.linalg.norm(nearer) < distance:
                    break
            else:
                break
            place = np.asarray(place - part * step, dtype=np.float64)
            off = np.asarray(nearer, dtype=np.float64)
        return np.full(3, np.nan)


_KINDS = {
    "AffineTransform": "affine",
    "Euler3DTransform": "rigid",
    "VersorRigid3DTransform": "rigid",
    "VersorTransform": "rotation",
    "TranslationTransform": "translation",
    "Similarity3DTransform": "similarity",
    "ScaleTransform": "scale",
    "ScaleVersor3DTransform": "scale and rotation",
    "ScaleSkewVersor3DTransform": "affine",
    "ComposeScaleSkewVersor3DTransform": "affine",
    "BSplineTransform": "B-spline",
    "DisplacementFieldTransform": "displacement field",
}
_KINDS_WITHOUT_CLASS = {
    sitk.sitkIdentity: "identity",
    sitk.sitkScaleLogarithmic: "scale",
    sitk.sitkQuaternionRigid: "rigid",
}


def _kind_of(part: sitk.Transform) -> str:
    name = type(part).__name__
    return _KINDS.get(name) or _KINDS_WITHOUT_CLASS.get(part.GetTransformEnum(), name)


def read_transform(path: Path | str) -> Transform:
    """Read a transform.

    Parameters
    ----------
    path : path
        A file of ITK's transforms, or a volume of displacement vectors in mm.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UnreadableFileError
        If it is no transform in three dimensions, or one that cannot be applied.
    """
    path = Path(path)
    if not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: no such file; it was moved, renamed or deleted")
    expect_file(path)
    name = path.name.lower()
    if name.endswith(FIELD_SUFFIXES):
        image = read_field(path)
        found: sitk.Transform = sitk.DisplacementFieldTransform(image)
        nbytes = math.prod(found.GetDisplacementField().GetSize()) * 3 * 8
        return Transform(path, (found,), nbytes)
    if not name.endswith(TRANSFORM_SUFFIXES):
        raise UnreadableFileError.about(
            path, f"a name that ends in '{path.suffix}'", EXPECTED, SAVE_AGAIN
        )
    parts = _parts(_read_by_itk(path))
    for part in parts:
        _check(path, part)
    fields = [part for part in parts if isinstance(part, sitk.DisplacementFieldTransform)]
    nbytes = sum(math.prod(field.GetDisplacementField().GetSize()) * 24 for field in fields)
    transform = Transform(path, parts, nbytes)
    if transform.matrix is not None and is_singular(transform.matrix):
        raise UnreadableFileError.about(
            path,
            f"a singular {transform.kind} transform: it flattens space",
            "one that can be undone",
            RUN_AGAIN,
        )
    return transform


def holds_transform(path: Path | str) -> bool:
    """Whether an HDF5 file is one of ITK's transforms, and none of images."""
    try:
        with h5py.File(path, "r") as file:
            return "TransformGroup" in file
    except OSError:
        return False


def _read_by_itk(path: Path) -> sitk.Transform:
    expect_transform(path)
    try:
        return sitk.ReadTransform(str(path))
    except (RuntimeError, UnicodeDecodeError) as error:  # damaged text is quoted as it is
        raise UnreadableFileError.about(
            path, f"no transform that ITK reads ({itk_reason(str(error))})", EXPECTED, SAVE_AGAIN
        ) from error


def _parts(found: sitk.Transform) -> tuple[sitk.Transform, ...]:
    """Parts of a transform; files hold no composite within another."""
    if not isinstance(found, sitk.CompositeTransform):
        return (_known(found),)
    count = found.GetNumberOfTransforms()
    return tuple(_known(found.GetNthTransform(number)) for number in range(count))


def _known(part: sitk.Transform) -> sitk.Transform:
    """Part in its own class.

    For `MatrixOffsetTransformBase`, which c3d and ITK-SNAP write, SimpleITK has none: it calls it
    a composite of itself. It becomes the affine that it is.
    """
    part = part.Downcast() or part
    if not isinstance(part, sitk.CompositeTransform):
        return part
    corners = np.vstack((np.zeros(3), np.eye(3)))
    places = np.array([part.TransformPoint(corner) for corner in corners.tolist()])
    return itk_affine(from_parts((places[1:] - places[0]).T, places[0]))


def _check(path: Path, part: sitk.Transform) -> None:
    """Refuse numbers that are none."""
    if isinstance(part, sitk.DisplacementFieldTransform):
        numbers = sitk.GetArrayViewFromImage(part.GetDisplacementField())
    else:
        numbers = np.array((*part.GetParameters(), *part.GetFixedParameters()))
    expect_finite(path, np.asarray(numbers))


def itk_affine(matrix: FloatArray) -> sitk.AffineTransform:
    """ITK's transform of a matrix, shape (4, 4)."""
    return sitk.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist())


def through(before: FloatArray, transform: Transform, after: FloatArray) -> sitk.Transform:
    """Join a transform with the maps from and to two index spaces, for resampling.

    Parameters
    ----------
    before : array, shape (4, 4)
        Index to RAS mm of the fixed space.
    after : array, shape (4, 4)
        RAS mm of the moving space to index.
    """
    first, last = flip_ras_lps(before), after @ np.diag((-1.0, -1.0, 1.0, 1.0))
    return sitk.CompositeTransform([itk_affine(last), *transform.parts, itk_affine(first)])
