"""The facts of a sample on screen; without a viewer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtWidgets import QApplication, QMenu

from napari_medload.views.napari.geometry_panel import GeometryPanel
from tests.phantoms import affine_of, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver

SHAPE = (10, 9, 8)


@pytest.fixture
def panel(driver: Driver, tmp_path: Path) -> GeometryPanel:
    """The second of two samples has a label two voxels off, and forms that disagree."""
    folder = tmp_path / "set"
    affine = affine_of("LAS", SHAPE, (1, 2, 3))
    off = affine.copy()
    off[:3, 3] += (0, 4, 0)
    for name, label, qform in (("a", affine, affine), ("b", off, off)):
        write_nifti(folder / "images" / f"{name}.nii", noise(SHAPE), affine, qform=qform)
        write_nifti(folder / "labels" / f"{name}.nii", noise(SHAPE, bool).astype("u1"), label)
    widget = GeometryPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 300)
    widget.show()
    driver.open(folder)
    return widget


def texts(panel: GeometryPanel) -> dict[str, list[str]]:
    table = panel.table
    return {
        table.verticalHeaderItem(row).text(): [
            table.item(row, column).text() for column in range(table.columnCount())
        ]
        for row in range(table.rowCount())
    }


def test_facts_follow_the_selected_sample_and_disagreements_are_marked(
    driver: Driver, panel: GeometryPanel
):
    headers = [panel.table.horizontalHeaderItem(i).text() for i in range(2)]
    assert headers == ["image", "label"]
    good = texts(panel)
    assert good["shape"] == ["10×9×8", "10×9×8"]
    assert good["spacing"][0] == "1×2×3" and good["orient."][0] == "LAS"
    assert not any("!" in text for row in good.values() for text in row)
    driver.select(1)
    bad = texts(panel)
    assert bad["distance"] == ["–", "4.0 mm !"]
    assert bad["s/q form"][0].endswith("4.0 mm !")
    row = list(bad).index("distance")
    assert panel.table.item(row, 1).font().bold()  # told by shape and sign, not by colour alone
    assert not panel.table.item(row, 0).font().bold()
    driver.select(0)
    assert texts(panel) == good


def test_nothing_is_scrolled_out_of_sight(panel: GeometryPanel):
    assert not panel.table.horizontalScrollBar().isVisible()
    assert not panel.table.verticalScrollBar().isVisible()


def test_facts_are_copied_as_text_and_as_json(driver: Driver, panel: GeometryPanel, tmp_path: Path):
    driver.select(1)
    copied = []
    for entry in ("Copy as text", "Copy as JSON"):

        def press(entry=entry) -> None:
            menu = QApplication.activePopupWidget()
            assert isinstance(menu, QMenu)
            (action,) = (action for action in menu.actions() if action.text() == entry)
            place = menu.actionGeometry(action).center()
            driver.qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)

        QTimer.singleShot(50, press)
        panel.table.customContextMenuRequested.emit(QPoint(5, 5))
        copied.append(QApplication.clipboard().text())
    text, facts = copied[0], json.loads(copied[1])
    assert "distance\t–\t4.0 mm !" in text.splitlines()
    truth = nib.load(tmp_path / "set" / "labels" / "b.nii")
    assert facts["label"]["affine"] == truth.affine.tolist()


def test_how_a_sample_is_drawn_is_said_in_full_at_any_width(
    driver: Driver, panel: GeometryPanel, tmp_path: Path
):
    """A small canvas cuts these notes; here every word stands, in lines that fit."""
    affine = affine_of("LAS", SHAPE, (1, 2, 3))
    folder, turned = tmp_path / "tilted", affine.copy()
    turned[:2, :3] = np.array([[0.8, -0.6], [0.6, 0.8]]) @ affine[:2, :3]
    write_nifti(folder / "fixed_images" / "a.nii", noise(SHAPE), affine)
    write_nifti(folder / "moving_images" / "a.nii", noise(SHAPE), turned)
    driver.open(folder)
    (note,) = driver.session.scene.notes
    assert "oblique" in note
    table, tall = panel.table, []
    for width in (900, 200):
        panel.resize(width, 500)
        driver.wait(lambda width=width: table.viewport().width() > width - 150)
        row = table.rowCount() - 1
        assert table.verticalHeaderItem(row).text() == "drawn"
        item = table.item(row, 0)
        assert " ".join(item.text().split()) == note and note in item.toolTip()
        room = table.viewport().width()
        assert max(map(table.fontMetrics().horizontalAdvance, item.text().split("\n"))) < room
        tall.append(table.rowHeight(row))
    assert tall[0] < tall[1]
    driver.open(tmp_path / "set")
    assert "drawn" not in texts(panel)
