"""Where images are drawn: by their headers, or by index."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import Grid
from napari_medload.session.scene.placing import relative_displacement_mm
from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE, OTHER = (12, 10, 8), (9, 11, 7)
FIXED = affine_of("LPS", SHAPE, (1.0, 1.0, 2.0), centre=(5, 6, 7))
MOVING = affine_of("PIR", OTHER, (1.5, 1.0, 1.0), centre=(40, 6, 7), tilt=(0, 0, 10))


def corners(shape, affine) -> np.ndarray:
    ends = np.array(list(product(*((-0.5, size - 0.5) for size in shape))))
    return ends @ affine[:3, :3].T + affine[:3, 3]


@pytest.fixture
def pair(tmp_path):
    label = noise(OTHER, np.uint8) % 3
    return {
        "fixed_image": resident(tmp_path / "f.nii", noise(SHAPE, seed=1), FIXED),
        "moving_image": resident(tmp_path / "m.nii", noise(OTHER, seed=2), MOVING),
        "moving_label": resident(tmp_path / "l.nii", label, MOVING, is_label=True),
    }


def voxels_of(scene, role: str) -> np.ndarray:
    """What is drawn of a role, in the order in which the fixed image is stored."""
    (layer,) = (one for one in scene.layers if one.role == role)
    return np.asarray(layer.data).T[::-1, ::-1, :]  # LPS is drawn along R, A, S


def test_by_index_each_voxel_lies_over_the_one_of_the_same_numbers(pair):
    scene = scene_of(pair, aligned="index")
    both = tuple(slice(0, min(sizes)) for sizes in zip(SHAPE, OTHER, strict=True))
    for role in ("moving_image", "moving_label"):
        stored = pair[role].volume.array[..., 0]
        np.testing.assert_array_equal(voxels_of(scene, role)[both], stored[both])
    np.testing.assert_array_equal(
        voxels_of(scene, "fixed_image"), pair["fixed_image"].volume.array[..., 0]
    )


def test_the_note_says_how_far_that_is_from_the_headers(pair):
    far = np.linalg.norm(corners(OTHER, FIXED) - corners(OTHER, MOVING), axis=1).max()
    (note,) = (n for n in scene_of(pair, aligned="index").notes if "index" in n)
    assert note == (
        f"aligned by index, headers ignored: moving image is drawn {far:.1f} mm from where its "
        "header puts it"
    )
    assert not any("index" in n for n in scene_of(pair).notes)


def test_values_are_read_where_they_are_drawn(pair):
    scene = scene_of(pair, aligned="index")
    (layer,) = (one for one in scene.layers if one.role == "moving_image")
    voxel = (4, 5, 6)
    world = FIXED[:3, :3] @ voxel + FIXED[:3, 3]
    index = np.array(scene.display.to_index(scene.display.to_canvas(world)))
    found = layer.reslicer.value_at(scene.display.grid, index)
    assert found == pair["moving_image"].volume.array[(*voxel, 0)]


def test_a_label_with_another_header_lies_over_its_image_by_index(tmp_path):
    """A header that was lost on the way is the commonest fault; by index it looks right."""
    array = noise(SHAPE, np.uint8) % 2
    shifted = FIXED.copy()
    shifted[:3, 3] += (0, 30, 0)
    residents = {
        "image": resident(tmp_path / "i.nii", noise(SHAPE), FIXED),
        "label": resident(tmp_path / "l.nii", array, shifted, is_label=True),
    }
    scene = scene_of(residents, aligned="index")
    np.testing.assert_array_equal(voxels_of(scene, "label"), array)
    assert any("label is drawn 30.0 mm" in note for note in scene.notes)


def test_on_the_grid_of_moving_the_headers_are_ignored_too(pair):
    scene = scene_of(pair, aligned="index", grid="moving")
    layers = {layer.role: np.asarray(layer.data).T[::-1, ::-1, :] for layer in scene.layers}
    stored = pair["moving_image"].volume.array[..., 0]
    np.testing.assert_array_equal(layers["moving_image"], stored)
    both = tuple(slice(0, min(sizes)) for sizes in zip(SHAPE, OTHER, strict=True))
    fixed = pair["fixed_image"].volume.array[..., 0]
    np.testing.assert_array_equal(layers["fixed_image"][both], fixed[both])


def test_two_that_move_together_do_not_move_to_each_other():
    def moved(affine, step=(0, 0, 0)):
        turned = affine_of("RAS", (1, 1, 1), tilt=(10, 20, 30), centre=(3, 4, 5)) @ affine
        turned[:3, 3] += step
        return turned

    true = Grid(SHAPE, FIXED), Grid(OTHER, MOVING)
    together = Grid(SHAPE, moved(FIXED)), Grid(OTHER, moved(MOVING))
    assert relative_displacement_mm(true, together) == pytest.approx(0, abs=1e-9)
    apart = Grid(SHAPE, moved(FIXED)), Grid(OTHER, moved(MOVING, (3, 0, 4)))
    assert relative_displacement_mm(true, apart) == pytest.approx(5)
    assert relative_displacement_mm(true, true) == pytest.approx(0, abs=1e-9)


@given(st.tuples(*[st.floats(-50, 50)] * 3))
def test_by_index_two_equal_grids_are_as_far_apart_as_they_lie(shift):
    away = FIXED.copy()
    away[:3, 3] += shift
    found = relative_displacement_mm((Grid(SHAPE, FIXED), Grid(SHAPE, away)))
    assert found == pytest.approx(np.linalg.norm(shift), abs=1e-9)


def test_what_has_no_geometry_has_no_displacement():
    true = Grid(SHAPE, FIXED), Grid.unknown(OTHER)
    assert relative_displacement_mm(true) is None
    other_shape = Grid(OTHER, FIXED), Grid(OTHER, MOVING)
    assert relative_displacement_mm((Grid(SHAPE, FIXED), other_shape[1]), other_shape) is None
