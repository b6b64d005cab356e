"""What our own lists have in common: the dictionary, and what they can't express."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.remark import Remark
from napari_medload.export.writing.facts import described
from napari_medload.export.writing.rows import Columns
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import read_json
from napari_medload.loaders.lists import source_named
from napari_medload.loaders.lists.described import KEY, dictionary, is_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source

_DICTIONARY_AT_MOST = 16 << 20
"""Bytes: what is larger is a list, which need not be parsed to know so."""


@dataclass(frozen=True)
class ListOptions:
    """Options of our own lists.

    Parameters
    ----------
    dictionary : bool
        Whether it is said what the columns mean, and how the dataset was opened: in a JSON file
        beside a table or JSON Lines, at the head of JSON, in the metadata of Parquet.
    """

    dictionary: bool = field(default=True, metadata={"label": "explain columns"})


class OwnList:
    """What CSV, TSV, JSON, JSON Lines and Parquet have in common.

    A list of what was reviewed may name files that lie elsewhere now: that is a warning.
    """

    options: ClassVar[type] = ListOptions
    consumer: ClassVar[str] = ""
    needs_files: ClassVar[bool] = False

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which files would not be found again when the list is opened."""
        unclear: dict[str, None] = {}
        sliced: dict[str, None] = {}
        for entry in selection.entries:
            for source in entry.sample.sources.values():
                if source.slices:
                    sliced[entry.sample.id] = None
                elif (source.key is not None or "#" in source.parts[1]) and not _is_clear(source):
                    unclear[entry.sample.id] = None
        if unclear:
            yield Remark(
                "warning",
                "files whose names hold a #, or keys in files that are named neither .h5 nor "
                ".hdf5, are not found again when the list is opened. Rename the files",
                tuple(unclear),
            )
        if sliced:
            yield Remark(
                "warning",
                "volumes of one file a slice are named by their first file alone; expected one "
                "file a volume. Save them as NIfTI where the list is to be opened again",
                tuple(sliced),
            )
        apart = target.base is not None and target.base != target.path.parent
        if apart and not target.options.dictionary:
            yield Remark(
                "warning",
                f"paths are relative to {target.base}, which is not the folder of the list, and "
                "only the dictionary says so. Write it too, or save the list there",
            )


def dictionary_of(selection: Selection, target: Target) -> dict[str, Any]:
    """Make the data dictionary of a list, as BIDS has it, with where the list comes from."""
    columns = Columns.of(selection, target)
    ours = [name for name in columns.names if name not in columns.stated]
    told = replace(described(selection, target), roles=columns.roles, stated=columns.stated)
    return dictionary(ours, told, columns.stated)


def head_of(selection: Selection, target: Target) -> dict[str, Any]:
    """Make the same as one object, for lists that have it at their head."""
    told = dictionary_of(selection, target)
    return {**told.pop(KEY), "dictionary": told}


def dictionary_at(path: Path) -> bool | None:
    """Whether a file is a data dictionary; None where there is no file."""
    if not path.exists():
        return None
    try:
        return path.stat().st_size <= _DICTIONARY_AT_MOST and is_dictionary(read_json(path))
    except DatasetError:
        return False


def _is_clear(source: Source) -> bool:
    """Whether a name leads to the same array again."""
    folder, name = source.parts
    found = source_named(folder, name if source.key is None else f"{name}#{source.key}")
    return (found.file, found.key) == (source.file, source.key)
