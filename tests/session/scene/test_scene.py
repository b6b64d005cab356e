"""Scenes as values: what a layer answers for, and what is said of it."""

from __future__ import annotations

from napari_medload.session.scene.layer import value_at
from tests.phantoms import affine_of, noise, voxel_at
from tests.session.datasets import resident, scene_of

SHAPE = (16, 14, 12)
WORLD = (3.0, -2.0, 2.0)


def test_values_are_asked_of_the_file_not_of_the_picture(tmp_path):
    moving = affine_of("PIR", SHAPE, (1.0, 1.5, 1.0), tilt=(0, 0, 10))
    residents = {
        "fixed_image": resident(tmp_path / "f.nii.gz", noise(SHAPE), affine_of("LPS", SHAPE)),
        "moving_image": resident(tmp_path / "m.nii.gz", noise(SHAPE, seed=1), moving),
    }
    scene = scene_of(residents)
    (layer,) = (one for one in scene.layers if one.role == "moving_image")
    stored = residents["moving_image"].volume
    voxel = voxel_at(stored.grid.affine, WORLD)
    found = value_at(layer, scene.display, scene.display.to_canvas(WORLD))
    assert found == stored.array[(*voxel, 0)]
    assert value_at(layer, scene.display, scene.display.to_canvas((900, 0, 0))) is None
