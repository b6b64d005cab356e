"""Running a notebook as its reader would: in a fresh kernel, and in a home of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 300  # of one cell, on a machine that does much else
PATIENT = Config({"KernelManager": {"shutdown_wait_time": 60}})
"""Kernels end by themselves, and clean up; one that still runs after a minute is killed."""
FOLDERS = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@dataclass(frozen=True)
class Place:
    """Where a notebook runs.

    Parameters
    ----------
    root : Path
        Empty at first. The kernel begins in ``work``; ``HOME`` and the like are named as their
        variables are.
    cache : Path
        Holds the demo, already built.
    """

    root: Path
    cache: Path

    @property
    def work(self) -> Path:
        """Folder that the kernel begins in."""
        return self.root / "work"

    def environment(self) -> dict[str, str]:
        """Make the folders, and name them in the variables of the kernel."""
        own = {name: self.root / name for name in FOLDERS}
        for folder in (self.work, *own.values()):
            folder.mkdir()
        own["XDG_CACHE_HOME"] = self.cache
        own["IPYTHONDIR"] = self.root / "ipython"
        return os.environ | {name: str(folder) for name, folder in own.items()}

    def left(self, *names: str) -> list[str]:
        """Files that lie in some of the folders."""
        return [
            found.relative_to(self.root).as_posix()
            for name in names
            for found in sorted((self.root / name).rglob("*"))
        ]


@dataclass(frozen=True)
class Run:
    """A notebook that was run, and where."""

    notebook: Any
    place: Place

    @property
    def outputs(self) -> list[Any]:
        """Outputs of all cells, in order."""
        return [output for cell in self.notebook.cells for output in cell.get("outputs", ())]


def run(path: Path, place: Place, **options: Any) -> Run:
    """Run a notebook from top to bottom; the file stays as it is.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(place.work)}}
    environment = place.environment()
    client = NotebookClient(
        notebook, timeout=SECONDS, resources=resources, config=PATIENT, **options
    )
    client.execute(env=environment)
    return Run(notebook, place)
