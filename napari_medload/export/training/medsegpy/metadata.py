"""Metadata of a list of dataset dicts, and what a scan states over them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.loaders.medsegpy.catalog import same_value
from napari_medload.loaders.medsegpy.categories import CATEGORY_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.labels import Categories
    from napari_medload.loaders import Sample

EVALUATOR = "SemSegEvaluator"
"""Evaluator of MedSegPy that measures segmentations."""

_OWN = ("name", "scan_root")
_NEVER = ("id", "num_slices")
"""Of ``scan_id`` and ``scan_num_slices``, which are no settings."""


def metadata_of(selection: Selection, target: Target) -> dict[str, Any]:
    """Gather what is alike for all samples, and what the dataset calls its labels."""
    shared: dict[str, Any] | None = None
    seen: set[int] = set()
    for entry in selection:
        settings = entry.sample.settings
        if settings is not None and id(settings) in seen:  # samples share theirs
            continue
        seen.add(id(settings))
        stated = settings_of(entry.sample)
        if shared is None:
            shared = stated
        else:
            shared = {k: v for k, v in shared.items() if k in stated and same_value(v, stated[k])}
    return {
        "scan_root": str(target.base or _root(selection)),
        "evaluator_type": EVALUATOR,
        **(shared or {}),
        **_categories(selection.dataset.categories),
    }


def settings_of(sample: Sample) -> dict[str, Any]:
    """Gather what a dataset states of a sample, with the spacing that it is placed with."""
    stated = {
        str(key): plain(value)
        for key, value in (sample.settings or {}).items()
        if key not in _OWN and value is not None
    }
    image = sample.sources.get("image")
    placement = None if image is None else image.placement
    if placement is not None and placement.spacing is not None:
        stated.setdefault("spacing", list(placement.spacing))
    return stated


def own_settings(
    sample: Sample, metadata: Mapping[str, Any], categories: Categories | None
) -> dict[str, Any]:
    """Gather what a scan states over the metadata, as ``scan_<key>``.

    Parameters
    ----------
    sample : Sample
    metadata : mapping
    categories : Categories or None
        Of the dataset, which the metadata tell.
    """
    told = CATEGORY_KEYS if categories is not None and categories.collation else ()
    return {
        f"scan_{key}": value
        for key, value in settings_of(sample).items()
        if key not in (*_NEVER, *told)
        if not (key in metadata and same_value(metadata[key], value))
    }


def plain(value: Any) -> Any:
    """Write a value as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _root(selection: Selection) -> str:
    root = selection.dataset.root
    return str((root if root.is_dir() else root.parent).absolute())


def _categories(known: Categories | None) -> dict[str, Any]:
    """Names, channels and colours of the categories, where they are known."""
    if known is None or not known.collation:
        return {}
    labels = [known.table.label(number + 1) for number in range(len(known.collation))]
    return {
        "category_ids": [c[0] if len(c) == 1 else list(c) for c in known.collation],
        "categories": [label.name for label in labels],
        "category_abbreviations": [label.abbreviation for label in labels],
        "category_colors": [[round(255 * part) for part in label.colour] for label in labels],
    }
