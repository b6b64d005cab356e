"""Whatever was looked at before, the canvas shows what a viewer shows that was just opened."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.canvas

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
        viewer.window.resize(1300, 850)
        new = Browser(viewer, dock, qtbot)
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


def settled(browser: Browser, like: Browser | None = None) -> np.ndarray:
    """Look at the place; with the camera of another; return the picture."""
    browser.settle()
    browser.session.go_to(PLACE)
    viewer = browser.viewer
    if like is not None:
        browser.wait(lambda: viewer.canvas.size == like.viewer.canvas.size)
        viewer.scene.camera.zoom = like.viewer.scene.camera.zoom
        viewer.scene.camera.center = like.viewer.scene.camera.center
    bare(browser)  # napari puts letters and names a pixel to and fro
    for layer in viewer.layers:
        layer.name_overlay.visible = False
    browser.canvas()
    return browser.canvas()[..., :3]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def start(browser: Browser, folder: Path, mode: CompareMode) -> None:
    browser.dock.canvas.flicker.playing = False
    browser.open(folder)
    browser.session.set_options(mode=mode)
    browser.settle()


@pytest.mark.parametrize("mode", COMPARE_MODES)
def test_a_mode_is_drawn_anew_from_whatever_was_there(
    browser: Browser, folders: tuple[Path, Path], fresh: Any, mode: CompareMode
):
    """Another mode, switch, sample, dataset or plane, and back: nothing of it is left."""
    one, other = folders
    start(browser, one, mode)
    session = browser.session
    before = settled(browser)
    assert same(before, fresh(browser, one)), mode
    assert len(np.unique(before)) > 50, "nothing is drawn"
    zoom, centre = browser.viewer.scene.camera.zoom, browser.viewer.scene.camera.center

    def back() -> np.ndarray:
        session.set_options(mode=mode, **USUAL)
        browser.settle()
        browser.viewer.scene.camera.zoom, browser.viewer.scene.camera.center = zoom, centre
        return settled(browser)

    for step in (1, 3, 5):
        left = COMPARE_MODES[(COMPARE_MODES.index(mode) - step) % len(COMPARE_MODES)]
        session.set_options(mode=left)
        browser.settle()
        assert same(back(), before), f"from {left}"
    for name, change in CHANGES.items():
        session.set_options(**change)
        browser.settle()
        assert same(back(), before), f"from {name}"
    browser.select(1)
    browser.select(0)
    assert same(back(), before), "from another sample"
    browser.open(other)
    browser.open(one)
    assert same(back(), before), "from another dataset"


@pytest.mark.parametrize(
    ("mode", "name"), [*zip(COMPARE_MODES, (*CHANGES, *CHANGES), strict=False)]
)
def test_each_switch_shows_in_each_mode_what_a_new_viewer_shows(
    browser: Browser, folders: tuple[Path, Path], fresh: Any, mode: CompareMode, name: str
):
    start(browser, folders[0], mode)
    settled(browser)
    browser.session.set_options(**CHANGES[name])
    assert same(settled(browser), fresh(browser, folders[0]))
