"""Folders of MedSegPy: 2D slices, and 3D volumes, with or without train, val and test above."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.loaders.deepreg.folders import roles_found
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.medsegpy.categories import find_categories
from napari_medload.loaders.medsegpy.dicts import (
    H5_SUFFIXES,
    holds_scans,
    holds_volume,
    image_slice,
    masks_alone,
    singlefile_dicts,
    slice_dicts,
    visible_files,
    volume_dicts,
)
from napari_medload.loaders.medsegpy.scans import dataset_of
from napari_medload.loaders.medsegpy.stacks import slices_text
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import chosen, split_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_medload.loaders.dataset import Dataset

_LOOKED = 3


class Slices2D:
    """Files ``0123456_V01-Aug00_001.im`` and ``.seg``, one of each a slice."""

    name: ClassVar[str] = "medsegpy-2d"
    expects: ClassVar[str] = "slices 0123456_V01-Aug00_001.im and .seg (medsegpy-2d)"

    def recognises(self, path: Path) -> bool:
        """Whether the folder, or a split in it, holds slices."""
        return path.is_dir() and bool(split_places(path, _holds_slices))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folder.

        Raises
        ------
        DatasetError
            If it holds no slice.
        """
        places = _places(path, split, self, _holds_slices)
        entries = {name: slice_dicts(at) for name, at in places.items()}
        return _with_masks_alone(_opened(path, self.name, entries, places), places)


class Volumes3D:
    """HDF5 files that hold ``volume`` and ``seg``, or one file with a group of these a scan."""

    name: ClassVar[str] = "medsegpy-3d"
    expects: ClassVar[str] = "h5 files that each hold volume and seg (medsegpy-3d)"

    def recognises(self, path: Path) -> bool:
        """Whether the folder, or a split in it, holds volumes, or the file holds scans."""
        if path.is_file():
            return _is_h5(path.name) and holds_scans(path)
        return path.is_dir() and not roles_found(path) and bool(split_places(path, _holds_volumes))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folder or file.

        Raises
        ------
        DatasetError
            If it holds no volume.
        """
        if path.is_file():
            entries = singlefile_dicts(path) if _is_h5(path.name) else []
            if not entries:
                raise _nothing_in(path, self)
            return _opened(path, self.name, {"": entries}, {"": path.parent})
        places = _places(path, split, self, _holds_volumes, _may_hold_volumes)
        entries_by_split = {name: volume_dicts(at) for name, at in places.items()}
        if not any(entries_by_split.values()):
            raise _nothing_in(path, self)
        return _opened(path, self.name, entries_by_split, places)


def _places(
    path: Path,
    split: str | None,
    backend: Slices2D | Volumes3D,
    *questions: Callable[[Path], bool],
) -> dict[str, Path]:
    """Folders that hold data by the first question that any of them answers with yes."""
    if not path.is_dir():
        raise _nothing_in(path, backend)
    for holds in questions:
        if places := split_places(path, holds):
            return chosen(places, split, path)
    raise _nothing_in(path, backend)


def _opened(
    path: Path,
    layout: str,
    entries: Mapping[str, list[dict[str, Any]]],
    places: Mapping[str, Path],
) -> Dataset:
    found = (find_categories(place) for place in places.values())
    categories = next((metadata for metadata in found if metadata is not None), None)
    return dataset_of(entries, categories, path, layout)


def _with_masks_alone(dataset: Dataset, places: Mapping[str, Path]) -> Dataset:
    """Say of each scan which of its masks have no image; nothing shows them."""
    wrong = {
        f"{split}/{scan}" if split else str(scan): numbers
        for split, place in places.items()
        for scan, numbers in masks_alone(place).items()
    }
    if not wrong:
        return dataset
    samples = []
    for sample in dataset.samples:
        if numbers := wrong.pop(sample.id, None):
            told = f"masks without an image, not shown: {slices_text(numbers)}"
            sample = replace(sample, problems=(*sample.problems, told))
        samples.append(sample)
    for sample_id, numbers in wrong.items():
        told = f"no image: the scan has masks alone, {slices_text(numbers)}"
        split = sample_id.rpartition("/")[0]
        samples.append(Sample(sample_id, {}, split=split, problems=(told,)))
    return replace(dataset, samples=tuple(samples))


def _holds_slices(folder: Path) -> bool:
    return any(image_slice(name) is not None for name in visible_files(folder))


def _holds_volumes(folder: Path) -> bool:
    """Whether any of the first few HDF5 files holds a volume."""
    first = islice(sorted(filter(_is_h5, visible_files(folder))), _LOOKED)
    return any(holds_volume(folder / name) for name in first)


def _may_hold_volumes(folder: Path) -> bool:
    """Whether a person who chose this layout may have meant this folder."""
    return any(map(_is_h5, visible_files(folder)))


def _is_h5(name: str) -> bool:
    return name.lower().endswith(H5_SUFFIXES)


def _nothing_in(path: Path, backend: Slices2D | Volumes3D) -> DatasetError:
    return DatasetError(
        f"{path}: holds nothing that can be read as {backend.name}; expected {backend.expects}, "
        "in this folder or in train, val and test below it. Choose another layout."
    )
