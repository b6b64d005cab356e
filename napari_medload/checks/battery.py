"""All checks of one sample, family by family, and the ways to ask them.

A whole-dataset check has a family of its own: it needs the facts of all samples, and these checks
need one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_medload.checks.check import Check, ask
from napari_medload.checks.described import Described
from napari_medload.checks.files import FILE_CHECKS
from napari_medload.checks.headers import HEADER_CHECKS, LABEL_PLACE_CHECKS
from napari_medload.checks.label_voxels import LABEL_CHECKS
from napari_medload.checks.measured import Measured
from napari_medload.checks.measures import Breathe, no_pause
from napari_medload.checks.places import PLACE_CHECKS
from napari_medload.checks.pointing import centre_of
from napari_medload.checks.values import VALUE_CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.checks.finding import Finding
    from napari_medload.images import Volume
    from napari_medload.labels import Categories
    from napari_medload.loaders import Sample
    from napari_medload.loaders.dataset import Alignment

VOXEL_CHECKS: tuple[Check[Measured], ...] = (*VALUE_CHECKS, *LABEL_CHECKS, *PLACE_CHECKS)
CHECKS: tuple[Check[Any], ...] = (*FILE_CHECKS, *HEADER_CHECKS, *VOXEL_CHECKS)
"""Every check of one sample, by what it needs: headers, then voxels."""


def check_headers(case: Described) -> tuple[Finding, ...]:
    """Ask what can be told without voxels. Findings come worst first."""
    return ask((*FILE_CHECKS, *HEADER_CHECKS), case)


def check_voxels(
    sample: Sample,
    volumes: Mapping[str, Volume],
    categories: Mapping[str, Categories],
    alignment: Alignment,
    breathe: Breathe = no_pause,
) -> tuple[Finding, ...]:
    """Ask what takes the voxels of a sample; see `Measured`. Findings come worst first."""
    return ask(VOXEL_CHECKS, Measured(sample, volumes, categories, alignment, breathe))


def led_to_labels(
    sample: Sample,
    volumes: Mapping[str, Volume],
    alignment: Alignment,
    breathe: Breathe = no_pause,
) -> tuple[Finding, ...]:
    """Say again which labels lie elsewhere than their image, and lead to the labels themselves.

    Headers know where the grid of a label lies. The label may be anywhere on it.
    """
    headers = {role: volume.header for role, volume in volumes.items()}
    found = ask(LABEL_PLACE_CHECKS, Described(sample, headers, {}, alignment))
    roles = {finding.place.role for finding in found if finding.place is not None}
    lying = {role: volumes[role] for role in roles}
    measured = Measured(sample, lying, {}, alignment, breathe).labels if roles else {}
    led = []
    for finding in found:
        role = "" if finding.place is None else finding.place.role
        if role and measured[role].counts:
            led.append(replace(finding, place=centre_of(role, lying[role].grid, measured[role])))
    return tuple(led)
