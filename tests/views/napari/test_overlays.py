"""Directions and title, from conventions alone; without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medload.session import Scene, ViewOptions
from napari_medload.session.picture.caption import in_short
from napari_medload.views.napari.canvas import ORDERS
from napari_medload.views.napari.directions import directions, name_directions
from napari_medload.views.napari.overlays import title

if TYPE_CHECKING:
    from napari_medload.session.options import Plane

RADIOLOGICAL = {  # left, right, top, bottom
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "S", "I"),
    "sagittal": ("A", "P", "S", "I"),
}


@pytest.fixture
def viewer() -> ViewerModel:
    made = ViewerModel()
    made.add_image(np.zeros((4, 5, 6)), axis_labels=("S", "A", "R"))
    return made


@pytest.mark.parametrize("plane", RADIOLOGICAL)
@pytest.mark.parametrize("frames", [0, 1])
def test_letters_of_a_plane(viewer: ViewerModel, plane: Plane, frames: int):
    if frames:
        viewer.add_image(np.zeros((2, 4, 5, 6)), axis_labels=("frame", "S", "A", "R"))
    viewer.dims.order = (*range(frames), *(axis + frames for axis in ORDERS[plane]))
    left, right, top, bottom = RADIOLOGICAL[plane]
    viewer.scene.camera.orientation = ("away", "up", "left")
    assert directions(viewer) == (left, right, top, bottom)
    viewer.scene.camera.orientation = ("towards", "up", "right")
    assert directions(viewer) == (right, left, top, bottom)
    viewer.scene.camera.orientation = ("towards", "down", "right")  # napari's own
    assert directions(viewer) == (right, left, bottom, top)


def test_transposed_axes_have_their_own_letters(viewer: ViewerModel):
    viewer.scene.camera.orientation = ("away", "up", "left")
    viewer.dims.order = (0, 2, 1)
    assert directions(viewer) == ("A", "P", "R", "L")


def test_no_direction_is_named_that_nobody_knows(viewer: ViewerModel):
    viewer.layers[0].visible = False
    assert directions(viewer) is None
    viewer.layers[0].visible = True
    viewer.add_image(np.zeros((4, 5, 6)))  # says nothing
    assert directions(viewer) is not None
    stored = viewer.add_image(np.zeros((4, 5, 6)), axis_labels=("k", "j", "i"))
    assert directions(viewer) is None
    stored.visible = False
    assert directions(viewer) is not None
    viewer.dims.ndisplay = 3
    assert directions(viewer) is None
    viewer.dims.ndisplay = 2
    viewer.add_image(np.zeros((2, 4, 5, 6)), axis_labels=("frame", "S", "A", "R"))
    viewer.dims.order = (1, 2, 0, 3)  # time runs up the screen
    assert directions(viewer) is None
    viewer.layers.clear()
    assert directions(viewer) is None


def test_the_letters_follow_layers_axes_and_camera(viewer: ViewerModel):
    viewer.scene.camera.orientation = ("away", "up", "left")
    name_directions(viewer)
    name_directions(viewer)

    def written() -> list[str]:
        found = {k: v for k, v in viewer.canvas.overlays.items() if k.startswith("medload_")}
        assert len(found) == 4
        return [overlay.text for overlay in found.values() if overlay.visible]

    assert written() == ["R", "L", "A", "P"]
    viewer.dims.order = (1, 0, 2)
    assert written() == ["R", "L", "S", "I"]
    viewer.scene.camera.orientation = ("towards", "up", "right")
    assert written() == ["L", "R", "S", "I"]
    viewer.layers[0].visible = False
    assert written() == []
    viewer.add_image(np.zeros((4, 5, 6)), axis_labels=("S", "A", "R"))
    assert len(written()) == 4
    viewer.layers[1].visible = False
    assert written() == []
    viewer.layers[1].visible = True
    viewer.layers.clear()
    assert written() == []


WHY = "/data/my set/b.nii.gz: truncated after 12 of 4000 bytes; expected all. Copy it again."


def test_where_nothing_is_drawn_the_whole_reason_is_said():
    lines = title(Scene("train/case7", None, (), ViewOptions(), {"moving_image": WHY}))
    assert lines == ["train/case7", f"moving image cannot be shown: {WHY}"]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (WHY, "b.nii.gz: truncated after 12 of 4000 bytes"),
        (r"C:\data\b.nii.gz: no header.", "b.nii.gz: no header"),
        ("/data/all.h5[train/a]: holds text", "all.h5[train/a]: holds text"),
        ("out of memory", "out of memory"),
    ],
)
def test_a_reason_in_short_is_the_file_and_what_is_wrong(why: str, said: str):
    assert in_short(why) == said
