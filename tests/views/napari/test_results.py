"""Registration results on the screen: the switch, the figures, and landmarks where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QLabel

from napari_medload.views.napari.landmark_marks import FIXED, MOVING, crosses, cut, rings
from napari_medload.views.napari.result_panel import ResultPanel
from tests.phantoms import write_nifti
from tests.session.scene.test_results import (
    FIXED as FIXED_AFFINE,
)
from tests.session.scene.test_results import (
    MOVING as MOVING_AFFINE,
)
from tests.session.scene.test_results import (
    PLACES,
    image_with_blobs,
    moved,
    write_points,
    write_transform,
)
from tests.views.napari.test_canvas_truth import AXES, expected_pixel, found_pixel, hide_letters

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser, Driver


def write_result(folder: Path, points: np.ndarray = PLACES) -> Path:
    """Write two pairs: the first with a transform and landmarks, the second with neither."""
    for name in ("a", "b"):
        fixed = image_with_blobs(FIXED_AFFINE, PLACES)
        moving = image_with_blobs(MOVING_AFFINE, moved(PLACES))
        write_nifti(folder / "fixed_images" / f"{name}.nii", fixed, FIXED_AFFINE)
        write_nifti(folder / "moving_images" / f"{name}.nii", moving, MOVING_AFFINE)
    write_transform(folder / "transforms" / "a.tfm")
    write_points(folder / "fixed_landmarks" / "a.csv", points)
    write_points(folder / "moving_landmarks" / "a.csv", moved(points))
    return folder


# --- the panel ---------------------------------------------------------------------------


@pytest.fixture
def panel(driver: Driver, qtbot: Any) -> ResultPanel:
    made = ResultPanel(driver.session)
    qtbot.addWidget(made)
    return made


def words(panel: ResultPanel) -> list[list[str]]:
    cells = [cell.text() for cell in panel.cells]
    return [cells[row : row + 4] for row in range(0, len(cells), 4)]


def test_the_panel_is_there_only_for_a_result(driver, panel, tmp_path):
    assert panel.isHidden()
    driver.open(write_result(tmp_path))
    assert not panel.isHidden()
    driver.select(1)
    assert panel.isHidden()
    driver.select(0)
    assert not panel.isHidden()


def test_the_panel_says_how_far_landmarks_lie_apart(driver, panel, tmp_path):
    driver.open(write_result(tmp_path))
    truth = np.linalg.norm(moved(PLACES) - PLACES, axis=1)
    figures = (truth.mean(), np.median(truth), truth.max())
    assert words(panel) == [
        ["3 landmarks", "mean", "median", "largest"],
        ["before", *(f"{figure:.2f} mm" for figure in figures)],
        ["after", "0.00 mm", "0.00 mm", "0.00 mm"],
    ]
    assert panel.by.text().startswith("through a.tfm (affine, 12 parameters), moves by up to ")
    assert panel.notes.isHidden()


def test_cells_of_the_sample_before_are_gone_at_once(driver, panel, tmp_path):
    """And not only when Qt comes to delete them: they would be painted over the new ones."""
    driver.open(write_result(tmp_path))
    panel.show()
    found = len(panel.findChildren(QLabel))
    for after in (True, False, True):
        driver.session.set_options(after=after)
        driver.settle()
    assert len(panel.findChildren(QLabel)) == found
    assert len(words(panel)) == 3


def test_a_long_name_is_not_cut_by_the_table_below(driver, panel, tmp_path):
    folder = write_result(tmp_path)
    name = "_".join(["registered"] * 6)
    for role, suffix in (
        ("fixed_images", "nii"), ("moving_images", "nii"), ("transforms", "tfm"),
        ("fixed_landmarks", "csv"), ("moving_landmarks", "csv"),
    ):  # fmt: skip
        (folder / role / f"a.{suffix}").rename(folder / role / f"{name}.{suffix}")
    driver.open(folder)
    driver.select(next(n for n, s in enumerate(driver.session.dataset.samples) if s.id == name))
    panel.resize(360, 60)
    panel.show()
    QApplication.processEvents()
    assert panel.by.geometry().bottom() < min(cell.geometry().top() for cell in panel.cells)
    assert panel.by.height() >= 2 * panel.by.fontMetrics().lineSpacing()


def test_what_is_not_shown_after_is_told_beside_the_switch(driver, panel, tmp_path):
    driver.open(write_result(tmp_path))
    driver.session.set_options(after=True, aligned="index")
    driver.settle()
    assert panel.notes.text() == "before the registration: it counts in mm, and headers are ignored"
    driver.session.set_options(aligned="world")
    driver.settle()
    assert panel.notes.isHidden()


def test_the_buttons_switch_and_follow(driver, panel, qtbot, tmp_path):
    driver.open(write_result(tmp_path))
    assert panel.before.isChecked()
    qtbot.mouseClick(panel.after, Qt.MouseButton.LeftButton)
    driver.wait(lambda: driver.session.scene.options.after)
    assert driver.session.scene.layers[1].reslicer.transform is not None
    driver.session.set_options(after=False)
    assert panel.before.isChecked()
    driver.wait(lambda: not driver.session.scene.options.after)
    assert driver.session.scene.layers[1].reslicer.transform is None


def test_landmarks_alone_leave_nothing_to_switch(driver, panel, tmp_path):
    folder = write_result(tmp_path)
    (folder / "transforms" / "a.tfm").unlink()
    (folder / "moving_landmarks" / "a.csv").write_text("label,x,y,z\np0,1,2,3\n")
    driver.open(folder)
    assert not panel.isHidden()
    assert not panel.after.isEnabled()
    assert panel.notes.text().splitlines() == [
        "moving landmarks: x,y,z are taken for RAS mm, because the file does not say",
        "3 fixed and 1 moving landmarks, 1 of each are paired by name",
    ]


# --- marks -------------------------------------------------------------------------------


def test_a_ball_is_cut_as_geometry_says():
    points = np.array([(0.0, 0, 0), (3, 0, 0), (4.999, 0, 0), (5, 0, 0), (np.nan,) * 3])
    np.testing.assert_allclose(cut(points, 0, 0.0, 5.0), (5, 4, 0.35 * 5, 0, 0))


def test_rings_and_crosses_lie_around_their_points():
    points, sizes = np.array([(1.0, 2, 3), (7, 8, 9)]), np.array((2.0, 0.0))
    ring, cross = rings(points, sizes, [1, 2]), crosses(points, sizes, [1, 2])
    for segments in (ring, cross):
        np.testing.assert_allclose(np.linalg.norm(segments - points[0], axis=-1), 2)
        assert (segments[..., 0] == 1).all()
    np.testing.assert_allclose(ring[:-1, 1], ring[1:, 0])
    np.testing.assert_allclose(cross.mean(axis=1), np.tile(points[0], (2, 1)), atol=1e-12)


def coloured(picture: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    """Return only what has a colour of a picture."""
    off = np.abs(picture[..., :3].astype(float) - 255 * np.array(colour)).max(axis=-1)
    return np.where((off < 40)[..., None], 255, 0) * np.ones(4, int)


def middle_of(picture: np.ndarray) -> np.ndarray:
    """Middle of the box around what is painted, row and column."""
    rows, columns = np.nonzero(picture[..., 0])
    assert len(rows)
    return np.array((rows.min() + rows.max(), columns.min() + columns.max())) / 2


def pixel_of(
    browser: Browser, picture: np.ndarray, plane: str, ras: Any, radiological: bool
) -> np.ndarray:
    """Row and column where a place must be painted, by the conventions alone."""
    camera, (across, up) = browser.viewer.scene.camera, AXES[plane]
    off = np.array((camera.center[-2] - ras[up], camera.center[-1] - ras[across])) * camera.zoom
    return np.array(picture.shape[:2]) / 2 + off * (1, 1 if radiological else -1)


def show_marks_alone(browser: Browser, **options: Any) -> None:
    browser.session.set_options(**options)
    browser.settle()
    hide_letters(browser)
    for layer in browser.viewer.layers:
        layer.visible = False


@pytest.mark.canvas
@pytest.mark.parametrize("radiological", [True, False])
def test_landmarks_are_painted_where_they_lie_in_all_planes(browser, tmp_path, radiological):
    """Before, each on its own place; after, both on the fixed one."""
    point = PLACES[1:2]
    browser.open(write_result(tmp_path, point))
    browser.session.set_options(radiological=radiological)
    for after, (fixed, moving) in ((False, (point[0], moved(point)[0])), (True, (point[0],) * 2)):
        for plane in AXES:
            for colour, place in ((FIXED, fixed), (MOVING, moving)):
                show_marks_alone(browser, plane=plane, after=after)
                browser.place(place)
                picture = browser.canvas()
                found = middle_of(coloured(picture, colour))
                truth = pixel_of(browser, picture, plane, place, radiological)
                assert np.abs(found - truth).max() / browser.viewer.scene.camera.zoom < 0.6


@pytest.mark.canvas
def test_landmarks_far_from_the_slice_are_not_painted(browser, tmp_path):
    browser.open(write_result(tmp_path, PLACES[1:2]))
    show_marks_alone(browser, plane="axial", after=True)
    browser.place(PLACES[1])
    assert found_pixel(coloured(browser.canvas(), FIXED)) is not None
    browser.place(PLACES[1] + np.array((0, 0, 10.0)))
    assert found_pixel(browser.canvas()) is None


@pytest.mark.canvas
def test_the_image_after_is_painted_on_the_fixed_one(browser, tmp_path):
    browser.open(write_result(tmp_path))
    for plane in AXES:
        for mode in ("fixed", "moving"):
            browser.session.set_options(mode=mode, plane=plane, after=True)
            browser.settle()
            hide_letters(browser)
            browser.dock.canvas.landmarks.draw(None)
            browser.place(PLACES[0])
            found = found_pixel(browser.canvas())
            error = np.abs(found - expected_pixel(browser, plane, PLACES[0])).max()
            assert error / browser.viewer.scene.camera.zoom < 1.0


@pytest.mark.canvas
def test_nothing_of_a_sample_stays_on_the_next_one(browser, tmp_path):
    browser.open(write_result(tmp_path))
    lines = browser.dock.canvas.lines
    browser.place(PLACES[0])
    assert lines.shown("fixed landmarks")
    layers = len(browser.viewer.layers)
    browser.select(1)
    assert not lines.shown("fixed landmarks")
    assert not lines.shown("landmark distances")
    for _ in range(3):
        browser.select(0)
        browser.session.set_options(after=not browser.session.options.after)
        browser.settle()
        browser.select(1)
    assert len(browser.viewer.layers) == layers
