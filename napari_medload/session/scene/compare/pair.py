"""The two compared images on their display grid, and the pictures that can be made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

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

Limits: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured once of two images, by their own contrast, whatever the window.

    Parameters
    ----------
    display : DisplayGrid
    reslicers : tuple of two Reslicer
        Of fixed and moving, for their values.
    limits : tuple of two tuples of two floats
        Contrast of both, which tells a patient from the air around.
    """

    display: DisplayGrid
    reslicers: tuple[Reslicer, Reslicer]
    limits: tuple[Limits, Limits]

    @cached_property
    def matching(self) -> Matching:
        """Linear map from moving to fixed values, as of `match_intensities`."""
        return match_intensities(*self.reslicers, self.display.grid, self.limits)

    @cached_property
    def cut_off(self) -> tuple[Cut, Cut]:
        """How far fixed and moving continue beyond the display grid, as of `cut_off`."""
        both = zip(self.reslicers, self.limits, strict=True)
        fixed, moving = (cut_off(one, limits, self.display) for one, limits in both)
        return fixed, moving


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images that are compared; it outlives its scenes, and so do the planes it has read.

    Parameters
    ----------
    fixed, moving : KeptPlanes
        The lower image and the one laid over it, by the window that each is drawn with.
    contour : KeptPlanes
        The moving image by its own contrast, because its edges are the same with any window.
    measured : Measured
    """

    fixed: KeptPlanes
    moving: KeptPlanes
    contour: KeptPlanes
    measured: Measured
    _made: dict[tuple[Any, ...], PlaneArray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, fixed: Layer, moving: Layer, display: DisplayGrid) -> Pair:
        """Pair two layers that lie on one display grid."""
        own = fixed.own_limits, moving.own_limits
        one, other = (
            KeptPlanes(
                layer.data, layer.own_limits, layer.absent, layer.reslicer.mapping(display.grid)
            )
            for layer in (fixed, moving)
        )
        measured = Measured(display, (fixed.reslicer, moving.reslicer), own)
        return cls(one, other, other, measured).windowed(fixed.limits, moving.limits)

    @property
    def display(self) -> DisplayGrid:
        """Where both are drawn."""
        return self.measured.display

    @property
    def cut_off(self) -> tuple[Cut, Cut]:
        """How far fixed and moving continue beyond the display grid, as of `cut_off`."""
        return self.measured.cut_off

    def windowed(self, fixed: Limits, moving: Limits) -> Pair:
        """Return the same images drawn by these windows; itself where they are drawn so already.

        Planes of an image whose window has not changed are kept.
        """
        if (fixed, moving) == (self.fixed.limits, self.moving.limits):
            return self
        known = self.contour if moving == self.contour.limits else self.moving
        return Pair(self.fixed.windowed(fixed), known.windowed(moving), self.contour, self.measured)

    def holds(self, fixed: Layer, moving: Layer) -> bool:
        """Whether these layers are drawn from the very arrays of this pair."""
        return self.fixed.source is fixed.data and self.moving.source is moving.data

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
            return Difference(self.fixed, self.moving, lambda: self.measured.matching)
        return Edges(self.contour, self.display.scale)
