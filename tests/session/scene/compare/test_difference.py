"""Absolute difference on matched intensities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload.formats import Scaling
from napari_medload.geometry import Grid
from napari_medload.images.reslice import Reslicer
from napari_medload.session.scene.compare import Difference, KeptPlanes
from napari_medload.session.scene.compare.difference import match_intensities
from tests.phantoms import affine_of, blob, noise, rotation
from tests.session.datasets import resident, scene_of
from tests.session.scene.compare.pairs import planes_of

SHAPE = (30, 28, 26)
GRID = Grid(SHAPE, affine_of("RAS", SHAPE))


def head(shape=SHAPE, affine=GRID.affine) -> np.ndarray:
    """A bright head with a brighter inside, in air."""
    return blob(affine, shape, (0, 0, 0), 6) + blob(affine, shape, (3, 2, -1), 2)


def drawn(tmp_path, fixed, moving, affine=GRID.affine, **options):
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", fixed, GRID.affine),
        "moving_image": resident(tmp_path / "m.nii", moving, affine),
    }
    scene = scene_of(residents, mode="difference", **options)
    assert scene.comparison is not None
    return scene.comparison


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 100), st.floats(-1000, 1000))
def test_an_image_and_its_rescaled_copy_do_not_differ(gain, offset):
    array = head()
    limits = (0.0, 1100.0)
    moved = array.astype(np.float64) * gain + offset
    one, other = (Reslicer(a, GRID, Scaling(), False) for a in (array, moved))
    both = limits, (offset, 1100 * gain + offset)
    matching = match_intensities(one, other, GRID, both)
    assert matching.gain == pytest.approx(1 / gain, rel=1e-4)
    pair = [KeptPlanes(r.on(GRID), edges) for r, edges in zip((one, other), both, strict=True)]
    assert np.asarray(Difference(*pair, lambda: matching)).max() < 1e-4


def test_a_rescaled_copy_does_not_differ_on_the_canvas_either(tmp_path):
    layer = drawn(tmp_path, head(), (head() * 3 + 50).astype(np.float32))
    for _axis, _index, plane in planes_of(layer.data):
        assert plane.max() < 1e-3 and plane.dtype == np.float32


def test_matching_does_not_care_how_well_the_images_lie_on_each_other(tmp_path):
    """A head turned by 90° has the same values elsewhere."""
    array, turned = head(), np.zeros(SHAPE, np.float32)
    affine = GRID.affine.copy()
    affine[:3, :3] = rotation(0, 0, 90) @ affine[:3, :3]
    affine[:3, 3] = rotation(0, 0, 90) @ affine[:3, 3]
    turned = head(affine=affine) * 2
    one, other = (Reslicer(a, GRID, Scaling(), False) for a in (array, turned))
    matching = match_intensities(one, other, GRID, ((0, 1100), (0, 2200)))
    assert matching.gain == pytest.approx(0.5, rel=0.05)


def test_what_differs_is_as_bright_as_it_differs(tmp_path):
    """A lesion of 20 % of the fixed image's contrast, in a few voxels of the moving one."""
    fixed, moving = head(), head() * 2 + 10
    layer = drawn(tmp_path, fixed, moving.astype(np.float32))
    clean = np.asarray(layer.data)
    low, high = np.percentile(fixed[1::3, 2::4, 2::4], (1, 99.5))
    moving[14:17, 13:16, 12:15] += 2 * 0.2 * (high - low)
    layer = drawn(tmp_path, fixed, moving.astype(np.float32))
    found = np.asarray(layer.data)
    lesion = np.zeros(SHAPE, bool)
    lesion[14:17, 13:16, 12:15] = True
    assert found[lesion.T].mean() == pytest.approx(0.2, abs=0.02)
    assert found[~lesion.T].max() < 0.02 and clean.max() < 1e-3


@pytest.mark.parametrize("tilt", [(0, 0, 0), (0, 8, 15)])
def test_nothing_differs_where_either_image_ends(tmp_path, tilt):
    """Moving covers a part of fixed only, on its own lattice or tilted."""
    shape = (12, 12, 12)
    affine = affine_of("RAS", shape, tilt=tilt)
    fixed = (head() + 500).astype(np.float32)  # no air: all around it differs from the outside
    moving = (head(shape, affine) + 500).astype(np.float32)
    data = np.asarray(drawn(tmp_path, fixed, moving, affine).data)
    world = np.moveaxis(np.indices(SHAPE), 0, -1) @ GRID.affine[:3, :3].T + GRID.affine[:3, 3]
    inverse = np.linalg.inv(affine)
    inside = np.abs(world @ inverse[:3, :3].T + inverse[:3, 3] - 5.5) < 6.001
    outside = ~inside.all(axis=-1)
    assert outside.mean() > 0.8 and not data[outside.T].any()
    assert data[~outside.T].any()


def test_nothing_differs_where_there_is_no_number(tmp_path):
    fixed = head()
    moving = fixed * 2
    moving[10:14] = np.nan
    moving[20, 5, 5] = np.inf
    data = np.asarray(drawn(tmp_path, fixed, moving).data)
    assert np.isfinite(data).all() and data.max() < 1e-3


@pytest.mark.parametrize("moving", [np.zeros(SHAPE, np.float32), noise(SHAPE, np.float32)])
def test_flat_and_noisy_images_have_a_difference_all_the_same(tmp_path, moving):
    assert np.isfinite(np.asarray(drawn(tmp_path, head(), moving).data)).all()
