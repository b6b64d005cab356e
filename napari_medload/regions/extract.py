"""Regions cut out of an image, one at a time."""

from __future__ import annotations

import warnings
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.geometry.agreement import corner_displacement_voxels
from napari_medload.regions.axes import sample_place
from napari_medload.regions.errors import RegionError
from napari_medload.regions.place import data_grid
from napari_medload.regions.region import ImageRegionData, placing_metadata
from napari_medload.regions.specs import RegionSpecs, box_of, ints
from napari_medload.regions.stack import ImageStack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid

_APART_VOXELS = 0.5


def extract(
    source: Any,
    spec: RegionSpecs,
    *,
    axes: str | None = None,
    channels: Sequence[int] | None = None,
    grid: Grid | None = None,
    target_axes: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> ImageRegionData[RegionSpecs]:
    """Cut a region out of an image, with zeros where it lies outside.

    Parameters
    ----------
    source : array, Image, Volume, Header, Source, path or ImageStack
        See `ImageStack.of`. Only what the region needs is read.
    spec : PatchSpecs or TileSpecs
        The region.
    axes : str, optional
        Names of the image's axes; must be given for arrays.
    channels : sequence of ints, optional
        Channels to take, in this order; all of them unless given.
    grid : Grid, optional
        Where the image lies, in place of what it says itself.
    target_axes : str, optional
        Axes of the target; those of the image unless given.
    metadata : mapping, optional
        To keep with the region.

    Returns
    -------
    ImageRegionData
        Pixels are float32 and C-contiguous, whatever the image's type. Where the image has a
        grid, the region has one: see `ImageRegionData.grid`.

    Raises
    ------
    RegionError
        If the region or the channels do not fit the image.
    OSError
        If a file cannot be read.
    """
    stack = ImageStack.of(source, axes, grid)
    chosen = _checked_channels(channels, stack.data_shape[1])
    known = dict(metadata or {})
    if stack.grid is not None:
        known |= placing_metadata(data_grid(spec, stack.grid, stack.grid_axes))
    samples, _, *spatial = stack.data_shape
    return ImageRegionData(
        data=_pixels(stack, spec, chosen),
        source=stack.name,
        data_shape=(samples, len(chosen), *spatial),
        dtype=stack.dtype,
        axes=stack.axes,
        original_data_shape=stack.shape,
        region_spec=spec,
        additional_metadata=known,
        target_axes=target_axes,
    )


def extract_pair(
    source: Any,
    target: Any,
    spec: RegionSpecs,
    *,
    axes: str | None = None,
    target_axes: str | None = None,
    channels: Sequence[int] | None = None,
) -> tuple[ImageRegionData[RegionSpecs], ImageRegionData[RegionSpecs]]:
    """Cut the same region out of an image and its target.

    Parameters
    ----------
    source, target : array, Image, Volume, Header, Source, path or ImageStack
    spec : PatchSpecs or TileSpecs
    axes, target_axes : str, optional
        Names of the axes of each.
    channels : sequence of ints, optional
        Channels to take of the image. The target keeps all of its own.

    Raises
    ------
    RegionError
        If the two have other samples or sizes, or as for `extract`.

    Warns
    -----
    RuntimeWarning
        If both say where they lie, and the same voxel lies in two places.
    """
    image, aim = ImageStack.of(source, axes), ImageStack.of(target, target_axes or axes)
    ours, theirs = image.data_shape, aim.data_shape
    if (ours[0], *ours[2:]) != (theirs[0], *theirs[2:]):
        raise RegionError(
            f"an image of shape {ours} (SC(Z)YX) with a target of shape {theirs}; expected the "
            "same sizes but for the channels."
        )
    _tell_apart(image, aim)
    cut = extract(image, spec, channels=channels, target_axes=aim.axes)
    return cut, extract(aim, spec)


def _tell_apart(image: ImageStack, target: ImageStack) -> None:
    """Warn where the voxels of two stacks do not coincide."""
    one, other = image.grid, target.grid
    if one is None or other is None or image.grid_axes != target.grid_axes:
        return
    apart = corner_displacement_voxels(one, other)
    if apart is not None and apart > _APART_VOXELS:
        warnings.warn(
            f"{image.name} and its target {target.name} have one size and lie in different places: "
            f"a corner is {apart:.3g} voxels away. The region holds the same voxels of both, not "
            "the same place; resample the target onto the grid of the image",
            RuntimeWarning,
            stacklevel=3,
        )


def iter_regions(
    source: Any,
    plan: Iterable[RegionSpecs],
    *,
    axes: str | None = None,
    channels: Sequence[int] | None = None,
    grid: Grid | None = None,
    target_axes: str | None = None,
) -> Iterator[ImageRegionData[RegionSpecs]]:
    """Cut the regions of a plan one after another, keeping none.

    A file is read once, or mapped where it is not compressed, and an `Image` is loaded; give an
    HDF5 dataset or a memory map for an image that is larger than the memory.

    Parameters
    ----------
    source, axes, channels, grid, target_axes
        As for `extract`.
    plan : iterable of PatchSpecs or TileSpecs

    Raises
    ------
    RegionError, OSError
        As for `extract`.
    """
    stack = ImageStack.of(source, axes, grid).held()
    for spec in plan:
        yield extract(stack, spec, channels=channels, target_axes=target_axes)


def _pixels(stack: ImageStack, spec: RegionSpecs, channels: Sequence[int]) -> Array:
    coords, size = box_of(spec)
    spatial = stack.data_shape[2:]
    if len(size) != len(spatial):
        raise RegionError(
            f"a region of size {size} in an image of shape {stack.data_shape} (SC(Z)YX); expected "
            f"{len(spatial)} sizes."
        )
    start = [min(max(first, 0), whole) for first, whole in zip(coords, spatial, strict=True)]
    ends = zip(coords, size, spatial, strict=True)
    stop = [min(max(first + n, 0), whole) for first, n, whole in ends]
    inside = [b - a for a, b in zip(start, stop, strict=True)]
    # zeros cost a pass over the memory that a region without padding can do without
    make = np.empty if tuple(inside) == size else np.zeros
    data = make((len(channels), *size), dtype=np.float32)
    sample = index(spec["sample_idx"])
    if min(inside) < 1:
        sample_place(sample, stack.shape, stack.axes)
        return data
    into = [slice(a - c, a - c + n) for a, c, n in zip(start, coords, inside, strict=True)]
    for first, run in _runs(channels):
        values = stack.read(sample, run, start, stop)
        if values.dtype.kind not in "biuf":
            raise RegionError(
                f"{stack.name}: numbers of type {values.dtype}; expected integers or floats. "
                "Convert them, for example complex ones to their magnitude."
            )
        data[(slice(first, first + run.stop - run.start), *into)] = values
    return data


def _runs(channels: Sequence[int]) -> Iterator[tuple[int, slice]]:
    """Channels that follow each other, as the place of the first one and a slice."""
    first = 0
    for at in range(1, len(channels) + 1):
        if at == len(channels) or channels[at] != channels[at - 1] + 1:
            yield first, slice(channels[first], channels[at - 1] + 1)
            first = at


def _checked_channels(channels: Sequence[int] | None, count: int) -> Sequence[int]:
    if channels is None:
        return range(count)
    found = ints(channels, "channels", "channel")
    if not found:
        raise RegionError("channels: found none; expected one or more, or None for all of them.")
    if bad := [channel for channel in found if not 0 <= channel < count]:
        raise RegionError(
            f"channels {', '.join(map(str, bad))} of an image that has {count}; expected 0 to "
            f"{count - 1}."
        )
    return found
