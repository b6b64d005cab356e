"""Lists of TorchIO subjects, as text; `tests/consumers/test_torchio.py` makes the subjects."""

from __future__ import annotations

import importlib.util
import json

import pytest

from napari_medload import export
from napari_medload.export import ExportError, Selection, exporter_named
from napari_medload.export.training.torchio import RESERVED
from napari_medload.formats import Source
from napari_medload.loaders import DatasetError, Sample, open_dataset
from tests.export.examples import labelled_pairs
from tests.phantoms import noise, write_nifti


def save(samples, path, **how):
    saved = export.save(samples, path, "torchio", ask=False, **how)
    return saved, json.loads(path.read_text())


def image(folder, name="a"):
    return Source(write_nifti(folder / f"{name}.nii.gz", noise((3, 4, 5))))


def test_a_subject_says_what_its_constructor_takes(tmp_path):
    selection = labelled_pairs(tmp_path)
    _, content = save(selection, tmp_path / "subjects.json")
    for entry, subject in zip(selection, content["subjects"], strict=True):
        assert subject["sample_id"] == entry.sample.id
        assert subject["verdict"] == "accept"
        assert subject["images"] == {
            role: {"type": "LabelMap" if "label" in role else "ScalarImage", "path": source.file}
            for role, source in entry.sample.sources.items()
        }


@pytest.mark.parametrize("relative", [False, True])
def test_it_is_opened_again(tmp_path, relative):
    selection = labelled_pairs(tmp_path)
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "subjects.json"
    save(selection, path, relative_to=tmp_path if relative else None)
    back = open_dataset(path)
    assert back.layout == "torchio"
    for entry, sample in zip(selection, back, strict=True):
        assert (sample.id, sample.group, sample.split) == (
            entry.sample.id, entry.sample.group, entry.sample.split,
        )  # fmt: skip
        assert {role: s.path.resolve() for role, s in sample.sources.items()} == {
            role: s.path.resolve() for role, s in entry.sample.sources.items()
        }
        assert sample.settings["reviewer"] == "Zoë"


def test_what_is_no_image_is_a_plain_path(tmp_path):
    (tmp_path / "t.tfm").write_text("#Insight Transform File V1.0\n")
    (tmp_path / "p.csv").write_text("x,y,z\n")
    sources = {
        "fixed_image": image(tmp_path), "moving_image": image(tmp_path, "b"),
        "transform": Source(tmp_path / "t.tfm"), "fixed_landmarks": Source(tmp_path / "p.csv"),
    }  # fmt: skip
    _, content = save([Sample("a", sources)], tmp_path / "s.json")
    (subject,) = content["subjects"]
    assert subject["transform"] == str(tmp_path / "t.tfm")
    assert subject["fixed_landmarks"] == str(tmp_path / "p.csv")
    assert list(subject["images"]) == ["fixed_image", "moving_image"]
    assert dict(open_dataset(tmp_path / "s.json")[0].sources) == sources


@pytest.mark.parametrize("role", ["load", "shape", "_hidden"])
def test_a_role_that_would_hide_what_a_subject_has_is_an_error(tmp_path, role):
    sample = Sample("odd", {"image": image(tmp_path), role: image(tmp_path, "b")})
    with pytest.raises(ExportError, match=rf"role '{role}'.*\(odd\)"):
        save([sample], tmp_path / "s.json")


def test_a_column_that_would_hide_it_is_moved(tmp_path):
    sample = Sample("a", {"image": image(tmp_path)}, settings={"spacing": "1", "age": "7"})
    saved, content = save([sample], tmp_path / "s.json")
    assert content["subjects"][0]["facts"] == {"spacing": "1"}
    assert content["subjects"][0]["age"] == "7"
    assert "spacing" in str(saved.warnings[0])
    assert dict(open_dataset(tmp_path / "s.json")[0].settings) | sample.settings == dict(
        open_dataset(tmp_path / "s.json")[0].settings
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [(("x.h5", "k"), "file#key"), (("x.npy", None), "doesn't read"), (("gone.nii", None), "gone")],
)
def test_what_torchio_cannot_read_is_an_error(tmp_path, source, said):
    if "gone" not in source[0]:
        (tmp_path / source[0]).touch()
    odd = Sample("odd", {"image": Source(tmp_path / source[0], source[1])})
    with pytest.raises(ExportError, match=said) as caught:
        save([Sample("good", {"image": image(tmp_path)}), odd], tmp_path / "s.json")
    assert "odd" in str(caught.value)
    assert not (tmp_path / "s.json").exists()


def test_dicom_without_a_suffix_is_read(tmp_path):
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "1").touch()
    exporter = exporter_named("torchio")
    selection = export.selection.selection_of([Sample("a", {"image": Source(tmp_path / "series")})])
    target = export.saving.target_of(exporter, tmp_path / "s.json", None, {})
    assert list(exporter.remarks(selection, target)) == []


def test_what_was_changed_on_the_way_is_found_out(tmp_path):
    exporter = exporter_named("torchio")
    selection = labelled_pairs(tmp_path)
    target = export.saving.target_of(exporter, tmp_path / "s.json", None, {})
    aside = tmp_path / "aside.json"
    exporter.write(selection, target, aside)
    exporter.prove(selection, target, aside)
    with pytest.raises(ExportError, match="more rows were read back than were written"):
        exporter.prove(selection[:2], target, aside)
    aside.write_text(aside.read_text().replace("LabelMap", "ScalarImage", 1))
    with pytest.raises(ExportError, match=rf"sample '{selection[0].sample.id}' was read back"):
        exporter.prove(selection, target, aside)


def test_a_list_that_is_none(tmp_path):
    (tmp_path / "s.json").write_text('{"subjects": []}')
    with pytest.raises(DatasetError, match="no TorchIO subjects"):
        open_dataset(tmp_path / "s.json", layout="torchio")
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(ValueError, match="no list of subjects"):
        export.torchio_subjects(tmp_path / "x.json")


@pytest.mark.skipif(importlib.util.find_spec("torchio") is not None, reason="it is installed")
def test_without_torchio_it_is_said_how_to_install_it(tmp_path):
    save(Selection(*_one(tmp_path)), tmp_path / "s.json")
    with pytest.raises(ImportError, match="pip install torchio"):
        export.torchio_subjects(tmp_path / "s.json")


def _one(folder):
    selection = export.selection.selection_of([Sample("a", {"image": image(folder)})])
    return selection.dataset, selection.entries


def test_names_of_dicts_are_reserved():
    assert {name for name in dir(dict) if name[0] != "_"} <= RESERVED
