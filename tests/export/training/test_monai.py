"""MONAI datalists, as its reader takes them; `tests/consumers/test_monai.py` asks MONAI itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medload import export
from napari_medload.export import Entry, ExportError, Selection, exporter_named
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset
from napari_medload.review import Verdict
from tests.phantoms import noise, write_nifti
from tests.session.datasets import write_pairs


def volume(path):
    return Source(write_nifti(path, noise((3, 4, 5))))


def save(samples, path, **how):
    saved = export.save(samples, path, "monai", ask=False, **how)
    return saved, json.loads(path.read_text())


def pairs(folder, count=2, split=""):
    sides = {
        side: [volume(folder / side / f"case {n}.nii.gz") for n in range(count)]
        for side in ("fixed_image", "moving_image", "fixed_label")
    }
    return [Sample(f"p{n}", {s: sides[s][n] for s in sides}, "G", split) for n in range(count)]


def warned(saved):
    return " ".join(remark.sentence for remark in saved.warnings)


@pytest.mark.parametrize(
    ("split", "key"),
    [
        ("", "training"), ("train", "training"), ("val", "validation"), ("valid", "validation"),
        ("test", "test"), ("fold 3", "fold 3"),
    ],
)  # fmt: skip
def test_splits_are_the_keys_of_lists_and_come_back(tmp_path, split, key):
    samples = pairs(tmp_path / "data", split=split)
    _, content = save(samples, tmp_path / "list.json")
    lists = {name for name, part in content.items() if isinstance(part, list)}
    assert lists == {key}
    assert [item["sample_id"] for item in content[key]] == ["p0", "p1"]
    back = open_dataset(tmp_path / "list.json")
    assert [(s.id, s.group, s.split) for s in back] == [("p0", "G", split), ("p1", "G", split)]


def test_paths_are_absolute_and_roles_are_keys(tmp_path):
    _, content = save(pairs(tmp_path / "data ä\n"), tmp_path / "list.json")
    item = content["training"][1]
    for role in ("fixed_image", "moving_image", "fixed_label"):
        assert item[role] == str(tmp_path / "data ä\n" / role / "case 1.nii.gz")
    assert content["numTraining"] == 2
    assert "test" not in content


def test_one_list_for_all_splits(tmp_path):
    samples = [
        *pairs(tmp_path / "a", 1, "train"),
        replace(pairs(tmp_path / "b", 1, "test")[0], id="q"),
    ]
    _, content = save(samples, tmp_path / "list.json", list_key="everything")
    assert [item["split"] for item in content["everything"]] == ["train", "test"]
    back = open_dataset(tmp_path / "list.json")
    assert [(s.id, s.split) for s in back] == [("p0", "train"), ("q", "test")]


def test_channels_are_a_list_of_paths_under_the_first(tmp_path):
    names = ("image", "image_0002", "image_0001", "label")
    sample = Sample("a", {name: volume(tmp_path / f"{name}.nii.gz") for name in names})
    _, content = save([sample], tmp_path / "list.json")
    (item,) = content["training"]
    order = ("image", "image_0001", "image_0002")
    assert item["image"] == [str(tmp_path / f"{name}.nii.gz") for name in order]
    assert item["label"] == str(tmp_path / "label.nii.gz")
    (back,) = open_dataset(tmp_path / "list.json")
    assert dict(back.sources) == dict(sample.sources)


def test_what_was_said_comes_back_under_the_names_of_our_lists(tmp_path):
    samples = pairs(tmp_path / "data")
    verdict = Verdict(
        "p0", "reject", ("flipped", "a|b"), "=1+1\n\tx", reviewer="Zoë", time="2026-01-02T03:04:05Z"
    )
    entries = (Entry(samples[0], verdict, None, (("fixed_image", "0f"),)), Entry(samples[1]))
    dataset = Dataset(tmp_path, "list", tuple(samples), "same grid")
    selection = Selection(dataset, entries, ("verdict reject",))
    _, content = save(selection, tmp_path / "list.json")
    first, second = content["training"]
    assert first["verdict"] == "reject"
    assert first["note"] == "=1+1\n\tx"
    assert first["reasons"] == r"flipped|a\|b"
    assert first["content_hash"] == "fixed_image:0f"
    assert list(first) == list(second)  # MONAI puts items side by side
    assert second["verdict"] == "n/a"
    back = open_dataset(tmp_path / "list.json")
    assert back.alignment == "same grid"
    assert back[0].settings["verdict"] == "reject"
    assert "verdict reject" in content["description"]


def test_ids_that_lie_beside_the_list_are_kept_from_monai(tmp_path):
    samples = pairs(tmp_path / "data")
    samples[1] = replace(samples[1], id="data/fixed_image")
    saved, content = save(samples, tmp_path / "list.json")
    assert [item["facts"] for item in content["training"]] == [
        {"sample_id": "p0"}, {"sample_id": "data/fixed_image"},
    ]  # fmt: skip
    assert all("sample_id" not in item for item in content["training"])
    (remark,) = [r for r in saved.warnings if "for a path" in r.sentence]
    assert remark.samples == ("data/fixed_image",)
    assert [s.id for s in open_dataset(tmp_path / "list.json")] == ["p0", "data/fixed_image"]


def test_relative_paths_are_warned_of_where_monai_would_not_join_them(tmp_path):
    saved, content = save(pairs(tmp_path / "data"), tmp_path / "l.json", relative_to=tmp_path)
    assert content["training"][0]["fixed_image"] == "data/fixed_image/case 0.nii.gz"
    assert "stay relative" in warned(saved)
    assert "base_dir" not in warned(saved)
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "l.json"
    saved, _ = save(pairs(tmp_path / "data"), path, relative_to=tmp_path)
    assert f"base_dir='{tmp_path}'" in warned(saved)
    found = open_dataset(path)[0].sources["fixed_image"].path.resolve()
    assert found == tmp_path / "data/fixed_image/case 0.nii.gz"


def test_what_monai_cannot_read_is_told_with_names(tmp_path):
    write_nifti(tmp_path / "a.nii.gz", noise((3, 4, 5)))
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["image"], file["label"] = noise((3, 4, 5)), noise((3, 4, 5))
    samples = [
        Sample("plain", {"image": Source(tmp_path / "a.nii.gz")}),
        Sample(
            "keyed",
            {role: Source(tmp_path / "b.h5", role) for role in ("image", "label")},
        ),
    ]
    saved, _ = save(samples, tmp_path / "list.json")
    told = {remark.samples: remark.sentence for remark in saved.warnings}
    assert "file#key" in told[("keyed",)]
    assert "have no label" in told[("plain",)]


def test_a_stack_of_slices_is_an_error(tmp_path):
    sample = Sample("a", {"image": Source(tmp_path / "1.npy", slices=("1.npy", "2.npy"))})
    for name in ("1.npy", "2.npy"):
        (tmp_path / name).touch()
    with pytest.raises(ExportError, match=r"one file a slice.*\(a\)"):
        save([sample], tmp_path / "list.json")
    assert not (tmp_path / "list.json").exists()


@pytest.mark.parametrize("split", ["name", "labels", "napari_medload"])
def test_a_split_that_would_hide_the_head_is_an_error(tmp_path, split):
    with pytest.raises(ExportError, match="another part of a datalist"):
        save(pairs(tmp_path / "d", split=split), tmp_path / "list.json")


def test_labels_are_named_in_the_head(tmp_path):
    _, content = save(open_dataset(write_pairs(tmp_path / "d", 1)), tmp_path / "list.json")
    assert "labels" not in content
    assert content["name"] == "d"


def test_what_was_not_written_whole_is_found_out(tmp_path):
    exporter = exporter_named("monai")
    selection = export.selection.selection_of(pairs(tmp_path / "d"))
    target = export.saving.target_of(exporter, tmp_path / "list.json", None, {})
    aside = tmp_path / "aside.json"
    exporter.write(selection, target, aside)
    exporter.prove(selection, target, aside)
    whole = aside.read_text()
    aside.write_text(whole.replace("fixed_image/case 1", "fixed_image/case 0"))
    with pytest.raises(ExportError, match=r"sample 'p1' .*case 0.* as its fixed_image"):
        exporter.prove(selection, target, aside)
    aside.write_text(whole[: len(whole) // 2])
    with pytest.raises(ExportError, match="can't be read back"):
        exporter.prove(selection, target, aside)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
def test_any_id_is_read_back(tmp_path, names):
    source = volume(tmp_path / "a.nii.gz")
    samples = [Sample(name, {"image": source}) for name in names]
    _, content = save(samples, tmp_path / "list.json")
    items = [{**item, **item.get("facts", {})} for item in content["training"]]
    found = [item["sample_id"].encode("utf-8", "backslashreplace") for item in items]
    spelt = [name.encode("utf-8", "backslashreplace").replace(b"\0", b"\\0") for name in names]
    assert found == spelt
    assert [Path(item["image"]) for item in items] == [source.path] * len(names)
