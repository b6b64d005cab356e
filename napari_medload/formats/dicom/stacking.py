"""From images with positions to one lattice: `stack`.

Slices lie where their positions say, never where file names or instance numbers do. The affine
takes its third column from the positions themselves, so that the tilt of a gantry becomes shear.
Source: DICOM PS3.3, C.7.6.2 (image plane module).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.lattice import Lattice, lattice_of, one_slice
from napari_medload.formats.dicom.places import (
    by_place,
    in_order,
    mixed_by,
    normal_of,
    positions_of,
)
from napari_medload.formats.dicom.planes import ORDER, Plane
from napari_medload.formats.dicom.wording import named
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import from_parts
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.formats.dicom.series import Part

Places: TypeAlias = "tuple[tuple[Plane, ...] | None, ...]"
"""For each slice along k its images, one a frame; None where no file holds it."""

_UPRIGHT = np.diag((-1.0, -1.0, 1.0))
"""A picture is drawn as it is looked at: columns to the left, rows to the back of a patient."""


@dataclass(frozen=True)
class Stack:
    """Images in their places.

    Parameters
    ----------
    grid : Grid
    places : tuple of (tuple of Plane) or None
        Along k.
    notes : tuple of str
    """

    grid: Grid
    places: Places
    notes: tuple[str, ...] = ()

    @property
    def absent(self) -> tuple[int, ...]:
        """Slices that no file holds."""
        return tuple(k for k, place in enumerate(self.places) if place is None)


def stack(part: Part) -> Stack:
    """Put the images of a part into their places.

    Raises
    ------
    UnreadableFileError
        If one has no place among others, or if some places have more images than others.
    """
    planes = part.planes
    if not all(plane.placed for plane in planes):
        return _without_place(planes)
    places = by_place(planes)
    counts = Counter(map(len, places))
    if len(counts) > 1:
        raise _uneven_counts(places, counts)
    notes: tuple[str, ...] = ()
    if len(places[0]) > 1:
        places = [sorted(place, key=in_order) for place in places]
        notes = _frames_notes(places)
    if len(places) == 1:
        lattice = one_slice(places[0][0])
    else:
        lattice = lattice_of(positions_of(places), normal_of(planes[0]))
    filled: list[tuple[Plane, ...] | None] = [None] * (lattice.indices[-1] + 1)
    for index, place in zip(lattice.indices, places, strict=True):
        filled[index] = tuple(place)
    notes += lattice.notes
    return Stack(_grid(planes[0], lattice, len(filled)), tuple(filled), notes)


def _frames_notes(places: Sequence[Sequence[Plane]]) -> tuple[str, ...]:
    """Say by what the images of one place differ, and where slices of a frame do."""
    by = next((name for name, differ in _DIFFERENCES if all(map(differ, places))), "their files")
    order = f"{len(places[0])} images lie at each position; they are frames here, in the order of"
    mixed = mixed_by(places)
    if not mixed:
        return (f"{order} {by}.",)
    return (
        f"{order} {by}.",
        f"Not all slices of a frame have the same {mixed}: frames may mix images that do not "
        "belong together.",
    )


def _differ_in(place: int) -> Callable[[Sequence[Plane]], bool]:
    return lambda images: len({plane.order[place] for plane in images}) > 1


_DIFFERENCES: tuple[tuple[str, Callable[[Sequence[Plane]], bool]], ...] = (
    *((name, _differ_in(place)) for place, name in enumerate(ORDER[:-1])),
    ("ImageType", lambda images: len({plane.image_type for plane in images}) > 1),
    (ORDER[-1], _differ_in(len(ORDER) - 1)),
)
"""What orders images of one place, and whether it differs among them."""


def _uneven_counts(places: Sequence[Sequence[Plane]], counts: Counter[int]) -> UnreadableFileError:
    usual = counts.most_common(1)[0][0]
    odd = next(place for place in places if len(place) != usual)
    names = sorted({plane.file.name for plane in odd})
    return UnreadableFileError.about(
        odd[0].file.path,
        f"{len(odd)} images at one position ({named(names)}) where other positions have {usual}, "
        "and no tag that tells them apart",
        "as many images at each position",
        "Move the files that do not belong to the series into another folder.",
    )


# --- images without a place ---------------------------------------------------------------


def _without_place(planes: Sequence[Plane]) -> Stack:
    """Stack of one file whose images have no place in the patient."""
    files = {plane.file.path for plane in planes}
    if len(files) > 1:
        odd = min(
            (plane for plane in planes if not plane.placed), key=lambda plane: plane.file.name
        )
        raise UnreadableFileError.about(
            odd.file.path,
            f"no {odd.lacking} in a series of {len(files)} files",
            "the place of each slice",
            "Export the series with its positions, or open this file alone.",
        )
    first, pixels = planes[0], planes[0].file.pixels
    shape = (pixels.columns, pixels.rows, 1) if pixels else (1, 1, 1)
    notes = []
    if len(planes) > 1:
        notes.append(f"Its {len(planes)} images have no positions; they are frames of one slice.")
    places = (tuple(planes),)
    if first.spacing is None:
        notes.append("It states neither a place in the patient nor a spacing.")
        grid = Grid(shape, from_parts(_UPRIGHT, np.zeros(3)), known=False)
        return Stack(grid, places, tuple(notes))
    notes.append(f"It states a spacing, but no place in the patient ({first.lacking} is missing).")
    row, column = first.spacing
    steps = np.diag((column, row, first.thickness or 1.0))
    grid = Grid(shape, from_parts(_UPRIGHT @ steps, np.zeros(3)), oriented=False)
    return Stack(grid, places, tuple(notes))


def _grid(plane: Plane, lattice: Lattice, depth: int) -> Grid:
    """Grid whose axes are columns, rows, slices."""
    pixels, spacing, orientation = plane.file.pixels, plane.spacing, plane.orientation
    if pixels is None or spacing is None or orientation is None:
        raise ValueError(f"{plane.file.path}: an image without a place on a lattice")
    linear = np.stack(
        (
            np.array(orientation[:3]) * spacing[1],
            np.array(orientation[3:]) * spacing[0],
            lattice.step,
        ),
        axis=1,
    )
    affine = flip_ras_lps(from_parts(linear, lattice.origin))
    return Grid((pixels.columns, pixels.rows, depth), affine)
