"""What is written of a layer that a person has on the canvas, and on which grid.

A layer that was read from a file goes back onto the grid of that file, so that labels stay on the
grid of their image. Any other is written where it lies on the canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Content
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import apply, from_parts, inverse, scaling
from napari_medload.geometry.lattice import index_map
from napari_medload.images.reslice import viewed
from napari_medload.session.standalone.lazy_arrays import Paintable

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray
    from napari_medload.session.standalone.files import FileLayer

_MOST_AXES = 4
_SAME_PLACE = 1e-4
"""In steps of the canvas: what napari's own arithmetic may lose."""


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """A layer as it is on the canvas.

    Parameters
    ----------
    data : array or array-like
        Axes ([frames,] k, j, i), or (k, j, i, colours); without k for a plane.
    to_canvas : array, shape (n + 1, n + 1)
        Indices along the n axes of the data, but for colours, to the canvas, whose last three
        axes are S, A, R in mm.
    is_label : bool
    colours : bool
        Whether the last axis holds colours.
    known : bool
        Whether the canvas counts in millimetres.
    origin : FileLayer, optional
        The file that it was read from.
    """

    data: Any
    to_canvas: FloatArray
    is_label: bool = False
    colours: bool = False
    known: bool = True
    origin: FileLayer | None = None


def content_of(layer: DrawnLayer) -> tuple[Content, str]:
    """Tell what to write of a layer.

    Returns
    -------
    Content
        With the values that the layer has, in their own type, and RAS+ mm.
    str
        What a person should know of how it came onto its grid; empty where nothing.

    Raises
    ------
    ValueError
        If it has too many axes, or an axis of time that is not at right angles to space.
    """
    origin = layer.origin
    if origin is None or not lies_as_read(layer, origin):
        array = _array(layer)
        i, j, k = array.shape[:3]
        return Content(array, Grid((i, j, k), ras_affine(layer), layer.known), layer.is_label), ""
    if layer.data is origin.data and not _is_painted(layer.data):
        return _content(origin.volume.values(), origin, layer.is_label), ""
    if origin.view is not None:
        return _content(as_stored(_array(layer), origin), origin, layer.is_label), ""
    if layer.is_label and origin.data.dtype.kind in "iu":
        note = "painted on a tilted file: each stroke was brought to the nearest stored voxels"
        return _content(_brought_back(layer, origin), origin, True), note
    note = "written on the grid of the canvas, because the file itself is tilted"
    return Content(_array(layer), origin.display.grid, layer.is_label), note


def ras_affine(layer: DrawnLayer) -> FloatArray:
    """Affine of a layer from (i, j, k) to RAS+ mm.

    Raises
    ------
    ValueError
        If time is not at right angles to space.
    """
    matrix = np.asarray(layer.to_canvas, dtype=np.float64)
    axes = len(matrix) - 1
    whole = np.eye(4)
    spatial = min(axes, 3)
    first = axes - spatial
    if matrix[first:axes, :first].any() or matrix[:first, first:axes].any():
        raise ValueError(
            "the layer is turned between its first axis and space; expected frames that all lie "
            "in one place. Take away its rotation, or save single frames."
        )
    whole[3 - spatial : 3, 3 - spatial : 3] = matrix[first:axes, first:axes]
    whole[3 - spatial : 3, 3] = matrix[first:axes, axes]
    return from_parts(whole[2::-1, 2::-1], whole[2::-1, 3])


def _array(layer: DrawnLayer) -> Array:
    """Values with the axes (i, j, k[, frames]), of a type that files have.

    Raises
    ------
    ValueError
        If there are more axes.
    """
    values = np.asarray(layer.data)
    spatial = values.ndim - layer.colours
    if spatial not in (2, 3) and (layer.colours or spatial != _MOST_AXES):
        raise ValueError(
            f"a layer of {values.ndim} axes, of shape {values.shape}; expected two or three axes "
            "of space, and at most one of frames or colours. Save parts of it."
        )
    if spatial == 2:
        values = values[np.newaxis]
    if values.ndim == _MOST_AXES:
        values = values.transpose((2, 1, 0, 3) if layer.colours else (3, 2, 1, 0))
    else:
        values = values.T
    if values.dtype == np.float16:  # no medical format has it
        values = values.astype(np.float32)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def lies_as_read(layer: DrawnLayer, origin: FileLayer) -> bool:
    """Whether a layer still has the shape and the place that it was read with."""
    if tuple(layer.data.shape) != tuple(origin.data.shape) or layer.colours != origin.colours:
        return False
    try:
        there = ras_affine(layer)
    except ValueError:
        return False
    display = origin.display
    here = scaling(display.scale[::-1], display.translate[::-1])
    ends = np.array([(0, 0, 0), [size - 1 for size in display.grid.shape]])
    apart = np.abs(apply(there, ends) - apply(here, ends)).max()
    return bool(
        apart <= _SAME_PLACE * min(display.scale) and np.allclose(there, here, atol=_SAME_PLACE)
    )


def _content(stored: Array, origin: FileLayer, is_label: bool) -> Content:
    """Content on the grid of a file; a single frame needs no axis."""
    if stored.ndim == _MOST_AXES and stored.shape[3] == 1:
        stored = stored[..., 0]
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return Content.like(origin.header, native, origin.volume.grid, is_label)


def as_stored(array: Array, origin: FileLayer) -> Array:
    """Turn values along the display of a file that is not tilted into the order of the file.

    Parameters
    ----------
    array : array, shape (i, j, k, ...)
        Along the display of the file.
    origin : FileLayer
        Of which the display shows the stored voxels themselves, so that it has a view.
    """
    assert origin.view is not None  # noqa: S101
    grid = origin.volume.grid
    stored = np.empty((*grid.shape, *array.shape[3:]), array.dtype)
    viewed(stored, origin.view, origin.display.grid.shape)[...] = array
    return stored


def _is_painted(data: Any) -> bool:
    """Whether an object that came from a file may have been written into since."""
    if isinstance(data, Paintable):
        return data.painted is not None
    return isinstance(data, np.ndarray) and data.flags.writeable


def _brought_back(layer: DrawnLayer, origin: FileLayer) -> Array:
    """Put what was painted on the display into the stored labels of a tilted file."""
    source = origin.data.source if isinstance(origin.data, Paintable) else origin.data
    changed = _frames_last(np.asarray(layer.data) != np.asarray(source))
    shown = _frames_last(np.asarray(layer.data))
    values = origin.volume.values()
    stored = np.array(values, dtype=np.result_type(values, shown), order="F")
    carry(shown, changed, stored, origin)
    return stored


def carry(shown: Array, changed: Array, stored: Array, origin: FileLayer) -> None:
    """Bring labels from the display of a tilted file into its stored voxels.

    Parameters
    ----------
    shown, changed : arrays, shape (i, j, k, frames)
        Labels along the display of the file, and which of them are to be brought.
    stored : array, shape (i, j, k, frames)
        Along the file; written into.
    origin : FileLayer
    """
    to_stored = index_map(origin.display.grid, origin.volume.grid)
    for frame in range(stored.shape[3]):
        _bring(shown[..., frame], changed[..., frame], stored[..., frame], to_stored)


def _frames_last(values: Array) -> Array:
    """Axes (i, j, k, frames) of ([frames,] k, j, i)."""
    return values.T if values.ndim == _MOST_AXES else values.T[..., np.newaxis]


def _bring(shown: Array, changed: Array, stored: Array, to_stored: FloatArray) -> None:
    """Set the stored voxels that changed display voxels lie in, or whose centres lie in those.

    Only the one would leave holes, only the other would lose what is thinner than a voxel.
    """
    places = np.argwhere(changed)
    if not len(places):
        return
    voxels = np.rint(apply(to_stored, places)).astype(int)
    inside = ((voxels >= 0) & (voxels < stored.shape)).all(axis=1)
    voxels, places = voxels[inside], places[inside]
    if not len(places):
        return
    stored[tuple(voxels.T)] = shown[tuple(places.T)]
    low = np.maximum(voxels.min(axis=0) - 1, 0)
    high = np.minimum(voxels.max(axis=0) + 2, stored.shape)
    near = np.moveaxis(np.indices(high - low), 0, -1).reshape(-1, 3) + low
    centres = np.rint(apply(inverse(to_stored), near)).astype(int)
    on_display = ((centres >= 0) & (centres < shown.shape)).all(axis=1)
    near, centres = near[on_display], centres[on_display]
    hit = changed[tuple(centres.T)]
    stored[tuple(near[hit].T)] = shown[tuple(centres[hit].T)]
