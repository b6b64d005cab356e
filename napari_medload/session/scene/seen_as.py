"""The sample as another program reads it, and how far that is from the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats import Scaling
from napari_medload.formats.contract import shape_text
from napari_medload.formats.lenses import look
from napari_medload.geometry import Grid
from napari_medload.geometry.agreement import corner_displacement_mm
from napari_medload.images import Volume, read_volume
from napari_medload.loaders.sample import Sample, is_image_role
from napari_medload.session.options import LENSES
from napari_medload.session.scene.placing import relative_displacement_mm
from napari_medload.session.scene.styles import compared_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.formats import Header, Source
    from napari_medload.formats.contract import Array
    from napari_medload.formats.lenses import Seen
    from napari_medload.session.options import Lens
    from napari_medload.session.scene.resident import Resident

LENS_NAMES: dict[Lens, str] = {
    "": "the truth",
    "nibabel": "nibabel",
    "itk": "ITK",
    "deepreg": "DeepReg",
    "napari": "plain napari",
}
"""Names of the programs, for people."""

_MOVED_FROM_MM = 0.005
_NAPARI_SCREEN = np.diag((-1.0, -1.0, 1.0, 1.0))
"""Unknown geometry of what napari opens: j runs down the screen and i to the right, as plain
napari draws them, while an image in space is drawn upward and to the left."""

_HANDED_OVER = np.array([(0, 0, -1, 0), (0, -1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1)], np.float64)
"""The same for an array (i, j, k) that is handed to napari as it is: slices along i."""


@dataclass(frozen=True, eq=False)
class SeenAs:
    """What another program makes of one image.

    Parameters
    ----------
    resident : Resident or None
        With the values that the program reads; None where it cannot read the file.
    grid : Grid
        Where it puts them.
    note : str
        How that differs from the truth, or why there is nothing.
    """

    resident: Resident | None
    grid: Grid
    note: str


def see_as(
    lens: Lens,
    truth: Resident,
    make: Callable[[Volume], Resident],
) -> SeenAs:
    """Read an image as another program does; slow, because it is read by that program's library.

    Parameters
    ----------
    lens : str
    truth : Resident
    make : callable
        Prepares a volume, where the values are not those of the truth.
    """
    name = LENS_NAMES[lens]
    try:
        seen = _look(truth.header.source, lens)
    except OSError as error:
        return SeenAs(None, truth.grid, f"{name} cannot read it. {error}")
    if seen.grid is None or seen.read is None:
        return SeenAs(None, truth.grid, f"{name} cannot read it. {seen.reason}")
    note = f"as {name} reads it: {_told(truth.grid, seen.grid)}"
    try:
        values = _in_frames(seen.read(), seen.grid)
        same = seen.grid.shape == truth.grid.shape and _holds(truth, values)
    except Exception as error:  # whatever a foreign library makes of a file is its answer
        return SeenAs(None, truth.grid, f"{name} cannot read it. It fails: {error}")
    if same:
        return SeenAs(truth, seen.grid, note)
    header = replace(truth.header, absent=(), scaling=Scaling())
    volume = Volume(values, seen.grid, Scaling(), header)
    if seen.grid.shape == truth.grid.shape:
        note += ", other values"
    return SeenAs(make(volume), seen.grid, note)


def _look(source: Source, lens: Lens) -> Seen:
    """Look through a lens; what plain napari cannot open is handed to it as nibabel reads it.

    Its own reader knows no medical format, and that is what people do then.
    """
    seen = look(source, lens)
    if source.slices:
        kind = "It reads single files, and this is a stack of slices in a file each."
        return replace(seen, grid=None, read=None, reason=kind)
    if lens != "napari":
        return seen
    if seen.grid is not None:
        return replace(seen, grid=Grid(seen.grid.shape, _NAPARI_SCREEN, known=False))
    array = look(source, "nibabel")
    if array.grid is None:
        return seen
    grid = Grid(array.grid.shape, _HANDED_OVER, known=False)
    return replace(array, lens=lens, grid=grid, notes=())


def _in_frames(values: Array, grid: Grid) -> Array:
    """Values with one axis of frames after the three of space."""
    return values.reshape((*grid.shape, -1), order="F")


def _holds(truth: Resident, values: Array) -> bool:
    """Whether a file holds these values, as we read it; but for rounding."""
    recoded = truth.drawn_as_labels or truth.absent
    ours = read_volume(truth.header) if recoded else truth.volume
    if ours.array.shape != values.shape:
        return False
    for k in range(values.shape[2]):  # by slices: a copy of the whole is large
        here, there = ours.scaling.apply(ours.array[:, :, k]), values[:, :, k]
        if here.dtype.kind == there.dtype.kind != "f":
            same = np.array_equal(here, there)
        else:
            same = np.allclose(here, there, rtol=1e-5, atol=1e-6, equal_nan=True)
        if not same:
            return False
    return True


def _told(true: Grid, seen: Grid) -> str:
    """Say how a place differs from the truth."""
    if seen.shape != true.shape:
        return f"another shape, {shape_text(seen.shape)}"
    if not seen.known:
        return "no geometry"
    if not true.known:
        return "a geometry that the file does not state"
    far = corner_displacement_mm(true, seen)
    if far is None or far < _MOVED_FROM_MM:
        return "in its true place"
    return f"{far:.1f} mm away (largest corner)"


def lens_remark(
    lens: Lens, true: Mapping[str, Grid], seen: Mapping[str, Grid], compared: tuple[str, str] | None
) -> str:
    """Say how the compared images lie to each other, as another program reads them."""
    name = LENS_NAMES[lens]
    said = f"as {name} reads it"
    if compared is None:
        return said
    fixed, moving = compared
    truth, drawn = (true[fixed], true[moving]), (seen[fixed], seen[moving])
    by_index = not all(grid.known for grid in drawn)
    far = relative_displacement_mm(truth, None if by_index else drawn)
    if far is None:
        return said
    one, other = fixed.replace("_image", ""), moving.replace("_image", "")
    if far < _MOVED_FROM_MM:
        return f"{said}: {one} and {other} lie to each other as they should"
    return f"{said}: {one} and {other} end up {far:.1f} mm apart from where they lie to each other"


@dataclass(frozen=True)
class Displacement:
    """How far another program puts an image from its true place.

    Parameters
    ----------
    lens, role : str
    mm : float or None
        Largest displacement of a corner. Of a program that drops the geometry, from the place to
        the fixed image that laying both over each other by index gives. None where that has no
        answer.
    text : str
        The same for people, or the reason.
    """

    lens: Lens
    role: str
    mm: float | None
    text: str


def displacements(sample: Sample, headers: Mapping[str, Header]) -> tuple[Displacement, ...]:
    """Tabulate how other programs place the images of a sample.

    It looks into the files: it belongs into a thread.

    Parameters
    ----------
    sample : Sample
    headers : mapping of role to Header

    Returns
    -------
    tuple of Displacement
        For each lens in turn, each role that has a header.
    """
    grids = {role: headers[role].grid for role in sample.sources if _counts(role, headers)}
    compared = compared_roles(grids)
    reference = compared[0] if compared is not None else next(iter(grids), "")
    return tuple(
        _displacement(lens, role, sample.sources[role], grid, grids[reference])
        for lens in LENSES
        if lens
        for role, grid in grids.items()
    )


def _counts(role: str, headers: Mapping[str, Header]) -> bool:
    return is_image_role(role) and role in headers


def _displacement(
    lens: Lens, role: str, source: Source, true: Grid, reference: Grid
) -> Displacement:
    try:
        seen = _look(source, lens)
    except OSError as error:
        return Displacement(lens, role, None, str(error))
    if seen.grid is None:
        return Displacement(lens, role, None, seen.reason)
    text = _told(true, seen.grid)
    if seen.grid.known or seen.grid.shape != true.shape:
        return Displacement(lens, role, corner_displacement_mm(true, seen.grid), text)
    far = relative_displacement_mm((reference, true))
    if far is not None and true is not reference:
        text = f"{text}; {far:.1f} mm off, by index over the fixed image"
    return Displacement(lens, role, None if true is reference else far, text)
