"""What the headers of samples, and their neighbours, show to be wrong with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import h5py

from napari_medload.formats import read_header
from napari_medload.loaders.medsegpy.dicts import VOLUME_KEY
from napari_medload.loaders.pairing import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.labels.collation import Collation
    from napari_medload.loaders.sample import Sample

_HEADERS_AT_MOST = 256
"""Samples whose headers are read while a dataset is opened."""


def inspected(samples: Sequence[Sample], collation: Collation | None) -> list[Sample]:
    """Return the samples with the problems that show when they are looked at together.

    A sample has no label where others have one; a label has no axis of channels, or lacks one
    that a category names, or has another size than its image. Headers are read of the first few
    hundred samples alone.
    """
    labelled = any("label" in sample.sources for sample in samples)
    result = []
    for position, sample in enumerate(samples):
        problems = []
        if labelled and "image" in sample.sources and "label" not in sample.sources:
            problems.append(missing("label", sample.id))
        if "label" in sample.sources and position < _HEADERS_AT_MOST:
            problems += _wrong_label(sample, collation)
        result.append(
            replace(sample, problems=(*sample.problems, *problems)) if problems else sample
        )
    return result


def _wrong_label(sample: Sample, collation: Collation | None) -> list[str]:
    try:
        image, label = (read_header(sample.sources[role]).shape for role in ("image", "label"))
    except (OSError, KeyError):  # whoever draws it will say why
        return []
    problems = []
    if len(label) == 3:
        problems.append(
            f"label: {_times(label)} without an axis of channels; expected H×W×D×C, one channel a "
            "category"
        )
    if label[:3] != image[:3]:
        problems.append(f"label: masks of {_times(label[:3])}, its image has {_times(image[:3])}")
    highest = max((channel for channels in collation or () for channel in channels), default=0)
    if len(label) == 4 and highest >= label[3]:
        problems.append(
            f"label: {label[3]} channels, but a category names channel {highest}, counted from 0"
        )
    return problems


def image_key(path: str) -> str:
    """Key of the image in a 3D file whose mask, if any, lies in another."""
    try:
        with h5py.File(path, "r") as file:
            return VOLUME_KEY if VOLUME_KEY in file else "data"
    except OSError:
        return "data"


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
