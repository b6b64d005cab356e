"""One role of a sample, resolved into a layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_medload.geometry.agreement import overlap_fraction
from napari_medload.loaders.sample import is_label_role
from napari_medload.session.scene.compare import DashedOutlines
from napari_medload.session.scene.layer import Layer
from napari_medload.session.scene.legend import hidden_codes
from napari_medload.session.scene.styles import half_of, part_of, style_of
from napari_medload.session.scene.windows import chosen

if TYPE_CHECKING:
    from napari_medload.formats import Header
    from napari_medload.formats.transforms import Transform
    from napari_medload.geometry import Grid
    from napari_medload.images.reslice import Reslicer
    from napari_medload.session.options import CompareMode, ViewOptions
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.scene import Scene

VOLUME_SIDE = 160
"""Voxels along the longest side of a volume rendered in 3D."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn in a role, and where.

    Parameters
    ----------
    resident : Resident
    stated : Grid
        Where its header says that it lies, or what another program makes of that.
    grid : Grid
        Where it is drawn.
    transform : Transform, optional
        From places of the display to places of the image.
    note : str
        What is said of how it came there.
    seen : bool
        Whether it is drawn as another program reads it, and the note says how.
    """

    resident: Resident
    stated: Grid
    grid: Grid
    transform: Transform | None = None
    note: str = ""
    seen: bool = False

    def lying(self, grid: Grid) -> Drawn:
        """Return the same, drawn on a grid."""
        return replace(self, grid=grid)


@dataclass(frozen=True, eq=False)
class Look:
    """How all layers of a scene are drawn.

    Parameters
    ----------
    display : DisplayGrid
    options : ViewOptions
    compared, mode
        As in `Scene`.
    channel : int, optional
        The one channel of one-hot labels that is meant.
    before : Scene, optional
        Another scene of the same sample, whose arrays are still of use.
    """

    display: DisplayGrid
    options: ViewOptions
    compared: tuple[str, str] | None
    mode: CompareMode
    channel: int | None = None
    before: Scene | None = None


def layer_of(role: str, drawn: Drawn, look: Look) -> Layer:
    """Resolve one role; of labels only a channel, where one is asked for."""
    display, options, grid = look.display, look.options, drawn.grid
    frame, resident, transform = options.frame, drawn.resident, drawn.transform
    if not display.grid.known:  # where nothing counts in mm, nothing can be moved by them
        transform = None
    channel = look.channel if is_label_role(role) else None
    if channel is not None and resident.frames > 1:  # channels that are no masks
        frame, channel = channel, None
    if channel is not None and resident.drawn_as_labels:
        resident = resident.alone(channel + 1)
    reslicer = resident.reslicer(frame, grid, transform)
    if options.volume:
        data, scale, translate = _coarse(resident, frame, grid, display, transform)
    else:
        data = resident.display(display.grid, frame, grid, transform)
        scale, translate = display.scale, display.translate
    part = part_of(role, look.compared)
    if look.mode == "outlines" and part == "moving" and resident.drawn_as_labels:
        data = _dashed(role, data, look.before)
    return Layer(
        role=role,
        kind="labels" if resident.drawn_as_labels else "image",
        data=data,
        scale=scale,
        translate=translate,
        reslicer=reslicer,
        limits=chosen(options, role, resident.limits),
        own_limits=resident.limits,
        values=resident.values,
        table=resident.table,
        hidden=hidden_codes(resident.values, resident.table, options.hidden_labels),
        note=_note(drawn, reslicer, display, frame),
        first_slice=_first_slice(resident.header),
        absent=resident.header.absent,
        frames=resident.frames,
        side=half_of(part, look.mode),
        **style_of(role, resident.drawn_as_labels, options, look.compared, look.mode),
    )


def _dashed(role: str, labels: Any, before: Scene | None) -> DashedOutlines:
    """Return the dashes of some labels; those that are drawn already, where they are the same."""
    for layer in before.layers if before is not None else ():
        if layer.role == role and isinstance(layer.data, DashedOutlines):
            if layer.data.labels is labels:
                return layer.data
    return DashedOutlines(labels)


def _first_slice(header: Header) -> int | None:
    """Count slices as their files do; None where they are no files of their own.

    A DICOM series has no numbers that count its places: they are counted from 0, as its notes do.
    """
    if header.source.placement is not None:
        return header.source.placement.first[2] + 1
    if not header.absent:
        return None
    return 1 if header.source.slices else 0


def _note(drawn: Drawn, reslicer: Reslicer, display: DisplayGrid, frame: int) -> str:
    """Say what a person should know of how a layer came to be what is drawn."""
    resident = drawn.resident
    shown = resident.frame(frame)
    few = f"frame {shown + 1} of {resident.frames}" if 1 < resident.frames <= frame else ""
    placing = _placing(drawn, reslicer, display)
    return "; ".join(filter(None, (drawn.note, placing, few, resident.remark)))


def _placing(drawn: Drawn, reslicer: Reslicer, display: DisplayGrid) -> str:
    """Say how a layer came onto the display grid."""
    grid = drawn.grid
    if not (drawn.stated.known and display.grid.known):
        if drawn.seen and not drawn.stated.known:  # that was said of the program
            return ""
        if drawn.stated.known == display.grid.known:
            return "no geometry in the file, drawn by index"
        return "drawn by index, because not every file of this sample has a geometry"
    if reslicer.transform is not None:  # what it went through is said already
        return ""
    if _overlap(display.grid, grid) == 0:
        return 'lies outside this grid, choose another under "grid of"'
    tilt = f"oblique {grid.oblique_degrees:.1f}°, " if grid.is_oblique else ""
    if reslicer.is_exact_on(display.grid):
        return f"{tilt}drawn along its own axes" if tilt else ""
    return f"{tilt}resampled"


@lru_cache(maxsize=64)  # asked again at each move of a slider
def _overlap(display: Grid, grid: Grid) -> float | None:
    return overlap_fraction(display, grid)


def _coarse(
    resident: Resident,
    frame: int,
    grid: Grid,
    display: DisplayGrid,
    transform: Transform | None,
) -> tuple[Any, tuple[float, float, float], tuple[float, float, float]]:
    data, start, step = resident.coarse(display.grid, frame, grid, VOLUME_SIDE, transform)
    scale = [size * step for size in display.scale]
    first = [
        begin + size * index
        for begin, size, index in zip(
            display.translate, display.scale, start.tolist()[::-1], strict=True
        )
    ]
    return data, (scale[0], scale[1], scale[2]), (first[0], first[1], first[2])
