"""What is written on the canvas leaves letters and picture in sight, however narrow it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QPoint

from napari_medload.session.options import PLANES
from tests.phantoms import affine_of, noise, write_nifti
from tests.views.napari.looking import SHAPE, SPACING, noisy_pair
from tests.views.napari.test_dock import canvas_of
from tests.views.napari.test_planes import three

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

LONG = "subject_with_a_long_name"
MODE = "medload mode"
NARROW, WIDE = 380, 760


def widen(browser: Browser, width: int) -> None:
    """Give the canvas a width."""
    window, viewer = browser.viewer.window._qt_window, browser.viewer
    inner = browser.viewer.window._qt_viewer
    for dock in (inner.dockLayerList, inner.dockLayerControls):
        dock.hide()
    browser.qtbot.wait(20)
    for _ in range(3):
        window.resize(window.width() + width - viewer.canvas.size[1], window.height())
        browser.qtbot.wait(20)
    assert abs(viewer.canvas.size[1] - width) < 40, viewer.canvas.size


def zones(browser: Browser) -> list[tuple[slice, slice]]:
    """Where a letter of direction stands, in each picture."""
    height, width = browser.viewer.canvas.size
    halves = 2 if browser.viewer.canvas.grid.enabled else 1
    found = []
    for half in range(halves):
        left, right = half * width // halves, (half + 1) * width // halves
        middle = slice((left + right) // 2 - 12, (left + right) // 2 + 12)
        found += [(rows, middle) for rows in (slice(0, 34), slice(height - 34, height))]
        beside = slice(height // 2 - 12, height // 2 + 12)
        found += [
            (beside, columns) for columns in (slice(left, left + 30), slice(right - 30, right))
        ]
    return found


def assert_letters_are_clear(browser: Browser) -> None:
    """Compare a picture with all that is written to one with the letters alone."""
    overlays = browser.viewer.canvas.overlays
    names = [layer.name_overlay for layer in browser.viewer.layers if layer.name_overlay.visible]
    texts = [overlays.text, overlays.scale_bar, overlays[MODE], *names]
    overlays[MODE].visible = True  # it is there for a moment only
    whole = browser.canvas()
    for text in texts:
        text.visible = False
    alone = browser.canvas()
    for text in texts:
        text.visible = True
    assert (whole != alone).any()
    for rows, columns in zones(browser):
        assert np.ptp(alone[rows, columns, :3]) > 60, "there is no letter"
        assert np.array_equal(whole[rows, columns], alone[rows, columns]), (rows, columns)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_letters_are_clear_of_all_texts(browser: Browser, tmp_path: Path, width: int):
    noisy_pair(tmp_path / "set")
    for folder in (tmp_path / "set").iterdir():
        (folder / "a.nii.gz").rename(folder / f"{LONG}.nii.gz")
    browser.open(tmp_path / "set")
    browser.dock.canvas.flicker.playing = False
    widen(browser, width)
    session = browser.session
    for mode in (mode for mode in session.scene.modes if mode != session.options.mode):
        session.set_options(mode=mode)
        browser.settle()
        assert_letters_are_clear(browser)
    for plane in PLANES:
        session.set_options(mode="difference", plane=plane, radiological=False)
        browser.settle()
        assert_letters_are_clear(browser)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_why_an_image_is_missing_leaves_the_other_in_sight(
    browser: Browser, tmp_path: Path, width: int
):
    folder = tmp_path / ("a_folder_with_a_long_name_" * 5) / "set"
    noisy_pair(folder)
    (folder / "moving_images" / "a.nii.gz").write_bytes(b"no image, and a long way from one" * 9)
    browser.open(folder)
    widen(browser, width)
    title = browser.viewer.canvas.overlays.text
    said = " ".join(title.text.split())
    assert "moving image cannot be shown: a.nii.gz" in said and "a_folder" not in said
    height, across = browser.viewer.canvas.size
    written = browser.canvas()
    title.visible = False
    changed = (written != browser.canvas()).any(axis=-1)
    assert changed.any()
    assert not changed[int(height * 0.3) :].any() and not changed[:, across // 2 - 12 :].any()


def test_where_nothing_is_seen_the_whole_reason_stays_inside_the_canvas(
    browser: Browser, tmp_path: Path
):
    folder = tmp_path / ("a_folder_with_a_long_name_" * 5) / "set"
    noisy_pair(folder)
    for side in ("fixed", "moving"):
        (folder / f"{side}_images" / "a.nii.gz").write_bytes(b"no image" * 9)
    browser.open(folder)
    widen(browser, NARROW)
    said = "".join(browser.viewer.canvas.overlays.text.text.split())
    for role in ("fixed_images", "moving_images"):
        assert "".join(str(folder / role / "a.nii.gz").split()) in said
    written = browser.canvas()
    height, width = written.shape[:2]
    assert written[:, : width - 4, :3].any()
    assert not written[:, width - 4 :, :3].any() and not written[height - 4 :, :, :3].any()


def test_with_a_crosshair_each_reading_says_whose_it_is(browser: Browser, tmp_path: Path):
    write_nifti(
        tmp_path / "set" / "a.nii", noise(SHAPE, np.int16), affine_of("RAS", SHAPE, SPACING)
    )
    browser.open(tmp_path / "set")
    viewer, planes = browser.viewer, browser.dock.canvas.planes

    def point(*columns: int) -> str:
        height, width = viewer.canvas.size
        viewer.mouse_over_canvas = True  # as napari notes when the real mouse comes in
        for column in columns:
            browser.qtbot.mouseMove(
                canvas_of(browser), QPoint(width // 2 + column, height // 2 + column)
            )
        browser.qtbot.wait(50)
        return str(viewer.status)

    assert point(0, 5).startswith("R ")
    three(browser)
    mouse, crosshair = point(20, 40), planes.readout.text()
    assert mouse.startswith("mouse: R ") and crosshair.startswith("crosshair: R ")
    assert mouse.removeprefix("mouse: ") != crosshair.removeprefix("crosshair: ")
