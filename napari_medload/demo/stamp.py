"""The stamp that tells a folder of the demo from a folder of somebody's own data.

It is written before the first file, as unfinished, and again after the last: a folder without
it is never written to unless it is empty, and a build that was interrupted is known as such.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "napari-medload-demo.json"
RECIPE_VERSION = 1
"""Count up when the same seed would give other files."""

_MAKER = "napari-medload demo"
_SHOWN = 5


class ForeignFolderError(ValueError):
    """A folder that holds files which the demo has not written."""


@dataclass(frozen=True)
class Stamp:
    """What was built.

    Parameters
    ----------
    seed : int
    files : dict of str to int
        Path below the folder to size in bytes; empty while the build is unfinished.
    version : int
        Of the recipes.
    maker : str
        Marks the stamp as the demo's.
    """

    seed: int
    files: dict[str, int]
    version: int = RECIPE_VERSION
    maker: str = _MAKER

    def describes(self, folder: Path) -> bool:
        """Whether every file is there in its size."""
        return bool(self.files) and all(
            (folder / name).is_file() and (folder / name).stat().st_size == size
            for name, size in self.files.items()
        )


def is_built(folder: Path, seed: int) -> bool:
    """Whether the whole demo of a seed is in a folder."""
    stamp = read_stamp(folder)
    wanted = stamp is not None and (stamp.seed, stamp.version) == (seed, RECIPE_VERSION)
    return stamp is not None and wanted and stamp.describes(folder)


def claim(folder: Path, seed: int) -> None:
    """Make a folder the demo's and mark it as unfinished.

    Raises
    ------
    ForeignFolderError
        If it holds files and no stamp. Nothing is touched.
    """
    if folder.exists() and not folder.is_dir():
        raise ForeignFolderError(
            f"{folder}: a file; expected a folder for the demo dataset. Choose another path."
        )
    if folder.is_dir() and read_stamp(folder) is None:
        # hidden files are of the desktop or of a write that was cut short; none is overwritten
        found = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if found:
            shown = ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
            raise ForeignFolderError(
                f"{folder}: holds {shown}, which the demo has not written; expected an empty "
                "folder or a demo dataset. Choose an empty or a new folder."
            )
    folder.mkdir(parents=True, exist_ok=True)
    write_stamp(folder, Stamp(seed, {}))


def read_stamp(folder: Path) -> Stamp | None:
    """Stamp of a folder; None without one, or where a file of that name is not the demo's."""
    try:
        entries = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        stamp = Stamp(**entries)
    except (OSError, ValueError, TypeError):
        return None
    return stamp if stamp.maker == _MAKER and isinstance(stamp.files, dict) else None


def write_stamp(folder: Path, stamp: Stamp) -> None:
    """Write a stamp, whole or not at all."""
    write_text(folder / STAMP, json.dumps(asdict(stamp), indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    os.replace(unfinished, path)
