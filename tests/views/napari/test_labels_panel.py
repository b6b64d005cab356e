"""Labels hidden and shown by the boxes of the legend; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QStyle, QStyleOptionViewItem

from napari_medload.views.napari.labels_panel import LabelsPanel
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(driver: Driver) -> LabelsPanel:
    widget = LabelsPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 200)
    widget.show()
    return widget


def ticked(panel: LabelsPanel) -> list[bool]:
    items = [panel.table.item(row, 0) for row in range(panel.table.rowCount())]
    return [item.checkState() == Qt.CheckState.Checked for item in items]


def click(driver: Driver, panel: LabelsPanel, row: int) -> None:
    """Click into the box of a row."""
    table = panel.table
    index = table.model().index(row, 0)
    option = QStyleOptionViewItem()
    option.rect, option.index = table.visualRect(index), index
    option.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
    box = table.style().subElementRect(
        QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, table
    )
    middle = QPoint(box.center().x(), option.rect.center().y())
    driver.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def test_a_click_into_the_box_hides_a_label_and_another_brings_it_back(
    driver: Driver, panel: LabelsPanel, pairs: Path
):
    driver.open(pairs)
    session = driver.session
    assert ticked(panel) == [True, True] and not panel.all.isVisible()
    click(driver, panel, 1)
    assert session.options.hidden_labels == {2} and ticked(panel) == [True, False]
    assert {layer.hidden for layer in session.scene.layers if layer.kind == "labels"} == {
        frozenset({2})
    }
    click(driver, panel, 1)
    assert session.options.hidden_labels == frozenset() and ticked(panel) == [True, True]


def test_the_space_bar_does_the_same(driver: Driver, panel: LabelsPanel, pairs: Path):
    driver.open(pairs)
    panel.table.setFocus()
    panel.table.setCurrentCell(0, 0)
    driver.qtbot.keyClick(panel.table, Qt.Key.Key_Space)
    assert driver.session.options.hidden_labels == {1}


def test_boxes_follow_the_session_over_samples(driver: Driver, panel: LabelsPanel, pairs: Path):
    driver.open(pairs)
    driver.session.toggle_label(1)
    driver.settle()
    assert ticked(panel) == [False, True]
    driver.select(1)
    assert ticked(panel) == [False, True] and driver.session.options.hidden_labels == {1}
    panel.hide()
    driver.session.toggle_label(2)
    panel.show()
    assert ticked(panel) == [False, False]


def test_labels_of_other_samples_come_back_too(driver: Driver, panel: LabelsPanel, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    for side in ("fixed", "moving"):
        (folder / f"{side}_labels" / "case01.nii.gz").unlink()
    driver.open(folder)
    click(driver, panel, 0)
    driver.select(1)
    assert panel.table.rowCount() == 0 and panel.all.isVisible()
    driver.qtbot.mouseClick(panel.all, Qt.MouseButton.LeftButton)
    driver.settle()
    assert not panel.all.isVisible()
    driver.select(0)
    assert ticked(panel) == [True, True]
