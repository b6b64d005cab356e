"""Fixed and moving beside each other: true in both halves, one camera, one cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint

from napari_medload.session.options import PLANES
from tests.session.datasets import write_pairs
from tests.views.napari.looking import ACROSS, AXES, SHAPE, bare, noisy_pair
from tests.views.napari.test_curtain import drag
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

GAP = 6


def in_half(browser: Browser, half: int, plane: str, places: Any) -> tuple[Any, Any]:
    """Rows and columns of world places in the left (0) or right (1) half."""
    camera, (across, up) = browser.viewer.scene.camera, AXES[plane]
    height, width = browser.viewer.canvas.size
    wide = (width - GAP) / 2
    centre_up, centre_across = camera.center[-2:]
    places = np.asarray(places)
    columns = wide / 2 - (places[:, across] - centre_across) * camera.zoom + half * (wide + GAP)
    rows = height / 2 - (places[:, up] - centre_up) * camera.zoom
    return np.floor(rows).astype(int), np.floor(columns).astype(int)


def order(browser: Browser) -> list[str]:
    return [layer.name for layer in browser.viewer.layers]


def test_each_half_shows_its_image_with_one_zoom_and_slice(browser: Browser, tmp_path: Path):
    fixed, moving = noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="side by side")
    browser.settle()
    camera = browser.viewer.scene.camera
    limits = [
        browser.viewer.layers[f"{side} image"].contrast_limits for side in ("fixed", "moving")
    ]
    for zoomed in (False, True):
        if zoomed:  # so far that both pictures leave their halves
            camera.zoom *= 1.4
        for plane in PLANES:
            browser.session.set_options(plane=plane)
            index = [n // 2 for n in SHAPE]
            browser.place(fixed.ras(index))
            bare(browser)
            voxels = fixed.cut(plane, index[ACROSS[plane]])
            places = np.array([fixed.ras(voxel) for voxel in voxels])
            picture = browser.canvas().astype(float)[..., :3] / 255
            for half, image in enumerate((fixed, moving)):
                rows, columns = in_half(browser, half, plane, places)
                begin = half * (picture.shape[1] + GAP) / 2
                inside = (columns >= begin + 1) & (columns < begin + picture.shape[1] / 2 - GAP)
                inside &= (rows >= 0) & (rows < picture.shape[0])
                assert inside.mean() > 0.4
                grey = image.grey(limits[half])[tuple(np.array(voxels).T)][inside]
                seen = picture[rows[inside], columns[inside]]
                assert np.abs(seen - grey[:, None]).max() < 0.03, (plane, half, zoomed)


def test_panning_one_half_pans_the_other(browser: Browser, pairs: Path):
    browser.open(pairs)
    browser.session.set_options(mode="side by side")
    browser.settle()
    height, width = browser.viewer.canvas.size
    browser.canvas()
    before = np.array(browser.viewer.scene.camera.center)
    drag(browser, (3 * width // 4, height // 3), (3 * width // 4 + 50, height // 3))
    moved = np.abs(np.array(browser.viewer.scene.camera.center) - before)
    assert moved.max() * browser.viewer.scene.camera.zoom == pytest.approx(50, abs=12)


def test_a_cross_marks_the_mouse_s_place_in_the_other_half(browser: Browser, pairs: Path):
    browser.open(pairs)
    browser.session.set_options(mode="side by side", labels="off")
    browser.settle()
    viewer, canvas = browser.viewer, canvas_of(browser)
    height, width = viewer.canvas.size
    viewer.mouse_over_canvas = True
    bare(browser)
    for half, place in ((0, (width // 4 + 31, height // 2 - 17)), (1, (3 * width // 4, 200))):
        browser.canvas()
        browser.qtbot.mouseMove(canvas, QPoint(*place))
        wanted = (0, half)
        browser.wait(lambda wanted=wanted: tuple(viewer.cursor.viewbox or ()) == wanted)
        picture = browser.canvas()[..., :3].astype(int)
        found = np.argwhere(np.abs(picture - (255, 216, 102)).max(axis=-1) < 40)
        assert len(found) > 20
        row, column = found.mean(axis=0)
        shift = (width + GAP) / 2 * (1 if half == 0 else -1)
        assert (row, column) == pytest.approx((place[1], place[0] + shift), abs=3)
        display = browser.session.scene.display
        ras = display.to_ras(viewer.cursor.position[-3:])
        rows, columns = in_half(browser, 1 - half, "axial", [ras])
        assert (rows[0], columns[0]) == pytest.approx((row, column), abs=3)


def test_layers_and_the_person_s_grid_come_back_as_they_were(browser: Browser, pairs: Path):
    browser.open(pairs)
    session, viewer = browser.session, browser.viewer
    before, zoom, made = order(browser), viewer.scene.camera.zoom, list(viewer.layers)
    bar = viewer.canvas.overlays.scale_bar.position
    session.set_options(mode="side by side")
    browser.settle()
    assert order(browser)[:4] == ["fixed image", "fixed label", "moving image", "moving label"]
    assert viewer.canvas.grid.enabled
    assert viewer.canvas.overlays.scale_bar.position != bar
    names = [layer.name for layer in viewer.layers if layer.name_overlay.visible]
    assert names == ["fixed image", "moving image"]
    for _ in range(3):
        session.step(1)
        browser.settle()
    assert viewer.scene.camera.zoom <= zoom
    session.set_options(mode="overlay")
    browser.settle()
    assert order(browser) == before and set(viewer.layers) == set(made)
    assert not viewer.canvas.grid.enabled
    assert viewer.scene.camera.zoom == pytest.approx(zoom)
    assert viewer.canvas.overlays.scale_bar.position == bar
    assert not any(layer.name_overlay.visible for layer in viewer.layers)


def test_letters_are_read_beside_title_names_and_scale_bar(browser: Browser, tmp_path: Path):
    """A picture with all that is written differs nowhere around a letter from one with it alone."""
    noisy_pair(tmp_path / "set")
    for folder in (tmp_path / "set").iterdir():
        (folder / "a.nii.gz").rename(folder / "subject_with_a_long_name.nii.gz")
    browser.open(tmp_path / "set")
    browser.session.set_options(mode="side by side")
    browser.settle()
    viewer, overlays = browser.viewer, browser.viewer.canvas.overlays
    overlays["medload mode"].visible = False  # it is there for a moment only
    whole = browser.canvas()
    overlays.text.visible = overlays.scale_bar.visible = False
    for layer in viewer.layers:
        layer.name_overlay.visible = False
    alone = browser.canvas()
    height, width = viewer.canvas.size
    assert (whole != alone).any()
    for middle in (width // 4, 3 * width // 4):
        columns = slice(middle - 12, middle + 12)
        for rows in (slice(0, 32), slice(height - 32, height)):
            assert np.ptp(alone[rows, columns, :3]) > 100, "there is no letter"
            assert np.array_equal(whole[rows, columns], alone[rows, columns])


def test_zooming_meanwhile_is_kept_as_a_factor(browser: Browser, pairs: Path):
    browser.open(pairs)
    camera = browser.viewer.scene.camera
    zoom = camera.zoom
    browser.session.set_options(mode="side by side")
    browser.settle()
    camera.zoom *= 3
    browser.session.set_options(mode="fixed")
    browser.settle()
    assert camera.zoom == pytest.approx(3 * zoom)


def test_a_label_on_the_moving_side_alone_stays_on_its_side(browser: Browser, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    for label in (folder / "fixed_labels").iterdir():
        label.unlink()
    (folder / "fixed_labels").rmdir()
    browser.open(folder)
    browser.session.set_options(mode="side by side")
    browser.settle()
    viewer = browser.viewer
    cells = {
        layer.name: viewer.canvas.grid.position(at, viewer.layers)
        for at, layer in enumerate(viewer.layers)
        if layer.visible
    }
    assert cells == {"fixed image": (0, 0), "moving image": (0, 1), "moving label": (0, 1)}


def test_one_image_has_the_whole_canvas(browser: Browser, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 3)
    (folder / "moving_images" / "case01.nii.gz").write_bytes(b"nothing")
    browser.open(folder)
    browser.session.set_options(mode="side by side")
    browser.settle()
    viewer = browser.viewer
    for sample, halves in ((1, False), (2, True), (1, False), (0, True)):
        browser.select(sample)
        assert viewer.canvas.grid.enabled is halves, sample
    viewer.dims.ndisplay = 3
    browser.settle()
    assert not viewer.canvas.grid.enabled
    viewer.dims.ndisplay = 2
    browser.settle()
    assert viewer.canvas.grid.enabled
    browser.open(write_pairs(tmp_path / "others", 1))
    assert viewer.canvas.grid.enabled and len(order(browser)) == 2
