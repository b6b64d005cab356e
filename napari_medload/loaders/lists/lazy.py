"""What a row holds, made when asked for: a list may have 100,000 rows of many files each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from napari_medload.formats import Source
from napari_medload.loaders.lists.cells import source_named

if TYPE_CHECKING:
    from collections.abc import Sequence

Held = TypeVar("Held")


class _OfRow(Mapping[str, Held], Generic[Held]):
    """One row of columns of texts; an empty text is missing.

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

    @abstractmethod
    def _held(self, text: str) -> Held: ...

    def __getitem__(self, name: str) -> Held:
        text = self._columns[name][self._row]
        if not text:
            raise KeyError(name)
        return self._held(text)

    def __contains__(self, name: object) -> bool:
        return name in self._columns and bool(self._columns[str(name)][self._row])

    def __iter__(self) -> Iterator[str]:
        row = self._row
        return (name for name, texts in self._columns.items() if texts[row])

    def __len__(self) -> int:
        row = self._row
        return sum([bool(texts[row]) for texts in self._columns.values()])

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # another process needs this row, not the list


class FilesOfRow(_OfRow[Source]):
    """Sources of a sample by role.

    Parameters
    ----------
    folder : str
        Folder that paths are relative to.
    columns : dict of role to texts
    row : int
    """

    __slots__ = ("_folder",)

    def __init__(self, folder: str, columns: dict[str, Sequence[str]], row: int) -> None:
        super().__init__(columns, row)
        self._folder = folder

    def _held(self, text: str) -> Source:
        return source_named(self._folder, text)


class StatedInRow(_OfRow[str]):
    """What a row states beside its files, by column."""

    __slots__ = ()

    def _held(self, text: str) -> str:
        return text
