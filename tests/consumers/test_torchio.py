"""TorchIO makes subjects of what is exported for it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_medload import export
from napari_medload.export.training import torchio as exporter
from napari_medload.export.training.torchio import RESERVED
from tests.export.examples import labelled_pairs

from . import consumer

torchio = consumer("torchio")


@pytest.mark.parametrize("relative", [False, True])
def test_a_list_is_a_dataset(tmp_path, relative):
    selection = labelled_pairs(tmp_path / "with ä space")
    path = tmp_path / "subjects.json"
    saved = export.save(selection, path, "torchio", relative_to=tmp_path if relative else None)
    assert saved.answer.loaded
    dataset = torchio.SubjectsDataset(export.torchio_subjects(path))
    assert len(dataset) == len(selection)
    for subject, entry in zip(dataset, selection, strict=True):
        assert subject["sample_id"] == entry.sample.id
        assert subject["verdict"] == "accept"
        for role, source in entry.sample.sources.items():
            kind = torchio.LabelMap if "label" in role else torchio.ScalarImage
            assert type(subject[role]) is kind
            truth = np.asarray(nib.load(source.file).dataobj)
            np.testing.assert_array_equal(subject[role].numpy()[0], truth)
    (batch,) = torchio.SubjectsLoader(dataset, batch_size=len(dataset))
    assert batch["sample_id"] == [entry.sample.id for entry in selection]


def test_the_lines_without_this_package(tmp_path, monkeypatch):
    export.save(labelled_pairs(tmp_path), tmp_path / "subjects.json", "torchio", ask=False)
    text = ast.get_docstring(ast.parse(Path(exporter.__file__).read_text(encoding="utf-8")))
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert len(lines) == 5
    monkeypatch.chdir(tmp_path)
    names = {}
    exec("\n".join(lines), names)
    assert len(names["dataset"]) == 3
    assert names["dataset"][0]["sample_id"] == "train/case00"


def test_a_missing_file_stops_the_construction(tmp_path):
    selection = labelled_pairs(tmp_path)
    export.save(selection, tmp_path / "subjects.json", "torchio", ask=False)
    selection[0].sample.sources["fixed_image"].path.unlink()
    with pytest.raises(FileNotFoundError):
        export.torchio_subjects(tmp_path / "subjects.json")
    with pytest.raises(export.ExportError, match="train/case00"):
        export.save(selection, tmp_path / "again.json", "torchio")


def test_names_that_a_subject_has_are_reserved(tmp_path):
    export.save(labelled_pairs(tmp_path), tmp_path / "subjects.json", "torchio", ask=False)
    subject = torchio.Subject(image=torchio.ScalarImage(tensor=np.zeros((1, 2, 2, 2), np.float32)))
    assert {name for name in dir(subject) if name[0] != "_"} - {"image"} <= RESERVED
    assert json.loads((tmp_path / "subjects.json").read_text())["name"] == "data"
