"""Where MedSegPy's arrays lie: H×W×D, with a spacing from the metadata.

Row 0 is drawn on top and column 0 on the left, as radiologists look at an axial slice, and
slices run upward. The data do not say whether that is so in the patient; the key
``orientation``, three letters, which is this project's own, does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Placement
from napari_medload.geometry.orientation import affine_from_letters

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWN = "PLS"


def place(settings: Mapping[str, Any] | None, first_slice: int = 1) -> tuple[Placement, list[str]]:
    """Place the arrays of a scan.

    Parameters
    ----------
    settings : mapping, optional
        What is known of the scan.
    first_slice : int
        Number of the first slice that is there, from 1.

    Returns
    -------
    Placement
        Without spacing where none, or none for all three axes, is stated.
    list of str
        What is wrong with the spacing or the orientation.
    """
    problems: list[str] = []
    known = settings or {}
    spacing = _spacing(known.get("spacing"), problems)
    letters = _letters(known.get("orientation"), problems)
    first = (0, 0, first_slice - 1)
    return Placement(letters or DRAWN, spacing, first, oriented=letters is not None), problems


def _spacing(given: Any, problems: list[str]) -> tuple[float, float, float] | None:
    if given is None:
        return None
    try:
        steps = [float(step) for step in given]
    except (TypeError, ValueError):
        steps = []
    if len(steps) == 2:
        problems.append(
            f"the spacing {_text(steps)} lacks the distance between slices, so lengths are "
            "unknown; expected three numbers in mm (dH, dW, dD)"
        )
        return None
    if len(steps) != 3 or not all(math.isfinite(step) and step > 0 for step in steps):
        problems.append(
            f"the spacing {given!r} cannot be used; expected three numbers in mm (dH, dW, dD)"
        )
        return None
    return steps[0], steps[1], steps[2]


def _letters(given: Any, problems: list[str]) -> str | None:
    if given is None:
        return None
    letters = str(given).upper()
    try:
        affine_from_letters(letters)
    except ValueError as error:
        problems.append(f"the orientation cannot be used: {error}")
        return None
    return letters


def _text(steps: list[float]) -> str:
    return " × ".join(f"{step:g}" for step in steps)
