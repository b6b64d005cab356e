"""What is open, how it was read, and how to open another; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.views.napari.dataset_panel import DatasetPanel
from tests.phantoms import affine_of, noise, write_nifti
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(driver: Driver) -> DatasetPanel:
    widget = DatasetPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 120)
    widget.show()
    return widget


def choose(combo, text: str) -> None:
    """Pick an entry as a person does; what a program sets emits no `textActivated`."""
    combo.setCurrentText(text)
    assert combo.currentText() == text
    combo.textActivated.emit(text)


def test_it_says_what_is_open(driver: Driver, panel: DatasetPanel, pairs: Path):
    driver.open(pairs)
    assert panel.name.text().strip() == "pairs"
    assert panel.summary.text() == "Paired · 8 samples · aligned: world"
    assert str(pairs) in panel.name.toolTip()
    driver.session.find("case01")
    assert "1 of 8 samples shown" in panel.summary.text()


def test_a_sample_that_only_stays_does_not_count_as_a_match(
    driver: Driver, panel: DatasetPanel, pairs: Path
):
    driver.open(pairs)
    marks = driver.session.rows.marks
    for sample in (1, 2):
        marks.judge(sample, "accept")
    driver.session.choose_by(verdict="accept")  # the first one is looked at, and not reviewed
    assert len(driver.session.rows) == 3
    told = "2 of 8 samples shown, +1 not matching"
    assert panel.summary.text().startswith(told) and told in panel.summary.toolTip()
    driver.select(1)
    assert "2 of 8 samples shown ·" in panel.summary.text()
    marks.judge(1, "reject")
    driver.session.reviewing.marked.emit()
    assert "1 of 8 samples shown, +1 not matching" in panel.summary.text()


def test_recent_datasets_are_listed_latest_first_and_open(
    driver: Driver, panel: DatasetPanel, pairs: Path, tmp_path: Path
):
    other = write_pairs(tmp_path / "other", 2)
    driver.open(pairs)
    driver.open(other)
    panel.list_recent()
    actions = panel.name.menu().actions()
    assert [action.text() for action in actions[:2]] == [str(other), str(pairs)]
    actions[1].trigger()
    driver.wait_open(lambda: driver.session.dataset.root == pairs)
    assert panel.name.text().strip() == "pairs"


def test_alignment_is_changed_by_hand(driver: Driver, panel: DatasetPanel, tmp_path: Path):
    shape = (8, 8, 8)
    for side, centre in (("fixed", (0, 0, 0)), ("moving", (3, 0, 0))):
        affine = affine_of("RAS", shape, centre=centre)
        array = noise(shape, seed=len(side))  # else they would be identical
        write_nifti(tmp_path / "set" / f"{side}_images" / "a.nii", array, affine)
    driver.open(tmp_path / "set")
    assert not panel.form.isVisible()
    panel.edit.click()
    assert panel.form.isVisible() and panel.alignment_choice.currentText() == "world"
    choose(panel.alignment_choice, "same grid")
    driver.wait_open()
    assert "aligned: same grid" in panel.summary.text()
    assert "3.0 voxels" in driver.session.rows.text(0, "finding")


def test_layout_is_changed_by_hand_and_a_wrong_one_is_taken_back(
    driver: Driver, panel: DatasetPanel, tmp_path: Path
):
    for name in ("g1/a", "g1/b", "g2/a"):
        write_nifti(tmp_path / "set" / "images" / f"{name}.nii", np.zeros((4, 4, 4), np.uint8))
    driver.open(tmp_path / "set")
    assert panel.layout_choice.currentText() == "grouped"
    assert driver.session.dataset[0].group == "g1"
    choose(panel.layout_choice, "unpaired")
    driver.wait_open(lambda: driver.session.dataset.layout == "unpaired")
    assert panel.summary.text().startswith("Unpaired · 3 samples")
    choose(panel.layout_choice, "paired")
    assert "set" in driver.wait_for_trouble()
    assert panel.layout_choice.currentText() == "unpaired"
    assert panel.summary.text().startswith("Unpaired")


def test_one_split_is_shown_and_all_again(driver: Driver, panel: DatasetPanel, tmp_path: Path):
    for split, count in (("train", 3), ("test", 1)):
        write_pairs(tmp_path / "set" / split, count)
    driver.open(tmp_path / "set")
    offered = [panel.split_choice.itemText(i) for i in range(panel.split_choice.count())]
    assert offered == ["all", "train", "test"]
    choose(panel.split_choice, "test")
    driver.wait_open(lambda: len(driver.session.dataset) == 1)
    assert driver.session.dataset[0].id == "test/case00"
    assert panel.split_choice.currentText() == "test"
    choose(panel.split_choice, "all")
    driver.wait_open(lambda: len(driver.session.dataset) == 4)
    assert panel.split_choice.currentText() == "all"


def test_a_list_has_no_layout_to_choose(driver: Driver, panel: DatasetPanel, tmp_path: Path):
    write_nifti(tmp_path / "a.nii", noise((4, 4, 4)))
    (tmp_path / "mine.csv").write_text("id,image\none,a.nii\n")
    driver.open(tmp_path / "mine.csv")
    assert not panel.layout_choice.isEnabled() and not panel.split_choice.isEnabled()
    assert panel.summary.text() == "List · 1 sample"
