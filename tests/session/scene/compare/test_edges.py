"""Edges of the moving image over the fixed one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE = (60, 56, 52)
AFFINE = affine_of("RAS", SHAPE)
RADIUS = 18.0


def ball(centre=(0.0, 0.0, 0.0), shape=SHAPE, affine=AFFINE) -> np.ndarray:
    """A ball with a border of a voxel's blur, in air."""
    world = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    radius = np.linalg.norm(world - centre, axis=-1)
    return (1000 / (1 + np.exp(2 * (radius - RADIUS)))).astype(np.float32)


def edges(tmp_path, moving, affine=AFFINE):
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", ball(), AFFINE),
        "moving_image": resident(tmp_path / "m.nii", moving, affine),
    }
    scene = scene_of(residents, mode="edges")
    assert scene.comparison is not None
    return scene.comparison


def found_in(layer, axis: int, place: float) -> np.ndarray:
    """In-plane world points (R, A, S without the axis) of the edges at a world coordinate."""
    world = 2 - axis
    index = round(place - AFFINE[world, 3])
    at = np.argwhere(layer.data[tuple(index if n == axis else slice(None) for n in range(3))])
    rest = [n for n in range(3) if n != world]
    return at[:, ::-1] + AFFINE[rest, 3]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("place", [-10.0, 0.0, 8.0])
def test_the_edge_of_a_ball_is_a_closed_thin_circle(tmp_path, axis, place):
    layer = edges(tmp_path, ball((3.0, 0.0, 0.0)))
    centre = np.array([3.0, 0.0, 0.0])
    world = 2 - axis
    points = found_in(layer, axis, place) - np.delete(centre, world)
    offset = round(place - AFFINE[world, 3]) + AFFINE[world, 3] - centre[world]
    radius = np.sqrt(RADIUS**2 - offset**2)
    distance = np.linalg.norm(points, axis=1)
    assert np.abs(distance - radius).max() < 1.5
    angles = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    assert len(np.unique(np.floor(angles / 15))) == 24  # all the way round
    assert len(points) < 1.3 * 2 * np.pi * radius  # one voxel wide


def test_edges_follow_the_moving_image_where_it_lies(tmp_path):
    tilted = affine_of("PIR", (70, 66, 68), (0.8, 0.9, 0.8), tilt=(5, 0, 12))
    layer = edges(tmp_path, ball((3.0, -2.0, 0.0), (70, 66, 68), tilted), tilted)
    points = found_in(layer, 0, 0.0) - (3.0, -2.0)
    assert np.abs(np.linalg.norm(points, axis=1) - RADIUS).max() < 1.5 and len(points) > 80


def test_slices_without_anything_have_no_edges(tmp_path):
    air = noise(SHAPE, np.float32, seed=1) * 0.2  # the fixed image has none at all
    layer = edges(tmp_path, ball() + air)
    assert layer.data[1].sum() < 0.01 * layer.data[1].size
    assert layer.data[26].any()


@pytest.mark.parametrize("tilt", [(0, 0, 0), (3, 0, 20)])
def test_where_the_image_ends_is_no_edge_of_it(tmp_path, tilt):
    """Tissue of all values up to the border of a small field of view, and a cube in it."""
    shape = (20, 20, 20)
    bright = 500 + 20 * np.indices(shape)[0].astype(np.float32)
    bright[8:12, 8:12, 8:12] += 1000
    moving = affine_of("RAS", shape, tilt=tilt)
    layer = edges(tmp_path, bright, moving)
    points = found_in(layer, 0, 0.0)
    assert 0 < len(points) and np.abs(points).max() < 7  # the border is 10 mm away


def test_a_gentle_slope_with_a_little_noise_has_none(tmp_path):
    """Its gradient is as large everywhere, so that no percentile of it means anything."""
    slope = 1000 / SHAPE[0] * np.indices(SHAPE)[0] + 0.5 * noise(SHAPE, np.float32) / 50
    assert not np.asarray(edges(tmp_path, slope.astype(np.float32)).data).any()


def test_a_flat_image_has_none(tmp_path):
    assert not np.asarray(edges(tmp_path, np.full(SHAPE, 7, np.int16)).data).any()


def test_they_are_labels_of_one_value_in_every_plane(tmp_path):
    layer = edges(tmp_path, ball())
    assert layer.kind == "labels" and layer.values == (1,)
    assert set(np.unique(layer.data[20])) == {0, 1}
    assert layer.table.label(1).name == "edges of the moving image"
