"""The subjects that are measured, each in a process of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.figures import Figure

SUBJECTS = (
    "reading",
    "loading",
    "slab",
    "headers",
    "indexing",
    "listing",
    "iterating",
    "assembling",
    "tiling",
    "explaining",
    "judging",
    "exporting",
    "stepping",
    "comparing",
    "scrolling",
    "walking",
    "notebook",
)
IN_CHROMIUM = ("notebook",)
ON_SCREEN = ("stepping", "comparing", "scrolling", "walking")


def measure_apart(name: str, folder: Path) -> list[Figure]:
    """Measure one subject where no other has left memory or widgets behind."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(_measure, name, folder).result()


def _measure(name: str, folder: Path) -> list[Figure]:
    measured: list[Figure] = import_module(f"tests.benchmarks.{name}").measure(folder)
    return measured
