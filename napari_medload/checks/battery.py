"""All checks of one sample, family by family, and the ways to ask them.

A whole-dataset check has a family of its own: it needs the facts of all samples, and these checks
need one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.checks.check import Check, ask
from napari_medload.checks.described import Described
from napari_medload.checks.files import FILE_CHECKS
from napari_medload.checks.headers import HEADER_CHECKS
from napari_medload.checks.label_voxels import LABEL_CHECKS
from napari_medload.checks.measured import Measured
from napari_medload.checks.measures import Breathe, no_pause
from napari_medload.checks.places import PLACE_CHECKS
from napari_medload.checks.values import VALUE_CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.checks.finding import Finding
    from napari_medload.formats import Header
    from napari_medload.images import Volume
    from napari_medload.labels import Categories
    from napari_medload.loaders import Sample
    from napari_medload.loaders.dataset import Alignment

VOXEL_CHECKS: tuple[Check[Measured], ...] = (*VALUE_CHECKS, *LABEL_CHECKS, *PLACE_CHECKS)
CHECKS: tuple[Check[Any], ...] = (*FILE_CHECKS, *HEADER_CHECKS, *VOXEL_CHECKS)
"""Every check of one sample, by what it needs: headers, then voxels."""


def check_headers(
    sample: Sample,
    headers: Mapping[str, Header],
    reasons: Mapping[str, str],
    alignment: Alignment,
) -> tuple[Finding, ...]:
    """Ask what can be told without voxels.

    Parameters
    ----------
    sample : Sample
    headers : mapping of role to Header
        Of the files that could be read.
    reasons : mapping of role to str
        Why others could not be.
    alignment : str
        What the dataset promises between fixed and moving.

    Returns
    -------
    tuple of Finding
        Worst first.
    """
    return check_described(Described(sample, headers, reasons, alignment))


def check_described(case: Described) -> tuple[Finding, ...]:
    """Ask the same of what has been gathered already."""
    return ask((*FILE_CHECKS, *HEADER_CHECKS), case)


def check_voxels(
    sample: Sample,
    volumes: Mapping[str, Volume],
    categories: Mapping[str, Categories],
    alignment: Alignment,
    breathe: Breathe = no_pause,
) -> tuple[Finding, ...]:
    """Ask what takes the voxels of a sample.

    Parameters
    ----------
    sample : Sample
    volumes : mapping of role to Volume
        Of the files that could be read.
    categories : mapping of role to Categories
        What the labels are called; values are only compared with tables that are there.
    alignment : str
        What the dataset promises between fixed and moving.
    breathe : callable
        Called between planes of voxels, in case something else should go first.

    Returns
    -------
    tuple of Finding
        Worst first.
    """
    return ask(VOXEL_CHECKS, Measured(sample, volumes, categories, alignment, breathe))
