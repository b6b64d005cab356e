"""Volumes without any layout: one file, or a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from napari_medload.formats import sources, suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.members import list_members
from napari_medload.loaders.pairing import join_by_name, unique_ids
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from pathlib import Path


class SingleFile:
    """One file, with one sample for each array in it."""

    name: ClassVar[str] = "volume"
    expects: ClassVar[str] = "a volume"

    def recognises(self, path: Path) -> bool:
        """Whether a format reads the file."""
        return path.is_file() and suffix_of(path) is not None

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the file.

        Raises
        ------
        DatasetError
            If it cannot be read, or holds no array.
        """
        try:
            found = sources(path)
        except OSError as error:
            raise DatasetError(str(error)) from error
        name = path.name[: -len(suffix_of(path) or "")]
        samples = tuple(
            Sample(name if source.key is None else source.key, {"image": source})
            for source in found
        )
        if not samples:
            raise DatasetError(f"{path}: holds no array of numbers; expected at least one.")
        return Dataset(path, "list", samples, "none")


def open_loose(folder: Path) -> Dataset | None:
    """Open the volumes that lie directly in a folder, or None where there are none."""
    members = list_members(folder, deep=False)
    if not members:
        return None
    return Dataset(folder, "unpaired", unique_ids(join_by_name({"image": members})), "none")
