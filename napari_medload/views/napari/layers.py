"""napari layers: made once for each role, then swapped in place.

Adding a layer costs napari hundreds of widgets, and clearing layers loses camera and slice; a
swap costs a redraw. Only what differs is set, because each setting redraws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_medload.labels.palette import pale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel

    from napari_medload.labels import LabelTable
    from napari_medload.session import Layer, Scene

_MM, _PIXEL = ("millimeter",) * 3, ("pixel",) * 3
MM, STORED, INDEX = (_MM, ("S", "A", "R")), (_MM, ("k", "j", "i")), (_PIXEL, ("k", "j", "i"))
"""Units and names of the canvas axes: in the patient, along the array, and without lengths."""


class Exchanged:
    """An array-like whose source may be exchanged for another of the same shape.

    A curtain that moves is another picture each time. napari measures a layer anew and makes its
    thumbnail whenever it is given other data, which costs more than the picture does.

    Parameters
    ----------
    source : array-like
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self.shape, self.dtype, self.ndim = source.shape, source.dtype, source.ndim
        self.size, self.nbytes = source.size, source.nbytes

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, key: Any) -> Any:
        return self.source[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.source[:, :, :], dtype=dtype)


class SceneLayers:
    """The layers that show scenes in a viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: dict[tuple[str, str], Image | Labels] = {}
        self._legends: dict[tuple[str, str], tuple[LabelTable, frozenset[int]]] = {}
        self._styles: dict[tuple[str, str], dict[str, Any]] = {}
        self._units = MM

    def draw(self, scene: Scene) -> None:
        """Show the layers of a scene and hide all others.

        Layers of one viewer must agree in their units, or napari shows none; so a scene that
        counts otherwise than the last one gets new layers.
        """
        units = MM if scene.oriented else STORED if scene.known else INDEX
        if scene.display is None:  # nothing to draw is no reason to make all layers anew
            units = self._units
        if units != self._units:
            self.clear()
            self._units = units
        shown: set[tuple[str, str]] = set()
        for position, layer in enumerate(scene.layers):
            key: tuple[str, str] = (layer.role, layer.kind)
            shown.add(key)
            existing = self._layers.get(key)
            if existing is None or existing not in self._viewer.layers:
                self._add(key, layer, units, position)
            else:
                self._swap(key, existing, layer, units)
        for key in self._layers.keys() - shown:
            self._empty(self._layers[key], scene)
            self._styles.pop(key, None)
        if scene.layers and self._viewer.layers.selection.active is None:
            self._viewer.layers.selection.active = self.layer(scene.layers[0].role)

    def clear(self) -> None:
        """Remove all layers, for a dataset with other roles or other units."""
        for layer in self._layers.values():
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layers.clear()
        self._legends.clear()
        self._styles.clear()

    def rest(self) -> None:
        """Hide all layers and let go of their data, until the next scene."""
        for layer in self._layers.values():
            layer.visible = False
            if np.prod(layer.data.shape) > 1:
                layer.data = np.zeros((1, 1, 1), dtype=layer.data.dtype)
        self._styles.clear()

    def layer(self, role: str) -> Image | Labels | None:
        """Visible napari layer of a role, or None."""
        found = [self._layers.get((role, kind)) for kind in ("image", "labels")]
        return next((layer for layer in found if layer is not None and layer.visible), None)

    def of(self, layer: Layer) -> Image | Labels | None:
        """Return the napari layer that draws a layer of the scene."""
        return self._layers.get((layer.role, layer.kind))

    def spare(self, scene: Scene, count: int) -> list[Image | Labels]:
        """Return some layers that show nothing, made where they are not there yet."""
        found: list[Image | Labels] = []
        for number in range(count):
            key = (f"nothing {number + 1}", "image")
            if key not in self._layers or self._layers[key] not in self._viewer.layers:
                made = Image(
                    np.zeros((1, 1, 1), np.uint8), name=key[0], visible=False,
                    units=self._units[0], axis_labels=self._units[1],
                )  # fmt: skip
                active = self._viewer.layers.selection.active
                self._viewer.layers.append(made)
                self._viewer.layers.selection.active = active
                self._layers[key] = made
            self._empty(self._layers[key], scene)
            found.append(self._layers[key])
        return found

    def stand_in(self, scale: Any, translate: Any) -> None:
        """Show an empty box in every layer, until a volume for 3D is there."""
        for layer in self._layers.values():
            _set(layer, "scale", tuple(scale))
            _set(layer, "translate", tuple(translate))
            layer.data = np.zeros((1, 1, 1), dtype=layer.data.dtype)
            if isinstance(layer, Labels):  # napari has no outlines in 3D, and warns
                _set(layer, "contour", 0)

    def _add(self, key: tuple[str, str], layer: Layer, units: Any, position: int) -> None:
        placed = {
            "name": layer.name,
            "scale": layer.scale,
            "translate": layer.translate,
            "units": units[0],
            "axis_labels": units[1],
            "opacity": layer.opacity,
            "blending": layer.blending,
            "visible": layer.visible,
        }
        data = Exchanged(layer.data) if layer.composed else layer.data
        if layer.kind == "image":
            made = Image(data, colormap=layer.colormap, contrast_limits=layer.limits, **placed)
        else:
            made = Labels(data, colormap=_colours(layer), features=_names(layer), **placed)
            made.contour = int(layer.outline)
            self._legends[key] = _legend(layer)
        made.editable = False
        self._layers[key] = made
        self._styles[key] = _style(layer)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(min(position, len(self._viewer.layers)), made)
        self._viewer.layers.selection.active = active  # napari would select the new one

    def _swap(
        self, key: tuple[str, str], existing: Image | Labels, layer: Layer, units: Any
    ) -> None:
        before, wanted = self._styles.get(key, {}), _style(layer)
        # what a person has set by hand stays until the scene asks for something else
        changed = {name: v for name, v in wanted.items() if before.get(name) != v}
        self._styles[key] = wanted
        if changed.get("visible") is False:  # a hidden layer is not redrawn by what follows
            _set(existing, "visible", False)
        if layer.composed:
            _set(existing, "name", layer.name)
        _set(existing, "units", units[0])
        _set(existing, "scale", layer.scale)
        _set(existing, "translate", layer.translate)
        if layer.composed:
            _exchange(existing, layer.data)
        elif existing.data is not layer.data:
            existing.data = layer.data
        if layer.kind == "image":
            _set_limits(existing, layer.limits)
        elif self._legends.get(key) != _legend(layer):
            existing.colormap = _colours(layer)
            existing.features = _names(layer)
            self._legends[key] = _legend(layer)
        for name, value in changed.items():
            _set(existing, name, value)

    def _empty(self, layer: Image | Labels, scene: Scene) -> None:
        """Hide a layer and let go of its data; it must not widen the canvas."""
        if scene.display is None:  # nothing at all to draw: the sliders stay as they were
            layer.visible = False
        if np.prod(layer.data.shape) > 1:
            layer.data = np.zeros((1, 1, 1), dtype=layer.data.dtype)
        if scene.display is not None:
            _set(layer, "scale", scene.display.scale)
            _set(layer, "translate", scene.display.translate)
        layer.visible = False  # last: napari does not measure a hidden layer again


def _exchange(existing: Image | Labels, source: Any) -> None:
    """Give a layer another picture of the same kind, and have it drawn."""
    held = existing.data
    same = isinstance(held, Exchanged) and (held.shape, held.dtype) == (source.shape, source.dtype)
    if not same:
        existing.data = Exchanged(source)
    elif held.source is not source:
        held.source = source
        existing.refresh(thumbnail=False, extent=False)


def reorder(viewer: ViewerModel, wanted: Sequence[Any]) -> None:
    """Bring layers to the bottom of the list in an order; nothing moves that lies there already."""
    for place, layer in enumerate(wanted):
        present = viewer.layers.index(layer)
        if present != place:
            viewer.layers.move(present, place)


def _style(layer: Layer) -> dict[str, Any]:
    """Return what a person may change by hand."""
    style = {"blending": layer.blending, "opacity": layer.opacity, "visible": layer.visible}
    if layer.kind == "image":
        return {"colormap": layer.colormap, **style}
    return {"contour": int(layer.outline), **style}


def _set(layer: Any, name: str, value: Any) -> None:
    present = getattr(layer, name)
    if isinstance(value, tuple):
        same = (
            tuple(map(str, present)) == value if name == "units" else np.array_equal(present, value)
        )
    else:
        same = (present.name if name == "colormap" else present) == value
    if not same:
        setattr(layer, name, value)


def _set_limits(layer: Image, limits: tuple[float, float]) -> None:
    """Widen the range first: limits outside it would be cut, and it never shrinks by itself."""
    if tuple(layer.contrast_limits) != limits:
        layer.contrast_limits_range = limits
        layer.contrast_limits = limits


def _legend(layer: Layer) -> tuple[LabelTable, frozenset[int]]:
    """Return what decides colours and names: the table, and values it does not list."""
    return layer.table, frozenset(layer.values) - frozenset(layer.table)


def _listed(layer: Layer) -> list[int]:
    table, others = _legend(layer)
    return sorted(value for value in {*table, *others} if value)


def _colours(layer: Layer) -> DirectLabelColormap:
    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    for value in _listed(layer):
        colour = layer.table.label(value).colour
        colours[value] = (*(pale(colour) if layer.pale else colour), 1.0)
    return DirectLabelColormap(color_dict=colours)


def _names(layer: Layer) -> pd.DataFrame:
    values = _listed(layer)
    return pd.DataFrame(
        {"index": values, "name": [layer.table.label(value).name for value in values]}
    )
