"""The README's way from a folder to MONAI, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import nibabel as nib
import numpy as np

from napari_medload.loaders import open_dataset
from napari_medload.loaders.identity import dataset_id
from napari_medload.review import Review, Verdict, place_of
from tests.session.datasets import write_pairs

from . import consumer

consumer("monai")

README = Path(__file__).resolve().parents[2] / "README.md"


def _code(heading: str) -> str:
    """First block of Python under a heading of the README."""
    section = README.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1]
    found = re.search(r"```python\n(.*?)```", section.split("\n## ", 1)[0], re.DOTALL)
    assert found
    return found.group(1)


def test_from_folder_to_monai(tmp_path, monkeypatch):
    dataset = open_dataset(write_pairs(tmp_path / "path" / "to" / "dataset", 3))
    review = Review(place_of(dataset).folder, dataset_id(dataset), "Zoë")
    for sample, decision in zip(dataset, ("accept", "reject", "accept"), strict=True):
        review.save(Verdict(sample.id, decision))
    code = _code("From folder to MONAI")
    assert len(list(filter(None, code.splitlines()))) == 6
    monkeypatch.chdir(tmp_path)
    seen: dict = {}
    exec(compile(code, "README.md", "exec"), seen)
    assert [pair["sample_id"] for pair in seen["train"]] == [dataset[0].id, dataset[2].id]
    for pair, sample in zip(seen["train"], (dataset[0], dataset[2]), strict=True):
        for role in ("fixed_image", "moving_image"):
            truth = nib.load(sample.sources[role].path).get_fdata()
            np.testing.assert_array_equal(np.asarray(pair[role]), truth)
