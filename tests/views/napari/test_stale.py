"""Whatever was looked at before, the canvas shows what a viewer shows that was just opened."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload.session.options import COMPARE_MODES, CompareMode
from napari_medload.session.recent import RecentDatasets
from napari_medload.views.napari.dock import BrowserDock
from tests.phantoms import affine_of, noise, write_nifti
from tests.session.datasets import SHAPE, write_pair
from tests.session.scene.test_results import write_transform
from tests.views.napari.conftest import Browser
from tests.views.napari.looking import bare
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.canvas

SIDE = 500
"""Of the canvas in pixels: docks that need more room must not change what is compared."""

ELSEWHERE = ("overlay", "curtain", "side by side", "outlines")
"""Modes in which another dataset is opened: with layers, lines, halves and labels of their own."""

PLACE = (2.2, 3.1, 4.4)
"""Where all are looked at, in RAS mm; it lies in both images, however they are drawn."""

CHANGES: dict[str, dict[str, Any]] = {
    "index": {"aligned": "index"},
    "lens": {"lens": "deepreg"},
    "after": {"after": True},
    "frame": {"frame": 2},
    "grid": {"grid": "moving"},
    "world": {"grid": "world"},
    "plane": {"plane": "sagittal"},
    "convention": {"radiological": False},
    "labels": {"labels": "fill + outline"},
}
TOGETHER = (
    ("index", "plane", "labels"),
    ("lens", "frame", "convention"),
    ("after", "grid"),
    ("world",),
)
"""Switches that are left at once: what one of them leaves behind shows in any company."""

USUAL: dict[str, Any] = {
    "aligned": "world",
    "lens": "",
    "after": False,
    "frame": 0,
    "grid": "fixed",
    "plane": "axial",
    "radiological": True,
    "labels": "auto",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: Any) -> tuple[Path, Path]:
    """Write two datasets: a pair that has all that can be switched, and a plain one."""
    made = []
    for name, number in (("one", 1), ("other", 5)):
        folder = tmp_path_factory.mktemp(name)
        write_pair(folder, "a", number, labels=True)
        affine = affine_of("PIR", SHAPE, (1.2, 1.0, 1.0), centre=(1.0, 2.0, 3.0), tilt=(0, 0, 10))
        series = np.stack([noise(SHAPE, seed=number + n) for n in range(3)], axis=-1)
        write_nifti(folder / "moving_images" / "a.nii.gz", series, affine)
        write_transform(folder / "transforms" / "a.tfm")
        write_pair(folder, "b", number + 2, labels=True)
        made.append(folder)
    return made[0], made[1]


@pytest.fixture
def fresh(make_napari_viewer: Any, qtbot: Any, tmp_path: Path) -> Callable[..., np.ndarray]:
    """Open a dataset in a new viewer, look as another does, and take a picture."""

    def picture(other: Browser, folder: Path) -> np.ndarray:
        viewer = make_napari_viewer(show=True)
        dock = BrowserDock(viewer, recent=RecentDatasets(tmp_path / "fresh.json"))
        viewer.window.add_dock_widget(dock, name="Dataset browser")
        new = Browser(viewer, dock, qtbot)
        keep_size(new)
        try:
            new.session.options = other.session.options
            dock.canvas.flicker.playing = False
            new.open(folder)
            new.select(other.session.selected)
            assert new.session.options == other.session.options
            return settled(new, other)
        finally:
            dock.session.close()
            viewer.close()

    return picture


def keep_size(browser: Browser) -> None:
    canvas_of(browser).setFixedSize(SIDE, SIDE)
    browser.wait(lambda: tuple(browser.viewer.canvas.size) == (SIDE, SIDE))


def settled(browser: Browser, like: Browser | None = None) -> np.ndarray:
    """Look at the place; with the camera of another; return the picture."""
    browser.settle()
    browser.session.go_to(PLACE)
    viewer = browser.viewer
    if like is not None:
        viewer.scene.camera.zoom = like.viewer.scene.camera.zoom
        viewer.scene.camera.center = like.viewer.scene.camera.center
    bare(browser)  # napari puts letters and names a pixel to and fro
    for layer in viewer.layers:
        layer.name_overlay.visible = False
    browser.canvas()
    return browser.canvas()[..., :3]


def differing(one: np.ndarray, other: np.ndarray) -> str:
    """Say where two pictures differ; nothing where they are the same."""
    if one.shape != other.shape:
        return f"{one.shape[:2]} pixels, not {other.shape[:2]}"
    places = np.argwhere((one != other).any(axis=-1))
    if not len(places):
        return ""
    folder = Path(tempfile.mkdtemp(prefix="stale-"))
    np.savez(folder / "pictures.npz", one=one, other=other)
    (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
    where = f"rows {top} to {bottom}, columns {left} to {right}"
    return f"{len(places)} pixels differ in {where}; see {folder}"


@pytest.mark.parametrize("mode", COMPARE_MODES)
def test_a_mode_is_drawn_anew_from_whatever_was_there(
    browser: Browser, folders: tuple[Path, Path], mode: CompareMode
):
    """Another mode, switch, sample, dataset or plane, and back: nothing of it is left."""
    one, other = folders
    keep_size(browser)
    session = browser.session
    browser.dock.canvas.flicker.playing = False
    session.set_options(mode=mode)  # before anything is drawn
    browser.open(one)
    before = settled(browser)
    assert len(np.unique(before)) > 50, "nothing is drawn"
    camera = browser.viewer.scene.camera
    zoom, centre = camera.zoom, camera.center

    def left_behind() -> str:
        session.set_options(mode=mode, **USUAL)
        browser.settle()
        camera.zoom, camera.center = zoom, centre
        return differing(before, settled(browser))

    for step in (1, 3, 5):
        left = COMPARE_MODES[(COMPARE_MODES.index(mode) - step) % len(COMPARE_MODES)]
        session.set_options(mode=left)
        browser.settle()
        assert not left_behind(), f"from {left}"
    for names in TOGETHER:
        for name in names:
            session.set_options(**CHANGES[name])
        browser.settle()
        assert not left_behind(), f"from {names}"
    browser.select(1)
    browser.select(0)
    assert not left_behind(), "from another sample"
    if mode in ELSEWHERE:
        browser.open(other)
        browser.open(one)
        assert not left_behind(), "from another dataset"


def test_each_switch_shows_in_each_mode_what_a_new_viewer_shows(
    browser: Browser, folders: tuple[Path, Path], fresh: Any
):
    """One viewer goes through all of them, so each comes after many others."""
    keep_size(browser)
    browser.dock.canvas.flicker.playing = False
    browser.open(folders[0])
    camera = browser.viewer.scene.camera
    settled(browser)
    zoom, centre = camera.zoom, camera.center
    for mode, name in zip(COMPARE_MODES, (*CHANGES, *CHANGES), strict=False):
        browser.session.set_options(**{**USUAL, "mode": mode})
        browser.settle()
        camera.zoom, camera.center = zoom, centre
        browser.session.set_options(**CHANGES[name])
        shown = settled(browser)
        assert len(np.unique(shown)) > 50, "nothing is drawn"
        assert not differing(shown, fresh(browser, folders[0])), (mode, name)
