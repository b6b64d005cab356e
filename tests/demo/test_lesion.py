import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.demo.lesion import Lesion, draw_site
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import apply, scaling

GRID = Grid((60, 60, 60), scaling((1.0, 1.0, 1.0)))
CENTRE = np.array((30.0, 28.0, 31.0))


@pytest.mark.parametrize("seed", range(5))
def test_lesion_is_one_piece_of_a_plausible_size(seed):
    fraction = Lesion.draw(np.random.default_rng(seed), CENTRE).on(GRID)
    inside = (fraction >= 0.5).astype(np.uint8)
    pieces = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(inside)))
    assert pieces.max() == 1
    assert 1000 < inside.sum() < 12000
    assert 0 <= fraction.min() < fraction.max() == 1
    assert np.argwhere(inside).mean(axis=0) == pytest.approx(CENTRE, abs=4)


def test_lesion_is_the_same_on_every_grid():
    lesion = Lesion.draw(np.random.default_rng(1), CENTRE)
    thick = Grid((70, 28, 30), scaling((-1.0, 2.0, 3.0), (60.0, 3.0, -4.0)))
    seen = lesion.on(thick)
    points = apply(thick.affine, np.argwhere(seen >= 0))
    inside = ((points >= 0) & (points < 60)).all(axis=1)
    expected = lesion.on(GRID)[tuple(np.rint(points[inside]).astype(int).T)]
    assert np.allclose(seen.ravel()[inside], expected, atol=1e-5)


def test_lesion_outside_a_grid_is_nowhere():
    lesion = Lesion.draw(np.random.default_rng(1), CENTRE + 500)
    assert not lesion.on(GRID).any()


@pytest.mark.parametrize("side", [-1, 1])
def test_site_lies_in_the_white_matter_of_its_side(template, side):
    for seed in range(5):
        site = draw_site(template, np.random.default_rng(seed), side)
        assert site[0] * side >= 22
        i, j, k = np.rint(apply(template.grid.world_to_index(), site)).astype(int)
        assert template.white[i, j, k] > 0.9
