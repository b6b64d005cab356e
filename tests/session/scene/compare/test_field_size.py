"""How large the fields of a checkerboard are, until a person says so."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.geometry import Grid
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.session.scene.compare import field_size
from napari_medload.session.scene.display_grid import DisplayGrid
from napari_medload.session.scene.resident import Resident
from tests.phantoms import affine_of, noise, write_h5
from tests.session.datasets import resident, scene_of


def grid(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> DisplayGrid:
    return DisplayGrid(Grid(shape, affine_of("RAS", shape, spacing)))


@pytest.mark.parametrize(
    ("shape", "spacing", "size"),
    [
        ((182, 218, 182), (1.0, 1.0, 1.0), 20.0),  # a head
        ((512, 512, 120), (0.8, 0.8, 3.0), 50.0),  # an abdomen, 410 x 410 x 360 mm
        ((40, 40, 40), (1.0, 1.0, 1.0), 5.0),
        ((256, 256, 20), (1.0, 1.0, 5.0), 50.0),  # in thick slices: the thin side does not count
        ((200, 150, 90), (0.08, 0.08, 0.1), 2.0),  # a mouse's brain
        ((512, 512, 1), (0.6, 0.6, 3.0), 50.0),
        ((3, 3, 3), (10.0, 10.0, 10.0), 10.0),  # no smaller than a voxel
    ],
)
def test_about_eight_round_fields_lie_over_the_shorter_side(shape, spacing, size):
    assert field_size(grid(shape, spacing)) == pytest.approx(size)


@pytest.mark.parametrize("side", np.geomspace(8, 700, 25).round().astype(int).tolist())
def test_there_are_always_enough_fields_and_never_specks(side):
    shape = (side, side, side)
    fields = side / field_size(grid(shape, (1.0, 1.0, 1.0)))
    assert 8 / 1.6 <= fields <= 8 * 1.6


def line_of(scene) -> np.ndarray:
    """Where the picture changes from one image to the other, along the last axis."""
    line = scene.comparison.data[scene.display.grid.shape[2] // 2, 1, :] > 0.5
    return np.flatnonzero(np.diff(line.astype(int))) + 1


def test_a_small_crop_is_drawn_in_small_fields_until_a_size_is_set(tmp_path):
    shape = (40, 40, 40)
    affine = affine_of("RAS", shape, centre=(19.5, 19.5, 19.5))
    residents = {}
    for role, value in (("fixed_image", 0.0), ("moving_image", 10.0)):
        array = np.full(shape, value, np.float32)
        array[:, :, ::2] = 10.0 - value
        residents[role] = resident(tmp_path / f"{role}.nii", array, affine)
    scene = scene_of(residents, mode="checkerboard")
    assert scene.checker == 5.0
    assert list(np.diff(line_of(scene))) == [5] * 6
    assert list(line_of(scene_of(residents, mode="checkerboard", checker_mm=20.0))) == [20]


def test_without_geometry_the_size_counts_voxels(tmp_path):
    residents = {}
    for role in ("fixed_image", "moving_image"):
        source = Source(write_h5(tmp_path / f"{role}.h5", a=noise((80, 80, 3))), "a")
        residents[role] = Resident(read_volume(source), False, LabelTable())
    scene = scene_of(residents, mode="checkerboard")
    assert not scene.known and scene.checker == 10.0
