"""Folds of nnU-Net: which cases validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.choice.splitting import folds
from napari_medload.export.training.nnunet.cases import is_validation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.export.selection import Selection
    from napari_medload.export.training.nnunet.cases import Case

Fold = dict[str, list[str]]


def folds_of(
    selection: Selection, cases: Sequence[Case], count: int = 0, seed: int = 0
) -> list[Fold]:
    """Divide cases into folds, each ``{"train": names, "val": names}``.

    Parameters
    ----------
    selection : Selection
        That the cases are made of, without test samples.
    cases : sequence of Case
    count : int
        Make so many, with all cases of a subject on one side of each; 0 for the one fold that the
        splits of the samples are, or for none where they have no validation.
    seed : int
        Which subjects go together.

    Raises
    ------
    ExportError
        If there are fewer subjects than folds.
    """
    if count:
        validating = [set(ids) for ids in folds(selection, count, "subject", seed)]
    else:
        found = {case.sample.id for case in cases if is_validation(case.sample)}
        validating = [found] if found else []
    return [
        {
            "train": [case.name for case in cases if case.sample.id not in ids],
            "val": [case.name for case in cases if case.sample.id in ids],
        }
        for ids in validating
    ]
