"""Labels of nnU-Net: names to values, from 0 without a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.files.label_values import values_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.export.selection import Selection
    from napari_medload.export.training.nnunet.cases import Case

BACKGROUND = "background"
_IGNORE = "ignore"


def labels_of(selection: Selection, cases: Iterable[Case]) -> dict[str, int]:
    """Names and values of all labels: those of the label tables, and those that occur.

    Raises
    ------
    OSError
        If a label cannot be read.
    """
    names: dict[int, str] = {}
    for case in cases:
        if case.label is not None:
            table = selection.dataset.categories_of(case.sample, case.label).table
            for value in (*table, *values_in(case.label).whole):
                names.setdefault(value, table.label(value).name)
    return named({value: name for value, name in sorted(names.items()) if value})


def named(names: Mapping[int, str]) -> dict[str, int]:
    """Give each value a name of its own, and 0 the name that nnU-Net expects.

    Parameters
    ----------
    names : mapping of value to name
        Without 0.
    """
    labels = {BACKGROUND: 0}
    highest = max(names, default=0)
    for value, name in names.items():
        taken = name in labels or not name or (name == _IGNORE and value != highest)
        labels[f"{name} {value}".strip() if taken else name] = value
    return labels


def gap_in(labels: Mapping[str, int]) -> int | None:
    """First value that is missing between 0 and the others; a negative one counts as one."""
    values = set(labels.values())
    if (lowest := min(values)) < 0:
        return lowest
    return next((value for value in range(max(values)) if value not in values), None)
