"""`Image`: voxels on a grid, with the face that TorchIO's users know.

Arrays are (C, W, H, D), affines map voxel indices to RAS+ mm, nothing is read before it is
asked for. Follows the behaviour of TorchIO 1.2.1 on numpy alone.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.formats import Content, Header, Scaling, Source
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import apply, from_parts
from napari_medload.images.family.arrays import (
    as_numbers,
    checked_affine,
    handed_out,
    handed_out_dtype,
    size_text,
)
from napari_medload.images.family.entries import (
    AFFINE,
    DATA,
    INTENSITY,
    LABEL,
    PATH,
    RESERVED,
    STEM,
    TYPE,
    check_keywords,
)
from napari_medload.images.family.outputs import Outputs
from napari_medload.images.family.paths import AnyPath, checked_paths, pixels_of, stems
from napari_medload.images.family.pixels import FilePixels, PartPixels
from napari_medload.images.family.slicing import box_of
from napari_medload.images.volume import Volume
from napari_medload.labels import LabelTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from napari_medload.formats.contract import Array, Box, FormName
    from napari_medload.images.family.own_reader import Reader

_FORMS = (None, "sform", "qform")


class Image(Outputs, dict[str, Any]):
    """One image, loaded when its voxels are asked for.

    It is a dictionary: ``image["data"]``, ``["affine"]``, ``["type"]``, ``["path"]``,
    ``["stem"]`` and whatever else it was given. Indexed by integers and slices, it is cut:
    ``image[10:20, :, -1]``. Voxels of a file, and those handed out in another type, are
    read-only; `set_data` replaces them.

    Parameters
    ----------
    path : path, or sequence of paths, optional
        File to read, or folder of a DICOM series. Several files are put behind one another as
        channels.
    type : str
        ``"intensity"`` or ``"label"``.
    tensor : array, shape (C, W, H, D), optional
        Voxels, instead of those in a file. Torch tensors are taken as well.
    affine : array, shape (4, 4), optional
        Voxel indices to RAS+ mm; replaces that of the file, and is the identity for a tensor.
    check_nans : bool
        Whether voxels that are no numbers are warned of.
    reader : callable, optional
        Reads a path instead of the formats known here, and returns an array and an affine or
        None.
    verify_path : bool
        Whether a missing file is an error at once.
    key : str, optional
        Which array of a file that holds several; the series of a DICOM folder.
    form : str, optional
        ``"sform"`` or ``"qform"``: which transform of a NIfTI file counts. By default the sform
        where it is set, else the qform.
    **kwargs
        Further entries of the dictionary.

    Raises
    ------
    ValueError
        Without path and tensor, for a tensor that is not 4D, or a reserved keyword.
    TypeError
        For a path or a tensor of another kind.
    FileNotFoundError
        If the file is missing.
    """

    def __init__(
        self,
        path: AnyPath | Iterable[AnyPath] | None = None,
        type: str | None = None,
        tensor: npt.ArrayLike | None = None,
        affine: npt.ArrayLike | None = None,
        check_nans: bool = False,
        reader: Reader | None = None,
        verify_path: bool = True,
        *,
        key: str | None = None,
        form: FormName | None = None,
        **kwargs: Any,
    ) -> None:
        if path is None and tensor is None:
            raise ValueError("an image needs a path or a tensor, found neither")
        check_keywords(kwargs)
        if form not in _FORMS:
            raise ValueError(f"a form is 'sform' or 'qform', found {form!r}")
        super().__init__(kwargs)
        self.check_nans = check_nans
        self.reader = reader
        self.path = checked_paths(path, verify_path)
        self._pixels = pixels_of(self.path, reader, key, form)
        self._given_affine = None if affine is None else checked_affine(affine)
        self._grid: Grid | None = None
        self._stored_dtype: np.dtype[Any] | None = None
        self._edited = False
        self[TYPE] = self._checked_type(type)
        self[PATH] = "" if self.path is None else str(self.path)
        self[STEM] = stems(self.path)
        if tensor is not None:
            if affine is None:  # that of the file is not the tensor's
                self._grid = Grid((1, 1, 1), np.eye(4))
            self.set_data(tensor)

    @classmethod
    def _checked_type(cls, type: str | None) -> str:
        if type is None:
            warnings.warn(
                "an Image without a type is read as intensity; use ScalarImage or LabelMap",
                FutureWarning,
                stacklevel=3,
            )
        return type or INTENSITY

    @classmethod
    def from_source(cls, source: Source) -> Self:
        """Image of an array on disk that need not exist yet."""
        image = cls(source.path, key=source.key, verify_path=False)
        image._pixels = FilePixels(source)
        return image

    @property
    def source(self) -> Source | None:
        """Where the voxels lie on disk, if in one place."""
        return self._pixels.source if isinstance(self._pixels, FilePixels) else None

    @property
    def type(self) -> str:
        """``"intensity"`` or ``"label"``."""
        return str(self[TYPE])

    # --- a dictionary that can be cut, copied and pickled --------------------------------

    def __getitem__(self, key: Any) -> Any:
        """Entry of the dictionary, or the part that integers and slices name."""
        if not isinstance(key, str):
            return self._cut(box_of(key, self.spatial_shape))
        if key not in self and key == DATA:
            return self.data
        if key not in self and key == AFFINE:
            return self.affine
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key == DATA:
            self.set_data(value)
        elif key == AFFINE:
            self.affine = value
        else:
            super().__setitem__(key, value)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same object: arrays inside cannot be compared as entries are."""
        return self is other

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        locked = self.is_loaded and not self.data.flags.writeable
        return _rebuilt, (self.__class__, dict(self), dict(self.__dict__), locked)

    def _cut(self, box: Box) -> Self:
        """Part of the image: of its voxels if they are there, else to be read when needed."""
        if self._pixels is None or not self._pixels.lazy:
            self.load()
        entries = {name: value for name, value in self.items() if name not in (DATA, AFFINE)}
        part: Self = _rebuilt(self.__class__, entries, dict(self.__dict__))
        part._pixels = PartPixels(self._pixels, box) if self._pixels and not self._edited else None
        if self._given_affine is not None:
            corner = apply(self._given_affine, [edge.start for edge in box])
            part._given_affine = from_parts(self._given_affine[:3, :3], corner)
        part._grid = None if self._grid is None else self._grid.cropped(box)
        if self.is_loaded:
            voxels = np.array(self.data[(slice(None), *box)], order="K")  # keeps no whole alive
            voxels.flags.writeable = self.data.flags.writeable
            dict.update(part, {DATA: voxels})
            dict.update(part, {AFFINE: part.affine})
        return part

    # --- geometry, from the header alone -------------------------------------------------

    @property
    def header(self) -> Header:
        """What the file says of itself.

        Raises
        ------
        OSError
            If the file cannot be read.
        RuntimeError
            If the image has no file, or not one alone.
        """
        pixels = self._pixels
        while isinstance(pixels, PartPixels):
            pixels = pixels.whole
        if not isinstance(pixels, FilePixels):
            raise RuntimeError(
                "an image made from a tensor, a reader or several files has no header"
            )
        return pixels.header

    @property
    def grid(self) -> Grid:
        """Shape and affine; it tells what the file states, and what is known of neither."""
        grid = self._stated_grid()
        if self.is_loaded:
            grid = replace(grid, shape=self.spatial_shape)
        return grid if self._given_affine is None else Grid(grid.shape, self._given_affine)

    def _stated_grid(self) -> Grid:
        if self._grid is not None:
            return self._grid
        if self._pixels is None:
            return Grid(self.spatial_shape, np.eye(4))
        if self._pixels.lazy:
            return self._pixels.grid
        if self.is_loaded:  # by other voxels: only the place is wanted
            self._grid = self._pixels.grid
            return self._grid
        self.load()
        return self._stated_grid()

    @property
    def affine(self) -> FloatArray:
        """Voxel indices to RAS+ mm, (4, 4), read-only; the identity where nothing is known."""
        return self.grid.affine

    @affine.setter
    def affine(self, matrix: npt.ArrayLike | None) -> None:
        self._given_affine = checked_affine(np.eye(4) if matrix is None else matrix)
        if self.is_loaded:
            super().__setitem__(AFFINE, self._given_affine)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Channels, width, height, depth."""
        if not self.is_loaded and self._pixels is not None and self._pixels.lazy:
            return (self._pixels.channels, *self._pixels.grid.shape)
        c, w, h, d = self.data.shape
        return c, w, h, d

    # --- voxels --------------------------------------------------------------------------

    @property
    def is_loaded(self) -> bool:
        """Whether the voxels are in memory."""
        return self.get(DATA) is not None

    @property
    def data(self) -> Array:
        """Voxels, (C, W, H, D); bool as uint8, uint16 as int32, uint32 as int64."""
        self.load()
        found = self.get(DATA)
        if found is None:
            raise RuntimeError("the image was unloaded while it was read")
        return np.asarray(found)

    @data.setter
    def data(self, tensor: npt.ArrayLike) -> None:
        warnings.warn(
            "image.data = … is deprecated; use image.set_data(…)", DeprecationWarning, stacklevel=2
        )
        self.set_data(tensor)

    @property
    def tensor(self) -> Array:
        """The same as `data`."""
        return self.data

    def numpy(self) -> Array:
        """Voxels as an array."""
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False and dtype is not None and dtype != self.dtype:
            raise ValueError(f"voxels of type {self.dtype} are {dtype} only in a copy")
        return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data, dtype=dtype)

    def set_data(self, tensor: npt.ArrayLike) -> None:
        """Replace the voxels by a 4D array; the affine stays.

        Raises
        ------
        TypeError
            If it is no array of numbers.
        ValueError
            If it is not 4D.
        """
        array = as_numbers(tensor)
        if array.ndim != 4:
            raise ValueError(f"a tensor has four axes (C, W, H, D), found shape {array.shape}")
        if 0 in array.shape:
            raise ValueError(f"a tensor has a voxel at least, found shape {array.shape}")
        self._adopt(array, "the tensor")
        self._edited = True

    def load(self) -> None:
        """Read the voxels, unless they are there.

        Raises
        ------
        OSError
            If a file cannot be read.
        RuntimeError
            If several files do not fit together.
        """
        if self.is_loaded:
            return
        if self._pixels is None:
            raise RuntimeError("the image has neither voxels nor a file to read them from")
        voxels = self._pixels.read()
        self._grid, self._edited = voxels.grid, False
        self._adopt(voxels.array, str(self.path))

    def _adopt(self, array: Array, origin: str) -> None:
        if self.check_nans and array.dtype.kind == "f" and np.isnan(array).any():
            warnings.warn(f"NaNs found in {origin}", RuntimeWarning, stacklevel=4)
        self._stored_dtype = array.dtype.newbyteorder("=")
        super().__setitem__(DATA, handed_out(array))
        super().__setitem__(AFFINE, self.affine)

    def set_check_nans(self, check_nans: bool) -> None:
        """Choose whether voxels that are no numbers are warned of, from the next load on."""
        self.check_nans = check_nans

    def unload(self) -> None:
        """Forget the voxels; ``image["data"]`` and ``["affine"]`` are None until they are back.

        Raises
        ------
        RuntimeError
            If they are not loaded, or there is no file to read them from again.
        """
        if not self.is_loaded:
            raise RuntimeError("the image is not loaded")
        if self._pixels is None:
            raise RuntimeError("an image without a file cannot be unloaded")
        dict.update(self, {DATA: None, AFFINE: None})
        self._grid, self._edited = None, False
        self._pixels.forget()

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as they are handed out; known without them where a header is."""
        if not self.is_loaded and self._pixels is not None and self._pixels.lazy:
            return handed_out_dtype(self._pixels.dtype)
        return self.data.dtype

    @property
    def itemsize(self) -> int:
        """Bytes of one voxel."""
        return int(self.dtype.itemsize)

    @property
    def memory(self) -> int:
        """Bytes of all voxels."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.itemsize

    def volume(self) -> Volume:
        """Return the image as an immutable volume, in the type that it is stored in."""
        array = np.moveaxis(self._stored(), 0, 3)
        try:
            header = self.header
        except RuntimeError:
            header = Header(Source(Path()), array.shape, array.dtype, self.grid)
        return Volume(array, self.grid, Scaling(), header)

    def _stored(self) -> Array:
        """Voxels in the type that they came in; casts are of read-only arrays, so it is exact."""
        return self.data.astype(self._stored_dtype or self.data.dtype, copy=False)

    def _entries(self) -> dict[str, Any]:
        """Entries that a person has added."""
        return {name: value for name, value in self.items() if name not in RESERVED}

    def _colours(self) -> LabelTable | None:
        return LabelTable() if self.type == LABEL else None

    def _content(self) -> Content:
        """Gather what a file of the image would hold."""
        array, is_label = np.moveaxis(self._stored(), 0, 3), self.type == LABEL
        try:
            return Content.like(self.header, array, self.grid, is_label)
        except (RuntimeError, OSError):  # not of one file, or of one that is gone
            return Content(array, self.grid, is_label)

    def __repr__(self) -> str:
        name = self.__class__.__name__
        try:
            facts = self.placement_facts()
        except Exception as error:  # what cannot be read, by whatever reader, has a name still
            return f'{name}(path: "{self.path}"; {error.__class__.__name__})'
        if self.is_loaded:
            facts |= {"memory": size_text(self.memory), "dtype": str(self.dtype)}
        else:
            facts["path"] = f'"{self._place()}"'
        return f"{name}({'; '.join(f'{name}: {fact}' for name, fact in facts.items())})"

    def _place(self) -> str:
        """Name the file as a person reads it, with the key of an array inside."""
        return str(self.source or self.path)


def _rebuilt(
    kind: Any, entries: dict[str, Any], state: dict[str, Any], locked: bool = False
) -> Any:
    """Image of given entries and state, without a look at the disk; of locked voxels if wanted."""
    image = kind.__new__(kind)
    if locked:  # which copies of arrays forget
        entries[DATA].flags.writeable = False
    dict.update(image, entries)
    image.__dict__.update(state)
    return image
