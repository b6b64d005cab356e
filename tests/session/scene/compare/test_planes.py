"""Arrays that are made plane by plane are read like any array, and nothing is read twice."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.formats import Scaling
from napari_medload.geometry import Grid
from napari_medload.images.display_array import DisplayArray, ViewBlock
from napari_medload.images.reslice import Reslicer
from napari_medload.session.scene.compare import KeptPlanes, PlaneArray
from tests.phantoms import affine_of, noise

SHAPE = (4, 5, 6)
WHOLE = np.arange(120).reshape(SHAPE)


class Sliced(PlaneArray):
    """Planes of an array in memory."""

    def plane(self, axis, index):
        return WHOLE.take(index, axis)


@st.composite
def keys(draw):
    parts = []
    for size in SHAPE[: draw(st.integers(1, 3))]:
        number = st.integers(-size, size - 1)
        part = st.builds(slice, st.none() | number, st.none() | number, st.sampled_from((1, 2, 3)))
        parts.append(draw(number | part))
    return tuple(parts)


@given(keys())
def test_any_key_reads_what_an_array_would(key):
    made = Sliced(SHAPE, WHOLE.dtype)
    np.testing.assert_array_equal(made[key], WHOLE[key])


def test_it_has_the_faces_of_an_array():
    made = Sliced(SHAPE, np.int32)
    assert (made.shape, made.ndim, len(made), made.size, made.nbytes) == (SHAPE, 3, 4, 120, 480)
    np.testing.assert_array_equal(np.asarray(made), WHOLE)
    np.testing.assert_array_equal(made[..., 2], WHOLE[..., 2])
    with pytest.raises(IndexError):
        made[4]
    with pytest.raises(IndexError):
        made[0, 0, 0, 0]


class Counting:
    """A block that counts what is read of it."""

    def __init__(self, array):
        self.block, self.reads = ViewBlock(array), 0

    def read(self, box):
        self.reads += 1
        return self.block.read(box)


def test_a_plane_is_read_once_and_kept_in_units_of_the_contrast():
    array = noise((6, 5, 4), np.int16)
    block = Counting(array)
    kept = KeptPlanes(DisplayArray(block, Grid((6, 5, 4), np.eye(4)), array.dtype), (-50.0, 150.0))
    for _ in range(3):
        found = kept.plane(0, 2)
    assert block.reads == 1 and found.dtype == np.float32
    np.testing.assert_allclose(found, (array[:, :, 2].T + 50.0) / 200.0, rtol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 0


def test_what_is_kept_is_bounded():
    array = noise((6, 5, 200), np.int16)
    kept = KeptPlanes(DisplayArray(Counting(array), Grid((6, 5, 200), np.eye(4)), array.dtype))
    for index in range(200):
        kept.plane(0, index)
    assert kept.nbytes < 20 * 6 * 5 * 4


def test_threads_may_read_at_once():
    array = noise((16, 16, 16), np.int16)
    kept = KeptPlanes(DisplayArray(ViewBlock(array), Grid((16,) * 3, np.eye(4)), array.dtype))
    wrong = []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(300):
            axis, index = int(rng.integers(3)), int(rng.integers(16))
            if not np.array_equal(kept.plane(axis, index), array.T.take(index, axis)):
                wrong.append((axis, index))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (5, 10, 15)])
def test_where_an_image_ends_is_known(dtype, tilt):
    """Zeros and ones, so that no value can stand for the outside."""
    shape = (10, 9, 8)
    display = Grid((20, 18, 16), affine_of("RAS", (20, 18, 16), (0.9, 0.9, 0.9)))
    grid = Grid(shape, affine_of("RAS", shape, centre=(1.5, 0.3, 0.2), tilt=tilt))
    array = noise(shape, bool, seed=3).astype(dtype)
    for outside in (0.0, 1.0):
        source = Reslicer(array, grid, Scaling(), False, outside).on(display)
        kept = KeptPlanes(source)
        indices = np.moveaxis(np.indices(display.shape), 0, -1)
        world = indices @ display.affine[:3, :3].T + display.affine[:3, 3]
        inverse = np.linalg.inv(grid.affine)
        stored = world @ inverse[:3, :3].T + inverse[:3, 3]
        margin = np.minimum(stored + 0.5, np.array(shape) - 0.5 - stored).min(axis=-1)
        for axis in range(3):
            beyond = margin.T.take(7, axis)
            clear = np.abs(beyond) > 1e-3  # the very border may count as either
            assert (kept.covered(axis, 7) == (beyond > 0))[clear].all()


def test_an_image_that_covers_all_ends_nowhere():
    array = noise((6, 5, 4), np.int16)
    grid = Grid((6, 5, 4), np.eye(4))
    kept = KeptPlanes(Reslicer(array, grid, Scaling(), False).on(grid))
    assert kept.covered(0, 1) is None


def test_slices_that_are_not_there_are_not_covered():
    array = noise((6, 5, 8), np.int16)
    grid = Grid((6, 5, 8), np.eye(4))
    reslicer = Reslicer(array, grid, Scaling(), False)
    kept = KeptPlanes(reslicer.on(grid), absent=(3, 4), mapping=reslicer.mapping(grid))
    assert [bool(kept.covered(0, k).all()) for k in range(8)] == [k not in (3, 4) for k in range(8)]
    across = kept.covered(1, 2)
    np.testing.assert_array_equal(
        across, np.isin(np.arange(8), (3, 4), invert=True)[:, None].repeat(6, 1)
    )
