"""A step slices each layer once, however much of it changes; a slider that moves counts in."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medload.views.napari.held_slicing import held_measuring, held_slicing
from tests.phantoms import affine_of, noise, write_nifti
from tests.views.napari.looking import bare

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image

    from tests.views.napari.conftest import Browser

PLACES = (
    ("LAS", (14, 12, 10), (1.0, 1.0, 1.5), (1.0, 2.0, 3.0)),
    ("RAS", (18, 15, 13), (1.2, 0.9, 1.1), (4.0, -3.0, 1.0)),
)


def write_two(folder: Path) -> Path:
    """Write two labelled pairs, each on a grid of its own."""
    for number, (code, shape, spacing, centre) in enumerate(PLACES):
        affine = affine_of(code, shape, spacing, centre=centre)
        box = np.zeros(shape, np.uint8)
        box[4:9, 4:9, 3:7] = 1
        for side in ("fixed", "moving"):
            array = noise(shape, np.int16, number)
            write_nifti(folder / f"{side}_images" / f"case{number}.nii.gz", array, affine)
            write_nifti(folder / f"{side}_labels" / f"case{number}.nii.gz", box, affine)
    return folder


@pytest.mark.canvas
@pytest.mark.parametrize("mode", ["overlay", "two-colour", "checkerboard", "edges", "outlines"])
def test_a_step_to_another_grid_slices_each_layer_once(browser: Browser, tmp_path: Path, mode: str):
    browser.open(write_two(tmp_path / "set"))
    session, viewer = browser.session, browser.viewer
    session.set_options(mode=mode)
    for sample in (0, 1, 0):
        browser.select(sample)
    bare(browser)
    before = browser.canvas()
    browser.wait(lambda: 1 in session.ready)
    sliced: Counter[str] = Counter()
    for layer in viewer.layers:
        layer.events.set_data.connect(
            partial(lambda name, _event: sliced.update([name]), layer.name)
        )
    session.select(1)
    assert not session.loading
    shown = {layer.name for layer in viewer.layers if layer.visible}
    assert sliced == dict.fromkeys(shown, 1)
    assert viewer.dims.range[0].stop - viewer.dims.range[0].start == pytest.approx(12 * 1.1)
    browser.select(0)
    bare(browser)
    assert np.array_equal(browser.canvas(), before)


def test_what_was_changed_is_drawn_at_the_end_and_nothing_else():
    viewer = ViewerModel()
    layers = [viewer.add_image(np.full((4, 5, 6), n, np.uint8)) for n in range(3)]
    sliced: list[Image] = []
    for layer in layers:
        layer.events.set_data.connect(partial(lambda one, _event: sliced.append(one), layer))
    with held_slicing(viewer, layers) as changed:
        with held_measuring(viewer, layers):
            layers[1].data = np.full((4, 5, 6), 9, np.uint8)
            layers[1].opacity = 0.5
            changed[layers[1]] = True
        assert not sliced
    assert sliced == [layers[1]]
    assert (layers[1]._slice.image.view == 9).all()


def test_sliders_follow_the_new_extent_and_the_place_asked_for():
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((4, 5, 6), np.uint8))
    told: list[tuple[float, ...]] = []
    viewer.dims.events.point.connect(lambda event: told.append(event.value))
    with held_slicing(viewer, [layer]) as changed:
        with held_measuring(viewer, [layer]):
            layer.data = np.arange(20)[:, None, None] * np.ones((20, 5, 6))
            layer.scale = (2.0, 1.0, 1.0)
            changed[layer] = True
        viewer.dims.point = (30.0, 0.0, 0.0)
        assert not told
    assert told == [(30.0, 0.0, 0.0)] and viewer.dims.current_step[0] == 15
    assert (layer._slice.image.view == 15).all()
