"""Findings lead to their places: a row is clicked, and the slices are those of the file's voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_medload.views.napari.details_panel import DetailsPanel
from tests.phantoms import affine_of, voxel_at, write_nifti
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.views.napari.findings_list import FindingsList
    from tests.views.napari.conftest import Browser, Driver

VOXEL = (9, 2, 7)
SHAPE = (14, 12, 10)
OBLIQUE = affine_of("PIR", SHAPE, (1.2, 1.0, 1.0), centre=(1.0, 2.0, 3.0), tilt=(8, -6, 10))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labelled pairs; the first moving image is oblique and holds a NaN."""
    write_pairs(tmp_path / "pairs", 2, labels=True)
    path = tmp_path / "pairs" / "moving_images" / "case00.nii.gz"
    array = np.asarray(nib.load(path).dataobj).astype(np.float32)
    array[VOXEL] = np.nan
    write_nifti(path, array, OBLIQUE)
    label = tmp_path / "pairs" / "moving_labels" / "case00.nii.gz"
    write_nifti(label, np.asarray(nib.load(label).dataobj), OBLIQUE)
    return tmp_path / "pairs"


def listed(driver: Driver, details: DetailsPanel) -> FindingsList:
    """Bring the findings to the front once the first sample is checked."""
    details.setCurrentWidget(details._findings_page)
    found = details.findings_tab.findings
    driver.wait(lambda: "not finite" in found.text())
    driver.settle()
    return found


def row_of(found: FindingsList, said: str) -> Any:
    (row,) = [row for row in found.rows if said in row.text()]
    return row


def click(driver: Driver, row: Any) -> None:
    driver.qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(12, 6))
    driver.settle()


@pytest.fixture
def details(driver: Driver) -> DetailsPanel:
    widget = DetailsPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(350, 500)
    widget.show()
    return widget


@pytest.mark.canvas
def test_a_click_shows_the_slices_through_the_voxel(browser: Browser, folder: Path):
    browser.open(folder, select="case00")
    row = row_of(listed(browser, browser.dock.details), "not finite")
    place = nib.affines.apply_affine(OBLIQUE, VOXEL)
    display = browser.session.scene.display
    browser.session.set_options(planes=True)
    browser.wait(lambda: browser.dock.canvas.planes.on)
    for plane in ("axial", "coronal", "sagittal"):
        browser.session.set_options(plane=plane)
        browser.place(display.grid.centre)
        click(browser, row)
        viewers = [browser.viewer, *(v.viewer for v in browser.dock.canvas.planes.views)]
        for viewer in viewers:
            shown = display.to_ras(viewer.dims.point)
            assert voxel_at(display.grid.affine, shown) == voxel_at(display.grid.affine, place)
        assert browser.session.position == pytest.approx(place, abs=1e-4)
        r, a, s = (round(float(at), 1) + 0.0 for at in place)
        said = browser.dock.canvas.planes.readout.text()
        assert f"R {r:.1f}  A {a:.1f}  S {s:.1f} mm" in said and "moving image nan" in said


@pytest.mark.canvas
def test_beside_the_grid_the_canvas_follows_with_the_grid_of_the_world(
    browser: Browser, folder: Path
):
    far = OBLIQUE.copy()
    far[:3, 3] += (0, 0, 60)
    path = folder / "moving_images" / "case00.nii.gz"
    write_nifti(path, np.asarray(nib.load(path).dataobj), far)
    browser.open(folder, select="case00")
    found = listed(browser, browser.dock.details)
    click(browser, row_of(found, "not finite"))
    display = browser.session.scene.display
    place = nib.affines.apply_affine(far, VOXEL)
    shown = display.to_ras(browser.viewer.dims.point)
    assert browser.session.options.grid == "world"
    assert voxel_at(display.grid.affine, shown) == voxel_at(display.grid.affine, place)
    found.back.click()
    browser.settle()
    assert browser.session.options.grid == "fixed" and found.back.isHidden()


def test_rows_that_lead_somewhere_say_so_and_others_are_text(
    driver: Driver, details: DetailsPanel, folder: Path
):
    write_nifti(
        folder / "fixed_images" / "case00.nii.gz",
        np.full(SHAPE, 3, np.int16),
        affine_of("LAS", SHAPE),
    )
    driver.open(folder, select="case00")
    found = listed(driver, details)
    driver.wait(lambda: "every voxel is 3" in found.text())
    plain, leading = row_of(found, "every voxel is 3"), row_of(found, "not finite")
    r, a, s = (round(float(at), 1) + 0.0 for at in nib.affines.apply_affine(OBLIQUE, VOXEL))
    assert leading.text().endswith(f"→ R {r:.1f}  A {a:.1f}  S {s:.1f} mm, moving image")
    assert leading.text().startswith("✗ error: ")
    assert "→" not in plain.text() and plain.focusPolicy() != Qt.FocusPolicy.StrongFocus
    before = driver.session.position
    click(driver, plain)
    assert driver.session.position == before


def test_the_keyboard_goes_there_and_from_row_to_row(
    driver: Driver, details: DetailsPanel, folder: Path
):
    label = folder / "moving_labels" / "case00.nii.gz"
    array = np.asarray(nib.load(label).dataobj).copy()
    array[2, 3, 4] = 9
    write_nifti(label, array, OBLIQUE)
    driver.open(folder, select="case00")
    found = listed(driver, details)
    driver.wait(lambda: "label 9" in found.text())
    rows = [row for row in found.rows if "→" in row.text()]
    rows[0].setFocus()
    driver.qtbot.keyClick(rows[0], Qt.Key.Key_Return)
    assert driver.session.position == pytest.approx(
        nib.affines.apply_affine(OBLIQUE, VOXEL), abs=1e-4
    )
    driver.qtbot.keyClick(rows[0], Qt.Key.Key_Down)
    assert details.focusWidget() is rows[1]
    driver.qtbot.keyClick(rows[1], Qt.Key.Key_Space)
    assert driver.session.position == pytest.approx(
        nib.affines.apply_affine(OBLIQUE, (2, 3, 4)), abs=1e-4
    )
    for _ in rows:  # the ends hold
        driver.qtbot.keyClick(details.focusWidget(), Qt.Key.Key_Up)
    assert details.focusWidget() is rows[0]


def test_text_is_selected_and_copied_without_going_anywhere(
    driver: Driver, details: DetailsPanel, folder: Path
):
    driver.open(folder, select="case00")
    row = row_of(listed(driver, details), "not finite")
    before = driver.session.position
    row.setFocus()
    driver.qtbot.keyClick(row, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().startswith("✗ error: moving image")
    driver.qtbot.mousePress(row, Qt.MouseButton.LeftButton, pos=QPoint(6, 8))
    driver.qtbot.mouseMove(row, QPoint(120, 8))
    driver.qtbot.mouseRelease(row, Qt.MouseButton.LeftButton, pos=QPoint(120, 8))
    assert row.hasSelectedText() and driver.session.position == before


def test_it_stays_as_it_is_while_others_are_checked(
    driver: Driver, details: DetailsPanel, folder: Path
):
    driver.open(folder, select="case00")
    found = listed(driver, details)
    driver.wait(lambda: all(f is not None and f.checked for f in driver.session.rows.facts))
    rows = list(found.rows)
    rows[0].setFocus()
    details.findings_tab.refresh()
    assert found.rows == rows and found.width() <= 350
    driver.select(1)
    assert "not finite" not in found.text()
