"""Folds of nnU-Net: which training cases validate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import read_json
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path

FOLDS = "splits_final.json"


def in_first_fold(cases: list[Sample], folder: Path, notes: list[str]) -> list[Sample]:
    """Training cases as train or val of the first fold, those of train first.

    Parameters
    ----------
    cases : list of Sample
        Named without a split.
    folder : Path
        Where ``splits_final.json`` may lie: a list of folds ``{"train": [case], "val": [case]}``.
        Without it all cases are of the split train.
    notes : list of str
        What is wrong with the file as a whole is added here.
    """
    if not (folder / FOLDS).exists():
        return [in_split(case, "train") for case in cases]
    try:
        fold = read_json(folder / FOLDS)[0]
        names = {split: {str(name) for name in fold[split]} for split in ("train", "val")}
    except (DatasetError, LookupError, TypeError):
        notes.append(
            f'{FOLDS}: expected a list of folds such as {{"train": [case], "val": [case]}}'
        )
        return [in_split(case, "train") for case in cases]
    known = {case.id for case in cases}
    lacking = sorted((names["train"] | names["val"]) - known)
    reason = f"{FOLDS} lists this case, but none of its files was found"
    placed = []
    for case in (*cases, *(Sample(name, {}, problems=(reason,)) for name in lacking)):
        splits = [split for split, cases_of in names.items() if case.id in cases_of]
        if len(splits) != 1:
            place = "both train and val" if splits else "neither train nor val"
            case = with_problems(case, f"in {place} of the first fold of {FOLDS}")
        placed.append(in_split(case, splits[-1] if splits else "train"))
    return sorted(placed, key=lambda case: case.split)


def in_split(case: Sample, split: str) -> Sample:
    """Return a case as one of a split."""
    return replace(case, id=f"{split}/{case.id}", split=split)


def with_problems(sample: Sample, *problems: str) -> Sample:
    """Return a sample with further problems."""
    return replace(sample, problems=(*sample.problems, *problems)) if problems else sample
