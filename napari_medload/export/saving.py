"""Saving a list: said what is wrong, written aside, read back, and only then put in its place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.export.asking import Answer, ask_consumer
from napari_medload.export.contract import Target
from napari_medload.export.errors import ExportError
from napari_medload.export.general import general_remarks, unreadable_remarks
from napari_medload.export.registry import exporter_for, exporter_named
from napari_medload.export.selection import selection_of
from napari_medload.export.writing.proving import proving
from napari_medload.formats.storage.atomic import written_whole
from napari_medload.formats.storage.paths import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_medload.export.contract import Exporter
    from napari_medload.export.remark import Remark
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.loaders import Dataset, Sample

_PREVIEWED, _WHOLE = 5, 500
_LINES = 24


@dataclass(frozen=True)
class Saved:
    """What was saved.

    Parameters
    ----------
    path : Path
        File or folder.
    format : str
    count : int
        Samples in it; all were read back.
    warnings : tuple of Remark
        What the format could not express.
    answer : Answer
        What the consumer said.
    """

    path: Path
    format: str
    count: int
    warnings: tuple[Remark, ...]
    answer: Answer

    def __str__(self) -> str:
        count = "1 sample" if self.count == 1 else f"{self.count:,} samples"
        lines = [f"{self.path}: {count}, read back", str(self.answer)]
        return "\n".join(filter(None, (*lines, *(f"warning: {w}" for w in self.warnings))))


def save(
    samples: Selection | Dataset | Iterable[Sample | Entry],
    path: str | Path,
    format: str | None = None,
    *,
    relative_to: str | Path | None = None,
    overwrite: bool = False,
    ask: bool = True,
    tell: Callable[[str], None] = lambda _what: None,
    **options: Any,
) -> Saved:
    """Save a list of samples for the program that trains or reports next.

    An earlier export is replaced, once the new one is whole and was read back.

    Parameters
    ----------
    samples : Selection, Dataset, or samples
        With verdicts, findings and hashes where it is a selection; see `reviewed`.
    path : path
        File, or folder for a format that fills one.
    format : str, optional
        Name of a format; see `format_names`. Where it is left out, the suffix decides.
    relative_to : path, optional
        Folder that paths are written relative to; absolute paths where it is left out.
    overwrite : bool
        Whether something else is replaced too: the list that the samples were opened from, or a
        file or folder that was not exported here.
    ask : bool
        Whether the consumer is asked to load the list, where it is installed.
    tell : callable
        Told what is about to be done; it may raise to cancel, and nothing is left behind.
    **options
        Of the format.

    Returns
    -------
    Saved

    Raises
    ------
    ExportError
        If there is no sample, if the format can't express them, or if what was written is not read
        back as it was meant. What was there before is there still.
    OSError
        If it cannot be written.
    """
    selection = selection_of(samples)
    path = Path(path).expanduser().absolute()
    exporter = exporter_for(path) if format is None else exporter_named(format)
    target = replace(
        target_of(exporter, path, relative_to, options), overwrite=overwrite, tell=tell
    )
    path = target.path
    tell("looking for what the format can't express")
    remarks = remarks_of(exporter, selection, target)
    errors = [remark for remark in remarks if remark.gravity == "error"]
    if errors:
        raise ExportError(f"{path}: not saved as {exporter.title}:\n" + "\n".join(map(str, errors)))
    tell("writing")
    with written_whole(path, getattr(exporter, "replaces", ())) as aside:
        exporter.write(selection, target, aside)
        tell("reading it back")
        with proving(path):
            exporter.prove(selection, target, aside)
        answer = Answer()
        if ask and exporter.consumer:
            tell(f"asking {exporter.consumer}")
            answer = ask_consumer(exporter, selection, target, aside)
        tell("putting it in its place")
    return Saved(path, exporter.name, len(selection), remarks, answer)


def target_of(
    exporter: Exporter, path: Path, relative_to: str | Path | None, options: dict[str, Any]
) -> Target:
    """Make the target of a format, with its options.

    Raises
    ------
    ExportError
        If the format has no such option.
    """
    known = [field.name for field in fields(exporter.options)]
    odd = [name for name in options if name not in known]
    if odd:
        raise ExportError(
            f"{exporter.title} has no option '{odd[0]}'; expected one of "
            f"{', '.join(known) or 'none: it has no options'}."
        )
    base = None if relative_to is None else Path(plain(Path(relative_to).expanduser()))
    return Target(Path(plain(path)), base, exporter.options(**options))


def remarks_of(exporter: Exporter, selection: Selection, target: Target) -> tuple[Remark, ...]:
    """Gather what stands against an export, errors first."""
    found = [*general_remarks(exporter, selection, target)]
    if not any(remark.gravity == "error" for remark in found):
        found += exporter.remarks(selection, target)
    if not any(remark.gravity == "error" for remark in found):
        found += unreadable_remarks(exporter, selection, target)
    return tuple(sorted(found, key=lambda remark: remark.gravity != "error"))


def preview(
    selection: Selection, exporter: Exporter, target: Target, lines: int = _LINES
) -> list[str]:
    """Write a list to a place that is forgotten, and return how it begins.

    Of a long list the first samples alone are written, and it is said where counts are of them.

    Raises
    ------
    ExportError, OSError
        If they cannot be written.
    """
    one_by_one = getattr(exporter, "lines", None)
    if one_by_one is not None:  # the first lines need no others, of which there may be millions
        first = islice(one_by_one(selection[:_PREVIEWED], target), lines - 1)
        return [f"# {target.path.name}", *(line.rstrip("\n") for line in first)]
    whole = len(selection) <= _WHOLE
    first_of = "" if whole else f"  (counts are of the first {_PREVIEWED} samples)"
    with tempfile.TemporaryDirectory() as folder:
        aside = Path(folder) / target.path.name
        exporter.write(selection if whole else selection[:_PREVIEWED], target, aside)
        told: list[str] = []
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():
                told.append(f"# {file.relative_to(folder)}{first_of}")
                told += file.read_text(encoding="utf-8", errors="replace").splitlines()[:lines]
        return told[:lines]
