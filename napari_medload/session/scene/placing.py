"""Where the images of a sample are drawn: by their headers, or by index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry import Grid
from napari_medload.geometry.affine import apply, inverse
from napari_medload.geometry.agreement import corner_displacement_mm
from napari_medload.loaders.sample import image_of, is_label_role
from napari_medload.session.scene.as_if import moved_grids
from napari_medload.session.scene.display_grid import DisplayGrid, choose_grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.session.options import AlignedBy, AsIf, GridChoice


def lay_out(
    stated: Mapping[str, Grid],
    choice: GridChoice,
    aligned: AlignedBy,
    as_if: AsIf | None = None,
) -> tuple[DisplayGrid, dict[str, Grid]]:
    """Choose the display grid, and tell where each role lies.

    Parameters
    ----------
    stated : mapping of role to Grid
        Where each file says that it lies, in drawing order; not empty.
    choice : str
        Of which image the display grid is.
    aligned : str
        Whether the headers count.
    as_if : AsIf, optional
        As if what were true.

    Returns
    -------
    DisplayGrid
    dict of role to Grid
    """
    if aligned == "index":
        stated = by_index(stated)
    if as_if is not None:
        placed = _with_own_image(stated) if any(g.known for g in stated.values()) else stated
        stated = moved_grids(placed, as_if)
    display = choose_grid(choice, stated)
    return display, _with_own_image(stated) if display.grid.known else dict(stated)


def by_index(stated: Mapping[str, Grid]) -> dict[str, Grid]:
    """Lay all voxels (i, j, k) over those of the first image that states a geometry.

    So does who drops the headers. What they say of this one image is kept, because a picture
    needs a scale and directions.
    """
    reference = stated[_reference(stated)]
    return {
        role: Grid(grid.shape, reference.affine, reference.known, reference.oriented)
        for role, grid in stated.items()
    }


def _reference(stated: Mapping[str, Grid]) -> str:
    images = [role for role in stated if not is_label_role(role)] or list(stated)
    return next((role for role in images if stated[role].known), images[0])


def _with_own_image(stated: Mapping[str, Grid]) -> dict[str, Grid]:
    """Where each role lies; a file without geometry is numbered like its own image's file.

    Aligning by index is aligning the numbers as stored, however the display turns them.
    """
    known = [role for role, grid in stated.items() if grid.known]
    grids = {}
    for role, grid in stated.items():
        own = image_of(role, stated)
        reference = stated[own if own in known else known[0]]
        grids[role] = grid if grid.known else Grid(grid.shape, reference.affine)
    return grids


def index_remark(
    stated: Mapping[str, Grid], grids: Mapping[str, Grid], compared: tuple[str, str] | None
) -> str:
    """Say that headers are ignored, and how far off that draws the moving image.

    Without a moving image it is said of whatever is drawn furthest off.
    """
    said = "aligned by index, headers ignored"
    roles = [compared[1]] if compared is not None else list(stated)
    moved = {role: corner_displacement_mm(stated[role], grids[role]) for role in roles}
    far = {role: mm for role, mm in moved.items() if mm is not None}
    if not far:
        return said
    role = max(far, key=lambda role: far[role])
    name = role.replace("_", " ")
    return f"{said}: {name} is drawn {far[role]:.1f} mm from where its header puts it"


def relative_displacement_mm(
    true: tuple[Grid, Grid], seen: tuple[Grid, Grid] | None = None
) -> float | None:
    """Tell how far one image has moved as another one sees it, in mm.

    Parameters
    ----------
    true : tuple of two Grid
        Where the two lie.
    seen : tuple of two Grid, optional
        Where the two are drawn; by index if not given.

    Returns
    -------
    float or None
        Largest displacement of an outer corner of the second image, if the first one is put back
        into its place and takes the second one along. None where a geometry is not known, or
        shapes differ.
    """
    if seen is None:
        seen = true[0], Grid(true[1].shape, true[0].affine, true[0].known)
    shapes_differ = any(a.shape != b.shape for a, b in zip(true, seen, strict=True))
    if shapes_differ or not all(grid.known for grid in (*true, *seen)) or seen[0].is_singular:
        return None
    back = true[0].affine @ inverse(seen[0].affine)
    return float(np.linalg.norm(apply(back, seen[1].corners) - true[1].corners, axis=1).max())
