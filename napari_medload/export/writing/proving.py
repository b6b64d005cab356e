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
_SHOWN = 200


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
    except (OSError, LookupError, TypeError, ValueError, csv.Error) as error:
        raise ExportError(f"{path}: what was written can't be read back ({error}). {_AGAIN}") from (
            error
        )


def expect_same(
    path: Path,
    ids: Sequence[str],
    meant: Iterable[Any],
    found: Iterable[Any],
    names: Sequence[str] = (),
) -> None:
    """Compare what was read back of some samples with what was meant.

    Parameters
    ----------
    path : Path
        Of the list.
    ids : sequence of str
        Samples that were meant, in order.
    meant, found : iterable
        One item a sample: a list of cells, or an object as JSON has it.
    names : sequence of str
        Of the cells, where the items are lists.

    Raises
    ------
    ExportError
        If they differ; it names the first sample, and its column or key.
    """
    read = iter(found)
    for place, item in enumerate(meant):
        other = next(read, _NOTHING)
        if other is _NOTHING:
            raise ExportError(
                f"{path}: sample {_shown(ids[place])} and what follows were not read back; the "
                f"list ends before. {_AGAIN}"
            )
        if item != other:
            what, expected, got = _first_difference(item, other, names)
            raise ExportError(
                f"{path}: sample {_shown(ids[place])} was read back with {got} as its {what}; "
                f"expected {expected}. {_AGAIN}"
            )
    if next(read, _NOTHING) is not _NOTHING:
        raise ExportError(f"{path}: more rows were read back than were written. {_AGAIN}")


def expect_json(path: Path, meant: Any, found: Any) -> None:
    """Compare what stands at the head of a list, or beside it, with what was meant.

    Raises
    ------
    ExportError
        If they differ.
    """
    if json.loads(json.dumps(meant)) != found:  # tuples are read back as lists
        raise ExportError(f"{path}: its description was not read back as it was meant. {_AGAIN}")


def _first_difference(meant: Any, found: Any, names: Sequence[str]) -> tuple[str, str, str]:
    """Name the first column or key in which two items differ, and say what stands there."""
    pairs: Iterable[tuple[str, Any, Any]] = ()
    if isinstance(meant, dict) and isinstance(found, dict):
        keys = dict.fromkeys((*meant, *found))
        pairs = ((key, meant.get(key, _NOTHING), found.get(key, _NOTHING)) for key in keys)
    elif names and len(meant) == len(found):
        pairs = zip(names, meant, found, strict=True)
    elif names:
        return "number of columns", str(len(meant)), str(len(found))
    for name, expected, got in pairs:
        if expected != got:
            return name, _shown(expected), _shown(got)
    return "content", _shown(meant), _shown(found)


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
