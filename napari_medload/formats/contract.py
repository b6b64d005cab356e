"""What every format promises: a header without pixels, and an array as stored, whole or in part."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_medload.geometry import Grid
from napari_medload.geometry.orientation import affine_from_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_medload.geometry import FloatArray

Array: TypeAlias = npt.NDArray[Any]

FormName: TypeAlias = Literal["sform", "qform"]

Box: TypeAlias = tuple[slice, slice, slice]
"""Voxels from start to stop along i, j and k, without steps."""


class UnreadableFileError(OSError):
    """A file that cannot be read as what it claims to be."""

    @classmethod
    def about(
        cls, path: Source | Path | str, found: str, expected: str, remedy: str
    ) -> UnreadableFileError:
        """Say which file, what was found, what was expected, and what to do."""
        return cls(f"{path}: {found}; expected {expected}. {remedy}")

    @classmethod
    def too_large(cls, path: Source | Path | str, nbytes: int) -> UnreadableFileError:
        """Say that an array does not fit into memory."""
        return cls.about(
            path,
            f"an array of {nbytes / 1e9:.1f} GB, for which there is no memory",
            "an array that fits into memory",
            "Close other programs, or store it at a lower resolution.",
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """What is known of a grid from elsewhere than its file, such as a dataset's metadata.

    Parameters
    ----------
    orientation : str
        Letters of increasing i, j, k.
    spacing : tuple of three floats, optional
        In mm; None where only the order of the axes is known.
    first : tuple of three ints
        Index of the first stored voxel, where the array begins later than its scan.
    oriented : bool
        Whether the letters are true in the patient, or only say how the array is drawn.
    """

    orientation: str
    spacing: tuple[float, float, float] | None = None
    first: tuple[int, int, int] = (0, 0, 0)
    oriented: bool = False

    def grid(self, shape: tuple[int, int, int]) -> Grid:
        """Grid of an array that is placed so."""
        affine = affine_from_letters(self.orientation, self.spacing or (1.0, 1.0, 1.0)).copy()
        affine[:3, 3] = affine[:3, :3] @ self.first
        known = self.spacing is not None
        return Grid(shape, affine, known, oriented=known and self.oriented)


class Source:
    """One array on disk; immutable, and small, because datasets hold 100,000 of them.

    Parameters
    ----------
    path : path
        The file.
    key : str, optional
        The dataset inside a file that holds several (HDF5).
    slices : tuple of str or None, optional
        Files of the slices of one volume, in order, in the folder of `path`; None where one is
        missing.
    placement : Placement, optional
        Where the array lies, in place of what the file says.
    """

    __slots__ = ("_folder", "_name", "key", "placement", "slices")

    def __init__(
        self,
        path: Path | str,
        key: str | None = None,
        *,
        slices: tuple[str | None, ...] = (),
        placement: Placement | None = None,
    ) -> None:
        folder, name = os.path.split(path)
        self._folder = sys.intern(folder)  # shared by all files of a folder
        self._name = sys.intern(name)  # shared by image and label of one name
        self.key = key
        self.slices = slices
        self.placement = placement

    @property
    def path(self) -> Path:
        """The file; the first one of a stack of slices."""
        return Path(self.file)

    @property
    def file(self) -> str:
        """The same as text, which is made faster."""
        return os.path.join(self._folder, self._name)

    @property
    def parts(self) -> tuple[str, str]:
        """Folder and name: lists of 100,000 files know few folders."""
        return self._folder, self._name

    def _identity(self) -> tuple[Any, ...]:
        return self._folder, self._name, self.key, self.slices, self.placement

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Source) else False

    def __hash__(self) -> int:
        return hash(self._identity())

    def __str__(self) -> str:
        if self.slices:
            return f"{self.file} and {len(self.slices) - 1} more slices"
        return self.file if self.key is None else f"{self.file}[{self.key}]"

    def __repr__(self) -> str:
        return f"Source({str(self)!r})"


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
    data_path : path, optional
        File or folder that holds the stored numbers; None where it is that of the source.
    data_offset : int
        Where in it they begin.
    interleaved : bool
        Whether the last axis runs fastest on disk (RGB), while the others run in order.
    absent : tuple of ints
        Indices along the third axis of slices that no file holds; they are zeros in the array.
        Only a stack of slices can lack some.
    frame_step : float, optional
        Seconds between frames that are images of their own, such as points in time; 0 where that
        is not stated. None where frames are channels of one image.
    notes : tuple of str
        What a person should know of how the file is read: gaps, a choice among several series,
        numbers that other programs read otherwise. Whole sentences.
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
    absent: tuple[int, ...] = ()
    frame_step: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Number of 3D arrays along the axes after the third."""
        return math.prod(self.shape[3:])

    @property
    def nbytes(self) -> int:
        """Size of the stored array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def with_form(self, form: FormName | None) -> Header:
        """Return the same header with the grid that one form of NIfTI gives.

        Parameters
        ----------
        form : "sform", "qform" or None
            None leaves the choice as it is: the sform where its code is set, else the qform.

        Raises
        ------
        ValueError
            If there is no such form, it is unset or broken, or the grid was placed from elsewhere.
        """
        if form is None:
            return self
        if form not in ("sform", "qform"):
            raise ValueError(f"{self.source}: the form {form!r}; expected 'sform' or 'qform'")
        if self.forms is None or self.source.placement is not None:
            raise ValueError(
                f"{self.source}: its grid does not come from a NIfTI header; expected a NIfTI file "
                f"for the choice of its {form}. Leave the choice out."
            )
        affine = self.forms.sform if form == "sform" else self.forms.qform
        if affine is None:
            code = self.forms.sform_code if form == "sform" else self.forms.qform_code
            raise ValueError(
                f"{self.source}: its {form} is {'broken' if code else 'unset'} "
                f"({form}_code {code}); expected one that is set. Choose the other form, or "
                "leave the choice out."
            )
        return replace(self, grid=Grid(self.grid.shape, affine))


def shape_text(shape: Iterable[int]) -> str:
    """Write sizes, such as "182×218×182"."""
    return "×".join(map(str, shape))


def spatial_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """First three sizes; a missing axis has size 1."""
    i, j, k = (*shape[:3], 1, 1, 1)[:3]
    return i, j, k


def whole_box(shape: tuple[int, ...]) -> Box:
    """Box of all voxels of an array."""
    i, j, k = spatial_shape(shape)
    return slice(0, i), slice(0, j), slice(0, k)


def cut(array: Array, box: Box | None) -> Array:
    """Return the voxels of a box, with all frames; the array itself where there is no box."""
    return array if box is None else array[box[: array.ndim]]


@dataclass(frozen=True, eq=False)
class Content:
    """What is written into a file.

    Parameters
    ----------
    array : array, shape (i, j, k) or (i, j, k, frames)
        Values, written with their own dtype.
    grid : Grid
        Of the first three axes. Where it is unknown, a format that must state a geometry states
        that of the grid's affine.
    is_label : bool
        Whether the values are labels, for formats that can say so.
    frame_step : float, optional
        Seconds between frames, see `Header`; None where they are channels.
    form_codes : tuple of two ints, optional
        Of the sform and the qform, for NIfTI: what space the affine leads to.
    """

    array: Array
    grid: Grid
    is_label: bool = False
    frame_step: float | None = None
    form_codes: tuple[int, int] | None = None

    @classmethod
    def like(cls, header: Header, array: Array, grid: Grid, is_label: bool) -> Content:
        """Content for another file of what a header describes, or of a part of it.

        The frames are still what they were, if they are as many, and the affine leads into the
        same space, if its axes are the same.
        """
        frames = array.shape[3] if array.ndim == 4 else 1
        forms, linear = header.forms, np.s_[:3, :3]
        kept = np.array_equal(grid.affine[linear], header.grid.affine[linear])
        return cls(
            array,
            grid,
            is_label,
            header.frame_step if frames == header.frames else None,
            (forms.sform_code, forms.qform_code) if forms is not None and kept else None,
        )


class Format(Protocol):
    """A family of files.

    ``header`` touches no pixels. ``array`` returns the stored numbers with the header's shape
    and dtype, never writeable; it returns exactly what the header describes or raises
    `UnreadableFileError`. It never fills in what a file lacks; slices that no file holds are
    zeros, and the header names them as ``absent``. Given a box, it returns only these voxels, with
    all frames, and reads no more than the file allows: what lies outside the box may then be
    broken without an error.
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    def header(self, source: Source) -> Header:
        """Read the header of one array."""
        ...

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read the stored numbers, or those of a box inside the array."""
        ...

    def sources(self, path: Path) -> list[Source]:
        """List the arrays in a file."""
        ...


class WritableFormat(Format, Protocol):
    """A family of files that can be written too.

    ``write`` is given a path in an empty folder, and may write further files beside it: what it
    leaves there is moved to its place when it is whole (`formats.storage.atomic`).
    """

    written: ClassVar[tuple[str, ...]]

    def write(self, path: Path, content: Content) -> None:
        """Write a file.

        Raises
        ------
        ValueError
            If the format cannot hold this: the message says what it can, and what to do.
        """
        ...
