"""A sample drawn as if a hypothesis about it were true; files and facts stay what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry import Grid
from napari_medload.loaders.sample import WARPED_ROLES, side_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.loaders import Sample
    from napari_medload.session.options import AsIf, ViewOptions
    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.results import Result

REFUSED = "not drawn as if"
"""How a remark begins that says why a hypothesis that was asked for is not drawn."""

_LABELS = {"fixed_label": "moving_label", "moving_label": "fixed_label"}


def asked_of(sample: Sample, options: ViewOptions) -> AsIf | None:
    """Return what this very sample is to be drawn as; None where that is nothing."""
    as_if = options.as_if
    return as_if if as_if is not None and as_if.sample_id == sample.id else None


def why_not_as_if(
    as_if: AsIf, options: ViewOptions, result: Result, partner: Mapping[str, Resident]
) -> str:
    """Say why a sample can't be drawn so, and what to do; empty where it can.

    A hypothesis was tried on what the files truly say, before any registration. It is never
    mixed with another way to place the images.

    Parameters
    ----------
    partner : mapping of role to Resident
        What could be read of the partner.
    """
    why = ""
    if options.lens:
        why = "another program's reading is shown; choose the truth"
    elif options.aligned == "index":
        why = "headers are ignored; align by world"
    elif options.after and result.can_switch:
        why = "the registration's result is shown; choose before"
    elif as_if.partner and "moving_image" not in partner:
        why = f"the moving image of {as_if.partner} cannot be read; look at that sample for why"
    return f"{REFUSED} {as_if.name}: {why}" if why else ""


def supposed(
    residents: Mapping[str, Resident], as_if: AsIf, partner: Mapping[str, Resident]
) -> dict[str, Resident]:
    """Tell what is drawn in each role: of a partner all that is moving, or labels exchanged."""
    shown = {role: found for role, found in residents.items() if role not in WARPED_ROLES}
    if as_if.partner:
        own = {role: found for role, found in shown.items() if side_of(role) != "moving"}
        return own | {role: found for role, found in partner.items() if side_of(role) == "moving"}
    if as_if.swaps_labels:
        return {_LABELS.get(role, role): found for role, found in shown.items()}
    return shown


def moved_grids(grids: Mapping[str, Grid], as_if: AsIf) -> dict[str, Grid]:
    """Tell where each role lies: what belongs to the moving image is moved in the world."""
    if as_if.move is None:
        return dict(grids)
    move = np.array(as_if.move)
    return {
        role: Grid(grid.shape, move @ grid.affine, grid.known, grid.oriented)
        if side_of(role) == "moving"
        else grid
        for role, grid in grids.items()
    }
