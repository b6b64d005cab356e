"""What every format promises: a header without pixels, and an array as stored."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.geometry import FloatArray, Grid

Array: TypeAlias = npt.NDArray[Any]


class UnreadableFileError(OSError):
    """A file that cannot be read as what it claims to be."""

    @classmethod
    def about(cls, path: Path | str, found: str, expected: str, remedy: str) -> UnreadableFileError:
        """Say which file, what was found, what was expected, and what to do."""
        return cls(f"{path}: {found}; expected {expected}. {remedy}")


@dataclass(frozen=True)
class Source:
    """One array on disk.

    Parameters
    ----------
    path : Path
        The file.
    key : str, optional
        The dataset inside a file that holds several (HDF5).
    """

    path: Path
    key: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.key is None else f"{self.path}[{self.key}]"


@dataclass(frozen=True)
class Scaling:
    """Stored numbers to values: ``stored * slope + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether stored numbers are the values."""
        return self.slope == 1.0 and self.intercept == 0.0

    def apply(self, stored: Array) -> Array:
        """Values of stored numbers: the same array where nothing changes, else float64."""
        if self.is_identity:
            return stored
        return np.asarray(np.multiply(stored, self.slope, dtype=np.float64) + self.intercept)


@dataclass(frozen=True)
class Forms:
    """The two transforms of a NIfTI header.

    Parameters
    ----------
    sform_code, qform_code : int
        0 where a form is unset.
    sform : array, shape (4, 4), or None
        None where its code is 0.
    make_qform : callable or None
        Works the qform out; None where its code is 0.
    """

    sform_code: int
    qform_code: int
    sform: FloatArray | None
    make_qform: Callable[[], FloatArray] | None

    @cached_property
    def qform(self) -> FloatArray | None:
        """The qform, or None where it is unset or its quaternion is broken."""
        try:
            return None if self.make_qform is None else self.make_qform()
        except ValueError:
            return None


@dataclass(frozen=True)
class Header:
    """What is known of an array before its pixels.

    Parameters
    ----------
    source : Source
        Where the array lies.
    shape : tuple of ints
        As stored: i, j, k, then frames or channels.
    dtype : numpy dtype
        On disk, with its byte order.
    grid : Grid
        Of the first three axes.
    scaling : Scaling
        From stored numbers to values.
    forms : Forms, optional
        Both transforms, for NIfTI.
    is_label : bool
        Whether the header itself says that the values are labels.
    data_path, data_offset
        Where the stored numbers begin.
    interleaved : bool
        Whether the last axis runs fastest on disk (RGB), while the others run in order.
    """

    source: Source
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    scaling: Scaling = field(default_factory=Scaling)
    forms: Forms | None = None
    is_label: bool = False
    data_path: Path | None = None
    data_offset: int = 0
    interleaved: bool = False

    @property
    def frames(self) -> int:
        """Number of 3D arrays along the axes after the third."""
        return math.prod(self.shape[3:])

    @property
    def nbytes(self) -> int:
        """Size of the stored array."""
        return math.prod(self.shape) * self.dtype.itemsize


def spatial_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """First three sizes; a missing axis has size 1."""
    i, j, k = (*shape[:3], 1, 1, 1)[:3]
    return i, j, k


class Format(Protocol):
    """A family of files.

    ``header`` touches no pixels. ``array`` returns the stored numbers with the header's shape
    and dtype, read-only where it is mapped from disk; it returns exactly what the header
    describes or raises `UnreadableFileError`, and never fills in what a file lacks.
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    def header(self, source: Source) -> Header:
        """Read the header of one array."""
        ...

    def array(self, header: Header) -> Array:
        """Read the stored numbers."""
        ...

    def sources(self, path: Path) -> list[Source]:
        """List the arrays in a file."""
        ...
