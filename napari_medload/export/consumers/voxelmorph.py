"""VoxelMorph, asked to read a pair list, and to load the files of its first line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.consumers import answer

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path, base: Path | None) -> int:
    """Read the lines, and count them.

    Raises
    ------
    Exception
        What VoxelMorph raises.
    """
    from voxelmorph.py.utils import load_volfile, read_pair_list

    lines = read_pair_list(str(path), delim="\t", prefix="" if base is None else f"{base}/")
    for file in lines[0]:
        load_volfile(file)
    return len(lines)


if __name__ == "__main__":
    answer(load, "voxelmorph", "voxelmorph.py.utils")
