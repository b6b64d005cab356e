"""Columns of a list that are chosen by hand, where none is recognised by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_medload.loaders.lists.guessing import MAIN_IMAGES, MAPPABLE, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


_ROWS = 3
MEANINGS = MAPPABLE
"""What a column can be chosen for."""


@dataclass(frozen=True)
class Sheet:
    """A list whose columns are to be chosen.

    Parameters
    ----------
    path : Path
    header : tuple of str
        Names of its columns.
    rows : tuple of tuples of str
        The first ones, as long as the header.
    guess : mapping of meaning to column
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guess: Mapping[str, str]

    def fault(self, chosen: Mapping[str, str]) -> str:
        """Say why the list cannot be opened so; empty where it can."""
        if not any(meaning in chosen for meaning in MAIN_IMAGES):
            return "no column is chosen for an image; choose one for fixed, moving or image"
        columns = list(chosen.values())
        twice = next((name for name in columns if columns.count(name) > 1), None)
        return "" if twice is None else f"the column '{twice}' is chosen twice; choose it once"


class ColumnMapping:
    """Reads the columns of a list, and opens it with those that a person chooses.

    Parameters
    ----------
    fetch : callable
        Makes something in another thread, and hands it over; see `Opening.fetch`.
    open_list : callable
        Opens a list; takes its path and the columns by meaning.
    """

    found = Signal(object)  # Sheet

    def __init__(
        self,
        fetch: Callable[..., None],
        open_list: Callable[[Path, dict[str, str]], None],
    ) -> None:
        self._fetch, self._open = fetch, open_list
        self.sheet: Sheet | None = None

    def begin(self, path: Path, chosen: Mapping[str, str] | None = None) -> None:
        """Read the columns of a list in the background.

        Parameters
        ----------
        path : Path
        chosen : mapping of meaning to column, optional
            What was chosen before; else it is guessed.
        """
        self._fetch(f"reading {path.name}", lambda _tell: sheet_of(path, chosen), self._take)

    def open(self, chosen: Mapping[str, str]) -> None:
        """Open the list with some columns, by meaning."""
        if self.sheet is not None and not self.sheet.fault(chosen):
            self._open(self.sheet.path, dict(chosen))

    def _take(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.found.emit(sheet)


def sheet_of(path: Path, chosen: Mapping[str, str] | None = None) -> Sheet:
    """Read the columns of a list, and its first rows; see `ColumnMapping.begin`.

    Raises
    ------
    DatasetError
        If it is no list.
    """
    found = columns_of(path)
    return Sheet(path, found.header, found.first_rows[:_ROWS], chosen or found.guess)
