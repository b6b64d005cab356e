"""MONAI loads the lists of a Learn2Reg dataset."""

from __future__ import annotations

from napari_medload import export
from tests.export.training.test_learn2reg import pair

from . import consumer

data = consumer("monai.data")


def test_images_and_pairs_are_loaded(tmp_path):
    samples = [pair(tmp_path, number, split) for number, split in enumerate(("train", "val"))]
    path = tmp_path / "Brain_dataset.json"
    saved = export.save(samples, path, "learn2reg", relative_to=tmp_path)
    assert saved.answer.loaded
    training = data.load_decathlon_datalist(str(path), True, "training")
    assert [item["image"] for item in training] == [
        str(sample.sources[f"{side}_image"].path)
        for sample in samples
        for side in ("fixed", "moving")
    ]
    (val,) = data.load_decathlon_datalist(str(path), True, "registration_val")
    assert val == {
        side: str(samples[1].sources[f"{side}_image"].path) for side in ("fixed", "moving")
    }
