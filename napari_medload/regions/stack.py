"""Image stacks: whatever holds pixels, read in pieces in the order C(Z)YX."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Header, Scaling, Source, read_header
from napari_medload.geometry import Grid
from napari_medload.images import Image, Volume
from napari_medload.regions.axes import canonical_shape, checked_axes, sample_place
from napari_medload.regions.errors import RegionError
from napari_medload.regions.pixels import FilePixels, ImagePixels, Pixels
from napari_medload.regions.place import check_grid, checked_grid_axes, grid_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.formats.contract import Array

IN_MEMORY = "array"
_NOWHERE = Source(Path())  # of a volume that was made from a tensor


@dataclass(frozen=True, eq=False)
class ImageStack:
    """One image as samples of C(Z)YX, without reading it.

    Parameters
    ----------
    pixels : array-like
        Whatever has a shape, a dtype, and is cut by slices.
    axes : str
        Names of its axes.
    name : str
        Path or URI, or ``"array"``.
    grid : Grid, optional
        Where it lies; None for unknown.
    grid_axes : str
        What i, j, k of the grid are; see `regions.place`.
    scaling : Scaling
        From stored numbers to values.
    dtype : str
        Type of the original; that of the pixels where it is not given.

    Raises
    ------
    RegionError
        If the axes do not name those of the pixels, or the grid is of another shape.
    """

    pixels: Pixels
    axes: str
    name: str = IN_MEMORY
    grid: Grid | None = None
    grid_axes: str = "XYZ"
    scaling: Scaling = field(default_factory=Scaling)
    dtype: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", checked_axes(self.axes, self.shape))
        object.__setattr__(self, "grid_axes", checked_grid_axes(self.grid_axes))
        object.__setattr__(self, "dtype", self.dtype or str(self.pixels.dtype))
        if self.grid is not None:
            check_grid(self.grid, self.data_shape, self.grid_axes)

    @classmethod
    def of(cls, source: Any, axes: str | None = None, grid: Grid | None = None) -> ImageStack:
        """Take anything that holds an image.

        Parameters
        ----------
        source : array, Image, Volume, Header, Source, path or ImageStack
            Arrays are numpy's, memory maps, HDF5 datasets, tensors, or whatever else is cut by
            slices. Of a file, and of an `Image` that is not loaded, only the parts are read that
            are asked for.
        axes : str, optional
            Names of the stored axes. Must be given for arrays. Volumes and files are XYZ, with
            their frames as channels XYZC; an `Image` is CXYZ. Trailing axes of size one need no
            name. Give another where it is meant: XYZT for time points, XYS for slices as samples.
        grid : Grid, optional
            Where the image lies, in place of what the source says.

        Raises
        ------
        RegionError
            If the source is none, or the axes do not fit it.
        OSError
            If a file cannot be read.
        """
        if isinstance(source, cls):
            stack = _same(source, axes)
        elif isinstance(source, Image):
            stack = _of_image(source, axes)
        elif isinstance(source, Volume):
            stack = _of_volume(source, axes)
        elif isinstance(source, Header | Source | Path | str):
            stack = _of_file(source, axes)
        else:
            stack = _of_array(source, axes)
        return stack if grid is None else replace(stack, grid=grid)

    @property
    def placed_grid(self) -> Grid:
        """Its grid, or an unknown one that counts voxels."""
        if self.grid is not None:
            return self.grid
        return Grid.unknown(grid_shape(self.data_shape, self.grid_axes))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in the original axes."""
        return tuple(self.pixels.shape)

    @cached_property
    def data_shape(self) -> tuple[int, ...]:
        """Shape in SC(Z)YX order."""
        return canonical_shape(self.shape, self.axes)

    def read(
        self,
        sample: int,
        channels: slice,
        start: Sequence[int],
        stop: Sequence[int],
    ) -> Array:
        """Read values of a box inside the image, and nothing else.

        Parameters
        ----------
        sample : int
        channels : slice
            From start to stop.
        start, stop : sequence of ints
            Along (Z)YX.

        Returns
        -------
        array, shape C(Z)YX
            Where the pixels lie in memory, a view of them.

        Raises
        ------
        RegionError
            If there is no such sample.
        """
        letters = "ZYX"[-len(start) :]
        parts = [slice(a, b) for a, b in zip(start, stop, strict=True)]
        place: dict[str, int | slice] = dict(zip(letters, parts, strict=True))
        place |= {"C": channels, **sample_place(sample, self.shape, self.axes)}
        stored = np.asarray(self.pixels[tuple(place[letter] for letter in self.axes)])
        left = [letter for letter in self.axes if letter not in "ST"]
        found = stored.transpose([left.index(a) for a in "CZYX" if a in left])
        return self.scaling.apply(found if "C" in left else found[np.newaxis])

    def held(self) -> ImageStack:
        """Return the same image read at once where it lies in a file, or mapped from it.

        A compressed file is inflated from its beginning for each part that is read of it. A file
        that is mapped stays open, and must not be written over meanwhile.
        """
        pixels = self.pixels
        return (
            replace(self, pixels=pixels.held())
            if isinstance(pixels, FilePixels | ImagePixels)
            else self
        )


def _same(stack: ImageStack, axes: str | None) -> ImageStack:
    if axes is not None and checked_axes(axes, stack.shape) != stack.axes:
        raise RegionError(
            f"axes {axes!r} of a stack whose axes are {stack.axes!r}; expected the same ones. "
            "Leave them out, or make the stack with these."
        )
    return stack


def _of_image(image: Image, axes: str | None) -> ImageStack:
    axes = checked_axes(axes or "CXYZ")
    _check_left_out(image.shape, axes)
    try:
        name, dtype = str(image.header.source), str(image.header.dtype)
    except RuntimeError:  # from a tensor, a reader or several files
        name, dtype = str(image.path or IN_MEMORY), str(image.dtype)
    return ImageStack(
        ImagePixels(image, image.shape[: len(axes)]),
        axes,
        name,
        # the grid's axes are those after the channels
        **_placing(axes[1:], axes, image.grid),
        dtype=dtype,
    )


def _of_volume(volume: Volume, axes: str | None) -> ImageStack:
    axes = checked_axes(axes or _default_axes(volume.frames))
    return ImageStack(
        _unnamed_left_out(volume.array, axes),
        axes,
        IN_MEMORY if volume.header.source == _NOWHERE else str(volume.header.source),
        **_placing(axes, axes, volume.grid),
        scaling=volume.scaling,
    )


def _of_file(source: Header | Source | Path | str, axes: str | None) -> ImageStack:
    header = source if isinstance(source, Header) else read_header(source)
    axes = checked_axes(axes or _default_axes(header.frames))
    shape: tuple[int, ...] = (*header.grid.shape, header.frames)
    if len(axes) > len(shape):  # the frames lie along several axes, each with a name
        shape = header.shape
    _check_left_out(shape, axes)
    return ImageStack(
        FilePixels(header, shape[: len(axes)]),
        axes,
        str(header.source),
        **_placing(axes, axes, header.grid),
        scaling=header.scaling,
    )


def _of_array(array: Any, axes: str | None) -> ImageStack:
    if axes is None:
        raise RegionError(
            f"an array of {array.__class__.__name__} without axes; expected their names, such as "
            "axes='CZYX', because nothing else says which is which."
        )
    # a torch tensor is taken as the array that shares its memory
    sliced = isinstance(getattr(array, "dtype", None), np.dtype) and hasattr(array, "__getitem__")
    return ImageStack(array if sliced else np.asarray(array), axes)


def _default_axes(frames: int) -> str:
    return "XYZ" if frames == 1 else "XYZC"


def _placing(spatial: str, axes: str, grid: Grid) -> dict[str, Any]:
    """Grid and its axes, where the first three stored axes are what a grid can name."""
    both = "S" in axes and "T" in axes  # then a sample is no slice
    third = set(spatial[:3]) - set("XY")
    if not set("XY") <= set(spatial[:3]) or third & set("C") or (both and third & set("ST")):
        return {"grid": None}
    return {"grid": grid, "grid_axes": spatial[:3]}


def _unnamed_left_out(array: Array, axes: str) -> Array:
    _check_left_out(array.shape, axes)
    return array.reshape(array.shape[: len(axes)])


def _check_left_out(shape: tuple[int, ...], axes: str) -> None:
    if len(axes) > len(shape) or any(size != 1 for size in shape[len(axes) :]):
        raise RegionError(
            f"axes {axes!r} of a stored shape {shape}; expected a letter for each axis, but for "
            "trailing ones of size one."
        )
