"""The demo, reviewed by a script, exported to every format, each loaded by its consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from napari_medload import export
from napari_medload.export.registry import EXPORTERS
from napari_medload.loaders import open_dataset
from tests.export.reviewed_demo import DEMO, accepted_of

from . import consumer

if TYPE_CHECKING:
    from pathlib import Path

monai_data = consumer("monai.data")
monai_transforms = consumer("monai.transforms")
torchio = consumer("torchio")
voxelmorph = consumer("voxelmorph")
pandas = consumer("pandas")
consumer("nnunetv2")

FITTING = [exporter for exporter in EXPORTERS if not DEMO[exporter.name].refusal]
IMAGES = ("fixed_image", "moving_image")
ROLES = (*IMAGES, "fixed_label", "moving_label")


@pytest.fixture(scope="module")
def accepted(demo, tmp_path_factory):
    return accepted_of(demo, tmp_path_factory.mktemp("journals"))


@pytest.fixture
def saved(accepted, tmp_path):
    """Save the demo in a format."""

    def save(name: str, **options) -> Path:
        asked = DEMO[name]
        path = tmp_path / asked.name
        export.save(accepted[: asked.only], path, name, ask=False, **asked.options, **options)
        return path

    return save


@pytest.mark.parametrize("exporter", FITTING, ids=lambda each: each.name)
def test_its_consumer_is_asked_and_loads_it(exporter, accepted, tmp_path):
    asked = DEMO[exporter.name]
    chosen = accepted[: asked.only]
    answer = export.save(chosen, tmp_path / asked.name, exporter.name, **asked.options).answer
    assert answer.loaded == bool(exporter.consumer), answer
    if exporter.consumer:
        assert str(answer).startswith(f"loaded by {exporter.consumer}")


def test_monai_reads_the_voxels_of_an_item(saved, accepted):
    items = monai_data.load_decathlon_datalist(str(saved("monai")), False, "training")
    assert [item["sample_id"] for item in items] == [entry.sample.id for entry in accepted]
    cached = monai_data.CacheDataset(items[:1], monai_transforms.LoadImaged(IMAGES), progress=False)
    for role in IMAGES:
        truth = nib.load(accepted[0].sample.sources[role].path)
        np.testing.assert_array_equal(np.asarray(cached[0][role]), truth.get_fdata())
        np.testing.assert_allclose(cached[0][role].affine, truth.affine, atol=1e-5)


def test_torchio_reads_the_voxels_of_a_subject(saved, accepted):
    subjects = torchio.SubjectsDataset(export.torchio_subjects(saved("torchio")))
    assert len(subjects) == len(accepted)
    for role in ROLES:
        truth = nib.load(accepted[0].sample.sources[role].path)
        np.testing.assert_array_equal(subjects[0][role].data[0].numpy(), truth.get_fdata())
    assert type(subjects[0]["fixed_label"]).__name__ == "LabelMap"


def test_voxelmorph_reads_the_pairs(saved, accepted):
    pairs = voxelmorph.py.utils.read_pair_list(str(saved("voxelmorph")), delim="\t")
    assert pairs == [
        [str(entry.sample.sources[role].path) for role in ("moving_image", "fixed_image")]
        for entry in accepted
    ]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("csv", lambda path: pandas.read_csv(path)),
        ("tsv", lambda path: pandas.read_csv(path, sep="\t")),
        ("jsonl", lambda path: pandas.read_json(path, lines=True)),
        ("parquet", lambda path: pandas.read_parquet(path)),
    ],
)
def test_pandas_reads_the_rows(name, read, saved, accepted):
    rows = read(saved(name))
    assert list(rows["sample_id"]) == [entry.sample.id for entry in accepted]
    assert set(rows["verdict"]) == {"accept"}
    for role in ROLES:
        assert list(rows[role]) == [str(e.sample.sources[role].path) for e in accepted]


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "jsonl", "parquet", "monai", "torchio"])
def test_it_is_opened_again_with_the_same_samples(name, saved, accepted):
    opened = open_dataset(saved(name))
    assert [sample.id for sample in opened] == [entry.sample.id for entry in accepted]
    for sample, entry in zip(opened, accepted, strict=True):
        assert {r: s.path for r, s in sample.sources.items()} == {
            r: s.path for r, s in entry.sample.sources.items()
        }
