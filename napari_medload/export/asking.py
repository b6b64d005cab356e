"""Asking the program that a list is for whether it can load it, where that is installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.export.contract import Exporter, Target
    from napari_medload.export.selection import Selection


@dataclass(frozen=True)
class Answer:
    """What a consumer said of a list.

    Parameters
    ----------
    sentence : str
        Such as ``"loaded by monai 1.6.1: 240 items"``; empty where nobody was asked.
    """

    sentence: str = ""

    def __str__(self) -> str:
        return self.sentence


def is_installed(consumer: str) -> bool:
    """Whether a package can be imported here."""
    try:
        return importlib.util.find_spec(consumer) is not None
    except (ImportError, ValueError):
        return False


def ask_consumer(exporter: Exporter, selection: Selection, target: Target, aside: Path) -> Answer:
    """Let the consumer load what was written, in a process of its own.

    Raises
    ------
    ExportError
        If it can't, or finds another number of samples; with what it said.
    """
    if not is_installed(exporter.consumer):
        return Answer(f"{exporter.consumer} is not installed here, and was not asked")
    raise NotImplementedError
