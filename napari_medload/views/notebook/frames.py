"""Pixels for a page: planes cut in the kernel, and only those that the page does not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any

from napari_medload.session.picture.cut import index_at, plane_views
from napari_medload.session.scene.readout import read_out, slice_text
from napari_medload.views.notebook.cuts import Cuts, steps_for
from napari_medload.views.notebook.scene_part import scene_fields, shown_layers

if TYPE_CHECKING:
    from napari_medload.session.picture.cut import PlaneView
    from napari_medload.session.picture.encode import Encoded
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene
    from napari_medload.views.notebook.parcel import Parcel

    Position = tuple[float, float, float]

VOLUMES_AT_MOST = 192 << 20
"""Bytes of all volumes of a sample that are sent whole, before they are compressed."""


@dataclass
class Frames:
    """What a page has been sent of the pixels of a scene.

    Pixels have a generation: a change of colours, opacity or contrast is told without new ones.

    Parameters
    ----------
    whole : bool
        Whether small volumes are sent whole, to be cut by the page.
    """

    whole: bool = False
    generation: int = 0
    scene: Scene | None = None
    views: tuple[PlaneView, ...] = ()
    _drawn: tuple[bool, ...] = ()
    _content: tuple[object, ...] = ()
    _arrays: list[Any] = field(default_factory=list)  # of the layers, to know them again
    _sent: dict[str, int] = field(default_factory=dict)
    _next: list[tuple[PlaneView, int]] = field(default_factory=list)
    _cuts: Cuts = field(default_factory=Cuts)
    _asked: set[int] = field(default_factory=set)  # layers whose volumes are on their way
    _held: set[int] = field(default_factory=set)  # those that the page has

    def forget(self) -> None:
        """Take it that the page has nothing."""
        self._content, self._arrays, self._sent = (), [], {}
        self._asked, self._held = set(), set()

    def leave(self) -> None:
        """Show no scene any more."""
        self.forget()
        self.scene, self.views, self._drawn = None, (), ()
        self.generation += 1

    def take(self, scene: Scene) -> None:
        """Turn to a scene."""
        drawn = shown_layers(scene)
        display = scene.display
        place = None if display is None else (display.grid, display.translate, display.scale)
        stored = tuple((layer.values, steps_for(layer)) for layer in scene.layers)
        content = (scene.sample_id, place, scene.options.radiological, drawn, stored)
        arrays = [layer.data for layer in scene.layers]
        same = len(arrays) == len(self._arrays) and all(map(is_, arrays, self._arrays))
        if not same or content != self._content:
            self.forget()
            self._cuts.forget()
            self.generation += 1
            self._content, self._arrays = content, arrays
        self.scene, self._drawn = scene, drawn
        self.views = plane_views(scene)

    def tell_scene(self, parcel: Parcel) -> None:
        """Describe the scene."""
        if self.scene is not None:
            fields = scene_fields(self.scene, self.views, self._drawn, self.generation)
            parcel.add("scene", **fields)

    def tell_position(self, parcel: Parcel, position: Position | None) -> None:
        """Say where the crosshair is, and send the planes through it that the page lacks."""
        scene = self.scene
        if scene is None or scene.display is None or position is None:
            return
        canvas = scene.display.to_canvas(position)
        index: dict[str, int] = {view.name: index_at(view, canvas) for view in self.views}
        missing = [view for view in self.views if self._sent.get(view.name) != index[view.name]]
        layers = self._layers
        # one plane alone was cut ahead; several at once are laid into the buffer together
        if missing and layers:
            made = [
                self._cuts.get(self.generation, layers, view, index[view.name]) for view in missing
            ]
            cuts = [each.tell(parcel, alone=len(made) == 1) for each in made]
            parcel.add("frame", generation=self.generation, cuts=cuts)
        self._next = [
            (view, 2 * index[view.name] - self._sent.get(view.name, index[view.name]))
            for view in missing
        ]
        self._sent |= index
        parcel.add(
            "position",
            generation=self.generation,
            canvas=list(canvas),
            ras=list(position),
            inside=scene.display.contains(position),
            index=index,
            readout=read_out(scene, canvas),
            slice=slice_text(scene, canvas),
        )

    def get_ready(self) -> None:
        """Cut ahead where the person goes on in the same way."""
        layers = self._layers
        if len(self._next) == 1 and layers:
            self._cuts.get_ready(self.generation, layers, *self._next[0])
        self._next = []

    def ask_whole(self) -> tuple[int, ...]:
        """Return the layers whose volumes are to be sent, once; none where they are too large."""
        scene = self.scene
        if not self.whole or scene is None or scene.display is None:
            return ()
        i, j, k = scene.display.grid.shape
        drawn = [n for n, layer in enumerate(scene.layers) if self._is_sent(n, layer)]
        size = sum(_VOXEL[scene.layers[n].kind] for n in drawn) * i * j * k
        if size > VOLUMES_AT_MOST:
            return ()
        wanted = tuple(n for n in drawn if n not in self._asked)
        self._asked.update(wanted)
        return wanted

    def lack(self, layer: int, generation: int) -> None:
        """Take it that the page could not read the volume of a layer; it gets planes again."""
        if generation == self.generation:
            self._held.discard(layer)
            self._sent = {}

    def hold(self, layer: int) -> None:
        """Take it that the page has the volume of a layer."""
        self._held.add(layer)

    @property
    def _layers(self) -> tuple[tuple[int, Layer], ...]:
        """Layers that are cut here; the page cuts those whose volumes it has."""
        layers = self.scene.layers if self.scene is not None else ()
        numbered = enumerate(zip(layers, self._drawn, strict=True))
        return tuple((n, layer) for n, (layer, d) in numbered if d and n not in self._held)

    def close(self) -> None:
        """Cut no more."""
        self._cuts.close()

    def _is_sent(self, n: int, layer: Layer) -> bool:
        return self._drawn[n] and not layer.composed


_VOXEL = {"image": 2, "labels": 1}
"""Bytes of a voxel, as it is sent."""


def tell_volume(parcel: Parcel, layer: int, generation: int, encoded: Encoded) -> None:
    """Send the volume of a layer."""
    parcel.add(
        "volume",
        generation=generation,
        layer=layer,
        slope=encoded.slope,
        intercept=encoded.intercept,
        **parcel.lay(encoded.data),
    )
