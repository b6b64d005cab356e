"""One thing to draw: a frozen description of a layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from napari_medload.labels import LabelTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.scene.display_grid import DisplayGrid

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
    own_limits : tuple of two floats
        The same where nobody chose others: the image's own contrast.
    colormap, blending, opacity, visible, outline, pale
        How it is drawn. Outlines and paler colours are for labels.
    values, table
        Label values that occur, and what they are called.
    hidden : frozenset of int
        Those of `values` that are not drawn, because a person has hidden what they stand for.
    note : str
        What a person should know of how it came onto this grid; empty where nothing.
    first_slice : int or None
        Number of its first slice, for slices that are files of their own.
    absent : tuple of int
        Indices of slices that no file holds.
    frames : int
        Frames to choose from.
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
    own_limits: tuple[float, float] = (0.0, 1.0)
    colormap: str = "gray"
    blending: str = "translucent_no_depth"
    opacity: float = 1.0
    visible: bool = True
    outline: bool = False
    pale: bool = False
    values: tuple[int, ...] = ()
    table: LabelTable = field(default_factory=LabelTable)
    hidden: frozenset[int] = frozenset()
    note: str = ""
    first_slice: int | None = None
    absent: tuple[int, ...] = ()
    frames: int = 1
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


def value_at(layer: Layer, display: DisplayGrid, canvas: Iterable[float]) -> float | None:
    """Return the stored value nearest to a canvas point, or None outside the image.

    It is asked of the file and not of the picture, so also of layers that are not visible.
    """
    index = np.array(display.to_index(canvas))
    return layer.reslicer.value_at(display.grid, index)
