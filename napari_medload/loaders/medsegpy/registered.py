"""Datasets that are registered by name, opened like any other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog, MetadataCatalog
from napari_medload.loaders.medsegpy.entries import EXPECTED, EntryError, ScanEntry, checked
from napari_medload.loaders.medsegpy.scans import dataset_of

if TYPE_CHECKING:
    from napari_medload.loaders.dataset import Dataset

LAYOUT = "registered"


def open_registered(name: str) -> Dataset:
    """Open the dataset that is registered under a name, with its metadata.

    Raises
    ------
    DatasetError
        If none is, if its function fails, or if it returns no dict that names a scan and a file.
    """
    entries = _entries(name)
    metadata = MetadataCatalog.get(name) if name in MetadataCatalog.list() else None
    told = None if metadata is None else metadata.get("scan_root")
    root = _root(told, _first_usable(name, entries))
    return dataset_of({"": entries}, {"": metadata}, root, LAYOUT, title=name)


def _entries(name: str) -> list[Any]:
    if name not in DatasetCatalog.list():
        known = ", ".join(DatasetCatalog.list()) or "none"
        raise DatasetError(f"no dataset is registered as '{name}'; registered are: {known}")
    try:
        found: Any = DatasetCatalog.get(name)
        entries = list(found)
    except Exception as error:  # whatever another's function does
        raise DatasetError(
            f"'{name}': the function registered for it failed ({type(error).__name__}: {error}); "
            "expected a list of dicts. Call it yourself to see where."
        ) from error
    if not entries:
        raise DatasetError(
            f"'{name}': the function registered for it returned an empty list; expected a dict for "
            "each slice or volume. Check the folder that it reads: slices lie in it, not below it."
        )
    if not any(isinstance(entry, Mapping) for entry in entries):
        kinds = ", ".join(sorted({type(entry).__name__ for entry in entries}))
        raise DatasetError(
            f"'{name}': the function registered for it returned a list of {kinds}; expected dicts "
            f"with the keys {', '.join(EXPECTED)}."
        )
    return entries


def _first_usable(name: str, entries: Iterable[Any]) -> ScanEntry:
    reason = ""
    for entry in entries:
        try:
            return checked(entry)
        except EntryError as error:
            reason = reason or str(error)
    raise DatasetError(
        f"'{name}': none of its dicts can be used; the first: {reason}. file_name and scan_id are "
        "needed. Add these, and keep your own beside them."
    )


def _root(told: Any, first: ScanEntry) -> Path:
    """Folder that the metadata tell, else that of the first file."""
    if isinstance(told, str | os.PathLike) and os.path.exists(told):
        return Path(told).absolute()
    return Path(first.inside or first.image).absolute().parent
