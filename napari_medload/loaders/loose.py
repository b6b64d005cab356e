"""Volumes without any layout: one file, or a folder of files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from napari_medload.formats import Source, sources, suffix_of
from napari_medload.formats.dicom import SUFFIXES, has_magic, is_directory
from napari_medload.formats.hdf5.format import Hdf5, keys_and_reasons
from napari_medload.formats.transforms import holds_transform
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.dicom_series import samples_at, series_samples
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.members import Members, list_members
from napari_medload.loaders.pairing import about, join_by_name, unique_ids
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path


class SingleFile:
    """One file, with one sample for each array in it; of a DICOMDIR, the series beside it."""

    name: ClassVar[str] = "volume"
    expects: ClassVar[str] = "a volume"

    def recognises(self, path: Path) -> bool:
        """Whether a format reads the file; without a suffix it may be DICOM."""
        return path.is_file() and (suffix_of(path) is not None or has_magic(path))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the file.

        Raises
        ------
        DatasetError
            If it cannot be read, or holds no array.
        """
        name = path.name[: -len(suffix_of(path) or "") or None]
        if is_directory(path.name) and (dataset := open_loose(path.parent)) is not None:
            return dataset if split is None else dataset.only(split)
        try:
            if path.name.lower().endswith(Hdf5.suffixes):
                if holds_transform(path):
                    raise DatasetError(
                        f"{path}: a transform of ITK, and no image; expected a volume. Name it "
                        "beside its pair, in a column 'transform' of a list."
                    )
                samples = tuple(_key_row(path, *found) for found in keys_and_reasons(path, True))
            elif suffix_of(path) is None or path.name.lower().endswith(SUFFIXES):
                samples = tuple(samples_at(str(path), name))
            else:
                samples = tuple(Sample(s.key or name, {"image": s}) for s in sources(path))
        except OSError as error:
            raise DatasetError(str(error)) from error
        if not any(sample.sources for sample in samples):
            reasons = " ".join(reason for sample in samples[:1] for reason in sample.problems)
            raise DatasetError(
                f"{path}: holds no array of numbers; expected at least one. {reasons}".rstrip()
            )
        dataset = Dataset(path, "list", samples, "none")
        return dataset if split is None else dataset.only(split)


def _key_row(path: Path, key: str, reason: str) -> Sample:
    """Sample of a key of an HDF5 file; one that cannot be read is there with its reason."""
    if reason:
        return Sample(key, {}, problems=(about("image", reason),))
    return Sample(key, {"image": Source(path, key)})


def open_loose(folder: Path) -> Dataset | None:
    """Open the volumes that lie directly in a folder, and DICOM series in it and below it.

    Returns
    -------
    Dataset or None
        None where there are none.
    """
    series = series_samples(folder)
    members = list_members(folder, deep=False, series=False, pictures=not series)
    samples = unique_ids([*join_by_name({"image": _told_apart(members)}), *series])
    return Dataset(folder, "unpaired", samples, "none") if samples else None


def _told_apart(members: Members) -> Members:
    """Name files that differ in their suffix alone by their whole name: each is a volume."""
    met = Counter(members.names)
    if len(met) == len(members):
        return members
    named = (
        (name if met[name] == 1 else file, file)
        for name, file in zip(members.names, members.files, strict=True)
    )
    return Members.sorted(members.place, named, members.keyed, members.troubles)
