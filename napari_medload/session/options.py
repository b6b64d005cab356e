"""What a person has chosen to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

GridChoice: TypeAlias = Literal["fixed", "moving", "world"]
Plane: TypeAlias = Literal["axial", "coronal", "sagittal"]
CompareMode: TypeAlias = Literal["overlay", "two-colour", "fixed", "moving"]

LabelStyle: TypeAlias = Literal["fill + outline", "outlines", "off"]

GRID_CHOICES: tuple[GridChoice, ...] = ("fixed", "moving", "world")
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
COMPARE_MODES: tuple[CompareMode, ...] = ("overlay", "two-colour", "fixed", "moving")
LABEL_STYLES: tuple[LabelStyle, ...] = ("fill + outline", "outlines", "off")


@dataclass(frozen=True)
class ViewOptions:
    """How samples are drawn; a value, replaced as a whole.

    Parameters
    ----------
    grid : str
        Grid that everything is drawn on: of the fixed image, of the moving image, or the world.
    plane : str
        Plane on the canvas.
    radiological : bool
        Patient's right on the left of the screen; else neurological.
    mode : str
        How moving lies over fixed.
    opacity : float
        Of the moving image in overlay mode, 0 to 1.
    labels : str
        Labels of the fixed image filled and of the moving image outlined; all outlined; or none.
    label_opacity : float
        Of filled labels, 0 to 1.
    frame : int
        Time point or channel of 4D images.
    volume : bool
        Rendered in 3D, coarsely.
    """

    grid: GridChoice = "fixed"
    plane: Plane = "axial"
    radiological: bool = True
    mode: CompareMode = "overlay"
    opacity: float = 0.3
    labels: LabelStyle = "outlines"
    label_opacity: float = 0.2
    frame: int = 0
    volume: bool = False

    def next_mode(self) -> CompareMode:
        """Return the compare mode after the present one."""
        return COMPARE_MODES[(COMPARE_MODES.index(self.mode) + 1) % len(COMPARE_MODES)]
