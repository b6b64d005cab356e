"""MONAI loads what is exported for it."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_medload import export
from napari_medload.export import Selection
from napari_medload.formats import Source
from napari_medload.loaders import Sample
from tests.export.examples import labelled_pairs
from tests.phantoms import noise, write_nifti

from . import consumer

data = consumer("monai.data")
transforms = consumer("monai.transforms")


def loaded(path, key="training", **how):
    return data.load_decathlon_datalist(str(path), True, key, **how)


@pytest.mark.parametrize("relative", [False, True])
def test_a_datalist_goes_into_a_cache_and_a_batch(tmp_path, relative):
    selection = labelled_pairs(tmp_path / "with ä space")
    path = tmp_path / "list.json"
    saved = export.save(selection, path, "monai", relative_to=tmp_path if relative else None)
    assert saved.answer.loaded
    for key, count in (("training", 2), ("test", 1)):
        items = loaded(path, key)
        samples = [
            e.sample for e in selection if e.sample.split == {"training": "train"}.get(key, key)
        ]
        assert len(items) == count
        roles = list(samples[0].sources)
        for item, sample in zip(items, samples, strict=True):
            assert item["sample_id"] == sample.id
            assert {role: item[role] for role in roles} == {
                role: source.file for role, source in sample.sources.items()
            }
        cached = data.CacheDataset(items[:1], transforms.LoadImaged(roles), progress=False)[0]
        for role in roles:
            truth = np.asarray(nib.load(samples[0].sources[role].file).dataobj)
            np.testing.assert_array_equal(np.asarray(cached[role]), truth)
    (batch,) = data.DataLoader(data.Dataset(loaded(path)), batch_size=2)
    assert batch["sample_id"] == [e.sample.id for e in selection if e.sample.split == "train"]
    assert batch["verdict"] == ["accept", "accept"]


def test_an_id_beside_the_list_stays_an_id(tmp_path):
    selection = labelled_pairs(tmp_path)
    (tmp_path / "train").mkdir(exist_ok=True)
    entries = [replace(e, sample=replace(e.sample, group="data")) for e in selection]
    entries[0] = replace(entries[0], sample=replace(entries[0].sample, id="data/train"))
    path = tmp_path / "list.json"
    export.save(Selection(selection.dataset, tuple(entries)), path, "monai", ask=False)
    items = loaded(path)
    assert [item["facts"]["sample_id"] for item in items] == [e.sample.id for e in entries[:2]]
    assert {item["facts"]["group"] for item in items} == {"data"}


def test_channels_are_stacked(tmp_path):
    arrays = {name: noise((3, 4, 5), seed=n) for n, name in enumerate(("image", "image_0001"))}
    sources = {n: Source(write_nifti(tmp_path / f"{n}.nii.gz", a)) for n, a in arrays.items()}
    export.save([Sample("a", sources)], tmp_path / "list.json", "monai", ask=False)
    (item,) = loaded(tmp_path / "list.json")
    image = transforms.LoadImaged(["image"])(item)["image"]
    np.testing.assert_array_equal(np.asarray(image), np.stack([*arrays.values()]))
