from __future__ import annotations

import os
from dataclasses import replace

import pytest

from napari_medload import export
from napari_medload.export import ExportError
from napari_medload.export.saving import target_of
from napari_medload.export.scenes.mrml import Mrml
from napari_medload.formats import Source
from napari_medload.labels import LabelTable, read_label_table
from napari_medload.loaders import Sample
from tests.export.scenes.phantoms import NASTY, full_sample, selected, valid
from tests.phantoms import noise, write_h5, write_nifti

DECODING = ((b"%22", b'"'), (b"%3C", b"<"), (b"%3E", b">"), (b"%27", b"'"), (b"%20", b" "), (b"%25", b"%"))  # fmt: skip # noqa: E501


def as_slicer_reads(file_name: str) -> str:
    """Path of a file, as vtkMRMLNode::URLDecodeString decodes it."""
    raw = os.fsencode(file_name)
    for code, sign in DECODING:
        raw = raw.replace(code, sign)
    return os.fsdecode(raw)


def references(node) -> dict[str, str]:
    return dict(part.split(":") for part in node.get("references", "").split(";") if part)


def scene_of(path):
    """Nodes of a valid scene by id; whatever refers to one that is not there fails."""
    root = valid(path, "mrml")
    nodes = {node.get("id"): node for node in root}
    assert len(nodes) == len(root)
    for node in root:
        assert set(references(node).values()) <= set(nodes)
        colour = node.get("colorNodeID", "vtkMRMLColorTableNodeGrey")
        assert colour in nodes or colour.endswith(("Grey", "Labels"))
    return nodes


def file_of(nodes, node) -> str:
    return as_slicer_reads(nodes[references(node)["storage"]].get("fileName"))


def test_a_scene_names_each_file_and_shows_it(tmp_path):
    sample = full_sample(tmp_path)
    saved = export.save(selected(tmp_path, sample), tmp_path / "a b.mrml")
    nodes = scene_of(tmp_path / "a b.mrml")
    named = {n.get("name"): n for n in nodes.values() if n.tag in SHOWN}
    roles = [role for role in sample.sources if role != "moving_landmarks"]
    assert set(named) == {f"{NASTY} {role.replace('_', ' ')}" for role in roles}
    by_role = {role: named[f"{NASTY} {role.replace('_', ' ')}"] for role in roles}
    for role, node in by_role.items():
        assert file_of(nodes, node) == sample.sources[role].file
        assert (node.tag == "LabelMapVolume") == role.endswith("label")
    assert by_role["transform"].tag == "Transform"
    assert by_role["fixed_landmarks"].tag == "MarkupsFiducial"
    views = [node for node in nodes.values() if node.tag == "SliceComposite"]
    assert [view.get("layoutName") for view in views] == ["Red", "Green", "Yellow"]
    for view in views:
        assert {layer: nodes[node] for layer, node in references(view).items()} == {
            "backgroundVolume": by_role["fixed_image"],
            "foregroundVolume": by_role["moving_image"],
            "labelVolume": by_role["fixed_label"],
        }
    moved = {role for role, node in by_role.items() if "transform" in references(node)}
    assert moved == {"moving_image", "moving_label"}
    said = "\n".join(map(str, saved.warnings))
    assert "left out are moving_landmarks" in said and "the labels from 40000 on" in said


SHOWN = ("Volume", "LabelMapVolume", "Transform", "MarkupsFiducial")


def test_names_and_colours_of_labels_lie_beside(tmp_path):
    sample = full_sample(tmp_path)
    export.save(selected(tmp_path, sample), tmp_path / "a b.mrml", apply_transform=False)
    nodes = scene_of(tmp_path / "a b.mrml")
    (colours,) = (node for node in nodes.values() if node.tag == "ColorTable")
    assert file_of(nodes, colours) == "a b.ctbl"
    lines = (tmp_path / "a b.ctbl").read_text().splitlines()
    assert lines[1:] == ["0 background 0 0 0 0", "1 left_lung 255 128 0 255"]
    assert read_label_table(tmp_path / "a b.ctbl")[1].name == "left_lung"
    displays = [node for node in nodes.values() if node.tag == "LabelMapVolumeDisplay"]
    assert {node.get("colorNodeID") for node in displays} == {colours.get("id")}
    assert not any("transform" in references(node) for node in nodes.values())


def test_without_names_there_is_no_table(tmp_path):
    sample = full_sample(tmp_path)
    export.save(selected(tmp_path, sample, table=LabelTable()), tmp_path / "a.mrml")
    assert "ColorTable" not in {node.tag for node in scene_of(tmp_path / "a.mrml").values()}
    assert list(tmp_path.glob("*.ctbl")) == []


def test_paths_are_relative_to_the_scene(tmp_path):
    sample = full_sample(tmp_path)
    chosen = selected(tmp_path, sample)
    export.save(chosen, tmp_path / "a.mrml", relative_to=tmp_path)
    nodes = scene_of(tmp_path / "a.mrml")
    files = {file_of(nodes, node) for node in nodes.values() if node.tag == "Volume"}
    assert files == {
        os.path.relpath(sample.sources[role].file, tmp_path)
        for role in ("fixed_image", "moving_image", "warped_image")
    }
    (tmp_path / "scenes").mkdir()
    with pytest.raises(ExportError, match="from the folder of the scene"):
        export.save(chosen, tmp_path / "scenes" / "a.mrml", relative_to=tmp_path)


def test_a_single_image_is_shown_alone(tmp_path):
    file = write_nifti(tmp_path / "a.nii", noise((4, 5, 6)))
    label = write_nifti(tmp_path / "b.nii", noise((4, 5, 6), bool).astype("u1"))
    sample = Sample("a", {"label": Source(label), "image": Source(file)})
    export.save([sample], tmp_path / "a.mrml")
    nodes = scene_of(tmp_path / "a.mrml")
    (view, *_) = (node for node in nodes.values() if node.tag == "SliceComposite")
    assert {layer: file_of(nodes, nodes[node]) for layer, node in references(view).items()} == {
        "backgroundVolume": str(file),
        "labelVolume": str(label),
    }


def test_what_slicer_cannot_open_is_refused_and_named(tmp_path):
    good, h5 = full_sample(tmp_path), write_h5(tmp_path / "a.h5", group__1__2=noise((4, 4, 4)))
    nifti = good.sources["fixed_image"]
    for chosen, reason in (
        ([good, replace(good, id="other")], r"(?s)one sample at a time.*--sample.*other"),
        ([Sample("case 7", {"image": Source(h5, "group-1-2")})], r"(?s)NIfTI.*case 7"),
        ([Sample("case 7", {"image": Source(h5)})], r"(?s)NIfTI.*case 7"),
        ([Sample("case 7", {"image": Source(nifti.path, slices=("a", "b"))})], "case 7"),
        ([Sample("case 7", {"transform": good.sources["transform"]})], "no image.*case 7"),
        ([Sample("case\x077", {"image": nifti})], "XML can't hold"),
        ([Sample("case 7", {"image": Source(tmp_path / "gone.nii")})], r"(?s)gone.nii.*case 7"),
    ):
        with pytest.raises(ExportError, match=reason):
            export.save(chosen, tmp_path / "a.mrml")
    assert not (tmp_path / "a.mrml").exists()


def test_a_scene_that_was_spoiled_is_not_saved(tmp_path):
    chosen = selected(tmp_path, full_sample(tmp_path))
    target = target_of(Mrml(), tmp_path / "a.mrml", None, {})
    Mrml().write(chosen, target, target.path)
    Mrml().prove(chosen, target, target.path)
    text, colours = target.path.read_text(), tmp_path / "a.ctbl"
    table = colours.read_text()
    for old, new in (("there.tfm", "here.tfm"), ("moving image", "fixed image"), ("</MRML>", "")):
        target.path.write_text(text.replace(old, new))
        with pytest.raises(ExportError):
            Mrml().prove(chosen, target, target.path)
    target.path.write_text(text)
    colours.write_text(table.replace("left", "right"))
    with pytest.raises(ExportError, match="labels were not read back"):
        Mrml().prove(chosen, target, target.path)
