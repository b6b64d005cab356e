"""Proving that what was written says what was meant."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_medload.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_AGAIN = "Nothing has been saved. Look whether the disk is sound and has room, and save it again."
_SHOWN = 80


@contextmanager
def proving(path: Path) -> Iterator[None]:
    """Name the list where it can't be read back at all.

    Raises
    ------
    ExportError
        In place of what a reader says.
    """
    try:
        yield
    except ExportError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        raise ExportError(f"{path}: what was written can't be read back ({error}). {_AGAIN}") from (
            error
        )


def expect_rows(
    path: Path,
    ids: Sequence[str],
    names: Sequence[str],
    meant: Iterable[tuple[Any, ...]],
    found: Iterable[Sequence[Any]],
) -> None:
    """Compare rows that were read back with those that were meant.

    Parameters
    ----------
    path : Path
        Of the list.
    ids : sequence of str
        Samples of the rows that were meant.
    names : sequence of str
        Of the columns.
    meant : iterable of tuple
        Rows.
    found : iterable of sequence

    Raises
    ------
    ExportError
        If they differ; it names the first sample and column.
    """
    rows, read = list(meant), list(map(tuple, found))
    if rows == read:
        return
    for sample, row, other in zip(ids, rows, read, strict=False):
        if row != other:
            column, expected, got = _first_difference(names, row, other)
            raise ExportError(
                f"{path}: sample {_shown(sample)} was read back with {got} as its {column}; "
                f"expected {expected}. {_AGAIN}"
            )
    if len(read) < len(rows):
        raise ExportError(
            f"{path}: sample {_shown(ids[len(read)])} and what follows were not read back; the "
            f"list ends before. {_AGAIN}"
        )
    raise ExportError(f"{path}: more rows were read back than were written. {_AGAIN}")


def expect_json(path: Path, meant: Any, found: Any) -> None:
    """Compare a dictionary that was read back with the one that was meant.

    Raises
    ------
    ExportError
        If they differ.
    """
    if json.loads(json.dumps(meant)) != found:  # tuples are read back as lists
        raise ExportError(f"{path}: its dictionary was not read back as it was meant. {_AGAIN}")


def _first_difference(
    names: Sequence[str], meant: Sequence[Any], found: Sequence[Any]
) -> tuple[str, str, str]:
    """Name the first column in which two rows differ, and say what stands there."""
    for name, expected, got in zip(names, meant, found, strict=False):
        if expected != got:
            return name, _shown(expected), _shown(got)
    return "number of columns", str(len(meant)), str(len(found))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
