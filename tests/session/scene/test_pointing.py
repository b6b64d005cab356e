"""Voxels are found where the canvas draws them: each voxel of an array has a value of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medload.checks import Finding, Severity
from napari_medload.checks.finding import Place
from napari_medload.session.options import AsIf
from napari_medload.session.scene.layer import value_at
from napari_medload.session.scene.pointing import (
    changes_for,
    changes_text,
    drawn_at,
    on_canvas,
)
from tests.phantoms import affine_of
from tests.session.datasets import SHAPE, resident, scene_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.scene import Scene

NUMBERED = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
FIXED = affine_of("LAS", SHAPE, (1.0, 1.0, 1.5), centre=(1.0, 2.0, 3.0))
MOVING = affine_of("PIR", SHAPE, (1.2, 1.0, 1.1), centre=(2.0, 2.0, 3.0), tilt=(5, -8, 10))
INDEX = (7, 6, 4)


def pair(folder: Path, moving: np.ndarray = MOVING) -> dict[str, Resident]:
    label = (NUMBERED == NUMBERED[INDEX]).astype(np.uint8)
    return {
        "fixed_image": resident(folder / "f.nii", NUMBERED, FIXED),
        "moving_image": resident(folder / "m.nii", NUMBERED + 1, moving),
        "moving_label": resident(folder / "l.nii", label, moving, is_label=True),
    }


def place_of(role: str, affine: np.ndarray = MOVING, index: tuple[int, ...] = INDEX) -> Place:
    i, j, k = (float(at) for at in index)
    right, anterior, superior = (affine @ (i, j, k, 1))[:3].tolist()
    return Place(role, (i, j, k), (right, anterior, superior))


def finding(place: Place | None, *roles: str) -> Finding:
    return Finding("c", Severity.ERROR, "told", roles=roles or ("moving_image",), place=place)


def value_there(scene: Scene, role: str, position: tuple[float, ...]) -> float | None:
    """What the canvas shows of a file at a position."""
    (layer,) = [layer for layer in scene.layers if layer.role == role]
    return value_at(layer, scene.display, scene.display.to_canvas(position))


@pytest.mark.parametrize("aligned", ["world", "index"])
@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_a_voxel_is_where_the_canvas_shows_its_value(tmp_path: Path, aligned: str, grid: str):
    scene = scene_of(pair(tmp_path), aligned=aligned, grid=grid)
    for role, affine, value in (("fixed_image", FIXED, 0), ("moving_image", MOVING, 1)):
        place = place_of(role, affine)
        position = drawn_at(scene, place, SHAPE)
        assert value_there(scene, role, position) == NUMBERED[INDEX] + value
        if aligned == "world":
            assert position == pytest.approx(place.mm)
        else:  # voxel over voxel, at the place of the one whose header is kept
            assert position == pytest.approx((FIXED @ (*INDEX, 1))[:3])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(*[st.floats(-40, 40)] * 3),
    st.sampled_from(["RAS", "LPS", "PIR", "SAL"]),
    st.tuples(*[st.integers(0, n - 1) for n in SHAPE]),
)
def test_on_any_oblique_grid(tmp_path: Path, turns, code: str, index: tuple[int, int, int]):
    affine = affine_of(code, SHAPE, (1.2, 0.8, 2.0), (3.0, -2.0, 1.0), turns)
    scene = scene_of(pair(tmp_path, affine), grid="moving")
    position = drawn_at(scene, place_of("moving_image", affine, index), SHAPE)
    assert position == pytest.approx((affine @ (*index, 1))[:3], abs=1e-4)  # float32 headers
    assert value_there(scene, "moving_image", position) == NUMBERED[index] + 1
    assert on_canvas(scene, position)


def test_where_nothing_counts_in_mm_a_voxel_is_met_by_its_number(tmp_path: Path):
    found = {"image": resident(tmp_path / "a.nii", NUMBERED, None)}
    scene = scene_of(found)
    position = drawn_at(scene, Place("image", INDEX), SHAPE)
    assert value_there(scene, "image", position) == NUMBERED[INDEX]


def test_what_is_not_drawn_is_nowhere(tmp_path: Path):
    scene = scene_of(pair(tmp_path))
    assert drawn_at(scene, Place("fixed_label", INDEX)) is None
    assert drawn_at(scene, place_of("fixed_image"), (9, 9, 9)) is None  # voxels of another array
    assert drawn_at(scene_of({}), place_of("fixed_image")) is None


# --- what has to change --------------------------------------------------------------------


def changes(scene: Scene, place: Place, *roles: str) -> dict[str, object]:
    return changes_for(scene, finding(place, *roles), drawn_at(scene, place))


def test_what_is_seen_already_changes_nothing(tmp_path: Path):
    for mode in ("overlay", "two-colour", "checkerboard", "curtain", "flicker", "side by side"):
        scene = scene_of(pair(tmp_path), mode=mode)
        assert changes(scene, place_of("moving_image")) == {}, mode
    assert changes(scene_of(pair(tmp_path)), place_of("moving_label"), "moving_label") == {}
    assert changes_for(scene_of(pair(tmp_path)), finding(None), None) == {}


def test_a_label_that_a_person_has_hidden_is_drawn_again(tmp_path: Path):
    residents, hidden = pair(tmp_path), frozenset({1, 2})
    scene = scene_of(residents, hidden_labels=hidden)
    wanted = changes_for(scene, finding(place_of("moving_label")), None)
    assert wanted == {"hidden_labels": {2}}
    assert changes_text(wanted) == "the hidden label"
    for place in (place_of("moving_label", index=(0, 0, 0)), place_of("moving_image")):
        assert changes_for(scene, finding(place), None) == {}
    assert changes_for(scene_of(residents), finding(place_of("moving_label")), None) == {}


@pytest.mark.parametrize("options", [{"labels": "off"}, {"mode": "checkerboard"}])
def test_labels_that_are_hidden_get_outlines(tmp_path: Path, options: dict[str, str]):
    residents = pair(tmp_path)
    wanted = changes(scene_of(residents, **options), place_of("moving_label"), "moving_label")
    assert wanted == {"labels": "outlines"}
    (layer,) = [
        layer
        for layer in scene_of(residents, **options | wanted).layers
        if layer.role == "moving_label"
    ]
    assert layer.visible and layer.outline


def test_an_image_that_is_hidden_is_shown(tmp_path: Path):
    scene = scene_of(pair(tmp_path), mode="fixed")
    assert changes(scene, place_of("moving_image")) == {"mode": "moving"}
    both = changes(scene, place_of("moving_image"), "fixed_image", "moving_image")
    assert both == {"mode": "overlay"}
    assert changes(scene, place_of("fixed_image", FIXED), "fixed_image") == {}


def test_what_lies_beside_the_grid_takes_the_grid_of_the_world(tmp_path: Path):
    far = MOVING.copy()
    far[:3, 3] += (0, 0, 200)
    residents, place = pair(tmp_path, far), place_of("moving_image", far)
    assert changes(scene_of(residents), place) == {"grid": "world"}
    scene = scene_of(residents, grid="world")
    position = drawn_at(scene, place)
    assert on_canvas(scene, position) and position == pytest.approx(place.mm, abs=1e-4)
    assert value_there(scene, "moving_image", position) == NUMBERED[INDEX] + 1


def test_labels_have_time_points_too(tmp_path: Path):
    """A label of the third time point is only seen at that; channels are drawn as one."""
    series = np.stack([np.zeros(SHAPE, np.uint8)] * 3, axis=-1)
    series[(*INDEX, 2)] = 7
    images = pair(tmp_path)
    residents = images | {
        "moving_label": resident(tmp_path / "s.nii", series, MOVING, is_label=True)
    }
    place = replace(place_of("moving_label"), frame=2)
    scene = scene_of(residents)
    assert changes(scene, place, "moving_label") == {"frame": 2}
    position = drawn_at(scene, place)
    assert value_there(scene, "moving_label", position) == 0
    assert value_there(scene_of(residents, frame=2), "moving_label", position) == 7

    series[...] = 0
    series[INDEX] = 1, 0, 0
    series[3, 3, 3] = 0, 0, 1
    residents = images | {
        "moving_label": resident(tmp_path / "o.nii", series, MOVING, is_label=True)
    }
    hot = replace(place_of("moving_label", index=(3, 3, 3)), frame=2)
    assert changes(scene_of(residents), hot, "moving_label") == {}


def test_a_single_frame_is_drawn_at_any(tmp_path: Path):
    assert changes(scene_of(pair(tmp_path), frame=4), place_of("moving_image")) == {}


@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_what_a_hypothesis_moves_off_the_grid_comes_back_by_itself(tmp_path: Path, grid: str):
    away = ((1.0, 0, 0, 300.0), (0, 1.0, 0, 0), (0, 0, 1.0, 0), (0, 0, 0, 1.0))
    as_if = AsIf("a", "a shift", away)
    scene = scene_of(pair(tmp_path), as_if=as_if, grid=grid)
    assert scene.as_if == as_if
    assert changes(scene, place_of("moving_image")) == {"as_if": None}


def test_changes_are_told_in_words():
    assert changes_text({"mode": "overlay", "labels": "outlines", "grid": "world", "frame": 2}) == (
        "mode overlay, outlines of the labels, the world grid, frame 3"
    )
    assert changes_text({}) == ""
