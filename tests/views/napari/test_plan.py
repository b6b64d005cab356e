"""Patches and tiles over the image: true on the canvas, walked by buttons, keys and table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QCoreApplication, QEvent, Qt
from qtpy.QtWidgets import QApplication

from napari_medload.session.options import PLANES
from napari_medload.session.regions import PlanOptions, Regions
from napari_medload.views.napari import menu
from napari_medload.views.napari.plan_panel import PlanPanel
from tests.phantoms import affine_of, noise, write_nifti
from tests.session.datasets import write_pairs
from tests.views.napari.test_canvas_truth import AXES, hide_letters
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

SHAPE, SPACING = (30, 26, 22), (1.5, 2.0, 2.5)
TILT = (8.0, -6.0, 12.0)
ORANGE = np.array((230, 159, 0))


def orange(picture: np.ndarray) -> np.ndarray:
    """Rows and columns of pixels in the colour of the current region, shape (n, 2)."""
    near = np.abs(picture[..., :3].astype(int) - ORANGE).max(axis=-1) < 30
    return np.argwhere(near)


def on_screen(viewer: Any, plane: str, canvas: np.ndarray) -> np.ndarray:
    """Rows and columns of canvas points (S, A, R), the patient's right on the left."""
    camera, (across, up) = viewer.scene.camera, AXES[plane]
    height, width = viewer.canvas.size
    centre_up, centre_across = camera.center[-2:]
    ras = canvas[:, ::-1]
    columns = width / 2 - (ras[:, across] - centre_across) * camera.zoom
    rows = height / 2 - (ras[:, up] - centre_up) * camera.zoom
    return np.stack((rows, columns), axis=1)


@pytest.mark.canvas
@pytest.mark.parametrize(
    ("stored", "tilt", "grid"),
    [
        ("PIR", (0.0, 0.0, 0.0), "fixed"),
        ("LPI", (0.0, 0.0, 0.0), "fixed"),
        ("LSA", TILT, "fixed"),  # the canvas is tilted like the image
        ("LSA", TILT, "world"),  # the boxes are tilted on the canvas
    ],
)
def test_the_current_region_is_outlined_where_its_voxels_are_drawn(
    browser: Browser, tmp_path: Path, stored: str, tilt: Any, grid: str
):
    """The voxels of one region are bright; its outline runs around them, not through them."""
    affine = affine_of(stored, SHAPE, SPACING, centre=(3.0, 2.0, 1.0), tilt=tilt)
    array = np.zeros(SHAPE, np.int16)
    array[10:20, 8:16, 7:14] = 1000
    for side in ("fixed", "moving"):
        write_nifti(tmp_path / "set" / f"{side}_images" / "a.nii.gz", array, affine)
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="fixed", grid=grid)
    browser.settle()
    regions = browser.dock.regions
    regions.ask(PlanOptions(size=(7, 8, 10)))  # k, j, i: region 10, 8, 7 begins there
    starts = [tuple(regions.plan[n]["coords"]) for n in range(len(regions.plan))]
    assert (7, 8, 10) in starts
    regions.go_to(starts.index((7, 8, 10)))
    first, size = regions.boxes.one(regions.number)
    to_canvas = regions.image.to_canvas
    middle = to_canvas[:3, :3] @ (first + (size - 1) / 2) + to_canvas[:3, 3]
    for plane in PLANES:
        browser.session.set_options(plane=plane)
        hide_letters(browser)
        browser.viewer.dims.point = middle
        browser.dock.boxes._lines["kept"].visible = False
        browser.dock.boxes._lines["kept shade"].visible = False
        zoom = browser.viewer.scene.camera.zoom
        picture = browser.canvas()
        found = orange(picture)
        assert len(found) > 50, plane
        section = regions.section(
            PLANES.index(plane), browser.viewer.dims.point[PLANES.index(plane)]
        )
        expected = on_screen(browser.viewer, plane, section.current[:, 0])
        np.testing.assert_allclose(found.min(axis=0), expected.min(axis=0), atol=4)
        np.testing.assert_allclose(found.max(axis=0), expected.max(axis=0), atol=4)
        bright = np.argwhere(picture[..., :3].min(axis=-1) > 200)
        # interpolation dims the corners of a box that is tilted on the canvas
        faded = max(SPACING) if grid == "world" else max(SPACING) / 2
        slack = faded * zoom + 4
        assert np.abs(bright.min(axis=0) - found.min(axis=0)).max() <= slack, plane
        assert np.abs(bright.max(axis=0) - found.max(axis=0)).max() <= slack, plane


@pytest.mark.canvas
def test_outlines_leave_sliders_units_and_layers_alone(browser: Browser, tmp_path: Path):
    browser.open(write_pairs(tmp_path / "pairs", 2))
    before = browser.viewer.dims.range, len(browser.viewer.layers), browser.viewer.dims.units
    browser.dock.regions.ask(PlanOptions(size=(4, 4, 4)))
    assert len(orange(browser.canvas())) > 20
    assert (
        browser.viewer.dims.range,
        len(browser.viewer.layers),
        browser.viewer.dims.units,
    ) == before
    browser.dock.plan.drawn.click()
    assert len(orange(browser.canvas())) == 0
    browser.dock.plan.drawn.click()
    assert len(orange(browser.canvas())) > 20
    browser.viewer.dims.ndisplay = 3
    browser.settle()
    assert not any(line.visible for line in browser.dock.boxes._lines.values())
    browser.viewer.dims.ndisplay = 2
    browser.settle()
    browser.dock.plan.clear.click()
    assert len(orange(browser.canvas())) == 0


def test_keys_on_canvas_and_dock_step_and_bring_the_slice_into_view(
    browser: Browser, tmp_path: Path
):
    browser.open(write_pairs(tmp_path / "pairs", 1))
    regions, viewer = browser.dock.regions, browser.viewer
    window = viewer.window._qt_window
    window.activateWindow()
    browser.wait(window.isActiveWindow)
    regions.ask(PlanOptions(size=(2, 12, 14)))  # one tile a pair of axial slices
    seen = [viewer.dims.point[0]]
    for _ in range(len(regions.plan) - 1):
        browser.qtbot.keyClick(canvas_of(browser), Qt.Key.Key_0)
        assert regions.section(0, viewer.dims.point[0]).current.size
        seen.append(viewer.dims.point[0])
    assert regions.number == len(regions.plan) - 1 == 4
    assert seen == sorted(seen) and len(set(seen)) == 5
    browser.dock.details.setCurrentIndex(browser.dock.details.count() - 1)
    browser.dock.plan.table.setFocus()
    browser.qtbot.keyClick(browser.dock.plan.table, Qt.Key.Key_9)
    assert regions.number == 3
    size = browser.dock.plan.form.size[0]
    size.setFocus()
    size.selectAll()
    browser.qtbot.keyClick(size, Qt.Key.Key_9)
    assert regions.number == 3 and size.value() == 9  # a field keeps its digits
    assert browser.session.position is not None


def test_the_form_the_table_and_the_facts_tell_of_one_plan(browser: Browser, tmp_path: Path):
    browser.open(write_pairs(tmp_path / "pairs", 2))
    panel, regions = browser.dock.plan, browser.dock.regions
    browser.dock.details.setCurrentIndex(browser.dock.details.count() - 1)
    assert [box.value() for box in panel.form.size] == [10, 12, 14]  # it fits the small image
    for box, value in zip(panel.form.size, (5, 6, 7), strict=True):
        box.setValue(value)
    panel.show_plan.click()
    assert panel.model.rowCount() == len(regions.plan) == 8
    panel.table.selectRow(5)
    assert regions.number == 5
    text = panel.facts.text()
    for fact in regions.plan.facts(5).values():
        assert fact in text
    assert "Padding: none" in text and "Centre: R" in text
    assert panel.place.text().startswith("6 of 8")
    start = panel.model.data(panel.model.index(5, 1))
    assert start == ", ".join(map(str, regions.plan[5]["coords"]))
    panel.form.overlap[0].setValue(5)
    panel.show_plan.click()
    assert "overlap" in panel.facts.text() and panel.model.rowCount() == 0
    panel.form.kind.setCurrentText("random patches")
    panel.form.count.setValue(3)
    panel.show_plan.click()
    assert panel.model.rowCount() == 3
    browser.session.step(1)
    browser.settle()
    assert panel.model.rowCount() == 3  # the next sample is cut alike


def test_a_table_of_many_regions_is_there_at_once(qtbot: Any):
    from napari_medload.geometry import Grid
    from napari_medload.session.regions import PlannedImage

    regions = Regions()
    panel = PlanPanel(regions)
    qtbot.addWidget(panel)
    panel.show()
    grid = Grid((400, 400, 300), np.eye(4))
    regions.show_images({"image": PlannedImage("image", grid, np.eye(4))})
    asked: list[int] = []
    regions.ask(PlanOptions(size=(4, 4, 4)))
    plain = type(panel.model).data

    def counted(model: Any, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        asked.append(index.row())
        return plain(model, index, role)

    type(panel.model).data = counted
    try:
        regions.go_to(700_000)
        QApplication.processEvents()
        panel.table.viewport().grab()
    finally:
        type(panel.model).data = plain
    assert panel.model.rowCount() == 750_000
    assert 0 < len(set(asked)) < 100


@pytest.mark.canvas
def test_a_layer_opened_by_the_reader_is_cut_from_the_menu(make_napari_viewer: Any, tmp_path: Path):
    viewer = make_napari_viewer(show=True)
    affine = affine_of("LSA", SHAPE, SPACING, tilt=TILT)
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine)
    viewer.open(str(path), plugin="napari-medload")
    menu.show_regions(viewer)
    panel = viewer.window.dock_widgets[menu.REGIONS]
    panel.plan.form.show_options(PlanOptions(size=(10, 10, 10)))
    panel.plan.show_plan.click()
    panel.regions.go_to(5)
    grid = panel.regions.plan.grid_of(5)
    assert "Centre: R " + f"{grid.centre[0]:.1f}" in panel.plan.facts.text()
    QApplication.processEvents()
    assert len(orange(np.asarray(viewer.screenshot(canvas_only=True, flash=False)))) > 20
    menu.show_regions(viewer)  # the same dock again
    assert viewer.window.dock_widgets[menu.REGIONS] is panel
    viewer.layers.remove("a")
    assert panel.regions.image is None
    assert len(orange(np.asarray(viewer.screenshot(canvas_only=True, flash=False)))) == 0


def test_the_tab_is_whole_in_a_narrow_dock_and_as_high_as_it_needs(
    browser: Browser, tmp_path: Path
):
    browser.open(write_pairs(tmp_path / "pairs", 1))
    dock, panel = browser.dock, browser.dock.plan
    dock.comparing.heading.setChecked(True)  # folded away, it leaves room
    dock.details.setCurrentIndex(dock.details.count() - 1)
    dock.setFixedWidth(350)
    dock.setFixedHeight(800)
    browser.wait(lambda: dock.width() == 350)
    dock.regions.ask(PlanOptions(size=(1, 1, 1)))
    dock.boxes.met, dock.boxes.drawn = 12_000, 2_000
    dock.boxes.sliced.emit()
    QApplication.processEvents()
    page = panel.parentWidget()  # what is seen of the page
    browser.wait(lambda: page.height() >= 0.8 * panel.height())  # once no check needs a line
    assert panel.width() <= page.width()
    for part in (panel.form.size[2], panel.drawn, panel.table, panel.next, panel.place):
        ends = part.mapTo(page, part.rect().bottomRight())
        assert ends.x() <= page.width() and ends.y() <= page.height(), part
    assert "2,000 drawn" in panel.place.text()
    assert panel.save.y() < panel.saved.y() < panel.form.y()  # told where the button was pressed


@pytest.mark.canvas
def test_a_closed_panel_leaves_neither_outlines_nor_keys(browser: Browser, tmp_path: Path):
    """The browser and the panel on a layer listen to the same keys; the one that is seen acts."""
    viewer, dock = browser.viewer, browser.dock
    browser.open(write_pairs(tmp_path / "pairs", 1))
    dock.regions.ask(PlanOptions(size=(4, 4, 4)))
    dock.boxes.shown = False
    menu.show_regions(viewer)
    panel = viewer.window.dock_widgets[menu.REGIONS]
    panel.plan.form.show_options(PlanOptions(size=(4, 4, 4)))
    panel.plan.show_plan.click()
    press = canvas_of(browser)
    browser.qtbot.keyClick(press, Qt.Key.Key_0)
    assert (panel.regions.number, dock.regions.number) == (1, 0)
    assert len(orange(browser.canvas())) > 20
    panel.parentWidget().close()
    assert len(orange(browser.canvas())) == 0
    browser.qtbot.keyClick(press, Qt.Key.Key_0)
    assert (panel.regions.number, dock.regions.number) == (1, 1)
    menu.show_regions(viewer)
    assert len(orange(browser.canvas())) > 20
    browser.qtbot.keyClick(press, Qt.Key.Key_9)
    assert (panel.regions.number, dock.regions.number) == (0, 1)
    viewer.window.remove_dock_widget(panel.parentWidget())
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(orange(browser.canvas())) == 0
    browser.qtbot.keyClick(press, Qt.Key.Key_0)
    assert dock.regions.number == 2


@pytest.mark.canvas
def test_outlines_follow_a_layer_that_is_moved(make_napari_viewer: Any, tmp_path: Path):
    viewer = make_napari_viewer(show=True)
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine_of("RAS", SHAPE, SPACING))
    (layer,) = viewer.open(str(path), plugin="napari-medload")
    menu.show_regions(viewer)
    panel = viewer.window.dock_widgets[menu.REGIONS]
    panel.regions.ask(PlanOptions(size=(10, 10, 10)))
    panel.regions.go_to(4)
    before = panel.regions.image.to_canvas[:3, 3].copy()
    layer.translate = np.add(layer.translate, (0, 7, -5))
    assert panel.regions.image.to_canvas[:3, 3] - before == pytest.approx((0, 7, -5))
    assert panel.regions.number == 4
