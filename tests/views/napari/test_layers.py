"""Chosen windows and hidden labels as they are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.phantoms import affine_of, noise
from tests.views.napari.looking import SHAPE, SPACING, bare, noisy_pair, store, write_pair
from tests.views.napari.test_compare_modes import SEEN, limits_of, look

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

AFFINE = affine_of("RAS", SHAPE, SPACING, centre=(3.0, 2.0, 1.0))


def test_images_are_painted_by_the_windows_that_were_chosen(browser: Browser, tmp_path: Path):
    fixed, moving = noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    session = browser.session
    own = limits_of(browser)
    session.set_window("fixed_image", -20, 60)
    session.set_window("moving_image", 30, 200)
    f, m = fixed.grey((-20, 60)), moving.grey((30, 200))
    for mode, grey in (("fixed", f), ("moving", m)):
        voxels, _places, seen = look(browser, "axial", fixed, mode=mode)
        assert np.abs(seen - grey[voxels][:, None]).max() < SEEN, mode
    voxels, places, seen = look(browser, "axial", fixed, mode="checkerboard", checker_mm=7.0)
    of_fixed = np.floor(places / 7.0 + 1e-6).sum(axis=1) % 2 == 0
    expected = np.where(of_fixed, f[voxels], m[voxels])
    assert np.abs(seen - expected[:, None]).max() < SEEN
    session.reset_window()
    assert limits_of(browser) == own
    voxels, _places, seen = look(browser, "axial", fixed, mode="fixed")
    assert np.abs(seen - fixed.grey(own[0])[voxels][:, None]).max() < SEEN


def test_the_slider_reaches_over_the_window_and_the_own_contrast(browser: Browser, tmp_path: Path):
    noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    low, high = limits_of(browser)[0]
    layer = browser.viewer.layers["fixed image"]
    for window in ((low + 10, high - 10), (low - 500, high + 500), (high + 100, high + 200)):
        browser.session.set_window("fixed_image", *window)
        assert tuple(layer.contrast_limits) == window
        first, last = layer.contrast_limits_range
        assert first == min(low, window[0]) and last == max(high, window[1])


def test_contrast_set_by_hand_stays_until_something_else_is_asked_for(
    browser: Browser, tmp_path: Path
):
    for name, seed in (("a", 3), ("b", 5)):
        fixed, moving = noise(SHAPE, np.int16, seed), noise(SHAPE, np.int16, seed + 1)
        write_pair(tmp_path / "set", fixed, 2 * moving, name)
    browser.open(tmp_path / "set")
    layer = browser.viewer.layers["fixed image"]
    for change in ({"mode": "fixed"}, {"opacity": 0.9}, {"mode": "curtain"}, {"mode": "overlay"}):
        layer.contrast_limits = (-7.0, 77.0)
        browser.session.set_options(**change)
        browser.settle()
        assert tuple(layer.contrast_limits) == (-7.0, 77.0), change
    browser.session.set_window("moving_image", 0, 50)
    browser.session.toggle_label(1)
    assert tuple(layer.contrast_limits) == (-7.0, 77.0)
    browser.session.set_window("fixed_image", 0, 50)
    assert tuple(layer.contrast_limits) == (0, 50)
    layer.contrast_limits = (10.0, 20.0)
    browser.select(1)  # another image; the window is for all samples
    assert tuple(layer.contrast_limits) == (0, 50)


def write_labelled(folder: Path, name: str, values: tuple[int, ...]) -> None:
    """Write a pair of empty images, with a box each for some label values, apart from each other.

    The moving labels lie elsewhere than the fixed ones.
    """
    write_pair(folder, np.zeros(SHAPE, np.int16), np.zeros(SHAPE, np.int16), name)
    for side, code, to in (("fixed", "LAS", 0), ("moving", "PIR", 2)):
        array = np.zeros(SHAPE, np.uint8)
        for value in values:
            start = 2 + 9 * (value - 1) + to
            array[start : start + 7, 2 + to : 14 + to, 2:13] = value
        store(folder / f"{side}_labels" / f"{name}.nii.gz", array, AFFINE, code)


@pytest.mark.parametrize(
    "options",
    [
        {"labels": "fill + outline", "label_opacity": 0.8},
        {"labels": "outlines"},
        {"mode": "outlines"},
        {"mode": "side by side", "labels": "outlines"},
    ],
)
def test_a_hidden_label_is_painted_as_if_it_were_not_there(
    browser: Browser, tmp_path: Path, options: dict[str, object]
):
    """Against samples in which it truly is not there."""
    for name, values in (("a", (1, 2)), ("b", (2,)), ("c", ())):
        write_labelled(tmp_path / "set", name, values)
    (tmp_path / "set" / "label_names.txt").write_text("1 liver\n2 spleen\n")
    browser.open(tmp_path / "set")
    session = browser.session
    session.set_options(**options)

    def painted(sample: int) -> np.ndarray:
        browser.select(sample)
        browser.place(AFFINE[:3, 3] + AFFINE[:3, :3] @ (11, 8, 7))
        bare(browser)
        return browser.canvas()

    whole, without, nothing = (painted(sample) for sample in range(3))
    for more, less in ((whole, without), (without, nothing)):
        assert np.abs(more.astype(int) - less).max() > 60
    session.toggle_label(1)
    np.testing.assert_array_equal(painted(0), without)
    np.testing.assert_array_equal(painted(1), without)
    session.toggle_label(1)
    np.testing.assert_array_equal(painted(0), whole)
    session.toggle_label(2)
    session.toggle_label(1)
    np.testing.assert_array_equal(painted(0), nothing)
    session.show_labels()
    np.testing.assert_array_equal(painted(0), whole)


def test_a_hidden_label_is_named_below_the_sample(browser: Browser, pairs: Path):
    browser.open(pairs)
    text = browser.viewer.canvas.overlays.text
    assert "hidden" not in text.text
    browser.session.toggle_label(2)
    assert "hidden: spleen" in " ".join(text.text.split())
