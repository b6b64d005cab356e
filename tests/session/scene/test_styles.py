"""What the compare modes show of fixed and moving, and of an augmentation and its origin."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from napari_medload.labels.palette import OKABE_ITO, pale
from napari_medload.session.options import (
    BARE_MODES,
    COLOUR_PAIRS,
    COMPARE_MODES,
    COMPOSED_MODES,
)
from napari_medload.session.scene.compare import DashedOutlines
from napari_medload.session.scene.styles import COLOURS, compared_roles
from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE = (6, 5, 4)
AFFINE = affine_of("RAS", SHAPE)


def scene(tmp_path, *roles: str, **options):
    residents = {}
    for seed, role in enumerate(roles):
        is_label = role.endswith("label")
        array = np.ones(SHAPE, np.uint8) if is_label else noise(SHAPE, seed=seed)
        residents[role] = resident(tmp_path / f"{role}.nii", array, AFFINE, is_label=is_label)
    return scene_of(residents, **options)


def seen(tmp_path, mode, *roles: str, **options) -> set[str]:
    layers = scene(tmp_path, *roles, mode=mode, **options).layers
    return {layer.role for layer in layers if layer.visible}


@pytest.mark.parametrize(
    ("roles", "compared"),
    [
        (("moving_image", "fixed_image", "fixed_label"), ("fixed_image", "moving_image")),
        (("label", "origin_image", "image"), ("image", "origin_image")),
        (("image", "label"), None),
        (("image", "t2"), None),
        (("moving_image", "moving_label"), None),
    ],
)
def test_what_is_compared(roles, compared):
    assert compared_roles(roles) == compared


def test_an_augmentation_is_laid_over_its_origin(tmp_path):
    roles = ("image", "origin_image", "label")
    assert scene(tmp_path, *roles).compared == ("image", "origin_image")
    assert seen(tmp_path, "overlay", *roles) == set(roles)
    layers = {layer.role: layer for layer in scene(tmp_path, *roles, opacity=0.25).layers}
    assert (layers["image"].opacity, layers["origin_image"].opacity) == (1.0, 0.25)
    two = {
        layer.role: layer.colormap for layer in scene(tmp_path, *roles, mode="two-colour").layers
    }
    assert (two["image"], two["origin_image"]) == ("green", "magenta")


def test_its_labels_are_hidden_where_the_origin_is_shown_alone(tmp_path):
    roles = ("image", "origin_image", "label")
    assert seen(tmp_path, "fixed", *roles) == {"image", "label"}
    assert seen(tmp_path, "moving", *roles) == {"origin_image"}


@pytest.mark.parametrize("mode", COMPARE_MODES)
def test_what_has_no_partner_is_shown_in_every_mode(tmp_path, mode):
    """A mode that was chosen for pairs hides nothing of a sample that is none."""
    for side in ("", "moving_", "fixed_"):
        roles = (f"{side}image", f"{side}label")
        assert seen(tmp_path, mode, *roles) == set(roles)


PAIR = ("fixed_image", "moving_image", "fixed_label", "moving_label")


@pytest.mark.parametrize(
    ("mode", "hidden"),
    [
        ("overlay", set()),
        ("two-colour", set()),
        ("side by side", set()),
        ("flicker", {"moving_image", "moving_label"}),
        ("fixed", {"moving_image", "moving_label"}),
        ("moving", {"fixed_image", "fixed_label"}),
        ("outlines", {"moving_image"}),
        ("edges", {"moving_image"}),
        ("checkerboard", {"fixed_image", "moving_image"}),
        ("curtain", {"fixed_image", "moving_image"}),
        ("difference", {"fixed_image", "moving_image"}),
    ],
)
def test_what_each_mode_shows(tmp_path, mode, hidden):
    made = {"comparison"} if mode in COMPOSED_MODES else set()
    assert seen(tmp_path, mode, *PAIR, labels="outlines") == set(PAIR) - hidden | made
    if mode in BARE_MODES:  # unless asked for, outlines would hide what is compared
        hidden = {*hidden, "fixed_label", "moving_label"}
    assert seen(tmp_path, mode, *PAIR) == set(PAIR) - hidden | made
    layers = {layer.role for layer in scene(tmp_path, *PAIR, mode=mode).layers}
    assert layers == set(PAIR) | made  # what is hidden is still there to be read


def test_flicker_shows_one_image_with_its_labels_and_then_the_other(tmp_path):
    for moving, side in ((False, "fixed"), (True, "moving")):
        layers = scene(tmp_path, *PAIR, mode="flicker", flicker=moving).layers
        shown = [layer for layer in layers if layer.visible]
        assert [layer.role for layer in shown] == [f"{side}_image", f"{side}_label"]
        assert all(layer.opacity == 1 for layer in shown)


def test_side_by_side_each_image_takes_its_labels_along(tmp_path):
    layers = scene(tmp_path, *PAIR, mode="side by side", opacity=0.2).layers
    sides = {layer.role: layer.side for layer in layers}
    assert sides == {r: "left" if r.startswith("fixed") else "right" for r in PAIR}
    assert all(layer.opacity == 1 for layer in layers if layer.kind == "image")
    assert not any(layer.side for layer in scene(tmp_path, *PAIR).layers)


@pytest.mark.parametrize("labels", ["fill + outline", "outlines", "off"])
def test_outlines_of_both_are_told_apart_by_more_than_colour(tmp_path, labels):
    """Solid ones of the fixed image, and dashes of the moving one, whatever else is chosen."""
    layers = {
        layer.role: layer for layer in scene(tmp_path, *PAIR, mode="outlines", labels=labels).layers
    }
    fixed, moving = layers["fixed_label"], layers["moving_label"]
    assert fixed.visible and fixed.outline and fixed.opacity == 1
    assert moving.visible and not moving.outline and moving.opacity == 1
    assert isinstance(moving.data, DashedOutlines) and not isinstance(fixed.data, DashedOutlines)


def test_without_labels_there_are_no_outlines_and_it_is_said(tmp_path):
    found = scene(tmp_path, "fixed_image", "moving_image", mode="outlines")
    assert found.mode == "overlay" and "no outlines without labels: drawn as overlay" in found.notes
    assert "outlines" not in found.modes and "outlines" in scene(tmp_path, *PAIR).modes


@pytest.mark.parametrize("pair", COLOUR_PAIRS)
def test_two_colours_add_up_to_white(tmp_path, pair):
    """So that what is equally bright in both is grey, for every eye."""
    named = {"green": (0, 255, 0), "magenta": (255, 0, 255)}
    layers = scene(tmp_path, *PAIR, mode="two-colour", colours=pair).layers
    colours = [layer.colormap for layer in layers if layer.kind == "image"]
    assert colours == list(COLOURS[pair])
    parts = [named.get(c) or tuple(bytes.fromhex(c.removeprefix("#"))) for c in colours]
    assert tuple(map(sum, zip(*parts, strict=True))) == (255, 255, 255)


def test_blue_and_orange_stay_apart_for_eyes_without_red_or_green_cones():
    """Simulated after Viénot, Brettel and Mollon (1999), on linear light."""
    simulations = {
        "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    }
    for matrix in simulations.values():
        seen_as = [
            np.array(matrix) @ (np.array(list(bytes.fromhex(c[1:]))) / 255) ** 2.2
            for c in COLOURS["blue + orange"]
        ]
        chroma = [rgb[2] - rgb[:2].mean() for rgb in seen_as]
        assert chroma[0] > 0.4 and chroma[1] < -0.15  # one is blue and the other yellow


def test_labels_of_the_moving_image_are_paler_than_those_of_the_fixed(tmp_path):
    roles = ("fixed_image", "moving_image", "fixed_label", "moving_label")
    for style in ("outlines", "fill + outline"):
        layers = {layer.role: layer for layer in scene(tmp_path, *roles, labels=style).layers}
        assert layers["moving_label"].pale and not layers["fixed_label"].pale
    layers = {layer.role: layer for layer in scene(tmp_path, "image", "label").layers}
    assert not layers["label"].pale


def test_a_pale_colour_is_lighter_and_of_the_same_hue():
    for colour in OKABE_ITO[:-1]:  # white is as light as can be
        hue, lightness, _ = colorsys.rgb_to_hls(*colour)
        pale_hue, pale_lightness, _ = colorsys.rgb_to_hls(*pale(colour))
        assert pale_hue == pytest.approx(hue, abs=0.01)
        assert pale_lightness > lightness + 0.1
