"""What the compare modes show of fixed and moving, and of an augmentation and its origin."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from napari_medload.labels.palette import OKABE_ITO, pale
from napari_medload.session.options import COMPARE_MODES
from napari_medload.session.styles import compared_roles
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


def seen(tmp_path, mode, *roles: str) -> set[str]:
    layers = scene(tmp_path, *roles, mode=mode).layers
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
