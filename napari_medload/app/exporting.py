"""The command ``napari-medload export``."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.app.typed_options import (
    OptionError,
    as_columns,
    as_option_values,
    option_lines,
)
from napari_medload.export import ExportError, leaks, reviewed, save, split
from napari_medload.export.choice.choosing import VERDICTS
from napari_medload.export.choice.examining import DEPTHS
from napari_medload.export.choice.where import Columns, Condition
from napari_medload.export.registry import EXPORTERS, exporter_for, exporter_named
from napari_medload.export.saving import preview, remarks_of, target_of
from napari_medload.loaders import DatasetError, open_dataset
from napari_medload.loaders.backends import layout_names

if TYPE_CHECKING:
    from napari_medload.export import Exporter, Selection

_TOLD_EVERY_S = 0.2


class _UsageError(Exception):
    """A command that could not be understood."""


def add_columns(parser: Any) -> None:
    """Add the option that maps the columns of a list by hand."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=COLUMN",
        help="take this column of a list for a role, or for split, group, sample_id; repeatable",
    )


def add_export(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="save a list of samples for the program that trains or reports next",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_formats(),
    )
    parser.add_argument("path", help="dataset: what 'open' opens, or a list that was exported")
    parser.add_argument(
        "--format", metavar="NAME", help="one of those below; else the suffix decides"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="file or folder to save")
    which = parser.add_argument_group("which samples")
    which.add_argument(
        "--verdict", action="append", choices=VERDICTS, help="may be given several times"
    )
    which.add_argument(
        "--split", action="append", metavar="NAME", help="may be given several times"
    )
    which.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="COLUMN=VALUE, or !=, ~ (contains), <, >, <=, >=; all that are given must hold",
    )
    which.add_argument("--sample", action="append", metavar="ID", help="only these")
    which.add_argument("--layout", metavar="NAME", help=", ".join(layout_names()))
    add_columns(which)
    said = parser.add_argument_group("what was said of them")
    said.add_argument("--reviewer", metavar="NAME", help="whose verdicts; else the latest of all")
    said.add_argument("--round", type=int, metavar="N", help="which pass; else each one's latest")
    said.add_argument("--review-folder", type=Path, metavar="DIR", help="where the journals lie")
    said.add_argument("--findings", choices=DEPTHS, default="none", help="check the samples first")
    said.add_argument("--hash", action="store_true", help="hash contents that are not known yet")
    made = parser.add_argument_group("splits")
    made.add_argument("--make-splits", metavar="SHARES", help="such as train=.7,val=.15,test=.15")
    made.add_argument(
        "--by", metavar="COLUMN", help="what stays together: subject (usual), group, sample, column"
    )
    made.add_argument("--seed", type=int, metavar="N", help="the same makes the same; usual 0")
    made.add_argument("--stratify", metavar="COLUMN", help="share its values out alike")
    made.add_argument(
        "--report", action="store_true", help="print the splits, and what stands in two of them"
    )
    how = parser.add_argument_group("how")
    how.add_argument("--relative-to", type=Path, metavar="DIR", help="else paths are absolute")
    how.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="of the format"
    )
    how.add_argument("--dry-run", action="store_true", help="save nothing; show how it would begin")
    how.add_argument("--no-ask", action="store_true", help="don't let its program load the list")
    parser.set_defaults(run=run_export)


def run_export(options: argparse.Namespace) -> int:
    """Run the command.

    Returns
    -------
    int
        0 where it was saved, 1 where nothing was, 2 where the command was not understood.
    """
    try:
        exporter, settings, shares = _understood(options)
    except (_UsageError, OptionError, ExportError) as error:
        print(f"napari-medload export: {error}", file=sys.stderr)
        return 2
    line = _Line()
    try:
        selection = _chosen(options, shares, line)
        if options.report:
            line.clear()
            print("\n".join(_report(selection)))
        if exporter is None:
            return 0
        if options.dry_run:
            line.clear()
            return _show(options, selection, exporter, settings)
        saved = save(
            selection,
            options.output,
            exporter.name,
            relative_to=options.relative_to,
            ask=not options.no_ask,
            tell=line.tell,
            **settings,
        )
    except (DatasetError, ExportError, OSError, ValueError) as error:
        line.clear()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        line.clear()
        print("stopped; nothing was saved", file=sys.stderr)
        return 1
    line.clear()
    print(saved)
    return 0


def _understood(
    options: argparse.Namespace,
) -> tuple[Exporter | None, dict[str, Any], dict[str, float]]:
    """Format, its options, and the shares of splits; all that can be told without the dataset.

    Raises
    ------
    _UsageError, OptionError, ExportError
        If something in it cannot be understood.
    """
    for text in options.where:
        Condition.parsed(text)
    as_columns(options.column)
    shares = {} if options.make_splits is None else _shares(options.make_splits)
    asked = {"--by": options.by, "--seed": options.seed, "--stratify": options.stratify}
    if not shares and (odd := [name for name, value in asked.items() if value is not None]):
        raise _UsageError(
            f"{odd[0]} says how splits are made, and none are asked for; expected --make-splits "
            "too, such as --make-splits train=.7,val=.15,test=.15."
        )
    if options.output is None:
        if not options.report or options.dry_run or options.format:
            raise _UsageError("the argument -o is missing: where the list is saved.")
        return None, {}, shares
    exporter = exporter_named(options.format) if options.format else exporter_for(options.output)
    return exporter, as_option_values(exporter, options.option), shares


def _shares(text: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, sign, share = part.partition("=")
        try:
            if not sign or name.strip() in shares:
                raise ValueError
            shares[name.strip()] = float(share)
        except ValueError:
            raise _UsageError(
                f"--make-splits {text}: '{part}' is no share of a split of its own; expected such "
                "as train=.7,val=.15,test=.15."
            ) from None
    return shares


def _chosen(options: argparse.Namespace, shares: dict[str, float], line: _Line) -> Selection:
    line.tell("opening the dataset")
    columns = as_columns(options.column)
    dataset = open_dataset(options.path, layout=options.layout, columns=columns)
    line.tell("reading what was said of its samples")
    selection = reviewed(
        dataset,
        verdict=options.verdict,
        split=options.split,
        where=options.where,
        samples=options.sample,
        reviewer=options.reviewer,
        round=options.round,
        review_folder=options.review_folder,
        findings=options.findings,
        content=options.hash,
        progress=lambda done, total, what: line.tell(f"{what}: {done:,} of {total:,}"),
    )
    if shares and len(selection):
        by, seed = options.by or "subject", options.seed or 0
        return split(selection, shares, by, seed, options.stratify)
    return selection


def _show(
    options: argparse.Namespace, selection: Selection, exporter: Exporter, settings: dict[str, Any]
) -> int:
    """Print what would be said, and how the list would begin."""
    path = options.output.expanduser().absolute()
    target = target_of(exporter, path, options.relative_to, settings)
    remarks = remarks_of(exporter, selection, target)
    wrong = any(remark.gravity == "error" for remark in remarks)
    for remark in remarks:
        where = sys.stderr if remark.gravity == "error" else sys.stdout
        print(f"{remark.gravity}: {remark}", file=where)
    if wrong:
        return 1
    print(f"{path}: {len(selection):,} samples as {exporter.title}; nothing is saved. It begins:")
    print("\n".join(preview(selection, exporter, target)))
    return 0


def _report(selection: Selection) -> list[str]:
    """Say how large the splits are, and what stands in two of them."""
    columns = Columns(selection)
    subject, hashes = columns.reader("subject_id"), columns.reader("content_hash")
    samples: Counter[str] = Counter()
    subjects: dict[str, set[tuple[str, ...]]] = {}
    known = 0
    for entry in selection:
        name = entry.sample.split or "no split"
        samples[name] += 1
        subjects.setdefault(name, set()).add(subject(entry))
        known += bool(hashes(entry))
    lines = [
        f"{name}: {count:,} samples, {len(subjects[name] - {()}):,} subjects"
        for name, count in samples.items()
    ]
    found = leaks(selection)
    if found or len(selection.splits) < 2:
        return [*lines, *map(str, found)]
    return [
        *lines,
        "no leak: no subject and no file stands in two splits; contents were compared by the "
        f"hashes of {known:,} of {len(selection):,} samples",
    ]


def _formats() -> str:
    """List all formats, with what can be set of each."""
    width = max((len(exporter.name) for exporter in EXPORTERS), default=0)
    lines = []
    for exporter in EXPORTERS:
        kinds = ", ".join(exporter.suffixes) or "a folder"
        lines.append(f"  {exporter.name:<{width}}  {exporter.title} ({kinds})")
        lines += [f"  {'':<{width}}    {text}" for text in option_lines(exporter)]
    return "\n".join(["formats, with the options of each:", *lines])


class _Line:
    """One line on a terminal that says what is done; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shown = ""
        self._last = 0.0

    def tell(self, what: str) -> None:
        """Show what is done, a few times a second."""
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._last > _TOLD_EVERY_S:
            self._last = now
            print(f"\r{what:<{len(self._shown)}}", end="", file=sys.stderr, flush=True)
            self._shown = what

    def clear(self) -> None:
        """Take it away."""
        if self._shown:
            print(f"\r{'':<{len(self._shown)}}\r", end="", file=sys.stderr, flush=True)
            self._shown = ""
