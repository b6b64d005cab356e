"""TorchIO, asked to make a dataset of all subjects, and to load the first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from napari_medload.export.consumers import answer
from napari_medload.export.training.torchio import subjects_of

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path, base: Path | None) -> int:
    """Make the subjects, and count them.

    Raises
    ------
    Exception
        What TorchIO raises.
    """
    import torchio

    content = json.loads(path.read_text(encoding="utf-8"))
    subjects = subjects_of(content, base or path.parent)
    if hasattr(torchio, "SubjectsDataset"):  # until TorchIO 2
        dataset = torchio.SubjectsDataset(subjects)
        dataset[0]
        return len(dataset)
    subjects[0].load()
    return len(subjects)


if __name__ == "__main__":
    answer(load, "torchio")
