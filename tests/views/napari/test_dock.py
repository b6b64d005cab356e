"""The dock in a window: plugin, keys, drop, narrow screens, closing."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

import npe2
import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from napari_medload.views.napari.dock import BrowserDock
from tests.phantoms import noise, write_h5, write_nifti
from tests.session.datasets import names, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas


def drop(dock: BrowserDock, path: Path) -> None:
    """Drag a path onto the dock and let it go, as Qt reports it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    none = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(9, 9), *how, none)
    entered.ignore()
    QApplication.sendEvent(dock, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(dock, QDropEvent(QPointF(9, 9), *how, none))


def canvas_of(browser: Browser) -> Any:
    return browser.viewer.window._qt_viewer.canvas.native


def test_a_dropped_folder_opens_and_keys_walk_it_from_everywhere(browser: Browser, pairs: Path):
    dock, session, qtbot = browser.dock, browser.session, browser.qtbot
    assert dock.welcome.isVisible() and not dock.samples.isVisible()
    drop(dock, pairs)
    browser.wait_open()
    assert dock.samples.isVisible() and not dock.welcome.isVisible()
    window = browser.viewer.window._qt_window
    window.activateWindow()
    browser.wait(window.isActiveWindow)

    for where in (dock.samples.table, canvas_of(browser)):
        where.setFocus()
        assert QApplication.focusWidget() is where
        before, mode = session.selected, session.options.mode
        qtbot.keyClick(where, Qt.Key.Key_N)
        browser.settle()
        assert session.selected == before + 1, where
        qtbot.keyClick(where, Qt.Key.Key_N)
        browser.settle()
        qtbot.keyClick(where, Qt.Key.Key_H)
        browser.settle()
        assert session.selected == before + 1 == int(session.scene.sample_id[-2:])
        qtbot.keyClick(where, Qt.Key.Key_G)
        assert session.options.mode != mode

    shown = session.selected
    dock.samples.search.setFocus()
    qtbot.keyClicks(dock.samples.search, "nhg")
    assert dock.samples.search.text() == "nhg"
    assert session.selected == shown
    dock.samples.search.clear()
    assert dock.walk.place.text().startswith(f"row {shown + 1} of")


@pytest.mark.parametrize("tab", [0, 1, 2], ids=["geometry", "labels", "epoch"])
def test_360_pixels_are_enough(browser: Browser, pairs: Path, tab: int):
    browser.open(pairs)
    dock = browser.dock
    dock.dataset.edit.click()
    dock.details.setCurrentIndex(tab)
    assert dock.minimumSizeHint().width() <= 360
    dock.setFixedWidth(360)
    browser.wait(lambda: dock.width() == 360)
    QApplication.processEvents()
    for area in dock.findChildren(QAbstractScrollArea):
        if area.isVisible():
            assert not area.horizontalScrollBar().isVisible(), area
    for part in (dock.dataset, dock.samples, dock.details, dock.compare, dock.walk):
        assert part.isVisible() and part.width() <= 360
        assert part.minimumSizeHint().width() <= part.width(), type(part).__name__
    assert canvas_of(browser).width() > dock.width()


def test_why_nothing_can_be_compared_does_not_widen_the_dock(browser: Browser, tmp_path: Path):
    folder = write_pairs(tmp_path / "cut", 1)
    broken = folder / "moving_images" / "case00.nii.gz"
    broken.write_bytes(broken.read_bytes()[:-200])
    browser.open(folder)
    dock = browser.dock
    dock.setFixedWidth(360)
    browser.wait(lambda: dock.width() == 360)
    said = dock.compare.controls.said
    assert said.isVisible() and "cannot be shown" in said.text() == said.toolTip()
    assert dock.compare.minimumSizeHint().width() < 300


def test_on_a_small_screen_the_details_share_with_the_compare_controls(
    browser: Browser, bodies: Path
):
    browser.open(bodies, select="case1")
    dock, window = browser.dock, browser.viewer.window._qt_window
    window.resize(1366, 740)
    details, table = dock.details, dock.samples.table
    bar = details.tabBar().height()
    details.setCurrentWidget(details._findings_page)
    browser.wait(lambda: details.height() - bar >= 90)
    shared = dock.comparing.height()
    assert table.viewport().height() >= 4 * table.verticalHeader().defaultSectionSize()
    details.try_hypotheses()
    browser.wait(lambda: not browser.session.hypothesising.tried.running)
    hypotheses, area = details.findings_tab.hypotheses, details._findings_page
    browser.wait(lambda: area.verticalScrollBar().value() == hypotheses.y())
    assert dock.comparing.height() < shared  # hypotheses in front have the room for a while
    seen = area.viewport().height()
    best = hypotheses.table.visualItemRect(hypotheses.table.item(1, 0)).bottomLeft()
    assert hypotheses.table.viewport().mapTo(area.viewport(), best).y() < seen
    assert hypotheses.attempt.mapTo(area.viewport(), QPoint(0, 0)).y() >= 0
    browser.select(0)
    browser.wait(lambda: dock.comparing.height() >= shared)
    details.cornerWidget().setChecked(True)  # folded away: the controls have it all
    browser.wait(lambda: dock.comparing.height() > shared)


def test_napari_finds_the_plugin_and_docks_it_once(
    make_napari_viewer: Any, pairs: Path, qtbot: Any
):
    manifest = npe2.PluginManifest.from_distribution("napari-medload")
    assert manifest.name == manifest.display_name == "napari-medload"
    (widget,) = manifest.contributions.widgets
    assert widget.display_name == "Dataset browser"
    viewer = make_napari_viewer(show=True)
    found, dock = viewer.window.add_plugin_dock_widget("napari-medload", "Dataset browser")
    again, _ = viewer.window.add_plugin_dock_widget("napari-medload", "Dataset browser")
    assert isinstance(dock, BrowserDock) and again is found
    dock.session.open(pairs)
    qtbot.waitUntil(lambda: dock.session.scene is not None, timeout=60_000)
    assert [layer.name for layer in viewer.layers][:2] == ["fixed image", "moving image"]
    assert dock.session.scene.sample_id == names(1)[0]
    viewer.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: not threads(), timeout=60_000)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("medload")]


def test_removing_the_dock_ends_its_work_and_frees_its_keys(browser: Browser, pairs: Path):
    browser.open(pairs)
    assert threads()
    window, dock = browser.viewer.window, browser.dock
    window.remove_dock_widget(dock)
    dock.deleteLater()
    del browser.dock, dock
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    browser.wait(lambda: not threads())
    for key in (Qt.Key.Key_N, Qt.Key.Key_H, Qt.Key.Key_G):
        browser.qtbot.keyClick(canvas_of(browser), key)
    browser.viewer.dims.order = (1, 0, 2)


def test_all_facts_are_seen_without_scrolling_where_there_is_room(
    browser: Browser, pairs: Path, tmp_path: Path
):
    """Also where a sample has more to tell than the one before."""
    table = browser.dock.details.geometry_tab.table
    browser.dock.comparing.heading.click()  # folded away, it leaves room
    write_h5(tmp_path / "plain.h5", a=noise((6, 5, 4)))
    heights = []
    for path in (tmp_path / "plain.h5", pairs):
        browser.open(path)
        QApplication.processEvents()
        heights.append(table.height())
        assert table.height() == table.full_height()
        assert not table.verticalScrollBar().isVisible()
    assert heights[0] < heights[1]


def test_no_dataset_forces_the_window_beyond_a_small_screen(
    browser: Browser, pairs: Path, tmp_path: Path
):
    """Neither groups nor a list of choices; and what one asked for is not kept for the next."""
    dock, frame = browser.dock, browser.dock.parentWidget()
    for split in ("train", "test"):
        for group in range(6):
            for image in range(2):
                folder = tmp_path / "groups" / split / "images" / f"g{group}"
                folder.mkdir(parents=True, exist_ok=True)
                write_nifti(folder / f"{image}.nii.gz", noise((6, 5, 4)))
    for number in range(12):
        write_pairs(tmp_path / "several" / f"set{number:02}", 1)
    browser.open(pairs)
    browser.rest()
    least = frame.minimumHeight()
    assert 0 < least < 700
    browser.open(tmp_path / "groups")
    assert dock.groups.isVisible()
    assert_low(browser)
    dock.session.open(tmp_path / "several")
    browser.wait_for_trouble()
    assert_low(browser)
    assert dock.trouble.isVisible() and len(dock.trouble.choices) == 12
    dock.trouble.dismiss.click()
    browser.open(pairs)
    assert_low(browser)
    browser.wait(lambda: frame.minimumHeight() == least)
    dock.comparing.heading.click()
    browser.wait(lambda: frame.minimumHeight() < least)


def assert_low(browser: Browser) -> None:
    """Nothing asks for more height than a screen of 768 lines has."""
    browser.rest()
    dock = browser.dock
    assert dock.minimumSizeHint().height() < 700
    assert dock.parentWidget().minimumHeight() <= 700
    window = browser.viewer.window._qt_window
    window.resize(1300, 600)
    browser.rest()
    assert window.height() <= 768
    shown = [part for part in dock.children() if isinstance(part, QWidget) and part.isVisible()]
    shown.sort(key=lambda part: part.y())
    assert shown[-1].geometry().bottom() < dock.height()
    for above, below in itertools.pairwise(shown):
        assert above.geometry().bottom() < below.y(), (above, below)
