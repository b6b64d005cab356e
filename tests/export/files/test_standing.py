"""What is there already where a list is saved: replaced, refused, or warned of."""

from __future__ import annotations

import shutil

import pytest

from napari_medload import export, open_dataset
from napari_medload.export import ExportError
from tests.export.examples import EXAMPLES
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
