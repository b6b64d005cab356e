"""Pairs that a registration has been run on: their headers promise nothing of moving and fixed.

What is told of where they lie, from their headers alone, is good to know and no fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.checks.finding import Severity
from napari_medload.loaders.sample import TRANSFORM_ROLES, WARPED_ROLES

if TYPE_CHECKING:
    from napari_medload.loaders import Sample

BEFORE, THROUGH = ", before its registration", ", through its transform"
"""What a sentence on such a pair ends with."""


def is_registered(sample: Sample) -> bool:
    """Whether a sample carries the result of a registration: a transform, or warped images."""
    return any(role in sample.sources for role in (*TRANSFORM_ROLES, *WARPED_ROLES))


def told_of(sample: Sample, sentence: str, usual: Severity | None) -> tuple[str, Severity | None]:
    """Sentence and severity of what the headers say of where moving and fixed lie.

    Parameters
    ----------
    usual : Severity or None
        Without a registration; None is the usual one of the check.
    """
    return (sentence + BEFORE, Severity.NOTE) if is_registered(sample) else (sentence, usual)
