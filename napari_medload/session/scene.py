"""Scenes: a sample and the options, resolved into frozen descriptions of what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_medload.geometry import Grid
from napari_medload.geometry.agreement import overlap_fraction
from napari_medload.labels import LabelTable
from napari_medload.loaders.sample import Sample, image_of, is_label_role, side_of
from napari_medload.session.display_grid import DisplayGrid, choose_grid
from napari_medload.session.styles import compared_roles, style_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.formats import Header
    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.options import ViewOptions
    from napari_medload.session.resident import Resident

VOLUME_SIDE = 160
"""Voxels along the longest side of a volume rendered in 3D."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One thing to draw.

    Parameters
    ----------
    role : str
        Role in the sample.
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
        Answers for stored values.
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

    @property
    def name(self) -> str:
        """Name for people, such as "fixed image"."""
        return self.role.replace("_", " ")


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
    """

    sample_id: str
    display: DisplayGrid | None
    layers: tuple[Layer, ...]
    options: ViewOptions
    problems: Mapping[str, str]
    frames: int = 1
    compared: tuple[str, str] | None = None

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
        every = len(self.layers) > 1
        notes = [
            note if every and len(names) == len(self.layers) else f"{', '.join(names)}: {note}"
            for note, names in named.items()
        ]
        own = self.display.note if self.display is not None else ""
        if self.known and not self.oriented:
            own = "; ".join(filter(None, ("directions unknown, drawn as stored", own)))
        return tuple(filter(None, (own, *notes)))


def build_scene(
    sample: Sample,
    residents: Mapping[str, Resident],
    options: ViewOptions,
    problems: Mapping[str, str],
) -> Scene:
    """Resolve a sample into a scene.

    Slow only where a volume is resliced for the first time, which needs a copy of it.

    Parameters
    ----------
    residents : mapping of role to Resident
        What could be read.
    problems : mapping of role to str
        Why the others could not.
    """
    problems = dict(problems)
    placed = {}
    for role in drawing_order(residents):
        if residents[role].grid.is_singular:
            problems[role] = (
                f"{residents[role].header.source}: its affine is singular, so it has no place in "
                "the world; expected three independent axes. Write its header again."
            )
        else:
            placed[role] = residents[role]
    frames = max((resident.frames for resident in placed.values()), default=1)
    if not placed:
        return Scene(sample.id, None, (), options, problems)
    display = choose_grid(options.grid, {role: placed[role].grid for role in placed})
    grids = _grids(placed) if display.grid.known else {role: placed[role].grid for role in placed}
    compared = compared_roles(placed)
    layers = tuple(
        _layer(role, resident, grids[role], display, options, compared, sample.label_channel)
        for role, resident in placed.items()
    )
    return Scene(sample.id, display, layers, options, problems, frames, compared)


def _grids(placed: Mapping[str, Resident]) -> dict[str, Grid]:
    """Where each role lies; a file without geometry is numbered like its own image's file.

    Aligning by index is aligning the numbers as stored, however the display turns them.
    """
    known = [role for role in placed if placed[role].grid.known]
    grids = {}
    for role, resident in placed.items():
        own = image_of(role, placed)
        reference = placed[own if own in known else known[0]].grid
        grid = resident.grid
        grids[role] = grid if grid.known else Grid(grid.shape, reference.affine)
    return grids


def drawing_order(roles: Iterable[str]) -> list[str]:
    """Roles from bottom to top: fixed, single, moving, others; images below labels."""
    sides = {"fixed": 0, "": 1, "moving": 2}
    usual = ("image", "label")

    def key(role: str) -> tuple[bool, bool, int, str]:
        side = side_of(role)
        is_usual = role.removeprefix(f"{side}_") in usual
        return is_label_role(role), not is_usual, sides[side], role

    return sorted(roles, key=key)


def _layer(
    role: str,
    resident: Resident,
    grid: Grid,
    display: DisplayGrid,
    options: ViewOptions,
    compared: tuple[str, str] | None,
    channel: int | None,
) -> Layer:
    """Resolve one role; of labels only a channel, where one is asked for."""
    frame = options.frame
    if not is_label_role(role):
        channel = None
    elif channel is not None and resident.frames > 1:  # channels that are no masks
        frame, channel = channel, None
    if channel is not None and resident.drawn_as_labels:
        resident = resident.alone(channel + 1)
    reslicer = resident.reslicer(frame, grid)
    if options.volume:
        data, scale, translate = _coarse(resident, frame, grid, display)
    else:
        data = resident.display(display.grid, frame, grid)
        scale, translate = display.scale, display.translate
    return Layer(
        role=role,
        kind="labels" if resident.drawn_as_labels else "image",
        data=data,
        scale=scale,
        translate=translate,
        reslicer=reslicer,
        limits=resident.limits,
        values=resident.values,
        table=resident.table,
        note=_note(resident, reslicer, display, frame),
        first_slice=_first_slice(resident.header),
        absent=resident.header.absent,
        **style_of(role, resident.drawn_as_labels, options, compared),
    )


def _first_slice(header: Header) -> int | None:
    """Count slices as their files do; None where they are no files of their own.

    A DICOM series has no numbers that count its places: they are counted from 0, as its notes do.
    """
    if header.source.placement is not None:
        return header.source.placement.first[2] + 1
    if not header.absent:
        return None
    return 1 if header.source.slices else 0


def _note(resident: Resident, reslicer: Reslicer, display: DisplayGrid, frame: int) -> str:
    """Say what a person should know of how a layer came to be what is drawn."""
    shown = resident.frame(frame)
    few = f"frame {shown + 1} of {resident.frames}" if 1 < resident.frames <= frame else ""
    parts = (_placing(resident.grid, reslicer, display), few, resident.remark)
    return "; ".join(filter(None, parts))


def _placing(grid: Grid, reslicer: Reslicer, display: DisplayGrid) -> str:
    if not (grid.known and display.grid.known):
        if grid.known == display.grid.known:
            return "no geometry in the file, drawn by index"
        return "drawn by index, because not every file of this sample has a geometry"
    if overlap_fraction(display.grid, grid) == 0:
        return 'lies outside this grid, choose another under "grid of"'
    tilt = f"oblique {grid.oblique_degrees:.1f}°, " if grid.is_oblique else ""
    if reslicer.is_exact_on(display.grid):
        return f"{tilt}drawn along its own axes" if tilt else ""
    return f"{tilt}resampled"


def _coarse(
    resident: Resident, frame: int, grid: Grid, display: DisplayGrid
) -> tuple[Any, tuple[float, float, float], tuple[float, float, float]]:
    data, start, step = resident.coarse(display.grid, frame, grid, VOLUME_SIDE)
    scale = [size * step for size in display.scale]
    first = [
        begin + size * index
        for begin, size, index in zip(
            display.translate, display.scale, start.tolist()[::-1], strict=True
        )
    ]
    return data, (scale[0], scale[1], scale[2]), (first[0], first[1], first[2])


def value_at(layer: Layer, display: DisplayGrid, canvas: Iterable[float]) -> float | None:
    """Return the stored value nearest to a canvas point, or None outside the image."""
    index = np.array(display.to_index(canvas))
    return layer.reslicer.value_at(display.grid, index)
