"""What a display grid cuts off of an image, in mm against boxes of known size."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.session.scene.resident import Resident
from tests.phantoms import affine_of, noise, write_h5
from tests.session.datasets import resident, scene_of

SHAPE = (40, 40, 40)
"""Of the fixed image: 40 mm around the middle of the world."""


def pair(tmp_path, bright, code="RAS", shape=(120, 120, 120), tilt=(0, 0, 0)):
    """Pair a small fixed image with a large moving one that is bright in a box of the world."""
    fixed = affine_of("RAS", SHAPE)
    moving = affine_of(code, shape, tilt=tilt)
    index = np.moveaxis(np.indices(shape), 0, -1)
    world = index @ moving[:3, :3].T + moving[:3, 3]
    low, high = np.array(bright).T
    inside = ((world >= low) & (world <= high)).all(axis=-1)
    array = np.where(inside, 100.0, 0.0).astype(np.float32)
    return {
        "fixed_image": resident(tmp_path / "f.nii", noise(SHAPE), fixed),
        "moving_image": resident(tmp_path / "m.nii", array, moving),
    }


IN = (-15.0, 15.0)


@pytest.mark.parametrize("code", ["RAS", "LPI", "PIR"])
@pytest.mark.parametrize(
    ("bright", "way"),
    [
        ((IN, IN, (-15.0, 54.0)), "S"),
        ((IN, IN, (-54.0, 15.0)), "I"),
        (((-15.0, 54.0), IN, IN), "R"),
        ((IN, (-54.0, 15.0), IN), "P"),
    ],
)
def test_what_continues_is_said_in_mm_with_its_direction(tmp_path, bright, way, code):
    scene = scene_of(pair(tmp_path, bright, code))
    (said,) = scene.remarks
    words = said.split()
    assert said.startswith("moving image continues ") and f" mm towards {way} beyond" in said
    assert float(words[3]) == pytest.approx(34, abs=3)  # the grid ends 20 mm from the middle
    assert said.endswith("grid of: world shows all")
    assert said in scene.notes
    assert not scene_of(pair(tmp_path, bright, code), grid="world").remarks
    assert not scene_of(pair(tmp_path, bright, code), grid="moving").remarks


@pytest.mark.parametrize("top", [40.0, 42.0, 44.0, 46.0, 48.0])
def test_of_a_large_image_few_voxels_are_looked_up_and_the_length_is_right(tmp_path, top):
    """Of 280 voxels each seventh is looked up; the end of what is seen lies between two of them."""
    scene = scene_of(pair(tmp_path, (IN, IN, (-15.0, top)), shape=(60, 60, 280)))
    words = scene.remarks[0].split()
    assert float(words[3]) == pytest.approx(top - 20, abs=4)


def test_several_directions_are_said_the_longest_first(tmp_path):
    (said,) = scene_of(pair(tmp_path, ((-38.0, 15.0), IN, (-15.0, 54.0)))).remarks
    assert said.index("towards S") < said.index("towards L")
    assert float(said.split(" mm towards L")[0].split()[-1]) == pytest.approx(18, abs=3)


@pytest.mark.parametrize(
    "bright",
    [
        (IN, IN, IN),  # all that lies beyond is air
        (IN, IN, (-15.0, 27.0)),  # 7 mm
        (IN, IN, (40.0, 58.0)),  # all of it lies beyond: that is another sentence
    ],
)
def test_what_is_not_worth_telling_is_not_told(tmp_path, bright):
    assert not scene_of(pair(tmp_path, bright)).remarks


def test_a_few_bright_voxels_are_not_told(tmp_path):
    residents = pair(tmp_path, (IN, IN, IN))
    found = residents["moving_image"].volume
    array = np.array(found.array)
    array[60, 60, 100:115] = 100.0  # such as a tube
    affine = affine_of("RAS", (120, 120, 120))
    residents["moving_image"] = resident(tmp_path / "t.nii", array[..., 0], affine)
    assert not scene_of(residents).remarks


def test_the_fixed_image_is_cut_too_on_the_grid_of_the_moving_one(tmp_path):
    residents = pair(tmp_path, (IN, IN, (-15.0, 54.0)))
    swapped = {
        "fixed_image": residents["moving_image"],
        "moving_image": residents["fixed_image"],
    }
    (said,) = scene_of(swapped, grid="moving").remarks
    assert said.startswith("fixed image continues ")
    assert not scene_of(swapped).remarks


def test_without_geometry_it_counts_voxels_along_axes(tmp_path):
    residents = {}
    for role, shape in (("fixed_image", (30, 30, 20)), ("moving_image", (64, 30, 20))):
        source = Source(write_h5(tmp_path / f"{role}.h5", a=noise(shape) + 1), "a")
        residents[role] = Resident(read_volume(source), False, LabelTable())
    (said,) = scene_of(residents).remarks
    assert "voxels after axis i beyond this grid" in said and "world" not in said
    assert float(said.split()[3]) == pytest.approx(34, abs=2)


def test_lengths_are_right_on_a_fixed_image_of_thick_slices(tmp_path):
    """Its slices are 4 mm thick, so a length is another number of voxels along each axis."""
    thick = noise((40, 40, 10))
    for bright, way in (((IN, IN, (-15.0, 54.0)), "S"), (((-15.0, 54.0), IN, IN), "R")):
        residents = pair(tmp_path, bright)
        affine = affine_of("RAS", thick.shape, (1.0, 1.0, 4.0))
        residents["fixed_image"] = resident(tmp_path / "thick.nii", thick, affine)
        (said,) = scene_of(residents).remarks
        assert f" mm towards {way} beyond" in said
        assert float(said.split()[3]) == pytest.approx(34, abs=3)


def test_what_is_bright_is_told_by_scaled_values(tmp_path):
    """A stored 100 means 0 here, and a stored 0 means 100: air is what is stored bright."""
    shape = (120, 120, 120)
    stored = np.full(shape, 100, np.int16)
    stored[45:75, 45:75, 45:114] = 0
    residents = pair(tmp_path, (IN, IN, IN))
    residents["moving_image"] = resident(
        tmp_path / "s.nii", stored, affine_of("RAS", shape), slope=-1.0, intercept=100.0
    )
    (said,) = scene_of(residents).remarks
    assert float(said.split()[3]) == pytest.approx(34, abs=3)


def test_a_bright_speck_does_not_lengthen_what_continues(tmp_path):
    residents = pair(tmp_path, (IN, IN, (-15.0, 40.0)))
    array = np.array(residents["moving_image"].volume.array)[..., 0]
    array[60, 60, 117] = 100.0  # at 57.5 mm, among those that are looked up
    affine = affine_of("RAS", (120, 120, 120))
    residents["moving_image"] = resident(tmp_path / "t.nii", array, affine)
    (said,) = scene_of(residents).remarks
    assert float(said.split()[3]) == pytest.approx(20, abs=3)
