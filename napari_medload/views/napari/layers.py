"""napari layers: made once for each role, then swapped in place.

Adding a layer costs napari hundreds of widgets, and clearing layers loses camera and slice; a
swap costs a redraw. Only what differs is set, because each setting redraws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_medload.labels.palette import pale
from napari_medload.views.napari.held_slicing import held_measuring, held_slicing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.components import ViewerModel

    from napari_medload.labels import LabelTable
    from napari_medload.session import Layer, Scene

_Legend: TypeAlias = "tuple[LabelTable, frozenset[int], frozenset[int]]"

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
        self._legends: dict[tuple[str, str], _Legend] = {}
        self._styles: dict[tuple[str, str], dict[str, Any]] = {}
        self._units = MM

    def draw(self, scene: Scene, go: Callable[[], None] = lambda: None) -> None:
        """Show the layers of a scene and hide all others.

        Layers of one viewer must agree in their units, or napari shows none; so a scene that
        counts otherwise than the last one gets new layers.

        Parameters
        ----------
        scene : Scene
        go : callable
            Moves the sliders to where the scene is to be looked at, before napari slices.
        """
        units = MM if scene.oriented else STORED if scene.known else INDEX
        if scene.display is None:  # nothing to draw is no reason to make all layers anew
            units = self._units
        if units != self._units:
            self.clear()
            self._units = units
        wanted: dict[tuple[str, str], Layer] = {(la.role, la.kind): la for la in scene.layers}
        there = {key for key in wanted if self._layers.get(key) in self._viewer.layers}
        for position, (key, layer) in enumerate(wanted.items()):
            if key not in there:
                self._add(key, layer, units, position)
        held = list(self._layers.values())
        with held_slicing(self._viewer, held) as changed:
            with held_measuring(self._viewer, held):
                for key in there:
                    self._swap(key, self._layers[key], wanted[key], units, changed)
                for key in self._layers.keys() - wanted.keys():
                    self._empty(self._layers[key], scene)
                    self._styles.pop(key, None)
            go()
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
            _set(layer, "visible", False)
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
            made.contrast_limits_range = _range_of(layer)
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
        self,
        key: tuple[str, str],
        existing: Image | Labels,
        layer: Layer,
        units: Any,
        redrawn: dict[Image | Labels, bool],
    ) -> None:
        """Show a layer in place of what was shown, and note it where it must be sliced for that."""
        before, wanted = self._styles.get(key, {}), _style(layer)
        # what a person has set by hand stays until the scene asks for something else
        changed = {name: v for name, v in wanted.items() if before.get(name) != v}
        self._styles[key] = wanted
        if layer.composed:
            _set(existing, "name", layer.name)
        other = _replace(existing, layer)
        moved = _set(existing, "units", units[0])
        moved |= _set(existing, "scale", layer.scale)
        moved |= _set(existing, "translate", layer.translate)
        styled = bool({"visible", "contour"} & changed.keys())
        if layer.kind == "image":
            windowed = changed.pop("contrast_limits", None) is not None
            if other or windowed:
                _set_limits(existing, layer)
        elif self._legends.get(key) != _legend(layer):
            existing.colormap = _colours(layer)
            existing.features = _names(layer)
            self._legends[key] = _legend(layer)
            styled = True
        for name, value in changed.items():
            _set(existing, name, value)
        if other or moved or styled:
            redrawn[existing] = moved or styled or not layer.composed

    def _empty(self, layer: Image | Labels, scene: Scene) -> None:
        """Hide a layer and let go of its data; it must not widen the canvas."""
        nothing = np.zeros((1, 1, 1), dtype=layer.data.dtype)
        large = np.prod(layer.data.shape) > 1
        if scene.display is None:  # nothing at all to draw: the sliders stay as they were
            _set(layer, "visible", False)
            if large:
                layer.data = nothing
        else:
            if large:
                _give(layer, nothing, scene.display.scale)
            _set(layer, "scale", scene.display.scale)
            _set(layer, "translate", scene.display.translate)
        _set(layer, "visible", False)  # last: napari does not measure a hidden layer again


def _replace(existing: Image | Labels, layer: Layer) -> bool:
    """Give a napari layer the data of another scene; tell whether they are others."""
    held, source = existing.data, layer.data
    if not layer.composed:
        if held is not source:
            _give(existing, source, layer.scale)
        return held is not source
    same = isinstance(held, Exchanged) and (held.shape, held.dtype) == (source.shape, source.dtype)
    if not same:
        _give(existing, Exchanged(source), layer.scale)
        return True
    other = held.source is not source
    held.source = source
    return bool(other)


def _give(layer: Image | Labels, data: Any, scale: Any) -> None:
    """Set the data of a layer, and have it measured anew, which hidden or held ones are not."""
    same = tuple(layer.data.shape) == tuple(data.shape)
    layer.data = data
    if not same:
        layer.scale = scale


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
        return {"contrast_limits": layer.limits, "colormap": layer.colormap, **style}
    return {"contour": int(layer.outline), **style}


def _set(layer: Any, name: str, value: Any) -> bool:
    """Set what differs; tell whether it did."""
    present = getattr(layer, name)
    if isinstance(value, tuple):
        same = (
            tuple(map(str, present)) == value if name == "units" else np.array_equal(present, value)
        )
    else:
        same = (present.name if name == "colormap" else present) == value
    if not same:
        setattr(layer, name, value)
    return not same


def _set_limits(existing: Image, layer: Layer) -> None:
    """Widen the range first: limits outside it would be cut, and it never shrinks by itself."""
    _set(existing, "contrast_limits_range", _range_of(layer))
    _set(existing, "contrast_limits", layer.limits)


def _range_of(layer: Layer) -> tuple[float, float]:
    """Return how far napari's own slider reaches: over a chosen window and the own contrast."""
    (low, high), (own_low, own_high) = layer.limits, layer.own_limits
    return min(low, own_low), max(high, own_high)


def _legend(layer: Layer) -> _Legend:
    """Return what decides colours and names: the table, values it does not list, hidden ones."""
    return layer.table, frozenset(layer.values) - frozenset(layer.table), layer.hidden


def _listed(layer: Layer) -> list[int]:
    table, others, _hidden = _legend(layer)
    return sorted(value for value in {*table, *others} if value)


def _colours(layer: Layer) -> DirectLabelColormap:
    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    for value in _listed(layer):
        colour = layer.table.label(value).colour
        shown = (*(pale(colour) if layer.pale else colour), 1.0)
        colours[value] = "transparent" if value in layer.hidden else shown
    return DirectLabelColormap(color_dict=colours)


def _names(layer: Layer) -> pd.DataFrame:
    values = _listed(layer)
    return pd.DataFrame(
        {"index": values, "name": [layer.table.label(value).name for value in values]}
    )
