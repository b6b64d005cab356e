"""Scenes: frozen descriptions of what is drawn of a sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_medload.session.options import drawable_modes
from napari_medload.session.scene.compare import field_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.session.options import AsIf, CompareMode, ViewOptions
    from napari_medload.session.scene.compare import Pair
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.landmarks import ShownLandmarks
    from napari_medload.session.scene.layer import Layer


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
    as_if : AsIf, optional
        As if what were true it is drawn in truth; None where it is drawn as the files say.
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
    as_if: AsIf | None = None

    @property
    def checker(self) -> float:
        """Side of a field of the checkerboard, in mm (in voxels where the grid is unknown)."""
        chosen = self.options.checker_mm
        if chosen is not None or self.display is None:
            return chosen or 1.0
        return field_size(self.display)

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
