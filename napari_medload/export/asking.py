"""Asking the program that a list is for whether it can load it, where that is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import psutil

from napari_medload.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from napari_medload.export.contract import Exporter, Target
    from napari_medload.export.selection import Selection

_LIMIT = 900.0  # s; importing torch from a cold disk takes one of them
_LIMIT_EACH = 2.0  # s a sample, for consumers that read all voxels
_POLL = 0.2  # s between looks at whether to cancel
_OUTPUT_SHOWN = 5  # lines


@dataclass(frozen=True)
class Answer:
    """What a consumer said of a list.

    Parameters
    ----------
    sentence : str
        Such as ``"loaded by monai 1.6.1: 240 items"``; empty where nobody was asked.
    loaded : bool
        Whether it was asked and has loaded the list. A package that is broken, or that takes too
        long, says nothing of the list.
    """

    sentence: str = ""
    loaded: bool = False

    def __str__(self) -> str:
        return self.sentence


@runtime_checkable
class Itemised(Protocol):
    """A format whose consumer finds another number of items than there are samples."""

    def items(self, selection: Selection, target: Target) -> int:
        """Count the items that the consumer is expected to find."""
        ...


def is_installed(consumer: str) -> bool:
    """Whether a package can be found here; it may still be broken."""
    try:
        return importlib.util.find_spec(consumer) is not None
    except (ImportError, ValueError):
        return False


def asking_module(exporter: Exporter) -> str:
    """Name the module that is run to ask: ``asking`` of the format, or ours of its name."""
    ours = f"napari_medload.export.consumers.{exporter.name.replace('-', '_')}"
    return getattr(exporter, "asking", ours)


def ask_consumer(exporter: Exporter, selection: Selection, target: Target, aside: Path) -> Answer:
    """Let the consumer load what was written, in a process of its own.

    The target is told every moment that it is still being asked; where that raises, to cancel, the
    process is ended.

    Raises
    ------
    ExportError
        If it can't, or finds another number of items; with what it said.
    """
    consumer = exporter.consumer
    if not is_installed(consumer):
        return Answer(f"{consumer} is not installed here, and was not asked")
    expected = (
        exporter.items(selection, target) if isinstance(exporter, Itemised) else len(selection)
    )
    module = asking_module(exporter)
    words = [str(aside), str(target.base or "")]
    limit = _LIMIT + _LIMIT_EACH * len(selection)
    try:
        said, printed = _run(module, words, limit, lambda: target.tell(f"asking {consumer}"))
    except subprocess.TimeoutExpired:
        return Answer(f"{consumer} did not answer within {limit / 60:.0f} minutes: not asked")
    return _judged(consumer, expected, said, printed)


def _judged(consumer: str, expected: int, said: dict[str, Any], printed: list[str]) -> Answer:
    """Make an answer of what the process said.

    Raises
    ------
    ExportError
        If the list is what is wrong, not the package.
    """
    if "broken" in said or "package" not in said:
        why = said.get("broken") or next(reversed(printed), "it was ended")
        return Answer(f"{consumer} is broken here, and could not be asked: {why}")
    named = f"{consumer} {said['version']}".strip()
    if "count" not in said:
        why = said.get("error", "it was ended while it did")
        shown = "".join(f"\n  {line}" for line in printed[-_OUTPUT_SHOWN:])
        raise ExportError(f"{named} can't load what was written: {why}{shown}")
    if said["count"] != expected:
        raise ExportError(
            f"{named} finds {said['count']:,} items in what was written; expected {expected:,}."
        )
    return Answer(f"loaded by {named}: {expected:,} items", loaded=True)


def _run(
    module: str, words: list[str], limit: float, look: Callable[[], None]
) -> tuple[dict[str, Any], list[str]]:
    """Run a module that says JSON objects, and return what it said, and what else it printed.

    Raises
    ------
    subprocess.TimeoutExpired
        If it takes longer than the limit, in seconds.
    """
    # -P: a file of the folder that one happens to be in must not stand in for a package
    command = [sys.executable, "-P", "-W", "ignore", "-m", module, *words]
    process = subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=_surroundings(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # of Windows
    )
    began = time.monotonic()
    try:
        while True:
            look()
            try:
                out, err = process.communicate(timeout=_POLL)
            except subprocess.TimeoutExpired:
                if time.monotonic() - began > limit:
                    raise
            else:
                return _objects(out.splitlines()), [line for line in err.splitlines() if line]
    finally:
        _end(process)


def _surroundings() -> dict[str, str]:
    """Environment in which a process finds what is found here."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"}


def _objects(lines: Iterable[str]) -> dict[str, Any]:
    """Join the JSON objects of some lines, and pass over all else."""
    joined: dict[str, Any] = {}
    for line in lines:
        with suppress(ValueError):
            found = json.loads(line)
            joined |= found if isinstance(found, dict) else {}
    return joined


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those that it has started; consumers have pools of them."""
    if process.poll() is None:
        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
        process.kill()
        process.communicate()
