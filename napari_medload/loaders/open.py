"""`open_dataset`: from a path to samples, whatever lies there."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats import read_header
from napari_medload.loaders.advice import no_dataset, no_file_of_ours, not_there
from napari_medload.loaders.backends import backend_for, backend_named
from napari_medload.loaders.dataset import Alignment, Dataset, guess_alignment
from napari_medload.loaders.deepreg.folders import roles_found
from napari_medload.loaders.errors import DatasetError, SeveralDatasetsError
from napari_medload.loaders.json_file import forget
from napari_medload.loaders.lists import LIST_SUFFIXES, open_list
from napari_medload.loaders.loose import open_loose
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog
from napari_medload.loaders.medsegpy.registered import LAYOUT, open_registered
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.patterns import open_patterns
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import subfolders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.geometry import Grid

_PAIRS_LOOKED_AT = 3
_SEARCH_DEPTH = 3


def open_dataset(
    path: str | Path = ".",
    *,
    layout: str | None = None,
    split: str | None = None,
    patterns: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
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
    columns : dict of role to column, optional
        Columns of a list that are chosen by hand, such as ``{"fixed_image": "ct_path",
        "split": "fold"}``.

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
    name, path = str(path), Path(path).expanduser().absolute()
    if not os.path.exists(path):
        raise DatasetError(not_there(path, name))
    try:
        if patterns:
            dataset = _guessed(open_patterns(path, patterns))
        elif columns:
            dataset = _guessed(_list_by_hand(path, columns))
        else:
            dataset = _open(path, layout, split)
    finally:
        forget()  # a description is kept for as long as its backends are asked, not longer
    if split is not None and dataset.splits != (split,):
        dataset = dataset.only(split)
    return dataset


def _is_registered(name: str | Path, layout: str | None) -> bool:
    by_name = isinstance(name, str) and name in DatasetCatalog.list()
    return layout == LAYOUT or (by_name and layout is None)


def _list_by_hand(path: Path, columns: Mapping[str, str]) -> Dataset:
    """Open a list of which some columns are chosen by hand."""
    if path.suffix.lower() not in LIST_SUFFIXES or not path.is_file():
        raise DatasetError(
            f"{path}: columns were chosen by hand; expected a list ({', '.join(LIST_SUFFIXES)}). "
            "Open it without them."
        )
    return open_list(path, columns)


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
        return _checked(backend.open(path, split))
    except DatasetError:
        raise
    except Exception as error:  # a backend of another package may raise anything
        raise DatasetError(
            f"{path}: the loader backend '{backend.name}' failed "
            f"({type(error).__name__}: {error}). Choose another layout."
        ) from error


def _checked(found: Dataset) -> Dataset:
    """Hold a backend to what it promises, and guess what it leaves open.

    Raises
    ------
    TypeError
        If it returned no dataset of samples.
    """
    if not isinstance(found, Dataset):
        raise TypeError(f"it returned {type(found).__name__}, expected a Dataset")
    if {*map(type, found.samples)} - {Sample} and (
        odd := next((each for each in found.samples if not isinstance(each, Sample)), None)
    ):
        raise TypeError(f"its dataset holds {type(odd).__name__}, expected Samples")
    if len({sample.id for sample in found.samples}) < len(found.samples):
        found = replace(found, samples=unique_ids(found.samples))
    return _guessed(found)


def _guessed(dataset: Dataset) -> Dataset:
    """Return a dataset whose alignment is guessed, where it declares none."""
    if dataset.promised:
        return dataset
    return dataset.aligned(_recognised_alignment(dataset))


def _elsewhere(path: Path, split: str | None) -> Dataset:
    """Datasets further down, a folder of volumes, or an error that helps."""
    if not path.is_dir():
        raise DatasetError(no_file_of_ours(path))
    choices = _datasets_below(path, _SEARCH_DEPTH)
    if len(choices) == 1:
        return _open(choices[0], None, split)
    if choices:
        raise SeveralDatasetsError(path, choices)
    loose = None if roles_found(path) else open_loose(path)
    if loose is None:
        raise DatasetError(no_dataset(path))
    return loose


def _datasets_below(folder: Path, depth: int) -> list[Path]:
    found = []
    for below in subfolders(folder):
        if backend_for(below) is not None:
            found.append(below)
        elif depth > 1:
            found += _datasets_below(below, depth - 1)
    return found


def _recognised_alignment(dataset: Dataset) -> Alignment:
    """Guess from the first readable pairs."""
    return guess_alignment(list(islice(_pairs(dataset), _PAIRS_LOOKED_AT)))


def _pairs(dataset: Dataset) -> Iterator[tuple[Grid, Grid]]:
    sides = ("fixed_image", "moving_image")
    paired = (s for s in dataset.samples if all(side in s.sources for side in sides))
    for sample in islice(paired, _PAIRS_LOOKED_AT * 4):
        try:
            fixed, moving = (read_header(sample.sources[side]).grid for side in sides)
        except (OSError, ValueError):  # the sample will say so when it is shown
            continue
        yield fixed, moving
