"""The two compared images on their display grid, and the pictures that can be made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from napari_medload.session.scene.compare.beyond import Cut, cut_off
from napari_medload.session.scene.compare.difference import Difference, Matching, match_intensities
from napari_medload.session.scene.compare.edges import Edges
from napari_medload.session.scene.compare.mixed import Checkerboard, Curtain, field_size
from napari_medload.session.scene.compare.planes import KeptPlanes

if TYPE_CHECKING:
    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.options import CompareMode, ViewOptions
    from napari_medload.session.scene.compare.planes import PlaneArray
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.layer import Layer


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images that are compared; it outlives its scenes, and so do the planes it has read.

    Parameters
    ----------
    display : DisplayGrid
    fixed, moving : KeptPlanes
        The lower image and the one laid over it.
    reslicers : tuple of two Reslicer
        Of both, for their values.
    """

    display: DisplayGrid
    fixed: KeptPlanes
    moving: KeptPlanes
    reslicers: tuple[Reslicer, Reslicer]
    _made: dict[tuple[Any, ...], PlaneArray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, fixed: Layer, moving: Layer, display: DisplayGrid) -> Pair:
        """Pair two layers that lie on one display grid."""
        one, other = (
            KeptPlanes(layer.data, layer.limits, layer.absent, layer.reslicer.mapping(display.grid))
            for layer in (fixed, moving)
        )
        return cls(display, one, other, (fixed.reslicer, moving.reslicer))

    def holds(self, fixed: Layer, moving: Layer) -> bool:
        """Whether these layers are drawn from the very arrays of this pair."""
        return self.fixed.source is fixed.data and self.moving.source is moving.data

    @cached_property
    def matching(self) -> Matching:
        """Linear map from moving to fixed values, as of `match_intensities`."""
        limits = self.fixed.limits, self.moving.limits
        return match_intensities(*self.reslicers, self.display.grid, limits)

    @cached_property
    def cut_off(self) -> tuple[Cut, Cut]:
        """How far fixed and moving continue beyond the display grid, as of `cut_off`."""
        both = zip(self.reslicers, (self.fixed, self.moving), strict=True)
        fixed, moving = (cut_off(one, kept.limits, self.display) for one, kept in both)
        return fixed, moving

    def composed(self, mode: CompareMode, options: ViewOptions) -> PlaneArray:
        """Make the picture of a composed mode; the same object as long as it shows the same.

        Parameters
        ----------
        mode : str
            One of `COMPOSED_MODES`.
        options : ViewOptions
            Says where the curtain hangs, how large a field is, and which way the patient is
            looked at. What states no directions is always drawn as the radiological
            convention draws it.
        """
        settings: tuple[Any, ...] = ()
        if mode == "checkerboard":
            settings = (options.checker_mm or field_size(self.display),)
        elif mode == "curtain":
            leftward = options.radiological or not self.display.grid.oriented
            settings = (options.curtain, leftward)
        made = self._made.get((mode, *settings))
        if made is None:
            made = self._make(mode, *settings)
            self._made.clear()
            self._made[(mode, *settings)] = made
        return made

    def _make(self, mode: CompareMode, *settings: Any) -> PlaneArray:
        if mode == "checkerboard":
            return Checkerboard(self.fixed, self.moving, self.display, *settings)
        if mode == "curtain":
            return Curtain(self.fixed, self.moving, *settings)
        if mode == "difference":
            return Difference(self.fixed, self.moving, lambda: self.matching)
        return Edges(self.moving, self.display.scale)
