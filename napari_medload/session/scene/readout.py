"""What the status bar says about a point: where it is in the patient, and what lies there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.lattice import index_map
from napari_medload.session.options import PLANES
from napari_medload.session.scene.compare import Difference
from napari_medload.session.scene.layer import Layer, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.geometry import FloatArray
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.scene import Scene


def read_out(scene: Scene, canvas: Iterable[float]) -> str:
    """Describe a canvas point.

    Parameters
    ----------
    canvas : three floats
        Canvas point (S, A, R).

    Returns
    -------
    str
        World position in RAS+ mm (voxel indices where the geometry is unknown), the difference
        where that is drawn, stored value of each image, and value and name of each label.
    """
    display = scene.display
    if display is None:
        return ""
    point = tuple(canvas)
    place = index_text(scene, point)
    if scene.oriented:
        place = position_text(display.to_ras(point), min(display.grid.spacing))
    parts = [place]
    for layer in scene.layers:
        if layer.composed:  # both of its images are here too, visible or not
            if isinstance(layer.data, Difference):
                parts.append(_difference_at(scene, layer.data, point))
            continue
        value = value_at(layer, display, point)
        missing = bool(layer.absent) and _slice_of(layer, display, point) in layer.absent
        if value is None or missing:
            parts.append(f"{layer.name} –")
        elif layer.kind == "image":
            parts.append(f"{layer.name} {value:g}")
        elif value in layer.values:
            label = layer.table.label(int(value))
            named = "" if label.name == str(label.value) else f": {label.name}"
            parts.append(f"{layer.name} {label.value}{named}")
        elif value == 0:
            parts.append(f"{layer.name} 0")
    return "   ".join(parts)


def difference_white(scene: Scene) -> str:
    """Say from which difference on the canvas is white, such as "412 or more (50 % of …)".

    Empty where no difference is drawn.
    """
    layer = scene.comparison
    if layer is None or not isinstance(layer.data, Difference) or scene.compared is None:
        return ""
    part = layer.limits[1]
    value = _rounded(part * _contrast(scene))
    return f"{value} or more ({part * 100:g} % of {short_name(scene.compared[0])}'s contrast)"


def short_name(role: str) -> str:
    """Name an image for people where it is plain that it is one: "fixed"."""
    return role.removesuffix("_image").replace("_", " ")


def _difference_at(scene: Scene, data: Difference, canvas: tuple[float, ...]) -> str:
    """Write the difference that is drawn at a canvas point, in values of the lower image."""
    display, axis = scene.display, PLANES.index(scene.options.plane)
    if display is None:
        return ""
    k, j, i = (round(at) for at in display.to_index(canvas)[::-1])
    inside = all(0 <= at < size for at, size in zip((k, j, i), data.shape, strict=True))
    found = data.value_at(axis, (k, j, i)) if inside else None
    if found is None:
        return "difference –"
    return f"difference {_rounded(found * _contrast(scene))} ({found * 100:.0f} %)"


def _contrast(scene: Scene) -> float:
    """Values from black to white of the lower of the compared images."""
    low, high = next(
        layer.limits for layer in scene.layers if layer.role == (scene.compared or ("",))[0]
    )
    return high - low


def _rounded(value: float) -> str:
    """Write a value with three digits that count."""
    return f"{float(f'{value:.3g}'):g}"


def position_text(ras: Iterable[float], spacing: float = 1.0) -> str:
    """Write a world point as "R 12.0  A -3.5  S 40.0 mm", finer than the spacing."""
    digits = max(1, math.ceil(-math.log10(spacing / 2)))
    rounded = (round(float(v), digits) + 0.0 for v in ras)  # which makes 0.0 of -0.0
    return "  ".join(f"{a} {v:.{digits}f}" for a, v in zip("RAS", rounded, strict=True)) + " mm"


def index_text(scene: Scene, canvas: Iterable[float]) -> str:
    """Write a canvas point as indices of the array that is drawn lowest, as it is stored."""
    if scene.display is None:
        return ""
    index = np.array(scene.display.to_index(canvas))
    if scene.layers:
        index = _stored_index(scene.layers[0], scene.display, canvas)
    why = "directions unknown" if scene.known else "no geometry"
    return "voxel " + ", ".join(f"{round(v)}" for v in index.tolist()) + f" ({why})"


def slice_text(scene: Scene, canvas: Iterable[float]) -> str:
    """Name the slice at a canvas point by the number in its file's name, and say if it is missing.

    Empty where slices are not files of their own, or lie across the canvas.
    """
    layer = next((one for one in scene.layers if one.first_slice is not None), None)
    if layer is None or layer.first_slice is None or scene.display is None:
        return ""
    along_slices = index_map(scene.display.grid, layer.reslicer.grid)[2, :3]
    if PLANES[int(np.argmax(np.abs(along_slices[::-1])))] != scene.options.plane:
        return ""
    index = _slice_of(layer, scene.display, canvas)
    if not 0 <= index < layer.reslicer.grid.shape[2]:
        return ""
    return f"slice {index + layer.first_slice}" + (" is missing" if index in layer.absent else "")


def _slice_of(layer: Layer, display: DisplayGrid, canvas: Iterable[float]) -> int:
    """Index along the last stored axis of a layer at a canvas point."""
    return round(float(_stored_index(layer, display, canvas)[2]))


def _stored_index(layer: Layer, display: DisplayGrid, canvas: Iterable[float]) -> FloatArray:
    """Fractional index at a canvas point in the array of a layer, as it is stored."""
    return layer.reslicer.source_index(display.grid, np.array(display.to_index(canvas)))
