"""Folders of MedSegPy: 2D slices, and 3D volumes, with or without train, val and test above."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.formats.hdf5.slices import IMAGE_SUFFIX, MASK_SUFFIX
from napari_medload.loaders.deepreg.folders import roles_found
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.medsegpy.categories import find_categories
from napari_medload.loaders.medsegpy.dicts import (
    file_dicts,
    holds_scans,
    holds_volume,
    image_slice,
    masks_alone,
    slice_dicts,
    visible_files,
    volumes_in,
)
from napari_medload.loaders.medsegpy.names import ScanName
from napari_medload.loaders.medsegpy.scans import dataset_of
from napari_medload.loaders.medsegpy.stacks import slices_text
from napari_medload.loaders.members import H5_SUFFIXES
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import SPLITS, chosen, split_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from napari_medload.loaders.dataset import Dataset

_LOOKED = 3


class Slices2D:
    """Files ``0123456_V01-Aug00_001.im`` and ``.seg``, one of each a slice."""

    name: ClassVar[str] = "medsegpy-2d"
    expects: ClassVar[str] = "slices 0123456_V01-Aug00_001.im and .seg (medsegpy-2d)"

    def recognises(self, path: Path) -> bool:
        """Whether the folder, or a split in it, holds slices, or the file is an image slice."""
        if path.is_file():
            return path.name.lower().endswith(IMAGE_SUFFIX)
        return path.is_dir() and bool(split_places(path, _holds_slices))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folder, or one image with the masks beside it.

        Raises
        ------
        DatasetError
            If it holds no slice.
        """
        if path.is_file() and self.recognises(path):
            entries = {"": [_entry_of(path)]}
            return _opened(path, self.name, entries, {"": path.parent}, whole=False)
        places = _places(path, split, self, _holds_slices)
        entries = {name: slice_dicts(at) for name, at in places.items()}
        return _with_masks_alone(_opened(path, self.name, entries, places), places)


class Volumes3D:
    """HDF5 files that hold ``volume`` and ``seg``, or one file with these or a group a scan."""

    name: ClassVar[str] = "medsegpy-3d"
    expects: ClassVar[str] = "h5 files that each hold volume and seg (medsegpy-3d)"

    def recognises(self, path: Path) -> bool:
        """Whether the folder, or a split in it, holds volumes, or the file a volume or scans."""
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
            entries = file_dicts(path) if _is_h5(path.name) else []
            if not entries:
                raise _nothing_in(path, self)
            return _opened(path, self.name, {"": entries}, {"": path.parent})
        places = _places(path, split, self, _holds_volumes, _may_hold_volumes)
        found = {name: volumes_in(at) for name, at in places.items()}
        if not any(dicts for dicts, _wrong in found.values()):
            raise _nothing_in(path, self)
        dicts = {name: entries for name, (entries, _wrong) in found.items()}
        more = [_without_volume(*one, name) for name, (_, w) in found.items() for one in w.items()]
        return _opened(path, self.name, dicts, places, more)


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
    more: Sequence[Sample] = (),
    *,
    whole: bool = True,
) -> Dataset:
    root = path if path.is_dir() else path.parent
    top = root.parent if root.name.lower() in SPLITS else root
    categories = {
        split: find_categories(place, top, {entry["scan_id"] for entry in entries[split]})
        for split, place in places.items()
    }
    return dataset_of(entries, categories, path, layout, more=more, whole=whole)


def _entry_of(image: Path) -> dict[str, Any]:
    """Make the dict of one image file, with the masks of the same name beside it."""
    mask = image.with_suffix(MASK_SUFFIX)
    named = ScanName.parse(image)
    return {
        "file_name": str(image),
        **({"sem_seg_file": str(mask)} if mask.exists() else {}),
        "scan_id": image.stem if named is None else named.scan_id,
    }


def _without_volume(name: str, reason: str, split: str) -> Sample:
    """Sample of a file that holds a part of a scan, and no volume."""
    scan, stem = ScanName.parse(name), os.path.splitext(name)[0]
    own = stem if scan is None else str(scan)
    return Sample(f"{split}/{own}" if split else own, {}, own, split, (f"{name}: {reason}",))


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
