"""Scenes: frozen descriptions of what is drawn of a sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from napari_medload.labels import LabelTable
from napari_medload.session.options import drawable_modes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.compare import Pair
    from napari_medload.session.display_grid import DisplayGrid
    from napari_medload.session.options import CompareMode, ViewOptions
    from napari_medload.session.results import ShownLandmarks

COMPARISON = "comparison"
"""Role of the layer that is composed of the two compared images."""

Side: TypeAlias = Literal["", "left", "right"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One thing to draw.

    Parameters
    ----------
    role : str
        Role in the sample, or `COMPARISON`.
    kind : str
        ``"image"`` or ``"labels"``.
    data : array-like, axes (k, j, i)
        On the display grid.
    scale, translate : tuple of three floats
        From data indices to the canvas, (S, A, R).
    limits : tuple of two floats
        Values drawn black and white.
    colormap, blending, opacity, visible, outline, pale
        How it is drawn. Outlines and paler colours are for labels.
    values, table
        Label values that occur, and what they are called.
    note : str
        What a person should know of how it came onto this grid; empty where nothing.
    first_slice : int or None
        Number of its first slice, for slices that are files of their own.
    absent : tuple of int
        Indices of slices that no file holds.
    reslicer : Reslicer
        Answers for stored values. A comparison holds none: its reslicer is the lower image's.
    side : str
        Half of the canvas that it belongs to, ``"left"`` or ``"right"``, where images are shown
        side by side; empty for what belongs to both.
    title : str
        Name for people, where it is not that of the role.
    """

    role: str
    kind: Literal["image", "labels"]
    data: Any
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]
    reslicer: Reslicer
    limits: tuple[float, float] = (0.0, 1.0)
    colormap: str = "gray"
    blending: str = "translucent_no_depth"
    opacity: float = 1.0
    visible: bool = True
    outline: bool = False
    pale: bool = False
    values: tuple[int, ...] = ()
    table: LabelTable = field(default_factory=LabelTable)
    note: str = ""
    first_slice: int | None = None
    absent: tuple[int, ...] = ()
    side: Side = ""
    title: str = ""

    @property
    def name(self) -> str:
        """Name for people, such as "fixed image"."""
        return self.title or self.role.replace("_", " ")

    @property
    def composed(self) -> bool:
        """Whether it is made of other layers of its scene, and so has no values of its own."""
        return self.role == COMPARISON


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is drawn of one sample.

    Parameters
    ----------
    sample_id : str
    display : DisplayGrid or None
        None where nothing can be drawn.
    layers : tuple of Layer
        Bottom first.
    options : ViewOptions
        With which it was resolved.
    problems : mapping of role to str
        Why a role is not drawn.
    frames : int
        Most frames of any image.
    compared : tuple of two str, optional
        Roles of the two images that the compare modes lay over each other, the lower one first.
    mode : str
        How the images are drawn in truth: the compare mode asked for, or overlay where that one
        cannot be drawn. Of no meaning without `compared`.
    remarks : tuple of str
        What a person should know of the scene as a whole.
    pair : Pair, optional
        The compared images, with the planes last read of them.
    landmarks : ShownLandmarks, optional
        Points of both sides, and how far they lie apart.
    """

    sample_id: str
    display: DisplayGrid | None
    layers: tuple[Layer, ...]
    options: ViewOptions
    problems: Mapping[str, str]
    frames: int = 1
    compared: tuple[str, str] | None = None
    mode: CompareMode = "overlay"
    remarks: tuple[str, ...] = ()
    pair: Pair | None = field(default=None, repr=False)
    landmarks: ShownLandmarks | None = field(default=None, repr=False)

    @property
    def comparison(self) -> Layer | None:
        """The layer that is composed of the compared images, where the mode makes one."""
        return next((layer for layer in self.layers if layer.composed), None)

    @property
    def halved(self) -> bool:
        """Whether the canvas shows the compared images beside each other."""
        return self.mode == "side by side" and self.compared is not None

    @property
    def modes(self) -> tuple[CompareMode, ...]:
        """Compare modes that can be drawn of this sample; none where nothing is compared."""
        if self.compared is None:
            return ()
        labelled = any(layer.kind == "labels" and not layer.composed for layer in self.layers)
        return drawable_modes(labelled, self.options.volume)

    @property
    def known(self) -> bool:
        """Whether the canvas counts in mm."""
        return self.display is not None and self.display.grid.known

    @property
    def oriented(self) -> bool:
        """Whether directions on the canvas are those of the patient."""
        return self.display is not None and self.display.grid.oriented

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything a person should know of how this was drawn, each said once."""
        named: dict[str, list[str]] = {}
        for layer in self.layers:
            if layer.note:
                named.setdefault(layer.note, []).append(layer.name)
        stored = sum(not layer.composed for layer in self.layers)
        notes = [
            note if 1 < stored == len(names) else f"{', '.join(names)}: {note}"
            for note, names in named.items()
        ]
        own = self.display.note if self.display is not None else ""
        if self.known and not self.oriented:
            own = "; ".join(filter(None, ("directions unknown, drawn as stored", own)))
        return tuple(filter(None, (*self.remarks, own, *notes)))


def value_at(layer: Layer, display: DisplayGrid, canvas: Iterable[float]) -> float | None:
    """Return the stored value nearest to a canvas point, or None outside the image.

    It is asked of the file and not of the picture, so also of layers that are not visible.
    """
    index = np.array(display.to_index(canvas))
    return layer.reslicer.value_at(display.grid, index)
