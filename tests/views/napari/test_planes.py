"""Three planes in one window: true in each, one crosshair, nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.qt import QtViewer
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt
from qtpy.QtWidgets import QApplication

from tests.phantoms import voxel_at
from tests.session.datasets import write_pairs
from tests.views.napari.looking import ACROSS, AXES, SHAPE, Image, bare, noisy_pair
from tests.views.napari.test_canvas import widget_count
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas


def three(browser: Browser) -> None:
    """Switch three planes on, as a person does, and wait until they are painted."""
    button = browser.dock.compare.three
    browser.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    planes = browser.dock.canvas.planes
    browser.wait(lambda: planes.on and all(view.widget.isVisible() for view in planes.views))
    browser.qtbot.wait(50)


def picture_of(view: Any) -> np.ndarray:
    """Pixels of a small canvas, (rows, columns, RGB)."""
    QApplication.processEvents()
    image = view.widget.canvas.screenshot()
    bits = image.convertToFormat(image.Format.Format_RGB888)
    raw = np.frombuffer(bits.constBits().asstring(bits.sizeInBytes()), np.uint8)
    return raw.reshape(bits.height(), bits.bytesPerLine())[:, : 3 * bits.width()].reshape(
        bits.height(), bits.width(), 3
    )


def at(viewer: Any, plane: str, places: Any) -> tuple[Any, Any]:
    """Rows and columns of world places on the canvas of a viewer, radiological."""
    camera, (across, up) = viewer.scene.camera, AXES[plane]
    height, width = viewer.canvas.size
    places = np.asarray(places)
    columns = width / 2 - (places[:, across] - camera.center[-1]) * camera.zoom
    rows = height / 2 - (places[:, up] - camera.center[-2]) * camera.zoom
    return np.floor(rows).astype(int), np.floor(columns).astype(int)


def click(browser: Browser, canvas: Any, viewer: Any, plane: str, place: Any) -> None:
    """Click at a world place."""
    rows, columns = at(viewer, plane, [place])
    spot = QPoint(int(columns[0]), int(rows[0]))
    browser.qtbot.mouseMove(canvas, spot)
    browser.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    browser.settle()


def letters(viewer: Any) -> list[str]:
    found = viewer.canvas.overlays
    return [found[f"medload_{side}"].text for side in ("middle_left", "top_center")]


def test_the_other_planes_show_the_slices_through_the_place(browser: Browser, tmp_path: Path):
    fixed, _moving = noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="fixed")
    three(browser)
    limits = browser.viewer.layers["fixed image"].contrast_limits
    grey = fixed.grey(limits)
    for index in ((5, 11, 4), (16, 6, 12)):
        browser.session.go_to(tuple(fixed.ras(index)))
        for view, plane in zip(
            browser.dock.canvas.planes.views, ("coronal", "sagittal"), strict=True
        ):
            view.lines.hide("crosshair")
            for overlay in view.viewer.canvas.overlays.values():
                overlay.visible = False
            voxels = fixed.cut(plane, index[ACROSS[plane]])
            rows, columns = at(view.viewer, plane, [fixed.ras(voxel) for voxel in voxels])
            seen = picture_of(view)[rows, columns].astype(float) / 255
            expected = grey[tuple(np.array(voxels).T)]
            assert np.abs(seen - expected[:, None]).max() < 0.03, (plane, index)
    assert [letters(v.viewer) for v in browser.dock.canvas.planes.views] == [
        ["R", "S"],
        ["A", "S"],
    ]


def test_a_click_in_any_plane_moves_all_and_says_what_lies_there(browser: Browser, pairs: Path):
    browser.open(pairs)
    three(browser)
    session, planes = browser.session, browser.dock.canvas.planes
    fixed = Image(pairs / "fixed_images" / "case00.nii.gz")
    label = Image(pairs / "fixed_labels" / "case00.nii.gz")
    (index, *_others) = np.argwhere(label.array == 2)
    place = fixed.ras(index)
    coronal, sagittal = planes.views
    click(browser, coronal.widget.canvas.native, coronal.viewer, "coronal", place)
    assert (session.position[0], session.position[2]) == pytest.approx(
        (place[0], place[2]), abs=0.2
    )
    click(browser, sagittal.widget.canvas.native, sagittal.viewer, "sagittal", place)
    assert session.position == pytest.approx(place, abs=0.3)
    for viewer in (browser.viewer, coronal.viewer, sagittal.viewer):
        shown = session.scene.display.to_ras(viewer.dims.point)
        assert voxel_at(fixed.affine, shown) == tuple(index)
    said = planes.readout.text()
    r, a, s = session.position
    assert said.startswith(f"crosshair: R {r:.1f}  A {a:.1f}  S {s:.1f} mm")
    assert f"fixed image {fixed.array[tuple(index)]:g}" in said
    assert "fixed label 2: spleen" in said and "moving image" in said

    other = fixed.ras((3, 3, 3))
    click(browser, canvas_of(browser), browser.viewer, "axial", other)
    assert session.position[:2] == pytest.approx(other[:2], abs=0.2)
    assert session.position[2] == pytest.approx(place[2], abs=0.3)


def test_the_crosshair_crosses_at_the_place_in_all_planes(browser: Browser, tmp_path: Path):
    array = np.zeros(SHAPE, np.int16)
    from tests.views.napari.looking import write_pair as write_images

    array[0, 0, 0] = 1
    write_images(tmp_path / "set", array, array)
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="fixed")
    three(browser)
    place = Image(tmp_path / "set" / "fixed_images" / "a.nii.gz").ras((7, 10, 6))
    browser.session.go_to(tuple(place))
    bare(browser)
    canvases = [(browser.viewer, "axial", browser.canvas())]
    for view, plane in zip(browser.dock.canvas.planes.views, ("coronal", "sagittal"), strict=True):
        for overlay in view.viewer.canvas.overlays.values():
            overlay.visible = False
        canvases.append((view.viewer, plane, picture_of(view)))
    for viewer, plane, picture in canvases:
        yellow = np.abs(picture[..., :3].astype(int) - (255, 216, 102)).max(axis=-1) < 40
        rows, columns = at(viewer, plane, [place])
        assert abs(int(np.argmax(yellow.sum(axis=1))) - rows[0]) <= 1, plane
        assert abs(int(np.argmax(yellow.sum(axis=0))) - columns[0]) <= 1, plane


def test_scrolling_and_the_main_plane_are_followed(browser: Browser, pairs: Path):
    browser.open(pairs)
    three(browser)
    session, (first, second) = browser.session, browser.dock.canvas.planes.views
    browser.place((1.0, 4.0, 6.0))
    assert session.scene.display.to_ras(first.viewer.dims.point) == pytest.approx(
        session.position, abs=0.01
    )
    session.set_options(plane="sagittal")
    browser.settle()
    assert [tuple(v.viewer.dims.order) for v in (first, second)] == [(0, 1, 2), (1, 0, 2)]
    first.viewer.dims.set_current_step(0, 3)
    assert browser.viewer.dims.point == pytest.approx(first.viewer.dims.point, abs=0.01)
    session.set_options(radiological=False)
    assert [letters(v.viewer)[0] for v in (first, second)] == ["L", "L"]


def canvases(browser: Browser) -> int:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return len(browser.viewer.window._qt_window.findChildren(QtViewer))


def test_they_hold_nothing_while_they_are_off_and_never_grow(browser: Browser, pairs: Path):
    browser.open(pairs)
    session, planes = browser.session, browser.dock.canvas.planes
    viewer = browser.viewer
    zoom = viewer.scene.camera.zoom = 60.0  # near the picture's height
    whole = viewer.canvas.size
    assert not planes.on and planes.panel is None and canvases(browser) == 1
    counts = []
    for _ in range(4):
        session.set_options(planes=True)
        browser.wait(lambda: viewer.canvas.size != whole)
        assert viewer.scene.camera.zoom < zoom
        for turn in range(3):
            session.select(turn)
            session.next_mode()
            browser.settle()
        session.set_options(planes=False, mode="overlay")
        browser.wait(lambda: viewer.canvas.size == whole)
        assert viewer.scene.camera.zoom == pytest.approx(zoom)
        counts.append(widget_count())
        assert planes.panel.isHidden() and canvases(browser) == 3
        assert not any(view.viewer.layers[0].visible for view in planes.views)
        assert {layer.data.shape for view in planes.views for layer in view.viewer.layers} == {
            (1, 1, 1)
        }
    assert max(counts) - min(counts) <= 2


def test_they_are_freed_with_the_dock(browser: Browser, pairs: Path):
    browser.open(pairs)
    three(browser)
    viewer, before = browser.viewer, browser.viewer.scene.camera.zoom
    assert canvases(browser) == 3
    viewer.window.remove_dock_widget(browser.dock)
    browser.dock.deleteLater()
    browser.wait(lambda: canvases(browser) == 1)
    viewer.scene.camera.zoom = before / 2  # nothing listens any more
    assert not [name for name in viewer.window.dock_widgets if "lanes" in name]


def test_datasets_and_3d_come_and_go_beside_them(browser: Browser, tmp_path: Path, pairs: Path):
    browser.open(pairs)
    three(browser)
    browser.open(write_pairs(tmp_path / "others", 2))
    planes = browser.dock.canvas.planes
    assert all(len(view.viewer.layers) == 2 for view in planes.views)
    browser.viewer.dims.ndisplay = 3
    browser.settle()
    assert not planes.on
    browser.viewer.dims.ndisplay = 2
    browser.settle()
    assert planes.on
