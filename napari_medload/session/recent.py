"""The datasets opened last, remembered between sessions."""

from __future__ import annotations

import json
import os
from pathlib import Path

import platformdirs

_MOST = 10


def default_file() -> Path:
    """Where the list is kept: the user's state folder."""
    return platformdirs.user_state_path("napari-medload") / "recent.json"


class RecentDatasets:
    """Paths of datasets, latest first.

    Parameters
    ----------
    file : Path, optional
        Where they are kept. A file that cannot be read or written is no reason to stop.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or default_file()

    def paths(self) -> list[Path]:
        """Return those that still exist."""
        try:
            listed = json.loads(self._file.read_text(encoding="utf-8"))
            return [Path(entry) for entry in listed if Path(entry).exists()]
        except (OSError, ValueError, TypeError):
            return []

    def add(self, path: Path) -> None:
        """Put a path first."""
        paths = [path, *(p for p in self.paths() if p != path)][:_MOST]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".part")
            unfinished.write_text(json.dumps([str(p) for p in paths]), encoding="utf-8")
            os.replace(unfinished, self._file)
        except OSError:
            return
