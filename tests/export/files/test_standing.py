"""What is there already where a list is saved: replaced, refused, or warned of."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from napari_medload import export, open_dataset
from napari_medload.export import ExportError
from tests.export.examples import EXAMPLES
from tests.phantoms import noise, write_nifti
from tests.session.datasets import write_pairs

written_as_files = pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if "." in e.name and e.is_replaced], ids=lambda e: e.format
)


@pytest.fixture
def pairs(tmp_path):
    return open_dataset(write_pairs(tmp_path / "data", 2))


def names(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_list_that_was_opened_is_not_replaced_unasked(tmp_path, pairs):
    path = tmp_path / "ages.csv"
    export.save(pairs, path)
    opened, before = open_dataset(path), names(tmp_path)
    with pytest.raises(ExportError, match=r"ages\.csv is the list that these.*--overwrite"):
        export.save(export.reviewed(opened)[:1], path)
    with pytest.raises(ExportError, match=r"the data dictionary"):
        export.save(export.reviewed(opened), tmp_path / "ages.json", "monai", ask=False)
    assert names(tmp_path) == before
    saved = export.save(export.reviewed(opened)[:1], path, overwrite=True)
    assert "it is replaced" in str(saved.warnings[0])
    assert len(open_dataset(path)) == 1


@written_as_files
def test_what_another_program_wrote_is_replaced_only_where_it_is_said(example, tmp_path):
    selection = example.build(tmp_path / "study")
    place = tmp_path / "lists"
    place.mkdir()
    path = place / example.name
    path.write_text("precious,table\n1,2\n")
    with pytest.raises(ExportError, match="nothing in it tells that it was exported here"):
        export.save(selection, path, example.format, ask=False, **example.options)
    assert path.read_text() == "precious,table\n1,2\n"
    how = {"ask": False, "overwrite": True, **example.options}
    saved = export.save(selection, path, example.format, **how)
    assert any("it is replaced" in str(warning) for warning in saved.warnings)


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("name", ["l.csv", "l.tsv", "l.json", "l.jsonl", "l.parquet"])
def test_an_earlier_export_is_replaced_without_a_word(tmp_path, pairs, name, dictionary):
    for _ in range(2):
        form = name.removeprefix("l.")
        saved = export.save(pairs, tmp_path / name, form, dictionary=dictionary)
        assert saved.warnings == ()


def test_an_empty_file_and_one_without_a_line_end_are_anothers(tmp_path, pairs):
    for content in ("", "sample_id"):
        (tmp_path / "l.csv").write_text(content)
        with pytest.raises(ExportError, match="nothing in it tells"):
            export.save(pairs, tmp_path / "l.csv")


def test_a_list_in_the_dataset_is_a_warning(tmp_path, pairs):
    saved = export.save(pairs, tmp_path / "data" / "l.csv")
    (warning,) = saved.warnings
    assert "would lie in the folder of the dataset" in warning.sentence
    shutil.copy(tmp_path / "data" / "l.csv", tmp_path / "data" / "opened.csv")
    again = open_dataset(tmp_path / "data" / "opened.csv")
    assert export.save(again, tmp_path / "data" / "beside.csv").warnings == ()


def as_nnunet(folder, cases=2):
    """Write a dataset of nnU-Net as people have it, by hand."""
    for number in range(cases):
        write_nifti(folder / "imagesTr" / f"c{number}_0000.nii.gz", noise((4, 4, 4), seed=number))
        label = (noise((4, 4, 4), seed=number) > 0).astype(np.uint8)
        write_nifti(folder / "labelsTr" / f"c{number}.nii.gz", label)
    content = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "x": 1},
        "numTraining": cases,
        "file_ending": ".nii.gz",
        "note": "mine",
    }
    (folder / "dataset.json").write_text(json.dumps(content))
    return open_dataset(folder)


def test_the_opened_nnunet_dataset_is_not_shrunk_unasked(tmp_path):
    folder = tmp_path / "Dataset001_A"
    dataset = as_nnunet(folder)
    before = names(folder)
    with pytest.raises(ExportError, match=r"dataset\.json is there already.*opened from it"):
        export.save(export.reviewed(dataset)[:1], folder, "nnunet", ask=False)
    assert names(folder) == before
    other = tmp_path / "Dataset002_B"
    export.save(dataset, other, "nnunet", ask=False)
    with pytest.raises(ExportError, match="opened from it"):
        export.save(export.reviewed(open_dataset(other))[:1], other, "nnunet", ask=False)
    assert json.loads((other / "dataset.json").read_text())["channel_names"] == {"0": "CT"}
    export.save(export.reviewed(dataset)[:1], other, "nnunet", ask=False)
    assert len(open_dataset(other)) == 1
    with pytest.raises(ExportError, match=r"002_B/dataset\.json|nothing in it tells"):
        export.save(open_dataset(other), folder, "nnunet", ask=False)
    assert names(folder) == before


def test_a_dataset_of_pairs_is_not_made_one_of_nnunet_unasked(tmp_path):
    pairs = open_dataset(write_pairs(tmp_path / "data", 2, labels=True))
    with pytest.raises(ExportError, match=r"data is there already, and holds fixed_images"):
        export.save(pairs, tmp_path / "data", "nnunet", role="fixed", ask=False)
    assert open_dataset(tmp_path / "data").layout == pairs.layout
    how = {"role": "fixed", "ask": False, "overwrite": True}
    saved = export.save(pairs, tmp_path / "data", "nnunet", **how)
    assert any("would lie in the folder of the dataset" in str(w) for w in saved.warnings)
