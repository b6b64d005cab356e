"""Several windows: what one of them frees is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.qt import QtViewer

from napari_medload.views.napari.own_context import keep_to_own_context

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.canvas


@pytest.fixture
def canvases(qtbot: Any) -> Iterator[list[QtViewer]]:
    """Two canvases, each with two images of its own."""
    made = []
    for shade in (0.3, 0.8):
        viewer = ViewerModel()
        widget = QtViewer(viewer)
        qtbot.addWidget(widget)
        keep_to_own_context(widget.canvas)
        for _ in range(2):
            viewer.add_image(np.full((40, 50), shade), contrast_limits=(0, 1), blending="opaque")
        widget.resize(300, 200)
        widget.show()
        qtbot.waitUntil(widget.canvas.native.isValid)
        made.append(widget)
    yield made
    for widget in made:
        widget.viewer.layers.clear()


def picture(widget: QtViewer) -> np.ndarray:
    """Pixels, rendered anew."""
    return np.asarray(widget.canvas._scene_canvas.render())


def test_a_removed_layer_frees_nothing_of_another_canvas(canvases: list[QtViewer]):
    one, other = canvases
    before = picture(one)
    assert before.max() > 60
    for _ in range(3):  # the context of `one` is current, and numbers its textures alike
        other.viewer.add_image(np.random.default_rng(0).random((40, 50)))
        picture(other)
        assert np.array_equal(picture(one), before)
        other.viewer.layers.clear()
        for layer in one.viewer.layers:  # as a step to another slice does
            layer.refresh()
        assert np.array_equal(picture(one), before)
