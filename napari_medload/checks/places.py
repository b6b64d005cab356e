"""Places: how far apart fixed and moving lie, measured on what they show.

Fields of view may be centred anywhere; what both images show may not, where a common world is
promised. Only what is seen whole is measured: neither a label nor a body that a border cuts off
has a known middle.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.check import Check, Observed
from napari_medload.checks.finding import Severity
from napari_medload.checks.pointing import centre_of, place_in
from napari_medload.checks.registered import told_of
from napari_medload.checks.sentences import length_text, vector_text
from napari_medload.geometry.affine import apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.checks.measured import Measured
    from napari_medload.geometry import FloatArray

_TOLD_MM, _FAR_MM = 10.0, 20.0
_BODY_TOLD_MM = 15.0


def shifted_labels(case: Measured) -> Iterator[Observed]:
    """Pairs whose labels lie apart, all in one direction."""
    moves = label_moves(case)
    if not moves:
        return
    shift = common_shift(case, moves)
    distance = float(np.linalg.norm(shift))
    if distance >= _TOLD_MM:
        said, severity = told_of(
            case.sample,
            f"moving label lies {length_text(distance)} from the fixed label "
            f"({vector_text(shift)}), measured between the centres of their labels",
            Severity.ERROR if distance >= _FAR_MM else None,
        )
        moving = case.labels["moving_label"]
        place = centre_of("moving_label", case.volumes["moving_label"].grid, moving, moves)
        yield Observed(said, ("fixed_label", "moving_label"), distance, "mm", severity, place)


def displaced_label(case: Measured) -> Iterator[Observed]:
    """Pairs of which one label lies elsewhere than the others do, and does not meet itself."""
    moves = label_moves(case)
    shift = common_shift(case, moves) if moves else np.zeros(3)
    for value, move in moves.items():
        distance = float(np.linalg.norm(move))
        apart = float(np.linalg.norm(move - shift))
        if min(distance, apart) >= _FAR_MM and distance > _reach_mm(case, value):
            said, severity = told_of(
                case.sample,
                f"label {case.name('fixed_label', value)} lies {length_text(distance)} apart in "
                f"fixed and moving label ({vector_text(move)})",
                None,
            )
            moving = case.labels["moving_label"]
            place = centre_of("moving_label", case.volumes["moving_label"].grid, moving, [value])
            yield Observed(said, ("fixed_label", "moving_label"), distance, "mm", severity, place)


def label_moves(case: Measured) -> Mapping[int, FloatArray]:
    """From where the fixed label has each value to where the moving label has it, in mm RAS."""
    pair, grids = case.pair_of_labels, _placed(case, "label")
    if pair is None or grids is None or pair[0].channels != pair[1].channels:
        return {}
    fixed, moving = pair
    whole = set(moving.whole())
    return {
        value: apply(grids[1], moving.centres[value]) - apply(grids[0], fixed.centres[value])
        for value in fixed.whole()
        if value in whole
    }


def common_shift(case: Measured, moves: Mapping[int, FloatArray]) -> FloatArray:
    """Mean of how labels move, by their sizes in the fixed label."""
    counts = case.labels["fixed_label"].counts
    weights = [counts[value] for value in moves]
    return np.average(np.stack(list(moves.values())), axis=0, weights=weights)


def _reach_mm(case: Measured, value: int) -> float:
    """Distance from which on two balls as large as a label in fixed and moving do not meet."""
    radii = []
    for role in ("fixed_label", "moving_label"):
        voxel_mm3 = abs(float(np.linalg.det(case.volumes[role].grid.affine[:3, :3])))
        mm3 = case.labels[role].counts[value] * voxel_mm3
        radii.append(math.cbrt(3 * mm3 / (4 * math.pi)))
    return math.fsum(radii)


def shifted_bodies(case: Measured) -> Iterator[Observed]:
    """Pairs without labels to measure whose bodies lie apart."""
    grids = _placed(case, "image")
    if grids is None or case.alignment == "none" or label_moves(case):
        return
    found = [case.backdrop(f"{side}_image") for side in ("fixed", "moving")]
    centres = [body.centre for body in found if body is not None and body.centre is not None]
    if len(centres) < 2:
        return
    shift = apply(grids[1], centres[1]) - apply(grids[0], centres[0])
    distance = float(np.linalg.norm(shift))
    if distance >= _BODY_TOLD_MM:
        said, severity = told_of(
            case.sample,
            f"what the moving image shows lies {length_text(distance)} from what the fixed image "
            f"shows ({vector_text(shift)}), measured between their centres",
            None,
        )
        place = place_in("moving_image", case.volumes["moving_image"].grid, centres[1])
        yield Observed(said, ("fixed_image", "moving_image"), distance, "mm", severity, place)


def _placed(case: Measured, kind: str) -> tuple[FloatArray, FloatArray] | None:
    """Affines of fixed and moving, where both are known to lie somewhere."""
    volumes = [case.volumes.get(f"{side}_{kind}") for side in ("fixed", "moving")]
    grids = [volume.grid for volume in volumes if volume is not None]
    if len(grids) < 2 or not all(grid.oriented for grid in grids):
        return None
    return grids[0].affine, grids[1].affine


PLACE_CHECKS: tuple[Check[Measured], ...] = (
    Check("labels apart", "voxels", Severity.WARNING, 83, shifted_labels),
    Check("label displaced", "voxels", Severity.WARNING, 72, displaced_label),
    Check("bodies apart", "voxels", Severity.WARNING, 78, shifted_bodies),
)
