from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medload import export
from napari_medload.export import ExportError
from napari_medload.export.saving import target_of
from napari_medload.export.scenes.itksnap import ItkSnap
from napari_medload.formats import Source
from napari_medload.labels import LabelTable
from napari_medload.loaders import Sample
from tests.export.scenes.phantoms import NASTY, full_sample, selected, valid
from tests.phantoms import noise, write_h5, write_nifti


def registry(path) -> dict:
    """Folders as dictionaries, as ITK-SNAP's Registry reads them."""

    def folder(element) -> dict:
        found = {}
        for each in element:
            assert each.get("key") not in found and "." not in each.get("key")
            found[each.get("key")] = folder(each) if each.tag == "folder" else each.get("value")
        return found

    return folder(valid(path, "itksnap"))


def test_a_workspace_names_each_file_in_its_role(tmp_path):
    sample = full_sample(tmp_path)
    path = tmp_path / "a b.itksnap"
    saved = export.save(selected(tmp_path, sample), path, overlay_opacity=0.25)
    found = registry(path)
    assert found["SaveLocation"] == str(tmp_path)
    layers = [found["Layers"][f"Layer[{number:03d}]"] for number in range(len(found["Layers"]))]
    assert [(layer["AbsolutePath"], layer["Role"]) for layer in layers] == [
        (sample.sources["fixed_image"].file, "MainRole"),
        (sample.sources["moving_image"].file, "OverlayRole"),
        (sample.sources["warped_image"].file, "OverlayRole"),
        (sample.sources["fixed_label"].file, "SegmentationRole"),
    ]
    assert layers[1]["LayerMetaData"]["CustomNickName"] == f"{NASTY} moving image"
    assert layers[1]["LayerMetaData"]["Alpha"] == "0.25"
    said = "\n".join(map(str, saved.warnings))
    for role in ("moving_label", "transform", "fixed_landmarks", "moving_landmarks"):
        assert role in said


def test_labels_have_their_names_and_colours(tmp_path):
    path = tmp_path / "a.itksnap"
    export.save(selected(tmp_path, full_sample(tmp_path)), path)
    table = registry(path)["Layers"]["Layer[000]"]["ProjectMetaData"]["IRIS"]["LabelTable"]
    assert table == {
        "NumberOfElements": "2",
        "Element[0]": {"Index": "1", "Label": "left lung", "Color": "255 128 0"} | SEEN,
        "Element[1]": {"Index": "40000", "Label": "<b>&\"q'", "Color": "0 0 255"} | SEEN,
    }
    export.save(selected(tmp_path, full_sample(tmp_path), table=LabelTable()), path, overwrite=True)
    main = registry(path)["Layers"]["Layer[000]"]
    assert main["ProjectMetaData"]["IRIS"]["LabelTable"] == {}


SEEN = {"Alpha": "255", "Flags": "1 1"}


def test_what_may_lie_elsewhere_is_said(tmp_path):
    sample = full_sample(tmp_path)
    path = tmp_path / "a.itksnap"
    saved = export.save(selected(tmp_path, sample, alignment="none"), path, relative_to=tmp_path)
    said = "\n".join(map(str, saved.warnings))
    assert "promises no alignment" in said and "absolute paths" in said
    saved = export.save(selected(tmp_path, sample, alignment="world"), path, overwrite=True)
    assert "alignment" not in "\n".join(map(str, saved.warnings))


def test_what_itksnap_cannot_open_is_refused_and_named(tmp_path):
    good, h5 = full_sample(tmp_path), write_h5(tmp_path / "a.h5", group__1__2=noise((4, 4, 4)))
    nifti = good.sources["fixed_image"]
    (tmp_path / "a.mgz").touch()
    small = Source(write_nifti(tmp_path / "small.nii", noise((4, 4, 4), "u1")))
    for chosen, reason in (
        ([good, replace(good, id="other")], r"(?s)one sample at a time.*--sample.*other"),
        ([Sample("case 7", {"image": Source(h5, "group-1-2")})], r"(?s)NIfTI.*case 7"),
        ([Sample("case 7", {"image": Source(tmp_path / "a.mgz")})], r"(?s)NIfTI.*case 7"),
        ([Sample("case 7", {"transform": good.sources["transform"]})], "no image.*case 7"),
        ([Sample("case\x077", {"image": nifti})], "XML can't hold"),
        ([Sample("case 7", {"image": Source(tmp_path / "gone.nii")})], r"(?s)gone.nii.*case 7"),
        ([Sample("case 7", {"image": nifti, "label": small})], r"\(4, 4, 4\) voxels.*case 7"),
    ):
        with pytest.raises(ExportError, match=reason):
            export.save(chosen, tmp_path / "a.itksnap")
    assert not (tmp_path / "a.itksnap").exists()


def test_a_workspace_that_was_spoiled_is_not_saved(tmp_path):
    chosen = selected(tmp_path, full_sample(tmp_path))
    target = target_of(ItkSnap(), tmp_path / "a.itksnap", None, {})
    ItkSnap().write(chosen, target, target.path)
    ItkSnap().prove(chosen, target, target.path)
    text = target.path.read_text()
    for old, new in (("left lung", "right"), ("MainRole", "Other"), ("</registry>", "")):
        target.path.write_text(text.replace(old, new))
        with pytest.raises(ExportError):
            ItkSnap().prove(chosen, target, target.path)
