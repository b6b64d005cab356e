"""What is drawn of a sample before and after a registration.

Before, everything lies where its header says. After, what belongs to the moving image is drawn
through the transform; where there is none but a warped image, that stands in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.loaders.sample import WARPED_ROLES, side_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.formats.transforms import Transform
    from napari_medload.geometry import Grid
    from napari_medload.session.options import ViewOptions
    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.results import Result

COMPARED = ("fixed_image", "moving_image")
_STAND_INS = dict(zip(WARPED_ROLES, ("moving_image", "moving_label"), strict=True))


@dataclass(frozen=True, eq=False)
class Placed:
    """What is drawn in a role, and through which transform.

    Parameters
    ----------
    resident : Resident
    transform : Transform, optional
        From places of the display to places of the resident.
    note : str
        What a person should know of it.
    """

    resident: Resident
    transform: Transform | None = None
    note: str = ""


BEFORE = "before the registration"
"""How a remark begins that says why what was asked for is not shown after it."""


def not_after(result: Result, options: ViewOptions, grids: Iterable[Grid]) -> str:
    """Say why a sample is not drawn as the registration leaves it, though that was asked for.

    A transform counts in the world of the true headers: where these are missing, ignored, or read
    as another program does, there is no after.

    Parameters
    ----------
    grids : iterable of Grid
        Where the fixed and the moving image say that they lie.

    Returns
    -------
    str
        Empty where it is drawn so, and where nobody asked for it.
    """
    if not (options.after and result.can_switch):
        return ""
    if options.aligned == "index":
        return f"{BEFORE}: it counts in mm, and headers are ignored"
    if options.lens:
        return f"{BEFORE}: as other programs see the files there is no after"
    if result.transform is not None and not all(grid.known for grid in grids):
        return f"{BEFORE}: the transform counts in mm, and not every image has a geometry"
    return ""


def is_after(result: Result, options: ViewOptions, grids: Iterable[Grid]) -> bool:
    """Whether the sample is drawn as the registration leaves it; see `not_after`."""
    return options.after and result.can_switch and not not_after(result, options, grids)


def placed(
    residents: Mapping[str, Resident], result: Result, options: ViewOptions
) -> dict[str, Placed]:
    """Tell what is drawn in each role, before or after the registration.

    Warped images are never drawn on top of what they were made from. Where a sample has no moving
    image, the warped one is there all the time.
    """
    before = {role: Placed(found) for role, found in residents.items() if role not in WARPED_ROLES}
    stand_ins = {
        role: Placed(residents[warped], note=_named(warped, residents[warped]))
        for warped, role in _STAND_INS.items()
        if warped in residents
    }
    if "moving_image" not in before:
        return {**before, **stand_ins}
    if not is_after(result, options, compared_grids(residents)):
        return before
    note = f"after: {result.description}"
    if result.transform is not None:
        return {
            role: Placed(found.resident, result.transform, note)
            if side_of(role) == "moving"
            else found
            for role, found in before.items()
        }
    rest = {role: found for role, found in before.items() if side_of(role) != "moving"}
    after = {
        role: Placed(found.resident, note=f"after: {found.note}")
        for role, found in stand_ins.items()
    }
    return {**rest, **after}


def compared_grids(residents: Mapping[str, Resident]) -> list[Grid]:
    """Where the images of a pair say that they lie."""
    return [residents[role].grid for role in COMPARED if role in residents]


def _named(role: str, resident: Resident) -> str:
    return f"{role.replace('_', ' ')} {resident.header.source.path.name}"
