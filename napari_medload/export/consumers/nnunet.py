"""nnU-Net v2, asked to verify a dataset: all files, grids and label values."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from napari_medload.export.consumers import answer

_PROCESSES = 2


def load(path: Path, base: Path | None) -> int:
    """Verify the ``dataset.json`` in a folder, and count its cases.

    Raises
    ------
    Exception
        What nnU-Net raises.
    """
    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity

    content = json.loads((path / "dataset.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "Dataset001_asked"
        folder.mkdir()
        text = json.dumps(content if base is None else _absolute(content, base))
        (folder / "dataset.json").write_text(text, encoding="utf-8")
        verify_dataset_integrity(str(folder), _PROCESSES)
    return len(content["dataset"])


def _absolute(content: dict[str, Any], base: Path) -> dict[str, Any]:
    """Let the paths lead from anywhere: the folder is not in its place yet."""
    cases = {
        name: {
            **case,
            "images": [os.path.join(base, image) for image in case["images"]],
            "label": os.path.join(base, case["label"]),
        }
        for name, case in content["dataset"].items()
    }
    return {**content, "dataset": cases}


if __name__ == "__main__":
    module = "nnunetv2.experiment_planning.verify_dataset_integrity"
    answer(load, "nnunetv2", module)
