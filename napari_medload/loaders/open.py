"""`open_dataset`: from a path to samples, whatever lies there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats import read_header, sources, suffix_of
from napari_medload.loaders.dataset import Alignment, Dataset, DatasetError, Layout, guess_alignment
from napari_medload.loaders.folders import open_folder
from napari_medload.loaders.lists import LIST_SUFFIXES, open_list
from napari_medload.loaders.patterns import open_patterns
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.geometry import Grid

_PAIRS_LOOKED_AT = 3


def open_dataset(
    path: str | Path = ".",
    *,
    layout: Layout | None = None,
    split: str | None = None,
    patterns: Mapping[str, str] | None = None,
) -> Dataset:
    """Open a dataset.

    Parameters
    ----------
    path : path
        A folder in a DeepReg layout (paired, unpaired, grouped; NIfTI or HDF5), a folder of
        volumes, a CSV, TSV or JSON list, or a single volume.
    layout : str, optional
        Read the folder as paired, unpaired or grouped, instead of recognising it.
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
    path = Path(path).expanduser().absolute()
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder. Check the spelling and the disk.")
    if patterns:
        dataset = open_patterns(path, patterns)
    elif path.is_dir():
        dataset = open_folder(path, layout, split)
    elif path.suffix.lower() in LIST_SUFFIXES:
        dataset = open_list(path)
    elif suffix_of(path):
        dataset = _single_file(path)
    else:
        raise DatasetError(
            f"{path}: neither a folder, a list ({', '.join(LIST_SUFFIXES)}) nor a volume. "
            "Convert it to NIfTI, or open the folder that holds it."
        )
    if split is not None and not path.is_dir():
        dataset = dataset.only(split)
    return dataset.aligned(_recognised_alignment(dataset))


def _single_file(path: Path) -> Dataset:
    try:
        found = sources(path)
    except OSError as error:
        raise DatasetError(str(error)) from error
    name = path.name[: -len(suffix_of(path) or "")]
    samples = tuple(
        Sample(name if source.key is None else source.key, {"image": source}) for source in found
    )
    if not samples:
        raise DatasetError(f"{path}: holds no array of numbers; expected at least one.")
    return Dataset(path, "list", samples, "none")


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
