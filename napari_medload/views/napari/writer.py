"""Writers for napari: an image or labels, with the affine that they have on the canvas.

What lies over a file that the reader has shown is written on the grid of that file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import pint
from napari.layers import Image, Labels
from napari.utils.notifications import show_info
from napari.utils.transforms import Affine

from napari_medload.formats import save
from napari_medload.session.standalone.content import DrawnLayer, lies_as_read
from napari_medload.session.standalone.files import FileLayer
from napari_medload.session.standalone.laid_over import content_over
from napari_medload.views.napari.reader import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.geometry import FloatArray


class NotWritableError(RuntimeError):
    """A layer that a format cannot hold.

    No ValueError: napari takes that for the answer of a writer that writes no such files, and
    keeps the message to itself.
    """


def write_image(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write an image layer; its suffix decides the format.

    Returns
    -------
    list of str
        The path.

    Raises
    ------
    NotWritableError
        If the format cannot hold it; the message says what it can.
    OSError
        If it cannot be written.
    """
    return _write(path, drawn_layer(data, attributes, is_label=False))


def write_labels(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write a labels layer; see `write_image`."""
    return _write(path, drawn_layer(data, attributes, is_label=True))


def _write(path: str, layer: DrawnLayer) -> list[str]:
    try:
        content, note = content_over(layer, _files_on_canvas())
        save(path, content)
    except ValueError as error:
        raise NotWritableError(str(error)) from error
    if note:
        show_info(note)
    return [path]


def _files_on_canvas() -> list[FileLayer]:
    """Files that the current viewer shows whole, where they were read."""
    viewer = napari.current_viewer()
    found = []
    for layer in () if viewer is None else viewer.layers:
        origin = layer.metadata.get(ORIGIN)
        if isinstance(origin, FileLayer) and isinstance(layer, Image | Labels):
            data, attributes, kind = layer.as_layer_data_tuple()
            if lies_as_read(drawn_layer(data, attributes, kind == "labels"), origin):
                found.append(origin)
    return found


def drawn_layer(data: Any, attributes: Mapping[str, Any], is_label: bool) -> DrawnLayer:
    """Describe a layer by what napari says of it.

    Parameters
    ----------
    data : array or array-like
    attributes : mapping
        As of ``layer.as_layer_data_tuple()``.
    is_label : bool
    """
    if attributes.get("multiscale"):
        data = data[0]
    colours = bool(attributes.get("rgb"))
    axes = len(data.shape) - colours
    matrix = _composed(attributes, axes)
    lengths = _millimetres(attributes.get("units"), axes)
    spatial = min(axes, 3)
    known = lengths is not None
    if lengths is not None:
        matrix[axes - spatial : axes] *= lengths[:, np.newaxis]
    origin = (attributes.get("metadata") or {}).get(ORIGIN)
    if not isinstance(origin, FileLayer):
        origin = None
    # a scale without units is what most people have: it is taken at its word
    known = known or not np.array_equal(matrix, np.eye(axes + 1))
    return DrawnLayer(data, matrix, is_label, colours, known, origin)


def _composed(attributes: Mapping[str, Any], axes: int) -> FloatArray:
    """All transforms of a layer in one matrix, shape (axes + 1, axes + 1)."""
    parts = {
        name: attributes[name]
        for name in ("scale", "translate", "rotate", "shear")
        if attributes.get(name) is not None
    }
    inner = Affine(ndim=axes, **parts).affine_matrix
    outer = attributes.get("affine")
    outer = np.eye(axes + 1) if outer is None else np.asarray(outer, dtype=np.float64)
    return np.array(outer @ inner, dtype=np.float64)


def _millimetres(units: Any, axes: int) -> FloatArray | None:
    """Millimetres in one unit of each axis of space; None where one is no length."""
    if units is None:
        return None
    try:
        registry: Any = pint.application_registry
        found = [
            registry.Quantity(1, str(unit)).to("mm").magnitude for unit in units[-min(axes, 3) :]
        ]
    except pint.DimensionalityError:
        return None
    return np.array(found, dtype=np.float64)
