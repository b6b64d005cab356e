"""What would come of a wish: how many samples, how the list begins, what stands against it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from napari_medload.export import Remark, exporter_named
from napari_medload.export.choice.leakage import unhashed
from napari_medload.export.choice.reporting import in_short, reported
from napari_medload.export.files.standing import kept_by, standing_at
from napari_medload.export.saving import preview, remarks_of, target_of
from napari_medload.export.tables.delimited import Csv, Tsv
from napari_medload.session.export.places import absolute, place_remarks
from napari_medload.session.export.seldom import Seldom
from napari_medload.session.export.wish import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.export import Exporter, Selection
    from napari_medload.session.export.chosen import Chosen
    from napari_medload.session.export.wish import Wish

_LINES = 24
_TICK = "tick 'hash contents'"
_NO_TEXT = "\ufffd"
_PREVIEWLESS = "(this format is no text)"


@dataclass(frozen=True)
class Outlook:
    """What would come of a wish.

    Parameters
    ----------
    wish : Wish
    total : int
        All samples that there are.
    count : int, optional
        Those that are exported; None before they are counted.
    doing : str
        What takes long and is being done for it; empty else.
    splits : str
        The splits in short, and whether something stands in two of them; empty without splits.
    report : tuple of str
        The same at length.
    notes : tuple of str
        What is good to know of their verdicts and findings.
    lines : tuple of str
        How the list begins.
    rows : tuple of tuples of str
        The same as a table, with its header; empty for a format that is none.
    remarks : tuple of Remark
        What stands against it, errors first.
    known : bool
        Whether that has been looked at.
    replaces : bool
        Whether a file is there already.
    """

    wish: Wish
    total: int
    count: int | None = None
    doing: str = ""
    splits: str = ""
    report: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[Remark, ...] = ()
    known: bool = False
    replaces: bool = False

    @property
    def text(self) -> str:
        """Count the samples."""
        of = f"{self.total:,} sample{'s' if self.total != 1 else ''}"
        return of if self.count is None else f"{self.count:,} of {of}"

    @property
    def refusal(self) -> str:
        """Why it cannot be saved; empty where it can, or where that is not known yet."""
        return next((str(r) for r in self.remarks if r.gravity == "error"), "")


def outlook_of(
    chosen: Chosen, begun: Outlook, go_on: Callable[[], None], counted: Callable[[Outlook], None]
) -> Outlook:
    """Look what would come of a wish, whatever a format provokes.

    Parameters
    ----------
    begun : Outlook
        What is shown meanwhile.
    go_on : callable
        Asked now and then; raises `Cancelled` to stop.
    counted : callable
        Told as soon as the samples are counted, and how far hashing is.

    Raises
    ------
    Cancelled
        If a person wants it no more.
    """
    wish, exporter = chosen.wish, exporter_named(chosen.wish.format)
    place: tuple[Remark, ...] = ()
    found = replace(begun, count=None)
    try:
        place = tuple(place_remarks(wish.path, wish.relative_to, exporter))
        positions = chosen.positions(go_on)
        counted(found := replace(begun, count=len(positions)))
        now_and_then = Seldom(lambda doing: counted(replace(found, doing=doing)))

        def progress(done: int, total: int, what: str) -> None:
            go_on()
            now_and_then(f"{what}: {done:,} of {total:,}")

        selection = chosen.selection(positions, go_on, progress)
        lines, remarks = _looked_at(selection, wish, go_on)
        splits, report = _about_splits(selection, remarks, "" if wish.hashed else _TICK)
        notes = tuple(chosen.notes(positions, go_on))
    except Cancelled:
        raise
    except Exception as error:  # a person is told
        notes, lines, splits, report = (), (), "", ()
        remarks = (Remark("error", str(error) or type(error).__name__),)
    wrong = tuple(r for r in (*place, *remarks) if r.gravity == "error")
    return replace(
        found,
        splits=splits,
        report=report,
        notes=notes,
        doing="",
        lines=lines,
        rows=_rows_in(exporter, lines),
        remarks=wrong or (*place, *remarks),  # first things first
        known=True,
        replaces=bool(wish.path.strip() and standing_at(absolute(wish.path), kept_by(exporter))),
    )


def _looked_at(
    selection: Selection, wish: Wish, go_on: Callable[[], None]
) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """Say how a list begins, and what a format says of it."""
    exporter = exporter_named(wish.format)
    path = absolute(wish.path.strip() or f"list{''.join(exporter.suffixes[:1])}")
    target = target_of(exporter, path, wish.relative_to, dict(wish.options))
    target = replace(target, overwrite=True, tell=lambda _what: go_on())
    remarks = remarks_of(exporter, selection, target)
    if any(remark.gravity == "error" for remark in remarks):
        return (), remarks
    lines = preview(selection, exporter, target, _LINES)
    if any(_NO_TEXT in line or "\0" in line for line in lines):
        lines = [*(line for line in lines[:1] if line.startswith("# ")), _PREVIEWLESS]
    return tuple(lines), remarks


def _rows_in(exporter: Exporter, lines: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Take the cells out of the lines of a table, up to the file beside it."""
    if not isinstance(exporter, Csv | Tsv) or not lines:
        return ()
    text = takewhile(lambda line: not line.startswith("# "), lines[1:])
    return tuple(map(tuple, csv.reader(text, delimiter=exporter.delimiter)))


def _about_splits(
    selection: Selection, remarks: tuple[Remark, ...], remedy: str
) -> tuple[str, tuple[str, ...]]:
    """Report splits in short and at length; leaks that were found stand among the remarks."""
    if len(selection.splits) < 2:
        return "", ()
    report = reported(selection, remedy)
    said = {str(remark) for remark in remarks}
    found = sum(line in said for line in report)
    leaks = f"! {found} kind{'s' if found > 1 else ''} of leak" if found else "no leak found"
    lacking = "  ·  contents not all compared" if unhashed(selection) else ""
    lacking += f": {remedy}" if lacking and remedy else ""
    return f"{in_short(selection)}  ·  {leaks}{lacking}", tuple(report)
