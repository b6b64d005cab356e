"""The demo among napari's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload.demo import template
from napari_medload.views.napari import sample_data

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = "napari-medload"


def test_the_demo_pair_is_four_layers_in_one_world(
    make_napari_viewer: Any, demo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sample_data, "default_folder", lambda: demo)
    viewer = make_napari_viewer()
    layers = viewer.open_sample(PLUGIN, "demo_pair")
    assert [layer.name for layer in layers] == [
        "fixed image",
        "moving image",
        "fixed label",
        "moving label",
    ]
    assert [type(layer).__name__ for layer in layers] == ["Image", "Image", "Labels", "Labels"]
    assert "ventricles" in " ".join(layers[2].features["name"]) or len(layers[2].features) > 1
    middles = []
    for layer in layers[2:]:  # fixed and moving show one head, stored and tilted differently
        places = np.argwhere(np.asarray(layer.data) > 0) * layer.scale + layer.translate
        middles.append(places.mean(axis=0))
    assert np.abs(middles[0] - middles[1]).max() < 5
    assert tuple(viewer.scene.camera.orientation) == ("away", "up", "left")


def test_without_the_extra_it_is_named(
    make_napari_viewer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sample_data, "default_folder", lambda: tmp_path / "demo")
    monkeypatch.setattr(template, "find_spec", lambda _name: None)
    viewer = make_napari_viewer()
    with pytest.raises(ImportError, match=r"napari-medload\[demo\]"):
        viewer.open_sample(PLUGIN, "demo_pair")
    assert not viewer.layers


def test_the_oblique_scan_is_resliced(
    make_napari_viewer: Any, demo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sample_data, "default_folder", lambda: demo)
    (layer,) = make_napari_viewer().open_sample(PLUGIN, "demo_oblique")
    assert layer.metadata["header"]["oblique_degrees"] > 10
    assert np.array_equal(layer.affine.affine_matrix, np.eye(4))
    assert len(set(layer.scale)) == 1
