"""Small datasets of single images and labels on disk, for the tests of exporters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Source
from napari_medload.labels import Categories, LabelTable
from napari_medload.loaders import Dataset, Sample
from tests.phantoms import affine_of, noise, write_nifti

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SHAPE = (8, 7, 6)
AFFINE = affine_of("LAS", SHAPE, (1.0, 2.0, 1.5), centre=(1.0, 2.0, 3.0))


def label_of(values: Iterable[float], dtype: Any = np.uint8) -> np.ndarray:
    """Array in which each value fills a slab of the first axis, with zeros around."""
    array = np.zeros(SHAPE, dtype)
    for place, value in enumerate(values):
        array[place + 1, 1:5, 1:4] = value
    return array


def write_sample(
    folder: Path,
    sample_id: str,
    values: Iterable[float] = (1, 2),
    *,
    dtype: Any = np.uint8,
    split: str = "",
    group: str = "",
    roles: tuple[str, ...] = ("image", "label"),
    affine: np.ndarray = AFFINE,
    settings: dict[str, Any] | None = None,
) -> Sample:
    """Write the files of a sample, each below the folder of its role, as its id says."""
    sources = {}
    for role in roles:
        seed = sum(sample_id.encode())
        is_label = role.endswith("label")
        array = label_of(values, dtype) if is_label else noise(SHAPE, seed=seed)
        path = folder / role / f"{sample_id}.nii.gz"
        sources[role] = Source(write_nifti(path, array, affine if is_label else AFFINE))
    return Sample(sample_id, sources, group, split, settings=settings)


def dataset_of(folder: Path, samples: Iterable[Sample], **names: int) -> Dataset:
    """Make a dataset, with names for label values where they are given."""
    categories = None
    if names:
        table = LabelTable.from_names({value: name for name, value in names.items()})
        categories = Categories(table)
    return Dataset(folder, "list", tuple(samples), "none", categories=categories)
