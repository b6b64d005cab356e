"""nnU-Net verifies what is exported."""

from __future__ import annotations

import pytest

from napari_medload.export import ExportError, save
from napari_medload.loaders import open_dataset
from tests.export.training.segmented import dataset_of, write_sample
from tests.session.datasets import write_pairs

from . import consumer

verifying = consumer("nnunetv2.experiment_planning.verify_dataset_integrity")


def test_pairs_pass_its_check_of_integrity(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "my dätä", 2, labels=True))
    saved = save(dataset, tmp_path / "Dataset001_A", "nnunet", role="both")
    assert saved.answer.loaded
    assert "nnunetv2 2" in str(saved.answer)
    assert "4 items" in str(saved.answer)
    verifying.verify_dataset_integrity(str(tmp_path / "Dataset001_A"), 1)


def test_channels_and_relative_paths_pass(tmp_path):
    folder = tmp_path / "Dataset002_B"
    folder.mkdir()
    roles = ("image", "image_ADC", "label")
    samples = [write_sample(folder / "files", f"c{n}", roles=roles) for n in range(2)]
    dataset = dataset_of(folder, samples, liver=1, spleen=2)
    saved = save(dataset, folder, "nnunet", relative_to=folder)
    assert saved.answer.loaded
    verifying.verify_dataset_integrity(str(folder), 1)


def test_what_it_refuses_is_not_saved(tmp_path, monkeypatch):
    from napari_medload.export.training.nnunet import exporter

    # meant and written wrongly, so that nobody but nnU-Net can tell
    monkeypatch.setattr(exporter, "labels_of", lambda *_: {"background": 0})
    samples = [write_sample(tmp_path, "a")]
    with pytest.raises(ExportError, match="can't load what was written"):
        save(samples, tmp_path / "D", "nnunet")
    assert not (tmp_path / "D").exists()
