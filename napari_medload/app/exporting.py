"""The command ``napari-medload export``."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.app.reading import ReadingError, add_reading, reading_of
from napari_medload.app.typed_options import OptionError, as_option_values, option_lines
from napari_medload.export import ExportError, leaks, reviewed, save, split
from napari_medload.export.choice.choosing import VERDICTS
from napari_medload.export.choice.examining import DEPTHS
from napari_medload.export.choice.reporting import reported
from napari_medload.export.choice.where import Condition
from napari_medload.export.registry import EXPORTERS, exporter_for, exporter_named
from napari_medload.export.saving import preview, remarks_of, target_of
from napari_medload.export.tables.own_list import OwnList
from napari_medload.loaders import DatasetError, open_dataset

if TYPE_CHECKING:
    from napari_medload.export import Exporter, Selection

_TOLD_EVERY_S = 0.2


class _UsageError(Exception):
    """A command that could not be understood."""


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
    add_reading(parser.add_argument_group("how the dataset is read"))
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
    how.add_argument(
        "--overwrite",
        action="store_true",
        help="replace what is there, even what was not exported here, or the list that is opened",
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
        how = reading_of(options)
    except (_UsageError, OptionError, ExportError, ReadingError) as error:
        print(f"napari-medload export: {error}", file=sys.stderr)
        return getattr(error, "code", 2)
    line = _Line()
    try:
        selection = _chosen(options, how, shares, line)
        if options.report:
            line.clear()
            remedy = "" if options.hash else "--hash makes them"
            print("\n".join(reported(selection, remedy)))
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
            overwrite=options.overwrite,
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
    told = leaks(selection) if options.report else ()  # these were reported already
    print(replace(saved, warnings=tuple(w for w in saved.warnings if w not in told)))
    if isinstance(exporter, OwnList) and not _knows_files(selection):
        print("findings and hashes are n/a: --findings headers and --hash make them")
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


def _chosen(
    options: argparse.Namespace, how: dict[str, Any], shares: dict[str, float], line: _Line
) -> Selection:
    line.tell("opening the dataset")
    dataset = open_dataset(options.path, **how)
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


def _knows_files(selection: Selection) -> bool:
    """Whether something was checked or hashed, now or in the list that was opened."""
    return any(
        each.findings is not None
        or each.content
        or (each.sample.settings and {"findings", "content_hash"} & {*each.sample.settings})
        for each in selection
    )


def _show(
    options: argparse.Namespace, selection: Selection, exporter: Exporter, settings: dict[str, Any]
) -> int:
    """Print what would be said, and how the list would begin."""
    path = options.output.expanduser().absolute()
    target = target_of(exporter, path, options.relative_to, settings)
    target = replace(target, overwrite=options.overwrite)
    told = leaks(selection) if options.report else ()
    remarks = [r for r in remarks_of(exporter, selection, target) if r not in told]
    wrong = any(remark.gravity == "error" for remark in remarks)
    for remark in remarks:
        where = sys.stderr if remark.gravity == "error" else sys.stdout
        print(f"{remark.gravity}: {remark}", file=where)
    if wrong:
        return 1
    print(f"{path}: {len(selection):,} samples as {exporter.title}; nothing is saved. It begins:")
    print("\n".join(preview(selection, exporter, target)))
    return 0


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
