"""The command line: ``napari-medload info``, ``open``, ``export`` and ``demo``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.app.exporting import add_export
from napari_medload.app.reading import ReadingError, add_reading, reading_of
from napari_medload.app.result_facts import result_facts
from napari_medload.demo import DEFAULT_SEED, build_demo, default_folder
from napari_medload.demo.stamp import is_built
from napari_medload.formats import read_header, sources
from napari_medload.formats.dicom.volumes import SeriesHeader
from napari_medload.images.facts import header_facts, voxel_facts
from napari_medload.loaders.dicom_folders import holds_dicom
from napari_medload.loaders.lists import source_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns
    -------
    int
        Exit code: 0, or 1 where something asked for could not be done.
    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stdout = open(os.devnull, "w")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="napari-medload", description="Browse medical imaging datasets, true to the world."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    info = commands.add_parser("info", help="print the facts of files, and of DICOM folders")
    info.add_argument("files", nargs="+", type=Path, metavar="FILE")
    info.add_argument("--json", action="store_true", help="print a JSON array, numbers unrounded")
    info.add_argument("--voxels", action="store_true", help="read the voxels too")
    info.set_defaults(run=_info)

    show = commands.add_parser("open", help="open a dataset in napari")
    show.add_argument(
        "path",
        nargs="?",
        default=".",
        help="folder, list, DeepReg configuration, volume, or a registered name",
    )
    show.add_argument("--sample", metavar="ID", help="show this sample first")
    show.add_argument("--screenshot", type=Path, metavar="FILE", help="save the window and leave")
    show.add_argument("--split", help="only this of train, valid (or val) and test")
    add_reading(show)
    show.set_defaults(run=_open)

    add_export(commands)

    demo = commands.add_parser("demo", help="build the demo dataset and open it")
    demo.add_argument("folder", nargs="?", type=Path, help="where; default: the user's cache")
    demo.add_argument("--seed", type=int, default=DEFAULT_SEED)
    demo.add_argument("--no-open", action="store_true", help="build it only")
    demo.add_argument("--screenshot", type=Path, metavar="FILE", help="save the window and leave")
    demo.set_defaults(run=_demo)
    return parser


def _info(options: argparse.Namespace) -> int:
    facts = [entry for path in options.files for entry in _facts_of(path, options.voxels)]
    if options.json:
        print(json.dumps(facts, indent=2))
    else:
        print("\n\n".join(_as_lines(entry) for entry in facts))
    return 1 if any("error" in entry for entry in facts) else 0


def _facts_of(path: Path, voxels: bool) -> list[dict[str, Any]]:
    """Facts of each array in a file or series in a folder, or an error where it cannot be read."""
    try:
        if path.is_dir() and not holds_dicom(str(path), sorted(os.listdir(path))):
            remedy = f"name its files, or browse it: napari-medload open {path}"
            expected = "expected a file, or a folder of DICOM files"
            return [{"path": str(path), "error": f"{path}: a folder; {expected}. {remedy}"}]
        if path.is_file() and (result := result_facts(path)) is not None:
            return [{"path": str(path), **result}]
        named = source_named(Path(), str(path))  # FOLDER#UID and FILE.h5#KEY, as in lists
        found = sources(path) if named.key is None or os.path.lexists(path) else [named]
    except OSError as error:
        return [{"path": str(path), "error": str(error)}]
    if not found:
        return [{"path": str(path), "error": f"{path}: no array; expected at least one"}]
    entries = []
    for source in found:
        entry: dict[str, Any] = {"path": source.file}
        try:
            header = read_header(source)
            entry |= header_facts(header)
            if isinstance(header, SeriesHeader):
                entry |= {"series": header.title, "modality": header.modality}
            if header.notes:
                entry["notes"] = list(header.notes)
            if voxels:
                entry |= voxel_facts(header)
        except (OSError, ValueError, MemoryError) as error:
            entry["error"] = str(error)
        entries.append(entry)
    return entries


def _as_lines(entry: dict[str, Any]) -> str:
    width = max(map(len, entry))
    return "\n".join(f"{name:<{width}}  {_as_text(value)}" for name, value in entry.items())


def _as_text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {count}" for key, count in value.items())
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "  ".join(_as_text(row) for row in value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    if isinstance(value, list):
        return "(" + ", ".join(f"{item:.6g}" for item in value) + ")"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _open(options: argparse.Namespace) -> int:
    try:
        how = reading_of(options)
    except ReadingError as error:
        print(f"napari-medload open: {error}", file=sys.stderr)
        return error.code
    return _browse(options.path, options.sample, options.screenshot, split=options.split, **how)


def _demo(options: argparse.Namespace) -> int:
    folder = (options.folder or default_folder()).expanduser().absolute()
    if not is_built(folder, options.seed):
        _say(f"building the demo dataset in {folder}: real anatomy, some of it broken on purpose")
    try:
        folder = build_demo(folder, options.seed, _print_progress)
    except (ImportError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"demo dataset: {folder}")
    if options.no_open:
        return 0
    _say("starting napari")
    if options.screenshot is not None:
        _say("a picture is saved once all samples are checked, or after a minute")
    return _browse(folder, None, options.screenshot)


def _print_progress(done: int, total: int, what: str) -> bool:
    text = f"built {done} of {total}  {what}"
    if not sys.stderr.isatty():  # a file or a log keeps each line
        _say(text)
    else:
        print(f"\r{text:<40}", end="" if done < total else "\n", file=sys.stderr, flush=True)
    return True


def _say(stage: str) -> None:
    """Say what is about to take a while, beside the output."""
    print(stage, file=sys.stderr, flush=True)


def _browse(path: Any, sample: str | None, screenshot: Path | None, **how: Any) -> int:
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & {
        *os.environ
    }:
        print(
            "there is no display to open a window on; where Xvfb is installed, put "
            "'xvfb-run -a' before the command",
            file=sys.stderr,
        )
        return 1
    try:
        from napari_medload.views.napari.window import browse
    except ImportError as error:
        print(
            f'napari cannot be loaded ({error}). It is an extra: pip install "napari-medload[gui]"',
            file=sys.stderr,
        )
        return 1
    return browse(path, sample, screenshot, **how)
