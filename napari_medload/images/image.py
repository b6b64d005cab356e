"""`Image`, `ScalarImage` and `LabelMap`: volumes with the face that TorchIO's users know.

Arrays are (C, W, H, D), affines map voxel indices to RAS+ mm, nothing is read before it is
asked for. Follows the behaviour of TorchIO 1.2.1 on numpy alone.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from napari_medload.formats import Header, Scaling, Source, read_header
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import apply, as_affine
from napari_medload.geometry.orientation import UNKNOWN
from napari_medload.images.statistics import count_values
from napari_medload.images.volume import Volume, read_volume

if TYPE_CHECKING:
    from typing import Self

    from napari_medload.formats.contract import Array

INTENSITY, LABEL = "intensity", "label"
_RESERVED = ("data", "affine", "type", "path", "stem")
_CASTS = {np.dtype(bool): np.uint8, np.dtype(np.uint16): np.int32, np.dtype(np.uint32): np.int64}


class Image(dict[str, Any]):
    """One image, loaded when its voxels are asked for.

    Parameters
    ----------
    path : path, optional
        File to read.
    type : str
        ``"intensity"`` or ``"label"``.
    tensor : array, shape (C, W, H, D), optional
        Voxels, instead of a path. Torch tensors are taken as well.
    affine : array, shape (4, 4), optional
        Voxel indices to RAS+ mm; replaces that of the file, and is the identity for a tensor.
    verify_path : bool
        Whether a missing file is an error at once.
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
        path: str | Path | None = None,
        type: str | None = None,
        tensor: npt.ArrayLike | None = None,
        affine: npt.ArrayLike | None = None,
        *,
        verify_path: bool = True,
        key: str | None = None,
        **kwargs: Any,
    ) -> None:
        if path is None and tensor is None:
            raise ValueError("an image needs a path or a tensor, found neither")
        for name in _RESERVED:
            if name in kwargs:
                raise ValueError(f"'{name}' is a name of the image's own; choose another keyword")
        super().__init__(kwargs)
        self._source = None if path is None else Source(_as_path(path, verify_path), key)
        self._given_affine = None if affine is None else _checked_affine(affine)
        self._header: Header | None = None
        self._tensor: Array | None = None
        self["type"] = self._checked_type(type)
        self["path"] = "" if self._source is None else str(self._source.path)
        if tensor is not None:
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
        image._source = source
        return image

    @property
    def source(self) -> Source | None:
        """Where the voxels lie on disk."""
        return self._source

    @property
    def path(self) -> Path | None:
        """The file, or None for an image made from a tensor."""
        return None if self._source is None else self._source.path

    @property
    def type(self) -> str:
        """``"intensity"`` or ``"label"``."""
        return str(self["type"])

    # --- geometry, from the header alone -------------------------------------------------

    @property
    def header(self) -> Header:
        """What the file says of itself.

        Raises
        ------
        OSError
            If the file cannot be read.
        RuntimeError
            If the image has no file.
        """
        if self._header is None:
            if self._source is None:
                raise RuntimeError("an image made from a tensor has no header")
            self._header = read_header(self._source)
        return self._header

    @property
    def grid(self) -> Grid:
        """Shape and affine; unknown where the file states no geometry."""
        if self._source is None:
            affine = np.eye(4) if self._given_affine is None else self._given_affine
            return Grid(self.spatial_shape, affine)
        grid = replace(self.header.grid, shape=self.spatial_shape)
        return grid if self._given_affine is None else Grid(grid.shape, self._given_affine)

    @property
    def affine(self) -> FloatArray:
        """Voxel indices to RAS+ mm, (4, 4); the identity where the geometry is unknown."""
        return self.grid.affine

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Channels, width, height, depth."""
        if self._tensor is not None:
            c, w, h, d = self._tensor.shape
            return c, w, h, d
        return (self.header.frames, *self.header.grid.shape)

    @property
    def spatial_shape(self) -> tuple[int, int, int]:
        """Width, height, depth."""
        return self.shape[1:]

    @property
    def num_channels(self) -> int:
        """Number of channels."""
        return self.shape[0]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel spacing in mm."""
        return self.grid.spacing

    @property
    def origin(self) -> tuple[float, float, float]:
        """Centre of the first voxel in mm."""
        return self.grid.origin

    @property
    def orientation(self) -> tuple[str, ...]:
        """Letters of increasing index along each axis."""
        return tuple(self.orientation_str)

    @property
    def orientation_str(self) -> str:
        """Orientation as one word, such as ``"RAS"``."""
        return self.grid.orientation

    @property
    def bounds(self) -> FloatArray:
        """World points of the centres of the first and of the last voxel, (2, 3)."""
        last = np.array(self.spatial_shape) - 1
        return apply(self.affine, np.stack((np.zeros(3), last)))

    def get_bounds(self) -> tuple[tuple[float, float], ...]:
        """Smallest and largest world coordinate that the voxels occupy, for each world axis."""
        low, high = self.grid.bounds.tolist()
        return tuple(zip(low, high, strict=True))

    def get_center(self, lps: bool = False) -> tuple[float, float, float]:
        """Middle of the image in RAS+ mm, or in LPS+ mm."""
        x, y, z = self.grid.centre.tolist()
        return (-x, -y, z) if lps else (x, y, z)

    def is_2d(self) -> bool:
        """Whether the depth is one."""
        return self.shape[-1] == 1

    @property
    def width(self) -> int:
        """Width of a 2D image."""
        self._check_2d("width")
        return self.shape[1]

    @property
    def height(self) -> int:
        """Height of a 2D image."""
        self._check_2d("height")
        return self.shape[2]

    def _check_2d(self, what: str) -> None:
        if not self.is_2d():
            raise RuntimeError(f"only a 2D image has a {what}; this one has shape {self.shape}")

    # --- voxels --------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """Voxels, (C, W, H, D); bool as uint8, uint16 as int32, uint32 as int64."""
        self.load()
        stored = self._tensor
        if stored is None:
            raise RuntimeError("the image was unloaded while it was read")
        wanted = _CASTS.get(stored.dtype)
        return stored if wanted is None else stored.astype(wanted)

    tensor = data

    def numpy(self) -> Array:
        """Voxels as an array."""
        return self.data

    def set_data(self, tensor: npt.ArrayLike) -> None:
        """Replace the voxels by a 4D array.

        Raises
        ------
        TypeError
            If it is no array of numbers.
        ValueError
            If it is not 4D.
        """
        if not hasattr(tensor, "__array__"):
            raise TypeError(f"a tensor is an array of numbers, found {tensor.__class__.__name__}")
        array = np.asarray(tensor)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a tensor is an array of numbers, found dtype {array.dtype}")
        if array.ndim != 4:
            raise ValueError(f"a tensor has four axes (C, W, H, D), found shape {array.shape}")
        self._tensor = array

    def load(self) -> None:
        """Read the voxels, unless they are there."""
        if self._tensor is None:
            self._adopt(read_volume(self.header))

    def _adopt(self, volume: Volume) -> None:
        self._tensor = np.moveaxis(volume.values(), 3, 0)

    def unload(self) -> None:
        """Forget the voxels.

        Raises
        ------
        RuntimeError
            If they are not loaded, or there is no file to read them from again.
        """
        if self._tensor is None:
            raise RuntimeError("the image is not loaded")
        if self._source is None:
            raise RuntimeError("an image without a file cannot be unloaded")
        self._tensor = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self.data.dtype

    @property
    def itemsize(self) -> int:
        """Bytes of one voxel."""
        return int(self.dtype.itemsize)

    @property
    def memory(self) -> int:
        """Bytes of all voxels."""
        return int(np.prod(self.shape)) * self.itemsize

    def volume(self) -> Volume:
        """Return the image as an immutable volume."""
        array = np.moveaxis(self.data, 0, 3)
        header = self._header or Header(Source(Path()), array.shape, array.dtype, self.grid)
        return Volume(array, self.grid, Scaling(), header)

    def __repr__(self) -> str:
        try:
            grid = self.grid
        except OSError as error:  # a name must be printable where a file is not readable
            return f"{self.__class__.__name__}(path: {self._source}; {error.__class__.__name__})"
        spacing = "unknown"
        if grid.known:
            spacing = f"({', '.join(f'{step:.2f}' for step in grid.spacing)})"
        orientation = self.orientation_str
        facts = [
            f"shape: {self.shape}",
            f"spacing: {spacing}",
            f"orientation: {orientation}{'' if UNKNOWN in orientation else '+'}",
        ]
        if self._tensor is not None:
            facts += [f"memory: {_binary_size(self.memory)}", f"dtype: {self.dtype}"]
        else:
            facts.append(f"path: {self._source}")
        return f"{self.__class__.__name__}({'; '.join(facts)})"


class _TypedImage(Image):
    own_type: ClassVar[str]

    @classmethod
    def _checked_type(cls, type: str | None) -> str:
        if type not in (None, cls.own_type):
            raise ValueError(f"the type of a {cls.__name__} is '{cls.own_type}', found {type!r}")
        return cls.own_type


class ScalarImage(_TypedImage):
    """An image whose values are intensities."""

    own_type = INTENSITY


class LabelMap(_TypedImage):
    """An image whose values are labels."""

    own_type = LABEL

    def count_nonzero(self) -> int:
        """Count the voxels that are not background."""
        return int(np.count_nonzero(self.data))

    def count_labels(self) -> dict[int, int]:
        """Count the voxels of each label.

        Returns
        -------
        dict
            Sorted by label.

        Raises
        ------
        ValueError
            If a value is no whole number.
        """
        counts = count_values(self.data)
        if counts is None:
            raise ValueError(f"{self!r}: labels are whole numbers, found fractions")
        return counts


def _as_path(path: object, verify: bool) -> Path:
    if not isinstance(path, str | Path):
        raise TypeError(f"a path is a string or a Path, found {path.__class__.__name__}")
    path = Path(path).expanduser()
    if verify and not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    return path


def _checked_affine(affine: npt.ArrayLike) -> FloatArray:
    if not hasattr(affine, "__array__"):
        raise TypeError(f"an affine is an array, found {affine.__class__.__name__}")
    return as_affine(affine)


def _binary_size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
