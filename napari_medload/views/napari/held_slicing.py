"""Many changes to layers, one slice: napari is held back until all of them are made.

napari has no public way to hold its layers back, so what is private of it for that stands here;
where a version of it lacks that, each change is drawn as it is made, which is slower and no less
true.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from napari.utils.events import evented_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari.components import ViewerModel

_MEASURED = ("data", "scale", "translate", "units")
"""What layers tell of that makes napari measure all of them."""


@contextmanager
def held_slicing(viewer: ViewerModel, layers: Iterable[Any]) -> Iterator[dict[Any, bool]]:
    """Let napari slice once, however many things are set of however many layers.

    Whenever data, scale or place of a layer are set, napari slices that layer, measures all of
    them, moves its sliders and slices all layers again: nine times over for a pair with labels.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose sliders may be moved meanwhile, too.
    layers : iterable of napari.layers.Layer
        That are in the viewer, and may be changed.

    Yields
    ------
    dict of layer to bool
        To be filled with the layers that were changed, and whether napari is to make their
        thumbnails anew. They are drawn at the end.
    """
    changed: dict[Any, bool] = {}
    drawn: list[Any] = []
    with ExitStack() as after, ExitStack() as held:
        held.enter_context(_delayed(viewer.dims))
        for layer in layers:
            held.enter_context(_unrefreshed(layer))
        yield changed
        for layer in changed:  # what the sliders have drawn by then is not drawn twice
            after.enter_context(_noted(layer, drawn))
        held.close()
    for layer, thumbnail in changed.items():
        if layer not in drawn:
            layer.refresh(thumbnail=thumbnail, extent=thumbnail)


@contextmanager
def held_measuring(viewer: ViewerModel, layers: Iterable[Any]) -> Iterator[None]:
    """Let napari measure its layers once, after all of them were changed.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    layers : iterable of napari.layers.Layer
        That are in the viewer, and may be changed.
    """
    measure = getattr(viewer, "_on_layers_change", None)
    if measure is None:
        yield
        return
    with ExitStack() as held:
        for layer in layers:
            for name in _MEASURED:
                held.enter_context(getattr(layer.events, name).blocker(measure))
        yield
    measure()


def _delayed(dims: Any) -> AbstractContextManager[Any]:
    """Let sliders tell of their changes at the end, and only of those that are left then."""
    delayer = getattr(evented_model, "ComparisonDelayer", None)
    return nullcontext() if delayer is None else delayer(dims)


def _unrefreshed(layer: Any) -> AbstractContextManager[Any]:
    block = getattr(layer, "_block_refresh", None)
    return nullcontext() if block is None else block()


@contextmanager
def _noted(layer: Any, drawn: list[Any]) -> Iterator[None]:
    """Note whether a layer is drawn."""

    def note(_event: Any = None) -> None:
        drawn.append(layer)

    layer.events.set_data.connect(note)
    try:
        yield
    finally:
        layer.events.set_data.disconnect(note)
