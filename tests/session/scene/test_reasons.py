"""Why compare modes are off, in a sentence that is true of the sample."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medload.session.options import COMPARE_MODES
from napari_medload.session.scene.reasons import why_not_compared, why_off, why_some_off
from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE = (6, 5, 4)


def images(folder, *roles):
    return {
        role: resident(folder / f"{role}.nii", noise(SHAPE), affine_of("RAS", SHAPE))
        for role in roles
    }


def label(folder, role):
    array = (noise(SHAPE) > 0).astype("u1")
    return {role: resident(folder / f"{role}.nii", array, affine_of("RAS", SHAPE), is_label=True)}


@pytest.mark.parametrize(
    ("roles", "problems", "words"),
    [
        (["image"], {}, "this sample has one image"),
        (["fixed_image"], {}, "this sample has one image"),
        (["fixed_image"], {"moving_image": "gone"}, "the moving image cannot be shown"),
        ([], {"fixed_image": "x", "moving_image": "y"}, "fixed and moving image cannot be shown"),
        (["image", "second_image"], {}, "no fixed and moving image"),
        ([], {"image": "x"}, "no image of this sample"),
    ],
)
def test_where_nothing_is_compared_all_modes_say_why(tmp_path, roles, problems, words):
    scene = replace(scene_of(images(tmp_path, *roles)), problems=problems)
    said = why_not_compared(scene)
    assert said.startswith("nothing to compare: ") and words in said
    assert {why_off(scene, mode) for mode in COMPARE_MODES} == {said} == {why_some_off(scene)}


def test_modes_that_can_be_drawn_give_no_reason(tmp_path):
    shown = images(tmp_path, "fixed_image", "moving_image") | label(tmp_path, "fixed_label")
    scene = scene_of(shown)
    assert [why_off(scene, mode) for mode in COMPARE_MODES] == [""] * len(COMPARE_MODES)
    assert why_some_off(scene) == "" == why_not_compared(scene)


def test_without_labels_there_are_no_outlines(tmp_path):
    pair = images(tmp_path, "fixed_image", "moving_image")
    scene = scene_of(pair)
    off = {mode: why_off(scene, mode) for mode in COMPARE_MODES if why_off(scene, mode)}
    assert off == {"outlines": "no outlines: this sample has no labels"}
    assert why_some_off(scene) == off["outlines"]
    unread = replace(scene, problems={"fixed_label": "cut short"})
    assert why_some_off(unread) == "no outlines: the labels cannot be shown"


def test_in_3d_there_are_no_slices(tmp_path):
    scene = scene_of(images(tmp_path, "fixed_image", "moving_image"), volume=True)
    off = {mode for mode in COMPARE_MODES if why_off(scene, mode)}
    assert off == set(COMPARE_MODES) - set(scene.modes) and "checkerboard" in off
    assert all("3D" in why_off(scene, mode) for mode in off) and "3D" in why_some_off(scene)
