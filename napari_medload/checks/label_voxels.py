"""Labels: which values they hold, and whether these lie on what they are meant to label."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.check import Check, Observed
from napari_medload.checks.finding import Severity
from napari_medload.checks.measures import ROUNDING, lying_outside
from napari_medload.checks.pointing import border_voxel, first_voxel, label_voxel, labelled_place
from napari_medload.checks.sentences import listed, role_text, voxels_text
from napari_medload.geometry.affine import apply
from napari_medload.loaders.sample import image_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.checks.finding import Place
    from napari_medload.checks.measured import Measured
    from napari_medload.checks.measures import LabelMeasure

_OUTSIDE_TOLERATED = 0.2
_PARTNERS = {"fixed_label": "moving_label", "moving_label": "fixed_label"}


def fractional(case: Measured) -> Iterator[Observed]:
    """Labels that are no whole numbers."""
    for role, measure in case.labels.items():
        value = measure.fraction
        if value is None:
            continue
        place = first_voxel(role, case.volumes[role], partial(np.equal, value), case.breathe)
        if abs(value - round(value)) > ROUNDING:
            said = f"{role_text(role)}: holds {value:g}; expected whole numbers"
            yield Observed(said, (role,), place=place)
            continue
        yield Observed(
            f"{role_text(role)}: holds {value!r}, a rounded whole number; programs that cut off "
            f"fractions read {int(value)}",
            (role,),
            severity=Severity.WARNING,
            place=place,
        )


def undeclared(case: Measured) -> Iterator[Observed]:
    """Labels that the dataset's table does not know, where it has one."""
    for role, measure in case.labels.items():
        found = case.categories.get(role)
        if found is None or not found.table or measure.channels or found.collation is not None:
            continue
        strange = [value for value in measure.counts if value not in found.table]
        if strange:
            voxels = sum(measure.counts[value] for value in strange)
            which = "label" if len(strange) == 1 else "labels"
            yield Observed(
                f"{role_text(role)}: {which} {listed([str(v) for v in strange])} "
                f"({voxels_text(voxels)}) not in {_table_name(found.table.source)}",
                (role,),
                float(voxels),
                "voxels",
                place=_voxel_of(case, role, strange[0]),
            )


def _voxel_of(case: Measured, role: str, value: int) -> Place | None:
    return label_voxel(role, case.volumes[role], case.labels[role], value, case.breathe)


def _table_name(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2] or "the table of labels"


def empty(case: Measured) -> Iterator[Observed]:
    """Labels without a single voxel: an error where the other side of the pair has some."""
    for role, measure in case.labels.items():
        if not _is_empty(measure):
            continue
        partner = case.labels.get(_PARTNERS.get(role, ""))
        lacks = case.alignment != "none" and partner is not None and bool(partner.counts)
        also = f", {role_text(_PARTNERS[role])} is not" if lacks else ""
        yield Observed(
            f"{role_text(role)}: empty, every voxel is background{also}",
            (role,),
            severity=Severity.ERROR if lacks else None,
        )


def _is_empty(measure: LabelMeasure) -> bool:
    return not (measure.counts or measure.nans or measure.infinite or measure.fraction)


def differing_sets(case: Measured) -> Iterator[Observed]:
    """Pairs whose labels are not the same, but for those that the other image does not reach."""
    pair = case.pair_of_labels
    if pair is None or not (pair[0].counts and pair[1].counts):
        return
    said, voxels, places = [], 0, []
    for role, mine, other in (
        ("fixed_label", pair[0], pair[1]),
        ("moving_label", pair[1], pair[0]),
    ):
        only = [v for v in mine.counts if v not in other.counts and _reached(case, role, v)]
        if only:
            said.append(
                f"{listed([case.name(role, v) for v in only])} only in the {role_text(role)}"
            )
            voxels += sum(mine.counts[v] for v in only)
            places.append((role, only[0]))
    if said:
        yield Observed(
            f"fixed and moving label differ: {'; '.join(said)}",
            ("fixed_label", "moving_label"),
            float(voxels),
            "voxels",
            place=_voxel_of(case, *places[0]),
        )


def _reached(case: Measured, role: str, value: int) -> bool:
    """Whether the middle of a label lies in the field of view of the other side's label."""
    mine, other = case.volumes[role].grid, case.volumes[_PARTNERS[role]].grid
    if not (mine.known and other.known) or other.is_singular:
        return True
    world = apply(mine.affine, case.labels[role].centres[value])
    there = apply(other.world_to_index(), world)
    return bool(((there >= -0.5) & (there <= np.array(other.shape) - 0.5)).all())


def at_border(case: Measured) -> Iterator[Observed]:
    """Labels that reach the end of the image, where they may be cut off."""
    for role, measure in case.labels.items():
        if measure.borders:
            names = [case.name(role, value) for value in measure.borders]
            voxels = sum(measure.borders.values())
            first = next(iter(measure.borders))
            which, reach = ("label", "reaches") if len(names) == 1 else ("labels", "reach")
            yield Observed(
                f"{role_text(role)}: {which} {listed(names)} {reach} the border of the image "
                f"({voxels_text(voxels)}) and may be cut off",
                (role,),
                float(voxels),
                "voxels",
                place=border_voxel(role, case.volumes[role], measure, first),
            )


def outside(case: Measured) -> Iterator[Observed]:
    """Labels that lie on the background of their image."""
    for role, measure in case.labels.items():
        own = image_of(role, case.volumes)
        found = None if own is None or not measure.counts else case.backdrop(own)
        if own is None or found is None:
            continue
        lies = case.volumes[role].grid
        beside = lying_outside(measure, lies, case.volumes[own].grid, found)
        part = 0.0 if beside is None else float(beside.mean())
        if beside is not None and part > _OUTSIDE_TOLERATED:
            points = measure.points[beside]
            nearest = np.argmin(np.square(points - points.mean(axis=0)).sum(axis=1))
            yield Observed(
                f"{role_text(role)}: {part:.0%} of its voxels lie on the background of its image, "
                "or beside it",
                (role, own),
                100 * part,
                "%",
                place=labelled_place(role, case.volumes[role], points[nearest]),
            )


LABEL_CHECKS: tuple[Check[Measured], ...] = (
    Check("empty label", "voxels", Severity.WARNING, 86, empty),
    Check("label values", "voxels", Severity.ERROR, 68, fractional),
    Check("undeclared label", "voxels", Severity.ERROR, 60, undeclared),
    Check("label sets", "voxels", Severity.ERROR, 58, differing_sets),
    Check("label outside", "voxels", Severity.WARNING, 75, outside),
    Check("label border", "voxels", Severity.WARNING, 5, at_border),
)
