"""Planes of a scene in colour: all layers over each other, as any view draws them.

The background is black. With the contrast brought to 0 … 1, an image is its colormap's colour;
labels have the colours of their table. Additive layers add ``colour * opacity`` to what lies
below them, others replace as much of it as their opacity says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.session.picture.colours import colormap_rgb, colormap_table, label_entries
from napari_medload.session.picture.cut import cut
from napari_medload.session.picture.encode import encode_labels

if TYPE_CHECKING:
    from napari_medload.formats.contract import Array
    from napari_medload.session.picture.cut import PlaneView
    from napari_medload.session.scene.layer import Layer, Side
    from napari_medload.session.scene.scene import Scene


def compose(
    scene: Scene,
    view: PlaneView,
    index: int,
    side: Side = "",
    shape: tuple[int, int] | None = None,
) -> Array:
    """Draw a plane of a scene.

    Parameters
    ----------
    scene : Scene
    view : PlaneView
        Of this scene.
    index : int
        Of the slice.
    side : str
        Which half of the canvas, where the scene has two; layers of both halves are in each.
    shape : tuple of two int, optional
        Rows and columns of the picture, if it is not to have one pixel per voxel. A pixel shows
        the mean of what it covers. Outlines are drawn in pixels where these are the larger ones,
        so that they do not fade.

    Returns
    -------
    array of uint8, shape (rows, columns, 3)
        Red, green, blue; row 0 is at the top and column 0 on the left.
    """
    rows, columns = shape or view.shape
    picture = np.zeros((rows, columns, 3), np.float32)
    for layer in scene.layers:
        if layer.visible and (not layer.side or not side or layer.side == side):
            plane = cut(layer, view, index)
            if layer.kind == "image":
                _lay_image(picture, layer, plane)
            else:
                _lay_labels(picture, layer, plane)
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def _lay_image(picture: Array, layer: Layer, plane: Array) -> None:
    """Draw an image over a picture, in place."""
    colours = resampled(_shades(layer, plane), picture.shape[:2])
    colours *= np.float32(layer.opacity)
    if layer.blending == "additive":
        picture += colours
        np.minimum(picture, 1, out=picture)
    else:
        picture *= np.float32(1 - layer.opacity)
        picture += colours


def _shades(layer: Layer, plane: Array) -> Array:
    """Colours of an image, 0 to 1, shape (rows, columns, 3)."""
    low, high = layer.limits
    exact = plane.dtype.kind == "f" or plane.dtype.itemsize > 2
    values: Any = plane.astype(np.float64 if exact else np.float32)
    values -= low
    values /= high - low
    part = np.nan_to_num(np.clip(values, 0, 1), nan=0.0).astype(np.float32)
    brightest = colormap_rgb(layer.colormap)
    if brightest is None:
        table = (colormap_table(layer.colormap) / 255).astype(np.float32)
        found: Array = table[np.rint(part * 255).astype(np.uint8)]
        return found
    colour: Array = part[..., np.newaxis] * (np.array(brightest, np.float32) / 255)
    return colour


def _lay_labels(picture: Array, layer: Layer, plane: Array) -> None:
    """Draw labels over a picture, in place; hidden ones and the background let it through."""
    shape = picture.shape[:2]
    numbers = encode_labels(plane, layer.values).data
    if layer.outline:
        if shape[0] < numbers.shape[0] or shape[1] < numbers.shape[1]:
            numbers = _nearest(numbers, shape)
        numbers = np.where(borders(numbers), numbers, 0)
    if not numbers.any():
        return
    entries = label_entries(layer)
    # the last column is how much of the picture is covered
    table = np.zeros((len(entries) + 1, 4), np.float32)
    for entry in entries:
        if not entry.hidden:
            table[entry.index] = (*(channel / 255 for channel in entry.rgb), 1)
    table *= np.float32(layer.opacity)
    colours = resampled(table[numbers], shape)
    if layer.blending != "additive":
        picture *= 1 - colours[..., 3:]
    picture += colours[..., :3]
    np.minimum(picture, 1, out=picture)


def borders(plane: Array) -> Array:
    """Tell which pixels differ from one of their four neighbours inside the picture.

    Parameters
    ----------
    plane : array, shape (rows, columns)

    Returns
    -------
    array of bool, shape (rows, columns)
    """
    found = np.zeros(plane.shape, bool)
    for kept, other in ((found, plane), (found.T, plane.T)):
        differs = other[1:] != other[:-1]
        kept[1:] |= differs
        kept[:-1] |= differs
    return found


def _nearest(plane: Array, shape: tuple[int, int]) -> Array:
    """Look up the voxel under the middle of each pixel."""
    rows, columns = (
        ((np.arange(wanted) + 0.5) * size / wanted).astype(np.intp)
        for wanted, size in zip(shape, plane.shape, strict=True)
    )
    found: Array = plane[rows[:, np.newaxis], columns]
    return found


def resampled(picture: Array, shape: tuple[int, int]) -> Array:
    """Mean of what each pixel of another size covers, float32.

    Parameters
    ----------
    picture : array of float32, shape (rows, columns, channels)
    shape : tuple of two int
        Rows and columns wanted.
    """
    rows, columns, channels = picture.shape
    if (rows, columns) == shape:
        return picture
    # one matrix product along each axis
    high = (_shares(rows, shape[0]) @ picture.reshape(rows, -1)).reshape(-1, columns, channels)
    wide = _shares(columns, shape[1]) @ high.transpose(1, 0, 2).reshape(columns, -1)
    return np.ascontiguousarray(wide.reshape(shape[1], -1, channels).transpose(1, 0, 2))


@lru_cache(maxsize=32)
def _shares(size: int, wanted: int) -> Array:
    """Part that each of `size` voxels has in each of `wanted` pixels, shape (wanted, size)."""
    edges = np.arange(wanted + 1)[:, np.newaxis] * (size / wanted)
    covered = np.clip(edges - np.arange(size), 0, 1)  # of each voxel, before each edge
    shares = np.diff(covered, axis=0) * (wanted / size)
    return np.asarray(shares, np.float32)
