"""Every compare mode as it is painted, against the arrays that nibabel reads."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_medload.session.options import COMPARE_MODES, PLANES
from tests.phantoms import noise
from tests.views.napari.looking import ACROSS, AXES, SHAPE, Image, bare, colours, noisy_pair
from tests.views.napari.looking import write_pair as write_images
from tests.views.napari.test_canvas import widget_count
from tests.views.napari.test_dock import canvas_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

SEEN = 0.03
"""Difference of brightness that eight bits and a colormap of 256 steps may make."""

AT = {"axial": 7, "coronal": 9, "sagittal": 12}
"""Slice that is looked at in each plane, along S, A, R."""


def limits_of(browser: Browser) -> list[Any]:
    images = ("fixed image", "moving image")
    return [browser.viewer.layers[name].contrast_limits for name in images]


def look(
    browser: Browser, plane: str, image: Image, at: int | None = None, **options: Any
) -> tuple[Any, Any, Any]:
    """Show a slice; return its voxels, their world places and their colours."""
    at = AT[plane] if at is None else at
    browser.session.set_options(plane=plane, **options)
    browser.settle()
    index = [n // 2 for n in SHAPE]
    index[ACROSS[plane]] = at
    browser.place(image.ras(index))
    bare(browser)
    browser.dock.canvas.lines.hide("curtain")  # one voxel wide, in front of what it divides
    voxels = image.cut(plane, at)
    places = np.array([image.ras(voxel) for voxel in voxels])
    return tuple(np.array(voxels).T), places, colours(browser, plane, places)


def test_one_picture_of_two(browser: Browser, tmp_path: Path):
    """What each voxel must look like follows from both arrays, the option, and its place."""
    fixed, moving = noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.dock.canvas.flicker.playing = False
    f_limits, m_limits = limits_of(browser)
    f, m = fixed.grey(f_limits), moving.grey(m_limits)
    for plane in PLANES:
        voxels, places, seen = look(browser, plane, fixed, mode="overlay", opacity=0.4)
        assert np.abs(seen - (0.6 * f + 0.4 * m)[voxels][:, None]).max() < SEEN, plane

        for mode, grey in (("fixed", f), ("moving", m)):
            voxels, places, seen = look(browser, plane, fixed, mode=mode)
            assert np.abs(seen - grey[voxels][:, None]).max() < SEEN, (plane, mode)

        voxels, places, seen = look(browser, plane, fixed, mode="two-colour")
        assert np.abs(seen - np.stack((m, f, m), axis=-1)[voxels]).max() < SEEN, plane

        for side in (7.0, 20.0):
            voxels, places, seen = look(browser, plane, fixed, mode="checkerboard", checker_mm=side)
            of_fixed = np.floor(places / side + 1e-6).sum(axis=1) % 2 == 0
            expected = np.where(of_fixed, f[voxels], m[voxels])
            assert np.abs(seen - expected[:, None]).max() < SEEN, (plane, side)

        for of_moving in (False, True):
            voxels, places, seen = look(browser, plane, fixed, mode="flicker", flicker=of_moving)
            expected = (m if of_moving else f)[voxels]
            assert np.abs(seen - expected[:, None]).max() < SEEN, (plane, of_moving)


@pytest.mark.parametrize("radiological", [True, False])
def test_the_curtain_has_fixed_on_the_left_of_the_screen(
    browser: Browser, tmp_path: Path, radiological: bool
):
    fixed, moving = noisy_pair(tmp_path / "set")
    browser.open(tmp_path / "set")
    f_limits, m_limits = limits_of(browser)
    f, m = fixed.grey(f_limits), moving.grey(m_limits)
    for plane, at in product(PLANES, (0.0, 0.3, 0.5, 1.0)):
        voxels, _places, seen = look(
            browser, plane, fixed, mode="curtain", curtain=at, radiological=radiological
        )
        axis = AXES[plane][0]
        along = (voxels[axis] + 0.5) / SHAPE[axis]  # part of the width, along R or A
        from_left = 1 - along if radiological else along
        sure = np.abs(from_left - at) > 1e-6  # a centre on the line itself is of either
        expected = np.where(from_left < at, f[voxels], m[voxels])
        wrong = np.abs(seen - expected[:, None]).max(axis=1)[sure]
        assert wrong.max() < SEEN, (plane, at)


def test_equal_images_are_grey_in_either_pair_of_colours(browser: Browser, tmp_path: Path):
    array = noise(SHAPE, np.int16, 5)
    brighter = array.copy()
    brighter[:5] = array.max()
    write_images(tmp_path / "set", array, brighter)
    browser.open(tmp_path / "set")
    fixed = Image(tmp_path / "set" / "fixed_images" / "a.nii.gz")
    grey = fixed.grey(limits_of(browser)[0])
    for pair in ("green + magenta", "blue + orange"):
        voxels, _places, seen = look(browser, "axial", fixed, mode="two-colour", colours=pair)
        equal = voxels[0] >= 5
        assert np.ptp(seen[equal], axis=1).max() < SEEN, pair
        dark = ~equal & (grey[voxels] < 0.3)
        assert np.ptp(seen[dark], axis=1).min() > 0.3, pair  # only one of them is bright


def test_a_difference_is_bright_only_where_the_images_differ(browser: Browser, tmp_path: Path):
    """Moving has other units: twice the values and thirty more."""
    array = noise(SHAPE, np.int16, 6)
    other = array * 2 + 30
    other[4:8, 5:9, 6:10] += 300
    write_images(tmp_path / "set", array, other)
    browser.open(tmp_path / "set")
    fixed = Image(tmp_path / "set" / "fixed_images" / "a.nii.gz")
    changed = np.zeros(SHAPE, bool)
    changed[4:8, 5:9, 6:10] = True
    for plane, at in (("axial", 7), ("coronal", 6), ("sagittal", 5)):
        voxels, _places, seen = look(browser, plane, fixed, at, mode="difference")
        assert seen[changed[voxels]].min() > 0.5, plane
        assert seen[~changed[voxels]].max() < 0.1, plane


def test_edges_run_around_what_is_in_moving_and_leave_fixed_alone(browser: Browser, tmp_path: Path):
    array = noise(SHAPE, np.int16, 7)
    box = np.zeros(SHAPE, np.int16)
    box[6:16, 5:13, 4:12] = 1000
    write_images(tmp_path / "set", array, box)
    browser.open(tmp_path / "set")
    fixed = Image(tmp_path / "set" / "fixed_images" / "a.nii.gz")
    grey = fixed.grey(limits_of(browser)[0])
    for plane in PLANES:
        voxels, _places, seen = look(browser, plane, fixed, mode="edges")
        coloured = np.ptp(seen, axis=1) > 0.2
        (across, up), shown = AXES[plane], np.zeros(SHAPE, bool)
        shown[voxels] = coloured
        flat = shown.take(AT[plane], axis=ACROSS[plane])
        low = [(6, 5, 4)[axis] for axis in sorted((across, up))]
        high = [(16, 13, 12)[axis] for axis in sorted((across, up))]
        inner = flat[low[0] + 2 : high[0] - 2, low[1] + 2 : high[1] - 2]
        around = np.ones_like(flat)
        around[low[0] - 1 : high[0] + 1, low[1] - 1 : high[1] + 1] = False
        assert not inner.any() and not flat[around].any(), plane
        for n, (first, last) in enumerate(zip(low, high, strict=True)):
            lines = flat.any(axis=1 - n)
            assert lines[first - 1 : first + 1].any() and lines[last - 1 : last + 1].any(), plane
        still = ~coloured
        assert np.abs(seen[still] - grey[voxels][still][:, None]).max() < SEEN, plane


def test_g_cycles_through_all_modes_and_keeps_place_slice_and_zoom(browser: Browser, pairs: Path):
    browser.open(pairs)
    viewer, session = browser.viewer, browser.session
    session.set_options(plane="coronal")
    browser.place((2.0, 3.0, 1.0))
    viewer.scene.camera.zoom = 17.0
    viewer.scene.camera.center = (0.0, 2.0, 1.5)
    place, position = viewer.dims.point, session.position
    window = viewer.window._qt_window
    window.activateWindow()
    browser.wait(window.isActiveWindow)
    canvas_of(browser).setFocus()
    seen, named = [], []
    for _ in COMPARE_MODES:
        seen.append(session.scene.mode)
        browser.qtbot.keyClick(canvas_of(browser), Qt.Key.Key_G)
        browser.settle()
        named.append(viewer.canvas.overlays["medload mode"].visible)
        assert viewer.dims.point == pytest.approx(place), session.options.mode
        assert session.position == position and session.options.plane == "coronal"
    assert tuple(seen) == COMPARE_MODES and session.scene.mode == "overlay"
    assert all(named)
    assert viewer.scene.camera.zoom == pytest.approx(17.0)
    assert viewer.scene.camera.center == pytest.approx((0.0, 2.0, 1.5))
    browser.wait(lambda: not viewer.canvas.overlays["medload mode"].visible)


def test_nothing_grows_over_25_modes_and_25_samples(browser: Browser, pairs: Path):
    browser.open(pairs)
    session, viewer = browser.session, browser.viewer
    for mode in COMPARE_MODES:  # each makes what it needs, once
        session.set_options(mode=mode)
        browser.settle()
    made, count = list(viewer.layers), widget_count()
    for turn in range(25):
        session.next_mode()
        session.select(turn % len(session.dataset))
        browser.settle()
    assert set(viewer.layers) == set(made) and len(viewer.layers) == len(made)
    assert widget_count() <= count + 2
