"""Reslicing through a transform, against SimpleITK's own resampling of whole images."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Scaling
from napari_medload.formats.itk_border import to_itk
from napari_medload.formats.transforms import Transform, read_transform
from napari_medload.geometry import Grid
from napari_medload.images.display_array import ViewBlock, WarpedBlock
from napari_medload.images.reslice import Reslicer
from tests.formats.test_transforms import a_bspline, a_field, a_rigid, an_affine, as_transform
from tests.phantoms import affine_of, noise

SHAPE = (21, 24, 17)
MOVING = Grid(SHAPE, affine_of("PIR", SHAPE, (2.0, 1.7, 2.3), (1, 2, 3), tilt=(5, -9, 12)))
DISPLAYS = {
    "straight": Grid((20, 22, 18), affine_of("RAS", (20, 22, 18), (2.0, 2.0, 2.0))),
    "oblique": Grid((18, 19, 20), affine_of("LPS", (18, 19, 20), (1.9, 2.1, 2.4), tilt=(9, 8, 7))),
}
TRANSFORMS = {
    "affine": an_affine,
    "rigid": a_rigid,
    "B-spline": a_bspline,
    "field": lambda: as_transform(a_field()),
    "composite": lambda: sitk.CompositeTransform([an_affine(), as_transform(a_field())]),
}


def reslicer(array, transform, nearest, grid=MOVING, scaling=None):
    return Reslicer(array, grid, scaling or Scaling(), nearest, transform=transform)


def written(folder, truth):
    sitk.WriteTransform(truth, str(folder / "a.h5"))
    return read_transform(folder / "a.h5")


def resampled(array, display, truth, nearest):
    """What SimpleITK makes of the whole image, and where it lies inside, axes (i, j, k)."""
    reference = to_itk(np.zeros(display.shape, np.uint8), display.affine)
    how = sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear
    images = (to_itk(values, MOVING.affine) for values in (array, np.ones_like(array)))
    drawn, inside = (
        sitk.GetArrayFromImage(sitk.Resample(image, reference, truth, how, 0.0)).T
        for image in images
    )
    return drawn, inside


@pytest.mark.parametrize("nearest", [False, True], ids=["linear", "nearest"])
@pytest.mark.parametrize("where", DISPLAYS)
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_planes_are_those_of_the_whole_image_resampled(tmp_path, kind, where, nearest):
    truth, display = TRANSFORMS[kind](), DISPLAYS[where]
    array = noise(SHAPE, np.float32)
    drawn = reslicer(array, written(tmp_path, truth), nearest).on(display)
    whole, inside = resampled(array, display, truth, nearest)
    planes = np.stack([drawn[k] for k in range(display.shape[2])]).T
    assert (inside > 0).mean() > 0.5
    # at the very edge of a voxel rounding decides; elsewhere both are one
    differ = ~np.isclose(planes, whole, atol=1e-2)
    assert differ.mean() < 2e-3
    for axis in range(3):  # other planes show the same voxels
        middle = display.shape[::-1][axis] // 2
        key = tuple(middle if n == axis else slice(None) for n in range(3))
        np.testing.assert_allclose(drawn[key], planes.T[key], atol=1e-2)


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_the_value_at_a_place_is_that_of_the_nearest_voxel_there(tmp_path, kind):
    display, array = DISPLAYS["oblique"], noise(SHAPE, np.int16)
    source = reslicer(array, written(tmp_path, TRANSFORMS[kind]()), True, scaling=Scaling(2.0, 1.0))
    drawn = np.asarray(source.on(display)).T
    for index in [(9, 9, 9), (4, 12, 7), (12, 6, 11)]:
        found = source.value_at(display, np.array(index, float))
        assert found == drawn[index]
    assert source.value_at(display, np.array((500.0, 0, 0))) is None


def test_a_scaling_and_the_value_outside_hold_after_a_transform(tmp_path):
    far = sitk.TranslationTransform(3, (1000.0, 0, 0))
    bent = sitk.CompositeTransform([far, as_transform(a_field())])
    array = noise(SHAPE, np.int16)
    source = Reslicer(array, MOVING, Scaling(0.5, -3), False, -8.0, written(tmp_path, bent))
    drawn = np.asarray(source.on(DISPLAYS["straight"]))
    assert (drawn == -8).all()


def test_the_identity_changes_nothing_and_copies_nothing(tmp_path):
    grid = Grid(SHAPE, affine_of("LAS", SHAPE, (2, 2, 2), tilt=(3, 4, 5)))
    array = noise(SHAPE)
    plain = Reslicer(array, grid, Scaling(), nearest=False)
    moved = plain.through(written(tmp_path, sitk.AffineTransform(3)))
    for display in (grid.canonical(), DISPLAYS["oblique"]):
        np.testing.assert_array_equal(np.asarray(moved.on(display)), np.asarray(plain.on(display)))
    exact = moved.on(grid.canonical())
    assert isinstance(exact.block, ViewBlock)
    assert np.shares_memory(exact.block.view, array)
    assert moved.copy is plain.copy


def test_a_shift_by_whole_voxels_stays_a_view(tmp_path):
    grid = Grid(SHAPE, affine_of("RAS", SHAPE, (2, 2, 2)))
    shift = written(tmp_path, sitk.TranslationTransform(3, (-4.0, 0.0, 0.0)))  # 2 voxels to R
    array = noise(SHAPE)
    display = grid.cropped((slice(0, 15), slice(0, 24), slice(0, 17)))
    drawn = Reslicer(array, grid, Scaling(), False, transform=shift).on(display)
    assert isinstance(drawn.block, ViewBlock)
    np.testing.assert_array_equal(np.asarray(drawn).T, array[2:17])


@pytest.mark.parametrize("kind", ["affine", "field"])
def test_a_coarse_volume_goes_the_same_way(tmp_path, kind):
    display, array = DISPLAYS["oblique"], noise(SHAPE, np.float32)
    source = reslicer(array, written(tmp_path, TRANSFORMS[kind]()), True)
    whole = np.asarray(source.on(display))
    coarse, start, step = source.coarse(display, 64)
    assert step == 1
    np.testing.assert_array_equal(start, 0)
    np.testing.assert_array_equal(coarse, whole)


def test_a_transform_needs_a_place_in_the_world(tmp_path):
    transform = written(tmp_path, an_affine())
    source = Reslicer(noise(SHAPE), Grid.unknown(SHAPE), Scaling(), False, transform=transform)
    with pytest.raises(ValueError, match="expected geometry in the files of both"):
        source.on(DISPLAYS["straight"])


def test_a_bent_plane_is_read_only_as_far_as_it_is_asked_for(tmp_path):
    drawn = reslicer(noise(SHAPE, np.int16), written(tmp_path, a_bspline()), False).on(
        DISPLAYS["straight"]
    )
    assert isinstance(drawn.block, WarpedBlock)
    whole = np.asarray(drawn)
    np.testing.assert_array_equal(drawn[3:5, 2, 1:-2:2], whole[3:5, 2, 1:-2:2])
    assert whole.dtype == np.int16


def test_a_transform_is_itself_in_two_dictionaries():
    one, other = (Transform("a.txt", (an_affine(),)) for _ in range(2))
    assert one != other
    assert len({one, other, one}) == 2
