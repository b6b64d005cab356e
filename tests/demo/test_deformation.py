import numpy as np
import pytest

from napari_medload.demo.deformation import (
    CENTRE,
    FIELD,
    as_transform,
    back_into_subject,
    draw_displacement,
    rotation,
)

_HEAD = (slice(8, 43),) * 3


@pytest.mark.parametrize("seed", range(8))
def test_displacement_is_several_mm_and_never_folds(seed):
    displacement = draw_displacement(np.random.default_rng(seed))
    length = np.linalg.norm(displacement[_HEAD], axis=-1)
    assert 3 < np.median(length) < 15
    steps = np.stack([np.gradient(displacement, 6.0, axis=axis) for axis in range(3)], axis=-1)
    volume = np.linalg.det(np.eye(3) + steps[_HEAD])
    assert volume.min() > 0.2
    assert volume.max() < 3


def test_displacement_is_uneven():
    """More than a turn and a stretch: what a straight line fits is less than what is left."""
    displacement = draw_displacement(np.random.default_rng(0))[_HEAD].reshape(-1, 3)
    where = np.stack(np.meshgrid(*[np.arange(35)] * 3, indexing="ij"), -1).reshape(-1, 3)
    basis = np.column_stack((where, np.ones(len(where))))
    left = displacement - basis @ np.linalg.lstsq(basis, displacement)[0]
    assert np.sqrt((left**2).sum(axis=1).mean()) > 3


def test_transform_speaks_ras_mm():
    displacement = np.zeros((*FIELD.shape, 3))
    displacement[...] = (1.0, 2.0, 3.0)
    transform = as_transform(displacement)
    assert transform.TransformPoint(CENTRE.tolist()) == pytest.approx(np.add(CENTRE, (1, 2, 3)))


def test_back_into_subject_is_the_inverse():
    transform = as_transform(draw_displacement(np.random.default_rng(3)))
    point = np.array((31.0, -40.0, 22.0))
    found = back_into_subject(transform, point)
    assert transform.TransformPoint(found.tolist()) == pytest.approx(point, abs=1e-4)
    assert np.linalg.norm(found - point) > 0.1


def test_rotation():
    quarter = rotation(np.array((0.0, 0.0, 2.0)), 90.0)
    assert quarter @ (1, 0, 0) == pytest.approx((0, 1, 0))
    tilted = rotation(np.array((1.0, 2.0, 3.0)), 10.0)
    assert tilted @ tilted.T == pytest.approx(np.eye(3))
    assert np.trace(tilted) == pytest.approx(1 + 2 * np.cos(np.radians(10)))
