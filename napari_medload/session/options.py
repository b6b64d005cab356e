"""What a person has chosen to see."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Collection

GridChoice: TypeAlias = Literal["fixed", "moving", "world"]
Plane: TypeAlias = Literal["axial", "coronal", "sagittal"]
CompareMode: TypeAlias = Literal[
    "overlay",
    "two-colour",
    "checkerboard",
    "curtain",
    "flicker",
    "difference",
    "edges",
    "outlines",
    "side by side",
    "fixed",
    "moving",
]
ColourPair: TypeAlias = Literal["green + magenta", "blue + orange"]
AlignedBy: TypeAlias = Literal["world", "index"]
Lens: TypeAlias = Literal["", "nibabel", "itk", "deepreg", "napari"]
Windows: TypeAlias = tuple[tuple[str, float, float], ...]
LabelStyle: TypeAlias = Literal["auto", "fill + outline", "outlines", "off"]

GRID_CHOICES: tuple[GridChoice, ...] = ("fixed", "moving", "world")
PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
COMPARE_MODES: tuple[CompareMode, ...] = get_args(CompareMode)
COLOUR_PAIRS: tuple[ColourPair, ...] = get_args(ColourPair)
LENSES: tuple[Lens, ...] = get_args(Lens)
LABEL_STYLES: tuple[LabelStyle, ...] = get_args(LabelStyle)

COMPOSED_MODES: tuple[CompareMode, ...] = ("checkerboard", "curtain", "difference", "edges")
"""Modes that make one picture of two, plane by plane."""

BARE_MODES: tuple[CompareMode, ...] = ("two-colour", *COMPOSED_MODES)
"""Modes in which outlines would hide what is compared."""

_FLAT_MODES: tuple[CompareMode, ...] = (*COMPOSED_MODES, "outlines", "side by side")


def drawable_modes(labelled: bool, volume: bool) -> tuple[CompareMode, ...]:
    """List the compare modes that can be drawn of a pair.

    Parameters
    ----------
    labelled : bool
        Whether there are labels, to draw outlines of.
    volume : bool
        Whether it is rendered in 3D, which has no planes.
    """
    return tuple(
        mode
        for mode in COMPARE_MODES
        if not (volume and mode in _FLAT_MODES) and (labelled or mode != "outlines")
    )


@dataclass(frozen=True)
class AsIf:
    """What a sample is drawn as if it were so, though its files say otherwise.

    Parameters
    ----------
    sample_id : str
        Of which sample; all others are drawn as they are.
    name : str
        For people, such as "left-right flip".
    move : tuple of four tuples of four floats, optional
        Affine from the world to the world, RAS+ mm, that moves all that belongs to the moving
        image.
    swaps_labels : bool
        Whether moving and fixed label change sides.
    partner : str
        Id of the sample whose moving image takes the place of the own one; empty for none.
    """

    sample_id: str
    name: str
    move: tuple[tuple[float, ...], ...] | None = None
    swaps_labels: bool = False
    partner: str = ""

    @property
    def mark(self) -> str:
        """What stands beside a picture that is drawn so."""
        return f"as if: {self.name} – not the file"


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
        Labels of the fixed image filled and of the moving image outlined; all outlined; none; or
        outlined, but not in the modes in which two images are compared point by point.
    label_opacity : float
        Of filled labels, 0 to 1.
    frame : int
        Time point or channel of 4D images.
    volume : bool
        Rendered in 3D, coarsely.
    colours : str
        Of fixed and moving in two-colour mode.
    checker_mm : float, optional
        Side of a field of the checkerboard, in mm (in voxels where the spacing is unknown); None
        for what suits the field of view.
    curtain : float
        Where the curtain hangs, as a part of the display grid's width on the screen, 0 to 1: fixed
        on the left of it, moving on the right.
    flicker : bool
        Which of the two images the flicker mode shows at present: the moving one.
    aligned : str
        Images lie where their headers say, or are laid over each other by index, which ignores
        the headers.
    lens : str
        As which other program reads the files; empty for the truth.
    after : bool
        Whether a registration result is shown: moving through its transform, or the warped image.
    planes : bool
        Whether all three planes are shown beside each other, with a crosshair.
    as_if : AsIf, optional
        What one sample is drawn as if it were so.
    windows : tuple of (str, float, float)
        Role, and the values that are drawn black and white, where a person chose others than the
        image's own contrast; by role.
    hidden_labels : frozenset of int
        True values of labels that are not drawn, as the legend lists them.
    """

    grid: GridChoice = "fixed"
    plane: Plane = "axial"
    radiological: bool = True
    mode: CompareMode = "overlay"
    opacity: float = 0.3
    labels: LabelStyle = "auto"
    label_opacity: float = 0.2
    frame: int = 0
    volume: bool = False
    colours: ColourPair = "green + magenta"
    checker_mm: float | None = None
    curtain: float = 0.5
    flicker: bool = False
    aligned: AlignedBy = "world"
    lens: Lens = ""
    after: bool = False
    planes: bool = False
    as_if: AsIf | None = None
    windows: Windows = ()
    hidden_labels: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        roles = [role for role, _low, _high in self.windows]
        if roles != sorted(set(roles)):
            raise ValueError(f"windows are listed by role, each once, found {', '.join(roles)}")
        for role, low, high in self.windows:
            if not (low < high and math.isfinite(high - low)):
                raise ValueError(
                    f"a window goes from a lower to a higher number, found {low:g} to {high:g} "
                    f"for {role}"
                )
        if not 0 <= self.curtain <= 1:
            raise ValueError(f"the curtain hangs between 0 and 1, found {self.curtain}")
        if self.checker_mm is not None and not self.checker_mm > 0:
            raise ValueError(f"fields of a checkerboard have a size, found {self.checker_mm} mm")

    def next_mode(self, drawable: Collection[CompareMode] = COMPARE_MODES) -> CompareMode:
        """Return the compare mode after the present one.

        Parameters
        ----------
        drawable : collection of str
            Modes to choose from; without any, the mode stays.
        """
        at = COMPARE_MODES.index(self.mode)
        following = (*COMPARE_MODES[at + 1 :], *COMPARE_MODES[: at + 1])
        return next((mode for mode in following if mode in drawable), self.mode)
