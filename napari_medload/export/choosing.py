"""Choosing what is exported: by verdict, split, and what stands in any column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.selection import Selection, selection_of

if TYPE_CHECKING:
    from napari_medload.loaders import Dataset


def reviewed(dataset: Dataset, verdict: str | None = None) -> Selection:
    """Gather what was said of the samples of a dataset."""
    return selection_of(dataset)
