"""Sample lists: tables whose columns are roles.

A path is absolute or relative to the folder of the list; ``file.h5#key`` names a dataset in an
HDF5 file, and ``folder#UID`` a series in a folder of DICOM files; a folder alone names its first
series; an empty cell or ``n/a`` means that the sample has no such image. A JSON list is an
array of rows, or an object that holds one as ``samples`` or ``pairs``; any other object belongs to
`datalist`. Columns that are neither identity nor role are what the list states of its samples.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from napari_medload.loaders.dataset import UNDECLARED, Alignment, Dataset
from napari_medload.loaders.errors import DatasetError, NoColumnsError
from napari_medload.loaders.garbage import uncollected
from napari_medload.loaders.json_file import read_json
from napari_medload.loaders.lists.cells import looks_like_path
from napari_medload.loaders.lists.columns import (
    as_described,
    check_columns,
    columns_of_header,
    expect_single_columns,
)
from napari_medload.loaders.lists.described import is_dictionary
from napari_medload.loaders.lists.reading import LIST_SUFFIXES, TABLE_SUFFIXES, read_table
from napari_medload.loaders.lists.rows import samples_of_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_medload.loaders.lists.table import Table
    from napari_medload.loaders.sample import Sample

_RATINGS = ("good", "fail", "pass", "bad", "maybe", "review later", "doubtful", "alright")
"""What VisualQC writes into its second column, in lists without a header."""


class SampleList:
    """A CSV, TSV, JSON, JSON Lines or Parquet file with one row a sample."""

    name: ClassVar[str] = "list"
    expects: ClassVar[str] = "a list (CSV, TSV, JSON, JSON Lines or Parquet)"

    def recognises(self, path: Path) -> bool:
        """Whether the name is that of a list; the dictionary beside a table is none."""
        if path.suffix.lower() not in LIST_SUFFIXES or not path.is_file():
            return False
        if path.name.lower().endswith(".mrk.json"):  # of 3D Slicer
            return False
        return path.suffix.lower() != ".json" or not _describes(path)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list; see `open_list`."""
        dataset = open_list(path)
        return dataset if split is None else dataset.only(split)


def _describes(path: Path) -> bool:
    try:
        return is_dictionary(read_json(path))
    except DatasetError:  # opening it says why
        return False


def open_list(path: Path, columns: Mapping[str, str] | None = None) -> Dataset:
    """Open a list of samples.

    Parameters
    ----------
    path : Path
    columns : mapping of role to column, optional
        Chosen by hand, such as ``{"fixed_image": "ct_path", "split": "fold"}``; all others are
        taken by their names.

    Raises
    ------
    DatasetError
        If the file is no table, or a column that was chosen is not in it.
    NoColumnsError
        If none of its columns is a role.
    """
    with uncollected():
        return _opened(path, columns)


def _opened(path: Path, columns: Mapping[str, str] | None) -> Dataset:
    table = read_table(path)
    described = table.description
    if not table.count:
        raise DatasetError(f"{path}: the list is empty; expected one row a sample.")
    try:
        found = columns_of_header(table.header, columns)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
    if described is not None and not columns:
        found = as_described(table.header, found, described)
    if path.suffix.lower() in TABLE_SUFFIXES:
        expect_single_columns(path, table.header, found)
    if not columns:
        _expect_header(path, table)
        known = () if described is None else (*described.roles, *described.stated)
        first = table.row(0)
        check_columns(path, {name: cell for name, cell in first.items() if name not in known})
    folder = path.parent if described is None else described.folder(path)
    samples = samples_of_table(folder, table, found)
    if not any(sample.sources for sample in samples):
        raise NoColumnsError(path, _no_columns(path, table))
    dataset = Dataset(path, "list", samples, alignment_of(samples))
    if described is not None:
        dataset = described.applied(dataset)
    return replace(dataset, columns=dict(columns)) if columns else dataset


def alignment_of(samples: Sequence[Sample]) -> Alignment:
    """Promise of a list: none where it has no pairs; else it is to be guessed from them."""
    return UNDECLARED if any("moving_image" in sample.sources for sample in samples) else "none"


def _expect_header(path: Path, table: Table) -> None:
    paths = [name for name in table.header if looks_like_path(name)]
    if paths and path.suffix.lower() in TABLE_SUFFIXES:
        raise DatasetError(
            f"{path}: the first row holds the path {paths[0]}; expected the names of the columns, "
            "such as fixed,moving. Put a header above it."
        )


def _no_columns(path: Path, table: Table) -> str:
    found = f"{path}: no column holds paths; found {', '.join(map(str, table.header))}."
    if len(table.header) == 3 and str(table.header[1]).strip().lower() in _RATINGS:
        return (
            f"{found} These are ratings of VisualQC (id, rating, notes), which name no files; "
            "expected a list of images. Open the folder that was rated."
        )
    return (
        f"{found} Expected columns such as fixed, moving, fixed_label, moving_label, or image and "
        "label. Rename them, or choose them by hand: --column fixed_image=COLUMN, or "
        'columns={"fixed_image": "COLUMN"} in Python.'
    )
