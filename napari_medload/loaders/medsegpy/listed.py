"""A JSON file of dataset dicts with their metadata, as `napari_medload.export` writes it.

``{"metadata": {"scan_root": …, "categories": […], …}, "dataset_dicts": [{"file_name": …}, …]}``.
A dict may have a ``split``. Relative paths lead from where the list says that they do, wherever it
was moved with its files; from ``scan_root`` where it does not say, or from the folder of the file
where there is no such folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.formats.storage.paths import plain
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.layouts.described import description_or_none, read_description
from napari_medload.loaders.lists.described import KEY, ListDescription
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog, Metadata, MetadataCatalog
from napari_medload.loaders.medsegpy.scans import dataset_of
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from napari_medload.loaders.dataset import Dataset

DICTS, METADATA = "dataset_dicts", "metadata"
SPLIT, ROOT = "split", "scan_root"
_PATHS = ("file_name", "sem_seg_file", "singlefile_path")


class MedSegPyList:
    """A JSON file of dataset dicts."""

    name: ClassVar[str] = "medsegpy-list"
    expects: ClassVar[str] = "dataset dicts of MedSegPy (JSON)"

    def recognises(self, path: Path) -> bool:
        """Whether a JSON object holds dataset dicts."""
        if not path.is_file() or path.suffix.lower() != ".json":
            return False
        content = description_or_none(path)
        return content is not None and isinstance(content.get(DICTS), list)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list.

        Raises
        ------
        DatasetError
            If it holds no dataset dicts.
        """
        dataset = self.opened_as_in(path.parent, path)
        return dataset if split is None else dataset.only(split)

    def opened_as_in(self, folder: Path, path: Path) -> Dataset:
        """Open a list as if it lay in another folder, where it is going to lie.

        Raises
        ------
        DatasetError
            If it holds no dataset dicts.
        """
        dicts, metadata = read_list(path, folder)
        by_split: dict[str, list[Any]] = {}
        for entry in dicts:
            stated = entry.get(SPLIT) if isinstance(entry, Mapping) else None
            by_split.setdefault(str(stated or ""), []).append(entry)
        return dataset_of(by_split, dict.fromkeys(by_split, metadata), path, self.name)


def read_list(path: Path, folder: Path | None = None) -> tuple[list[Any], Metadata]:
    """Read dataset dicts and their metadata.

    Parameters
    ----------
    path : Path
    folder : Path, optional
        That relative paths lead from, or that the list says from where they do; its own where it
        is left out.

    Raises
    ------
    DatasetError
        If the file holds none.
    """
    content = read_description(path)
    dicts, stated = content.get(DICTS), content.get(METADATA) or {}
    if not isinstance(dicts, list) or not dicts or not isinstance(stated, Mapping):
        found = ", ".join(map(str, content)) or "nothing"
        raise DatasetError(
            f"{path}: holds no dataset dicts; found {found}. Expected a list "
            f'"{DICTS}": [{{"file_name": …, "scan_id": …}}], and an object "{METADATA}". '
            "Export one, or open the folder itself."
        )
    values = {str(key): value for key, value in stated.items() if key != "name"}
    described = ListDescription.from_json(content.get(KEY))
    beside = plain((folder or path.parent) / (described.base if described else ""))
    root = values.get(ROOT)
    if not (isinstance(root, str) and os.path.isdir(root)):
        values[ROOT] = root = beside
    try:
        metadata = Metadata(path.stem, **values)
    except ValueError as error:
        raise DatasetError(f"{path}: in '{METADATA}' {error}") from error
    start = beside if described else root
    return [_whole(entry, start) for entry in dicts], metadata


def register_list(
    path: Path | str, name: str, *, split: str | None = None, overwrite: bool = False
) -> None:
    """Register the dicts and metadata of a JSON file under a name.

    ``DatasetCatalog.get(name)`` returns its dicts then, ``MetadataCatalog.get(name)`` what is known
    of them, and the browser opens it by the name.

    Parameters
    ----------
    path : path
    name : str
    split : str, optional
        Only the dicts of this split; all where it is left out.
    overwrite : bool
        Whether a name that is taken gets these instead.

    Raises
    ------
    DatasetError
        If the file holds no dataset dicts, or none of the split.
    LoaderError
        If the name is taken.
    """
    file = Path(path).expanduser().absolute()
    metadata = read_list(file)[1]
    _of_split(file, split)
    DatasetCatalog.register(name, lambda: _of_split(file, split), overwrite=overwrite)
    if overwrite and name in MetadataCatalog.list():
        MetadataCatalog.remove(name)
    known = {key: value for key, value in metadata.as_dict().items() if key != "name"}
    MetadataCatalog.get(name).set(**known)


def _of_split(path: Path, split: str | None) -> list[Any]:
    """Dicts of a split, anew each time: nobody else holds them."""
    dicts = [dict(entry) if isinstance(entry, Mapping) else entry for entry in read_list(path)[0]]
    if split is None:
        return dicts
    stated = [str(e.get(SPLIT) or "") if isinstance(e, Mapping) else "" for e in dicts]
    name = same_split(split, tuple(dict.fromkeys(stated)))
    found = [entry for entry, own in zip(dicts, stated, strict=True) if own == name]
    if not found:
        known = ", ".join(filter(None, dict.fromkeys(stated))) or "none"
        raise DatasetError(f"{path}: no split '{split}'; found {known}. Choose one, or none.")
    return found


def _whole(entry: Any, root: str) -> Any:
    """Return a dict with whole paths; where its scan lies in one file, only that file is one."""
    if not isinstance(entry, Mapping):
        return entry
    keys = _PATHS[2:] if entry.get("singlefile_path") else _PATHS[:2]
    told = {key: entry[key] for key in keys if isinstance(entry.get(key), str) and entry[key]}
    return {**entry, **{key: os.path.join(root, value) for key, value in told.items()}}
