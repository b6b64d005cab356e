"""Columns of a list chosen by hand, against the paths that its cells name."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from napari_medload.loaders import open_dataset
from napari_medload.loaders.lists.guessing import needs_mapping
from napari_medload.session.mapping import Sheet, sheet_of
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.session.conftest import Walker

HEADER = ("nr", "reference scan", "source scan", "reference seg", "fold")


@pytest.fixture
def odd_list(tmp_path: Path) -> Path:
    """A list whose columns have other names, and whose cells no suffix that is known."""
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    path = tmp_path / "odd list.csv"
    with open(path, "w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(HEADER)
        for name, fold in (("case00", "train"), ("case01", "test")):
            cells = []
            for role in ("fixed_images", "moving_images", "fixed_labels"):
                link = tmp_path / f"{role} {name}"
                link.symlink_to(folder / role / f"{name}.nii.gz")
                cells.append(str(link))
            writer.writerow((name, *cells, fold))
    return path


def test_list_without_a_known_column_can_be_mapped(walker: Walker, odd_list: Path) -> None:
    session = walker.session
    session.open(odd_list)
    walker.wait(lambda: bool(walker.troubles))
    assert walker.troubles[-1].unmapped == odd_list
    session.mapping.begin(odd_list)
    walker.wait(lambda: session.mapping.sheet is not None)
    sheet = session.mapping.sheet
    assert sheet.header == HEADER
    assert len(sheet.rows) == 2
    assert sheet.guess["split"] == "fold"
    images = {"fixed_image": "reference scan", "moving_image": "source scan"}
    session.mapping.open(sheet.guess | images)
    walker.wait(lambda: session.dataset is not None)
    assert session.dataset.splits == ("train", "test")
    assert [sample.sources["fixed_image"].path.name for sample in session.dataset] == [
        "fixed_images case00",
        "fixed_images case01",
    ]


def test_other_troubles_offer_no_mapping(walker: Walker, tmp_path: Path) -> None:
    walker.session.open(tmp_path / "nothing there")
    walker.wait(lambda: bool(walker.troubles))
    assert walker.troubles[-1].unmapped is None


def test_fault_is_said_before_opening(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "list.csv", ("a", "b"), (), {})
    assert "no column is chosen for an image" in sheet.fault({})
    assert "no column is chosen for an image" in sheet.fault({"fixed_label": "a"})
    assert "'a' is chosen twice" in sheet.fault({"fixed_image": "a", "moving_image": "a"})
    assert sheet.fault({"fixed_image": "a", "moving_image": "b"}) == ""


def test_a_list_of_odd_columns_of_paths_is_told(tmp_path: Path) -> None:
    folder = write_pairs(tmp_path / "pairs", 1)
    files = [str(folder / f"{role}_images" / "case00.nii.gz") for role in ("fixed", "moving")]
    path = tmp_path / "odd.csv"
    path.write_text(f"Patient Nr;MRT (T1);CT-Scan\nP1;{';'.join(files)}\n")
    assert needs_mapping(open_dataset(path))
    assert not needs_mapping(open_dataset(folder))
    mapped = open_dataset(path, columns=sheet_of(path).guess)
    assert not needs_mapping(mapped)
    assert [str(source.path) for source in mapped[0].sources.values()] == files
    chosen = {"image": "CT-Scan"}
    assert sheet_of(path, chosen).guess == chosen
