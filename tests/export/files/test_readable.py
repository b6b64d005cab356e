"""Files that can't be read: told by checks, else by their headers."""

from __future__ import annotations

import pytest

from napari_medload import export, open_dataset
from napari_medload.export import ExportError
from tests.session.datasets import write_pairs


@pytest.fixture
def folder(tmp_path):
    """Three pairs: one is sound, one has no header, of one the voxels end too early."""
    folder = write_pairs(tmp_path / "data", 3)
    (folder / "moving_images" / "case01.nii.gz").write_bytes(b"no image")
    cut = folder / "fixed_images" / "case02.nii.gz"
    cut.write_bytes(cut.read_bytes()[:-200])
    return folder


def test_a_broken_header_is_an_error_for_training_though_nobody_checked(folder, tmp_path):
    with pytest.raises(ExportError, match=r"headers of these samples can't be read.*\(case01\)"):
        export.save(open_dataset(folder), tmp_path / "l.json", "monai", ask=False)
    saved = export.save(open_dataset(folder), tmp_path / "l.csv")  # which opens none
    assert saved.warnings == ()


def test_what_voxels_have_told_is_an_error_for_training_and_a_warning_in_a_table(folder, tmp_path):
    checked = export.reviewed(open_dataset(folder), findings="voxels")
    named = r"checks have found.*can't be read.*\(case01, case02\)"
    with pytest.raises(ExportError, match=named):
        export.save(checked, tmp_path / "l.json", "torchio", ask=False)
    saved = export.save(checked, tmp_path / "l.csv")
    assert [warning.samples for warning in saved.warnings] == [("case01", "case02")]
    again = open_dataset(tmp_path / "l.csv")  # the list states it
    with pytest.raises(ExportError, match=named):
        export.save(again, tmp_path / "again.json", "monai", ask=False)


def test_files_that_a_list_does_not_name_may_be_broken(folder, tmp_path):
    for side in ("fixed", "moving"):
        (folder / f"{side}_labels").mkdir()
        for number in range(3):
            name = f"case0{number}.nii.gz"
            content = (folder / f"{side}_images" / "case00.nii.gz").read_bytes()
            (folder / f"{side}_labels" / name).write_bytes(content)
    chosen = export.reviewed(open_dataset(folder))
    with pytest.raises(ExportError, match=r"\(case01\)"):
        export.save(chosen, tmp_path / "images.txt", "voxelmorph", ask=False)
    assert (
        export.save(chosen, tmp_path / "l.txt", "voxelmorph", ask=False, what="labels").count == 3
    )
