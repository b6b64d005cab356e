"""Scenes on napari's layers, each test a whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import QApplication

from napari_medload.labels.palette import colour_of
from tests.phantoms import affine_of, noise, voxel_at, write_h5, write_nifti
from tests.session.datasets import cut_short, write_pairs
from tests.views.napari.test_overlays import RADIOLOGICAL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

INSIDE = (1.0, 2.0, 3.0)


def widget_count() -> int:
    """Widgets alive, once those that wait for deletion are gone."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return len(QApplication.allWidgets())


def written(browser: Browser) -> str:
    return " ".join(browser.viewer.canvas.overlays.text.text.split())


def shown_letters(browser: Browser) -> tuple[str, ...] | None:
    """Letters on the canvas at the left, right, top and bottom, or None where there are none."""
    by_place = {
        overlay.position: overlay.text
        for name, overlay in browser.viewer.canvas.overlays.items()
        if name.startswith("medload") and overlay.visible
    }
    sides = ("middle_left", "middle_right", "top_center", "bottom_center")
    return tuple(by_place[side] for side in sides) if by_place else None


def status_at(browser: Browser, ras) -> str:
    """Status bar with the mouse over a world place."""
    viewer = browser.viewer
    viewer.mouse_over_canvas = True
    viewer.cursor.position = browser.session.scene.display.to_canvas(ras)
    viewer.update_status_from_cursor()
    return viewer.status if isinstance(viewer.status, str) else str(viewer.status)


def layers(browser: Browser) -> dict[str, object]:
    return {layer.name: layer for layer in browser.viewer.layers if layer.visible}


def test_walking_30_samples_keeps_layers_camera_and_place(browser: Browser, tmp_path: Path):
    """On the way are a sample of which nothing can be read, and one that lacks a side."""
    folder = write_pairs(tmp_path / "pairs", 30, labels=True)
    for side in ("fixed", "moving"):
        for kind in ("images", "labels"):
            (folder / f"{side}_{kind}" / "case12.nii.gz").write_bytes(b"nothing")
    (folder / "moving_images" / "case20.nii.gz").unlink()
    browser.open(folder)
    browser.session.sort("id")
    browser.select(0)
    viewer, camera = browser.viewer, browser.viewer.scene.camera
    made = list(viewer.layers)
    assert [layer.name for layer in made] == [
        "fixed image",
        "moving image",
        "fixed label",
        "moving label",
    ]
    camera.zoom = 21.0
    camera.center = (0.0, 2.5, 1.5)
    browser.place(INSIDE)
    browser.session.step(1)
    browser.settle()
    place, looked, count = viewer.dims.point, camera.center, widget_count()
    seen = set()
    for _ in range(28):
        browser.session.step(1)
        browser.settle()
        scene = browser.session.scene
        if scene.display is None:
            assert scene.sample_id == "case12" and not layers(browser)
            continue
        shown = layers(browser)
        assert ("moving image" in shown) is (scene.sample_id != "case20")
        seen.add(int(np.asarray(shown["fixed image"].data)[4, 4, 4]) // 1000)
        assert viewer.dims.point == pytest.approx(place, abs=1e-6), scene.sample_id
        assert camera.zoom == pytest.approx(21.0)
        assert camera.center == pytest.approx(looked)
    assert seen == set(range(2, 30)) - {12}
    assert all(a is b for a, b in zip(viewer.layers, made, strict=True))
    assert widget_count() <= count + 2


def test_a_place_does_not_drift_on_a_walk_over_many_grids(browser: Browser, tmp_path: Path):
    """Each sample has its own spacing and offset, so that no two share a slice."""
    folder, shape, place = tmp_path / "set", (12, 12, 12), (2.3, -1.7, 3.1)
    for number in range(16):
        spacing = tuple(1.5 + 0.1 * ((number * k) % 7) for k in (1, 3, 5))
        affine = affine_of("RAS", shape, spacing, centre=(0.21 * number, 0.0, -0.13 * number))
        write_nifti(folder / f"s{number:02d}.nii", noise(shape), affine)
    browser.open(folder)
    browser.place(place)
    begun, zoom = browser.session.position, browser.viewer.scene.camera.zoom
    for sample in range(1, 16):
        browser.select(sample)
        assert browser.session.position == begun
        grid = browser.session.scene.display.grid
        wrong = np.abs(np.array(browser.viewer.dims.point)[::-1] - begun) / grid.spacing
        assert wrong.max() <= 0.51, sample
    assert browser.viewer.scene.camera.zoom == zoom


def test_what_a_person_reads_on_the_canvas_and_below(browser: Browser, pairs: Path):
    browser.open(pairs)
    viewer = browser.viewer
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"millimeter"}
    assert all(tuple(layer.axis_labels) == ("S", "A", "R") for layer in viewer.layers)
    assert "case00" in written(browser)
    assert "moving image, moving label: oblique 10.0°, resampled" in written(browser)

    label = viewer.layers["fixed label"]
    for value in (1, 2):
        assert label.get_color(value)[:3] == pytest.approx(colour_of(value), abs=0.01)
    assert list(label.features["name"]) == ["liver", "spleen"]
    assert (label.contour, viewer.layers["moving label"].contour) == (1, 1)

    display = browser.session.scene.display
    stored = np.asarray(browser.session.scene.layers[2].data)
    for value, name in ((1, "liver"), (2, "spleen")):
        index = np.argwhere(stored == value)[0]
        canvas = np.array(display.translate) + np.array(display.scale) * index
        ras = display.to_ras(canvas)
        status = status_at(browser, ras)
        r, a, s = (f"{v:.1f}" for v in ras)
        assert status.startswith(f"R {r}  A {a}  S {s} mm"), status
        assert f"fixed label {value}: {name}" in status
        reslicer = browser.session.scene.layers[0].reslicer
        value = reslicer.array[voxel_at(reslicer.grid.affine, ras)]
        assert f"fixed image {value:g}" in status

    for plane, expected in RADIOLOGICAL.items():
        for radiological in (True, False):
            browser.session.set_options(plane=plane, radiological=radiological)
            left, right, top, bottom = expected
            wanted = expected if radiological else (right, left, top, bottom)
            assert shown_letters(browser) == wanted, (plane, radiological)


def test_napari_s_own_axis_buttons_leave_the_letters_true(browser: Browser, pairs: Path):
    browser.open(pairs)
    viewer = browser.viewer
    ends = (("S", "I"), ("A", "P"), ("R", "L"))
    for change in (viewer.dims.roll, viewer.dims.roll, viewer.dims.transpose, viewer.dims.roll):
        change()
        up, across = viewer.dims.order[-2:]
        assert shown_letters(browser) == (*ends[across], *ends[up]), viewer.dims.order
    viewer.dims.order = (2, 0, 1)
    assert browser.session.options.plane == "sagittal"


def test_3d_is_coarse_and_2d_comes_back_as_it_was(browser: Browser, pairs: Path):
    browser.open(pairs)
    viewer = browser.viewer
    browser.session.set_options(grid="moving")  # so that fixed is resliced on demand
    browser.settle()
    browser.place((4.0, -1.0, 6.0))  # well away from the middle
    place, zoom = viewer.dims.point, viewer.scene.camera.zoom
    read_whole: list[str] = []
    for layer in viewer.layers:
        inner = layer.data.block

        class Watched:
            """The same planes; notes when a whole volume is asked for."""

            def __init__(self, inner, name, shape) -> None:
                self.inner, self.name, self.shape = inner, name, shape

            def read(self, box):
                if tuple(part.stop - part.start for part in box) == self.shape[::-1]:
                    read_whole.append(self.name)
                return self.inner.read(box)

        layer.data.block = Watched(inner, layer.name, layer.data.shape)
    viewer.dims.ndisplay = 3
    browser.settle()
    assert not read_whole
    assert all(isinstance(layer.data, np.ndarray) for layer in viewer.layers)
    assert max(viewer.layers["fixed image"].data.shape) > 1
    assert "3D" in written(browser) and shown_letters(browser) is None
    browser.session.step(1)
    browser.settle()
    assert all(isinstance(layer.data, np.ndarray) for layer in viewer.layers)
    viewer.dims.ndisplay = 2
    browser.settle()
    assert not any(isinstance(layer.data, np.ndarray) for layer in viewer.layers)
    assert viewer.dims.point == pytest.approx(place, abs=1e-6)
    assert viewer.scene.camera.zoom == pytest.approx(zoom, rel=0.05)
    assert shown_letters(browser) == RADIOLOGICAL["axial"]


def test_without_geometry_pixels_are_counted_and_nothing_is_called_mm(
    browser: Browser, tmp_path: Path, pairs: Path
):
    for side in ("fixed", "moving"):
        write_h5(tmp_path / "set" / f"{side}_images.h5", a=noise((7, 6, 5)), b=noise((7, 6, 5)))
    browser.open(pairs)
    browser.open(tmp_path / "set")
    viewer = browser.viewer
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"pixel"}
    assert shown_letters(browser) is None
    assert "no geometry in the file, drawn by index" in written(browser)
    status = status_at(browser, (3, 2, 1))
    assert status.startswith("voxel 3, 2, 1") and "mm" not in status
    browser.open(pairs)
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"millimeter"}
    assert shown_letters(browser) == RADIOLOGICAL["axial"]


def test_an_unreadable_file_is_named_on_the_canvas(browser: Browser, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 3)
    cut_short(folder / "moving_images" / "case01.nii.gz")
    browser.open(folder)
    browser.select(1)
    text = written(browser).replace(" ", "")
    assert "movingimagecannotbeshown" in text and "case01.nii.gz" in text
    assert set(layers(browser)) == {"fixed image"}
    browser.select(2)
    assert "cannot be shown" not in written(browser)
    assert set(layers(browser)) == {"fixed image", "moving image"}


def test_one_hot_labels_that_overlap_hide_nothing(browser: Browser, tmp_path: Path):
    shape = (12, 12, 6)
    affine = affine_of("RAS", shape)
    channels = np.zeros((*shape, 2), np.uint8)
    channels[2:8, 2:8, :, 0] = 1
    channels[5:10, 5:10, :, 1] = 1
    write_nifti(tmp_path / "set" / "images" / "a.nii", noise(shape), affine)
    write_nifti(tmp_path / "set" / "labels" / "a.nii", channels, affine)
    (tmp_path / "set" / "label_names.txt").write_text("1 tumour\n2 lung\n")
    browser.open(tmp_path / "set")
    label = browser.viewer.layers["label"]
    names = dict(zip(label.features["index"], label.features["name"], strict=True))
    both = next(value for value, name in names.items() if name == "tumour + lung")
    drawn = np.asarray(label.data).T
    np.testing.assert_array_equal(drawn == both, channels.all(axis=3))
    mixed = np.mean([colour_of(1), colour_of(2)], axis=0)
    assert label.get_color(both)[:3] == pytest.approx(mixed, abs=0.01)
    ras = (affine @ (6, 6, 3, 1))[:3]
    assert "tumour + lung" in status_at(browser, ras)


def test_a_missing_image_leaves_no_steps_between_slices(browser: Browser, tmp_path: Path) -> None:
    """The layer that has nothing to show must not count among the slices."""
    folder = tmp_path / "pairs"
    for name, shape in (("a", (20, 18, 30)), ("b", (20, 18, 12))):
        for side in ("fixed", "moving"):
            array = np.ones(shape, np.uint8)
            write_nifti(
                folder / f"{side}_images" / f"{name}.nii.gz", array, affine_of("RAS", shape)
            )
    (folder / "moving_images" / "b.nii.gz").unlink()
    browser.open(folder)
    browser.select(1)
    assert browser.viewer.dims.nsteps == (12, 18, 20)


def test_the_title_stays_clear_of_the_letter_when_the_window_shrinks(
    browser: Browser, tmp_path: Path
):
    name = "a-long-group-of-patients/a-long-name-of-one-patient-0001"
    write_nifti(tmp_path / "images" / f"{name}.nii", noise((9, 8, 7)))
    browser.open(tmp_path)
    title = browser.viewer.canvas.overlays.text

    def widest() -> int:
        return max(map(len, title.text.splitlines()))

    before = widest()
    browser.viewer.window.resize(900, 700)
    browser.wait(lambda: widest() < before)
    assert "".join(title.text.split()).startswith(name)
