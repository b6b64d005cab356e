"""Planes that a page is about to want: cut, encoded and compressed before it asks."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_medload.session.picture.cut import cut
from napari_medload.session.picture.encode import encode_image, encode_labels, is_rounded
from napari_medload.views.notebook.parcel import Parcel

if TYPE_CHECKING:
    from napari_medload.session.picture.cut import PlaneView
    from napari_medload.session.picture.encode import Encoded
    from napari_medload.session.scene.layer import Layer

    Layers: TypeAlias = tuple[tuple[int, Layer], ...]

_KEPT = 12
"""Cuts; of a large sample, some MB."""

_NARROWER, _REACH = 8, 6
"""How far a window may differ from the own contrast, in contrasts, before its steps are seen."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A plane of some layers, ready to be sent.

    Parameters
    ----------
    plane : str
    index : int
    layers : tuple of (int, Encoded)
        By their number in the scene.
    alone : Parcel
        With this cut and nothing else, compressed.
    told : dict
        What `alone` tells of it.
    """

    plane: str
    index: int
    layers: tuple[tuple[int, Encoded], ...]
    alone: Parcel
    told: dict[str, Any]

    def tell(self, parcel: Parcel, alone: bool) -> dict[str, Any]:
        """Lay it into a parcel, and return what is told of it.

        Parameters
        ----------
        parcel : Parcel
        alone : bool
            Whether nothing else will be laid into it, so that what was compressed is of use.
        """
        if alone and parcel.adopt(self.alone):
            return self.told
        return _told(self.plane, self.index, self.layers, parcel)


class Cuts:
    """Cuts of a scene, a few of them kept, and the next ones made in a thread."""

    def __init__(self) -> None:
        self._ahead = ThreadPoolExecutor(1, "medload-cuts")
        self._kept: OrderedDict[tuple[Any, ...], Future[Cut]] = OrderedDict()

    def get(self, content: object, layers: Layers, view: PlaneView, index: int) -> Cut:
        """Return a cut: the one that is there, or waited for, or a new one.

        Parameters
        ----------
        content : hashable
            Stands for the pixels of all layers.
        layers : tuple of (int, Layer)
        view : PlaneView
        index : int
        """
        key = (content, tuple(n for n, _layer in layers), view.name, index)
        found = self._kept.get(key)
        if found is None:
            found = Future()
            found.set_result(_cut(layers, view, index))
        self._keep(key, found)
        return found.result()

    def get_ready(self, content: object, layers: Layers, view: PlaneView, index: int) -> None:
        """Begin to make a cut that will be wanted soon."""
        key = (content, tuple(n for n, _layer in layers), view.name, index)
        if key not in self._kept and 0 <= index < view.through.size:
            self._keep(key, self._ahead.submit(_cut, layers, view, index))

    def forget(self) -> None:
        """Drop all cuts."""
        self._kept.clear()

    def close(self) -> None:
        """Make no more."""
        self._ahead.shutdown(wait=False, cancel_futures=True)
        self._kept.clear()

    def _keep(self, key: tuple[Any, ...], future: Future[Cut]) -> None:
        self._kept[key] = future
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def encoded(layer: Layer, values: Any) -> Encoded:
    """Store what was cut of a layer as it is sent."""
    if layer.kind == "labels":
        return encode_labels(values, layer.values)
    return encode_image(values, steps_for(layer))


def steps_for(layer: Layer) -> tuple[float, float]:
    """Choose the contrast that the steps of rounded values are made for.

    Steps for the image's own contrast do for most windows, which then need no other pixels; for
    one that is far narrower, or elsewhere, they would be seen or missing. Whole numbers that are
    sent as they are have none.
    """
    if not is_rounded(layer.data.dtype):
        return layer.own_limits
    (low, high), (own_low, own_high) = layer.limits, layer.own_limits
    contrast = own_high - own_low
    reach = _REACH * contrast
    narrow = high - low < contrast / _NARROWER
    elsewhere = low < own_low - reach or high > own_high + reach
    return layer.limits if narrow or elsewhere else layer.own_limits


def _cut(layers: Layers, view: PlaneView, index: int) -> Cut:
    made = tuple((n, encoded(layer, cut(layer, view, index))) for n, layer in layers)
    alone = Parcel()
    told = _told(view.name, index, made, alone)
    alone.compress()
    return Cut(view.name, index, made, alone, told)


def _told(
    plane: str, index: int, layers: tuple[tuple[int, Encoded], ...], parcel: Parcel
) -> dict[str, Any]:
    each = [
        {"layer": n, "slope": one.slope, "intercept": one.intercept, **parcel.lay(one.data)}
        for n, one in layers
    ]
    return {"plane": plane, "index": index, "layers": each}
