"""`open_dataset`: from a path to samples, whatever lies there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats import read_header
from napari_medload.loaders.backends import backend_for, backend_named, every_backend
from napari_medload.loaders.dataset import Alignment, Dataset, guess_alignment
from napari_medload.loaders.deepreg.folders import roles_found
from napari_medload.loaders.errors import DatasetError, SeveralDatasetsError
from napari_medload.loaders.lists import LIST_SUFFIXES
from napari_medload.loaders.loose import open_loose
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog
from napari_medload.loaders.medsegpy.registered import LAYOUT, open_registered
from napari_medload.loaders.patterns import open_patterns
from napari_medload.loaders.splits import subfolders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.geometry import Grid

_PAIRS_LOOKED_AT = 3
_SEARCH_DEPTH = 3
_SHOWN = 6


def open_dataset(
    path: str | Path = ".",
    *,
    layout: str | None = None,
    split: str | None = None,
    patterns: Mapping[str, str] | None = None,
) -> Dataset:
    """Open a dataset.

    Parameters
    ----------
    path : path
        A folder in any layout that a backend knows, a folder of volumes, a list, a training
        configuration, or a single volume; or the name of a dataset registered in the
        `DatasetCatalog`, which goes before a path.
    layout : str, optional
        Name of the backend that reads it, instead of recognising it.
    split : str, optional
        Only this of train, valid and test.
    patterns : dict of role to pattern, optional
        Such as ``{"moving_image": "sub-{id}/t2.nii.gz", "fixed_image": "sub-{id}/t1.nii.gz"}``,
        relative to `path`.

    Raises
    ------
    DatasetError
        If nothing there is a dataset; the message says what was looked for.
    SeveralDatasetsError
        If a folder holds several; its ``choices`` are their folders.
    """
    if _is_registered(path, layout) and not patterns:
        registered = open_registered(str(path))
        return registered if split is None else registered.only(split)
    path = Path(path).expanduser().absolute()
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder. Check the spelling and the disk.")
    if patterns:
        dataset = open_patterns(path, patterns)
    else:
        dataset = _open(path, layout, split)
    if split is not None and dataset.splits != (split,):
        dataset = dataset.only(split)
    return dataset.aligned(_recognised_alignment(dataset))


def _is_registered(name: str | Path, layout: str | None) -> bool:
    by_name = isinstance(name, str) and name in DatasetCatalog.list()
    return layout == LAYOUT or (by_name and layout is None)


def _open(path: Path, layout: str | None, split: str | None) -> Dataset:
    if layout is not None:
        try:
            backend = backend_named(layout)
        except KeyError as error:
            raise DatasetError(str(error.args[0])) from error
    else:
        found = backend_for(path)
        if found is None:
            return _elsewhere(path, split)
        backend = found
    try:
        return backend.open(path, split)
    except DatasetError:
        raise
    except Exception as error:  # a backend of another package may raise anything
        raise DatasetError(
            f"{path}: the loader backend '{backend.name}' failed "
            f"({type(error).__name__}: {error}). Choose another layout."
        ) from error


def _elsewhere(path: Path, split: str | None) -> Dataset:
    """Datasets further down, a folder of volumes, or an error that helps."""
    if not path.is_dir():
        raise DatasetError(
            f"{path}: neither a folder, a list ({', '.join(LIST_SUFFIXES)}) nor a volume. "
            "Convert it to NIfTI, or open the folder that holds it."
        )
    choices = _datasets_below(path, _SEARCH_DEPTH)
    if len(choices) == 1:
        return _open(choices[0], None, split)
    if choices:
        raise SeveralDatasetsError(path, choices)
    roles = roles_found(path)
    loose = None if roles else open_loose(path)
    if loose is None:
        raise DatasetError(_nothing_found(path, roles))
    return loose


def _datasets_below(folder: Path, depth: int) -> list[Path]:
    found = []
    for below in subfolders(folder):
        if backend_for(below) is not None:
            found.append(below)
        elif depth > 1:
            found += _datasets_below(below, depth - 1)
    return found


def _nothing_found(folder: Path, roles: list[str]) -> str:
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    if roles:
        lacking = [name for name in ("fixed_images", "moving_images") if name not in roles]
        remedy = f"Add {' and '.join(lacking)}, or open it as a list of pairs (CSV or JSON)."
    else:
        remedy = (
            "Open the folder above or below, give a CSV or JSON list, or name patterns: "
            "--moving 'sub-{id}/t2.nii.gz' --fixed 'sub-{id}/t1.nii.gz'."
        )
    expected = ", ".join(dict.fromkeys(backend.expects for backend in every_backend()))
    return (
        f"{folder}: not a dataset; found {shown or 'an empty folder'}. Expected one of: "
        f"{expected}; roles as folders of NIfTI files or as h5 files, with or without train, valid "
        f"and test above them. {remedy}"
    )


def _recognised_alignment(dataset: Dataset) -> Alignment:
    """Guess from the first readable pairs."""
    return guess_alignment(list(islice(_pairs(dataset), _PAIRS_LOOKED_AT)))


def _pairs(dataset: Dataset) -> Iterator[tuple[Grid, Grid]]:
    for sample in dataset.samples[: _PAIRS_LOOKED_AT * 4]:
        fixed, moving = (sample.sources.get(f"{side}_image") for side in ("fixed", "moving"))
        if fixed is None or moving is None:
            continue
        try:
            yield read_header(fixed).grid, read_header(moving).grid
        except OSError:
            continue
