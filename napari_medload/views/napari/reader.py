"""Reader for napari: files as layers that lie true in the world, datasets in the browser."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import napari
import numpy as np
import pandas as pd
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.notifications import show_info

from napari_medload.formats import sources, suffix_of
from napari_medload.formats.dicom import SUFFIXES, has_magic
from napari_medload.formats.pictures import Raster
from napari_medload.images.facts import header_facts
from napari_medload.labels.palette import colour_of
from napari_medload.loaders.backends import backend_for
from napari_medload.loaders.loose import SingleFile
from napari_medload.session.standalone.files import MOST_ARRAYS, FileLayer, file_layers
from napari_medload.views.napari.browser import browser_in
from napari_medload.views.napari.canvas import RADIOLOGICAL
from napari_medload.views.napari.directions import name_directions
from napari_medload.views.napari.layers import INDEX, MM, STORED

if TYPE_CHECKING:
    from collections.abc import Callable

LayerData: TypeAlias = "tuple[Any, ...]"

ORIGIN = "napari-medload"
"""Key of a layer's metadata under which the file that it was read from is kept."""

_NOTHING_TO_ADD: list[LayerData] = [(None,)]
_LOOKED_AT = 200
_PAINTABLE = 255
_TABLED_BYTES = 2


def get_reader(path: str | list[str]) -> Callable[[Any], list[LayerData]] | None:
    """Offer to read a path; answers at once, without reading what lies there.

    Several paths that are to be stacked are declined: files that lie in different places are no
    stack.
    """
    try:
        if not isinstance(path, str) or not _is_ours(Path(path)):
            return None
    except (OSError, ValueError):  # napari asks every reader, and goes on to the next
        return None
    return read


def _is_ours(path: Path) -> bool:
    if not path.is_dir():
        return suffix_of(path) is not None
    return backend_for(path) is not None or _holds(path, _is_volume)


def _holds(folder: Path, wanted: Callable[[str], bool]) -> bool:
    """Whether one of the first files of a folder is wanted."""
    with os.scandir(folder) as entries:
        first = islice(entries, _LOOKED_AT)
        return any(entry.is_file() and wanted(entry.path) for entry in first)


def _is_volume(path: str) -> bool:
    """Whether a file may be a volume; a folder of pictures is left to others."""
    suffix = suffix_of(path)
    return _is_dicom(path) if suffix is None else suffix.lower() not in Raster.suffixes


def _is_dicom(path: str) -> bool:
    """Whether a file is DICOM by its name; or by how it begins, where its name is a number."""
    return path.lower().endswith(SUFFIXES) or (suffix_of(path) is None and has_magic(path))


def read(path: str) -> list[LayerData]:
    """Read a file, or the series in a folder of DICOM files, as layers.

    A dataset is shown in the browser instead, and no layer is added.

    Raises
    ------
    OSError
        If the file cannot be read; the message says why and what to do.
    """
    place, viewer = Path(path), napari.current_viewer()
    if _is_dataset(place):
        browser_in(viewer).session.open(place)
        return _NOTHING_TO_ADD
    found = file_layers(place)
    look_at_the_patient(viewer)
    for layer in found:
        if layer.notes:
            show_info(f"{layer.name}: {' '.join(layer.notes)}")
    taken = set() if viewer is None else {layer.name for layer in viewer.layers}
    return [layer_data(_renamed(layer, taken)) for layer in found]


def _is_dataset(place: Path) -> bool:
    """Whether a path is for the browser: many arrays that belong together somehow."""
    if place.is_dir():
        backend = backend_for(place)
        if not isinstance(backend, SingleFile) and (backend or not _holds(place, _is_dicom)):
            return True
    return len(sources(place)) > MOST_ARRAYS


def _renamed(layer: FileLayer, taken: set[str]) -> FileLayer:
    """Name the folder too where files of several folders bear one name."""
    if layer.name not in taken:
        return layer
    return replace(layer, name=f"{layer.header.source.path.parent.name}/{layer.name}")


def look_at_the_patient(viewer: Any) -> None:
    """Name the directions on the canvas, and turn the camera of an empty viewer radiologically.

    The camera of one with layers stays as it is.
    """
    if viewer is None:
        return
    if not viewer.layers:
        viewer.scene.camera.orientation = RADIOLOGICAL
    name_directions(viewer)


def layer_data(layer: FileLayer) -> LayerData:
    """Describe a file to napari: data, attributes and type of a layer."""
    grid, time = layer.display.grid, layer.in_time
    units, names = MM if grid.oriented else STORED if grid.known else INDEX
    attributes: dict[str, Any] = {
        "name": layer.name,
        "scale": (*(1.0,) * time, *layer.display.scale),
        "translate": (*(0.0,) * time, *layer.display.translate),
        "units": (*("pixel",) * time, *units),
        "axis_labels": (*("frame",) * time, *names),
        "metadata": {
            "path": str(layer.header.source.path),
            "affine": layer.volume.grid.affine.tolist() if layer.volume.grid.known else None,
            "header": header_facts(layer.header),
            "notes": layer.notes,
            ORIGIN: layer,
        },
    }
    if layer.kind == "labels":
        return layer.data, attributes | _look_of_labels(layer), "labels"
    if layer.colours:
        return layer.data, attributes | {"rgb": True}, "image"
    look = {"rgb": False, "contrast_limits": layer.limits, "multiscale": False}
    return layer.data, attributes | look, "image"


def _look_of_labels(layer: FileLayer) -> dict[str, Any]:
    """Colours and names; every value that can be painted has a colour of its own."""
    if not layer.values and not layer.table and np.asarray(layer.volume.array).any():
        return {"multiscale": False}  # too many values for names
    listed = sorted({*layer.table, *layer.values} - {0})
    names = pd.DataFrame(
        {"index": listed, "name": [layer.table.label(value).name for value in listed]}
    )
    if layer.data.dtype.itemsize > _TABLED_BYTES:  # napari has no table of colours for these
        return {"features": names, "multiscale": False}
    colours: dict[int | None, Any] = {None: (1.0, 1.0, 1.0, 1.0), 0: "transparent"}
    held = np.iinfo(layer.data.dtype)
    for value in {*range(1, _PAINTABLE + 1), *listed}:
        if not held.min <= value <= held.max:
            continue
        known = layer.table.get(value)
        colours[value] = (*(colour_of(value) if known is None else known.colour), 1.0)
    colormap = DirectLabelColormap(color_dict=colours)
    return {"colormap": colormap, "features": names, "multiscale": False}
