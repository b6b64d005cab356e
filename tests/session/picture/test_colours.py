"""Colours of layers, against napari's."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils.colormaps import ensure_colormap

from napari_medload.labels import Label, LabelTable
from napari_medload.session.picture.colours import colormap_rgb, colormap_table, label_entries
from napari_medload.session.scene.styles import COLOURS
from tests.phantoms import affine_of
from tests.session.datasets import resident, scene_of

NAMES = ("gray", "inferno", *(name for pair in COLOURS.values() for name in pair))


@pytest.mark.parametrize("name", NAMES)
def test_a_colormap_is_that_of_napari(name):
    theirs = ensure_colormap(name).map(np.linspace(0, 1, 256))[:, :3] * 255
    assert np.abs(colormap_table(name) - theirs).max() <= 2


def test_a_ramp_is_told_by_its_brightest_colour():
    assert colormap_rgb("#ff8000") == (255, 128, 0)
    assert colormap_rgb("green") == (0, 255, 0)
    assert colormap_rgb("inferno") is None


@pytest.mark.parametrize("name", ("viridis", "#12345", "ff8000"))
def test_another_colormap_is_an_error_that_names_it(name):
    with pytest.raises(ValueError, match=name):
        colormap_table(name)


def test_labels_are_listed_as_they_are_numbered(tmp_path):
    shape = (6, 6, 6)
    box = np.zeros(shape, np.uint8)
    box[1:3], box[3:5] = 4, 7
    table = LabelTable((Label(4, "liver", (0.2, 0.4, 1.0)),))
    affine = affine_of("RAS", shape)
    parts = {
        role: resident(tmp_path / f"{role}.nii", array, affine, is_label=role.endswith("label"))
        for role, array in (
            ("fixed_image", box), ("moving_image", box), ("moving_label", box)
        )
    }  # fmt: skip
    parts["fixed_label"] = resident(tmp_path / "t.nii", box, affine, is_label=True, table=table)
    scene = scene_of(parts, hidden_labels=frozenset({7}))
    by_role = {layer.role: label_entries(layer) for layer in scene.layers}
    liver, other = by_role["fixed_label"]
    assert (liver.index, liver.code, liver.name, liver.rgb) == (1, 4, "liver", (51, 102, 255))
    assert (other.index, other.code, other.name) == (2, 7, "7")
    assert (liver.hidden, other.hidden) == (False, True)
    # the fourth and seventh of Okabe and Ito, half way to white
    assert [one.rgb for one in by_role["moving_label"]] == [(247, 241, 161), (230, 188, 211)]
    assert by_role["fixed_image"] == ()
