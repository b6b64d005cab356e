"""What a row holds, made when asked for: a list may have 100,000 rows of many files each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Source
from napari_medload.loaders.lists.cells import source_named

if TYPE_CHECKING:
    from collections.abc import Sequence


class FilesOfRow(Mapping[str, Source]):
    """Sources of a sample; an empty text is a role that it lacks.

    Parameters
    ----------
    folder : str
        Folder that paths are relative to.
    columns : dict of role to texts
        Of the whole list, shared by its samples.
    row : int
    """

    __slots__ = ("_columns", "_folder", "_row")

    def __init__(self, folder: str, columns: dict[str, Sequence[str]], row: int) -> None:
        self._folder = folder
        self._columns = columns
        self._row = row

    def __getitem__(self, role: str) -> Source:
        text = self._columns[role][self._row]
        if not text:
            raise KeyError(role)
        return source_named(self._folder, text)

    def __contains__(self, role: object) -> bool:
        return role in self._columns and bool(self._columns[str(role)][self._row])

    def __iter__(self) -> Iterator[str]:
        row = self._row
        return (role for role, texts in self._columns.items() if texts[row])

    def __len__(self) -> int:
        row = self._row
        return sum([bool(texts[row]) for texts in self._columns.values()])

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # another process needs this row, not the list


class StatedInRow(Mapping[str, str]):
    """What a row states beside its files, by column; an empty text is missing.

    Parameters
    ----------
    columns : dict of name to texts
        Of the whole list, shared by its samples.
    row : int
    """

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: dict[str, Sequence[str]], row: int) -> None:
        self._columns = columns
        self._row = row

    def __getitem__(self, column: str) -> str:
        text = self._columns[column][self._row]
        if not text:
            raise KeyError(column)
        return text

    def __iter__(self) -> Iterator[str]:
        row = self._row
        return (name for name, texts in self._columns.items() if texts[row])

    def __len__(self) -> int:
        row = self._row
        return sum([bool(texts[row]) for texts in self._columns.values()])

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
