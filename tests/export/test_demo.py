"""The demo, reviewed by a script, exports to every format; without the consumers."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import yaml

from napari_medload import export
from napari_medload.demo import FAULTS
from napari_medload.export import ExportError
from napari_medload.export.registry import EXPORTERS
from napari_medload.loaders import get_data_loader, open_dataset

from .reviewed_demo import DEMO, accepted_of


@pytest.fixture(scope="module")
def accepted(demo, tmp_path_factory):
    return accepted_of(demo, tmp_path_factory.mktemp("journals"))


def test_what_was_accepted_is_what_is_not_broken(accepted, demo):
    good = [sample.id for sample in open_dataset(demo) if sample.id not in FAULTS]
    assert [entry.sample.id for entry in accepted] == good
    assert {entry.verdict.reviewer for entry in accepted} == {"script"}


@pytest.mark.parametrize("name", [exporter.name for exporter in EXPORTERS])
def test_the_demo_exports_to(name, accepted, tmp_path):
    asked = DEMO[name]
    chosen = accepted[: asked.only]
    path = tmp_path / asked.name
    if asked.refusal:
        with pytest.raises(ExportError, match=asked.refusal) as raised:
            export.save(chosen, path, name, ask=False, **asked.options)
        assert any(entry.sample.id in str(raised.value) for entry in chosen)
        assert list(tmp_path.iterdir()) == []
        return
    saved = export.save(chosen, path, name, ask=False, **asked.options)
    assert saved.count == len(chosen)
    assert path.exists()


def test_deepreg_trains_on_the_demo(accepted, tmp_path):
    asked = DEMO["deepreg-folder"]
    export.save(accepted[:2], tmp_path / asked.name, "deepreg-folder", **asked.options)
    config = yaml.safe_load((tmp_path / "deepreg.yaml").read_text(encoding="utf-8"))
    loader = get_data_loader({**config["dataset"], "seed": 0, "sample_label": "all"}, "train")
    assert loader.num_samples == 2
    # each label of a pair is an item of its own
    assert {int(item["indices"][0]) for item in loader.get_dataset()} == {0, 1}
    for number, entry in enumerate(accepted[:2]):
        for side in ("moving", "fixed"):
            image = nib.load(entry.sample.sources[f"{side}_image"].path).get_fdata()
            found = getattr(loader, f"loader_{side}_image").get_data(number)
            np.testing.assert_array_equal(found, image)
            label = nib.load(entry.sample.sources[f"{side}_label"].path).get_fdata()
            values = sorted({*np.unique(label)} - {0})
            found = getattr(loader, f"loader_{side}_label").get_data(number)
            assert found.shape == (*label.shape, len(values)) and len(values) > 1
            for channel, value in enumerate(values):
                np.testing.assert_array_equal(found[..., channel], label == value)
    loader.close()
