from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from napari_medload.formats import Scaling
from napari_medload.geometry import Grid
from napari_medload.images.display_array import DisplayArray, ReslicedBlock, ViewBlock
from napari_medload.images.reslice import Reslicer
from tests.phantoms import ORIENTATIONS, affine_of, blob, fiducial, noise, smooth

SHAPE = (9, 10, 11)
DTYPES = ("bool", "int8", "uint8", "int16", ">i2", "uint16", "int32", "uint32", "int64", "uint64",
          "float16", "float32", ">f4", "float64")  # fmt: skip


def reslicer(array, affine=None, nearest=False, slope=1.0, intercept=0.0):
    grid = Grid(array.shape, np.eye(4) if affine is None else affine)
    return Reslicer(array, grid, Scaling(slope, intercept), nearest)


def coordinates(display, source):
    """Fractional source indices of every display voxel, shape (3, i, j, k)."""
    indices = np.indices(display.shape).reshape(3, -1)
    world = display.affine[:3, :3] @ indices + display.affine[:3, 3:]
    linear = np.linalg.inv(source.affine[:3, :3])
    return (linear @ (world - source.affine[:3, 3:])).reshape(3, *display.shape)


def inside(where, shape, margin=0.0):
    high = np.array(shape).reshape(3, 1, 1, 1) - 1 - margin
    return ((where >= margin) & (where <= high)).all(axis=0)


def linear_truth(array, where):
    values = np.asarray(array, np.float64)
    return map_coordinates(values, where, order=1, mode="nearest")


def tilted(shape=SHAPE, tilt=(12, -7, 20), shear=0.0, spacing=(1.1, 0.9, 1.3), code="RAS"):
    return Grid(
        shape, affine_of(code, shape, spacing, centre=(0.3, -0.4, 0.2), tilt=tilt, shear=shear)
    )


# --- views -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_each_orientation_is_drawn_as_nibabel_draws_it(code):
    array = noise((3, 4, 5))
    affine = affine_of(code, array.shape, (1, 2, 3), centre=(7, 8, 9), tilt=(5, 6, 7))
    source = reslicer(array, affine)
    display = source.grid.canonical()
    drawn = source.on(display)
    truth = nib.as_closest_canonical(nib.Nifti1Image(array, affine))
    assert isinstance(drawn.block, ViewBlock)
    assert np.shares_memory(drawn.block.view, array)
    np.testing.assert_array_equal(np.asarray(drawn).T, np.asarray(truth.dataobj))
    assert source.nbytes == 0


@given(
    code=st.sampled_from(ORIENTATIONS),
    start=st.tuples(*[st.integers(0, 3)] * 3),
    size=st.tuples(*[st.integers(1, 4)] * 3),
)
def test_a_part_of_the_canonical_grid_is_a_part_of_the_array(code, start, size):
    array = noise((7, 7, 7))
    source = reslicer(array, affine_of(code, array.shape, (1, 2, 3), (3, 2, 1)))
    whole = np.asarray(source.on(source.grid.canonical()))
    affine = source.grid.canonical().affine.copy()
    affine[:3, 3] = (affine @ (*start, 1))[:3]
    drawn = source.on(Grid(size, affine))
    assert isinstance(drawn.block, ViewBlock)
    cut = tuple(slice(s, s + n) for s, n in zip(start, size, strict=True))[::-1]
    np.testing.assert_array_equal(np.asarray(drawn), whole[cut])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("nearest", [True, False])
def test_a_shift_by_whole_voxels_keeps_values_and_shows_zero_beyond(dtype, nearest):
    array = noise(SHAPE, dtype)
    source = reslicer(array, nearest=nearest)
    affine = np.eye(4)
    affine[:3, 3] = 2, -3, 4
    drawn = source.on(Grid(SHAPE, affine))
    truth = np.zeros(SHAPE, np.float64)
    truth[:-2, 3:, :-4] = array[2:, :-3, 4:]
    np.testing.assert_array_equal(np.asarray(drawn).T, truth)
    assert drawn.dtype == np.asarray(drawn).dtype
    assert drawn.dtype.isnative


def test_a_grid_elsewhere_shows_nothing():
    affine = np.eye(4)
    affine[:3, 3] = 100
    drawn = reslicer(noise(SHAPE), slope=1, intercept=-1024).on(Grid(SHAPE, affine))
    assert (np.asarray(drawn) == 0).all()


def test_unknown_geometry_is_aligned_by_index():
    array = noise((4, 5, 6))
    source = Reslicer(array, Grid.unknown(array.shape), Scaling(), nearest=False)
    display = Grid((6, 4, 6), affine_of("LPS", (6, 4, 6), (2, 2, 2), tilt=(10, 0, 0)))
    drawn = np.asarray(source.on(display)).T
    np.testing.assert_array_equal(drawn[:4, :4], array[:, :4])
    assert (drawn[4:] == 0).all()


# --- interpolation -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "display",
    [
        tilted(),
        tilted(code="PIR", tilt=(40, 30, -50)),
        tilted(spacing=(0.5, 0.5, 0.5), shape=(20, 21, 22)),
        tilted(tilt=(0, 0, 0), spacing=(1, 1, 1)),
        tilted(shear=0.4),
    ],
    ids=["tilted", "steep", "fine", "half voxels", "sheared display"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "uint64", ">f4"])
def test_images_are_interpolated_linearly(display, dtype):
    array = smooth(SHAPE, dtype)
    source = reslicer(array, affine_of("LPI", SHAPE, (1.2, 1, 0.8), tilt=(3, 2, 1)))
    drawn = np.asarray(source.on(display)).T
    where = coordinates(display, source.grid)
    known = inside(where, SHAPE)
    assert known.sum() > 100
    np.testing.assert_allclose(drawn[known], linear_truth(array, where)[known], rtol=2e-5)
    assert drawn.dtype.kind == "f"


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", ">i2", "uint16"])
def test_small_integers_are_rounded_not_cut_off(dtype):
    array = noise(SHAPE, dtype)
    source, display = reslicer(array), tilted()
    drawn = np.asarray(source.on(display)).T
    where = coordinates(display, source.grid)
    known = inside(where, SHAPE)
    error = drawn[known] - linear_truth(array, where)[known]
    assert np.abs(error).max() <= 0.501
    assert abs(error.mean()) < 0.05
    assert drawn.dtype == np.dtype(dtype).newbyteorder("=")


def test_a_sheared_source_is_drawn_where_it_lies():
    array = smooth(SHAPE)
    source = reslicer(array, affine_of("RAS", SHAPE, (1, 1, 1), tilt=(4, 5, 6), shear=0.5))
    display = tilted(spacing=(0.7, 0.7, 0.7))
    where = coordinates(display, source.grid)
    known = inside(where, SHAPE)
    drawn = np.asarray(source.on(display)).T
    np.testing.assert_allclose(drawn[known], linear_truth(array, where)[known], rtol=2e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_take_the_nearest_voxel(dtype):
    array = noise(SHAPE, dtype)
    source, display = (
        reslicer(array, tilted(code="PIR").affine, nearest=True),
        tilted(tilt=(1, 2, 3)),
    )
    where = coordinates(display, source.grid)
    index = np.rint(where).astype(int)
    clear = inside(where, SHAPE) & (np.abs(where - index) < 0.499).all(axis=0)
    drawn = np.asarray(source.on(display)).T
    np.testing.assert_array_equal(drawn[clear], array[tuple(index[:, clear])])
    assert set(np.unique(drawn)) <= {0, *np.unique(array)}


@pytest.mark.parametrize("nearest", [True, False])
@pytest.mark.parametrize("thin", range(3))
def test_a_volume_one_voxel_thick_is_drawn_on_its_plane(thin, nearest):
    shape = tuple(1 if axis == thin else 12 for axis in range(3))
    array = smooth(shape, np.int16)
    source = reslicer(array, np.diag((1.0, 1, 1, 1)), nearest)
    affine = np.eye(4)
    affine[:3, 3] = [0.3 if axis == thin else 0.5 for axis in range(3)]
    drawn = np.asarray(source.on(Grid((8, 8, 8), affine))).T
    plane = np.take(drawn, 0, axis=thin)
    assert (plane > 0).all()
    assert (np.take(drawn, range(1, 8), axis=thin) == 0).all()


@pytest.mark.parametrize("scale", [(1, -1024), (0.5, -1000.2), (-2, 30), (0.001, 5)])
@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32", "float64"])
@pytest.mark.parametrize("nearest", [True, False])
def test_values_are_scaled_and_places_without_a_voxel_show_about_zero(scale, dtype, nearest):
    slope, intercept = scale
    array = smooth(SHAPE, dtype)
    source = reslicer(array, nearest=nearest, slope=slope, intercept=intercept)
    display = tilted(shape=(20, 20, 20))
    drawn = np.asarray(source.on(display)).T
    where = coordinates(display, source.grid)
    stored = float(array[5, 5, 5]) * slope + intercept
    middle = Grid(SHAPE, np.eye(4))
    assert np.asarray(source.on(middle))[5, 5, 5] == pytest.approx(stored)
    if not nearest:
        known = inside(where, SHAPE)
        truth = linear_truth(array, where) * slope + intercept
        np.testing.assert_allclose(drawn[known], truth[known], atol=abs(slope) * 0.51, rtol=1e-5)
    outside = ~inside(where, SHAPE, -0.51)
    assert outside.sum() > 1000
    if -intercept / slope >= 0 or dtype != "uint16":
        assert np.abs(drawn[outside]).max() <= abs(slope) / 2 + 1e-3


def test_outside_a_ct_is_zero():
    ct = reslicer(np.full(SHAPE, 30, np.int16), slope=1.0, intercept=-1024.0)
    drawn = np.asarray(ct.on(tilted(shape=(30, 30, 30))))
    assert set(np.unique(drawn)) == {0, -994}


@given(
    value=st.integers(-1000, 1000),
    tilt=st.tuples(*[st.floats(-90, 90)] * 3),
)
@settings(max_examples=40)
def test_a_constant_image_stays_constant(value, tilt):
    source = reslicer(np.full(SHAPE, value, np.int16))
    display = Grid((4, 4, 4), affine_of("RAS", (4, 4, 4), centre=(4, 4.5, 5), tilt=tilt))
    assert set(np.unique(source.on(display))) == {value}


def test_non_contiguous_arrays_are_drawn():
    array = noise((10, 20, 30))
    cut = array[::2, ::-1, 3:14][:, 2:12]
    np.testing.assert_array_equal(np.asarray(reslicer(cut).on(Grid(cut.shape, np.eye(4)))).T, cut)
    frames = noise((*SHAPE, 3))
    shift = np.eye(4)
    shift[0, 3] = 1
    drawn = np.asarray(reslicer(frames[..., 1]).on(Grid(SHAPE, shift))).T
    np.testing.assert_array_equal(drawn[:-1], frames[1:, ..., 1])


def test_memory_of_the_copy_is_counted():
    source = reslicer(noise(SHAPE))
    source.on(source.grid)
    assert source.nbytes == 0
    source.on(tilted())
    assert source.nbytes == 990 * 2


# --- array-likes -------------------------------------------------------------------------


def drawn_arrays():
    array = noise(SHAPE)
    labels = reslicer(array, tilted().affine, nearest=True, slope=0.5, intercept=3)
    return [
        pytest.param(reslicer(array).on(Grid(SHAPE, np.eye(4))), id="view"),
        pytest.param(reslicer(array).on(tilted()), id="resliced"),
        pytest.param(labels.on(Grid((5, 6, 7), np.eye(4))), id="scaled"),
    ]


part = st.one_of(
    st.integers(-5, 4),
    st.builds(
        slice,
        st.none() | st.integers(-12, 12),
        st.none() | st.integers(-12, 12),
        st.none() | st.integers(1, 5),
    ),
)


@pytest.mark.parametrize("drawn", drawn_arrays())
@given(parts=st.lists(part, max_size=3), dots=st.integers(-1, 3))
@settings(max_examples=60, deadline=None)
def test_any_key_reads_what_it_would_of_the_whole(drawn, parts, dots):
    whole = np.asarray(drawn)
    key = (*parts[:dots], ..., *parts[dots:]) if 0 <= dots <= len(parts) else tuple(parts)
    found = drawn[key]
    np.testing.assert_array_equal(found, whole[key])
    assert found.dtype == whole.dtype == drawn.dtype
    assert found.shape == whole[key].shape


@pytest.mark.parametrize("drawn", drawn_arrays())
def test_it_behaves_like_an_array(drawn):
    whole = np.asarray(drawn)
    assert drawn.shape == whole.shape == drawn.grid.shape[::-1]
    assert (drawn.ndim, drawn.size, drawn.nbytes) == (3, whole.size, whole.nbytes)
    assert len(drawn) == len(whole)
    np.testing.assert_array_equal(drawn[2], whole[2])
    np.testing.assert_array_equal(drawn[np.int64(2), np.int32(-1)], whole[2, -1])
    np.testing.assert_array_equal(np.stack(list(drawn)), whole)
    assert np.asarray(drawn, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("key", [50, -50, (0, 0, 99), slice(None, None, -1), (0, 0, 0, 0)], ids=str)
def test_a_key_that_cannot_be_read_is_an_index_error(key):
    drawn = reslicer(noise(SHAPE)).on(tilted())
    with pytest.raises(IndexError):
        drawn[key]


def test_one_plane_costs_one_plane():
    """A plane is asked of the block as a box one voxel thick, not as the whole volume."""
    asked = []

    class Watched(ReslicedBlock):
        def read(self, box):
            asked.append(box)
            return super().read(box)

    drawn = reslicer(noise(SHAPE)).on(tilted())
    block = Watched(drawn.block.copy, drawn.block.mapping, False, 0.0)
    watched = DisplayArray(block, drawn.grid, drawn.dtype)
    np.testing.assert_array_equal(watched[3], drawn[3])
    np.testing.assert_array_equal(watched[:, 4], drawn[:, 4])
    np.testing.assert_array_equal(watched[:, :, 5], drawn[:, :, 5])
    assert [[part.stop - part.start for part in box] for box in asked] == [
        [9, 10, 1], [9, 1, 11], [1, 10, 11],
    ]  # fmt: skip


# --- coarse, for three dimensions --------------------------------------------------------


@pytest.mark.parametrize("code", ["RAS", "PIR", "LPI"])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (15, 10, -20)], ids=["straight", "tilted"])
@pytest.mark.parametrize("at_most", [13, 20, 100])
def test_a_blob_is_found_at_its_place_in_a_coarse_volume(code, tilt, at_most):
    shape, place = (40, 44, 36), (8.0, -6.0, 5.0)
    affine = affine_of(code, shape, (1, 0.9, 1.2), tilt=tilt)
    source = reslicer(blob(affine, shape, place, 4.0), affine)
    display = Grid((48, 40, 44), affine_of("RAS", (48, 40, 44), centre=(1, 1, 1)))
    if tilt == (0, 0, 0):
        display = source.grid.canonical()
    values, start, step = source.coarse(display, at_most)
    assert max(values.shape) <= at_most
    weights = np.where(values.T > 100, values.T, 0).astype(np.float64)
    indices = [(weights * axis).sum() / weights.sum() for axis in np.indices(weights.shape)]
    world = (display.affine @ (*(np.array(start) + step * np.array(indices)), 1))[:3]
    np.testing.assert_allclose(world, place, atol=0.5)
    assert values.flags.c_contiguous


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("display", [Grid(SHAPE, np.eye(4)), tilted()], ids=["exact", "tilted"])
def test_a_coarse_volume_is_native_and_covers_the_grid(dtype, display):
    source = reslicer(noise(SHAPE, dtype), nearest=True)
    values, start, step = source.coarse(display, 4)
    assert values.dtype.isnative
    assert max(values.shape) <= 4
    last = np.array(start) + step * (np.array(values.shape[::-1]) - 1)
    assert (np.array(start) > -0.5).all()
    assert (last < np.array(display.shape) - 0.5).all()
    assert (start < np.array(step)).all()
    assert (last > np.array(display.shape) - 1 - step).all()


def test_a_coarse_volume_of_few_voxels_is_the_volume():
    array = noise(SHAPE)
    values, start, step = reslicer(array).coarse(Grid(SHAPE, np.eye(4)), 100)
    np.testing.assert_array_equal(values.T, array)
    assert step == 1
    assert not np.any(start)


# --- probing -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["RAS", "PIR", "LSA"])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (10, 20, 30)], ids=["straight", "tilted"])
def test_a_fiducial_is_read_at_its_world_place(code, tilt):
    affine = affine_of(code, SHAPE, (1, 2, 3), (5, 6, 7), tilt)
    array, place = fiducial(affine, SHAPE, (6, 7, 8))
    source = reslicer(array, affine, slope=2.0, intercept=-10.0)
    display = Grid((30, 30, 30), affine_of("RAS", (30, 30, 30), centre=(5, 6, 7)))
    index = np.linalg.inv(display.affine) @ (*place, 1)
    assert source.value_at(display, index[:3]) == 1990
    assert source.value_at(display, index[:3] + 1000) is None


def test_a_brightest_voxel_is_drawn_at_its_world_place():
    affine = affine_of("PIR", (12, 12, 12), (1, 1.5, 2), (5, 6, 7), tilt=(20, 10, 30))
    array, place = fiducial(affine, (12, 12, 12), (6, 7, 8))
    display = Grid((40, 40, 40), affine_of("RAS", (40, 40, 40), (0.5, 0.5, 0.5), (5, 6, 7)))
    for nearest in (True, False):
        drawn = np.asarray(reslicer(array, affine, nearest).on(display)).T.astype(np.float64)
        drawn[drawn < 500] = 0
        centre = [(drawn * axis).sum() / drawn.sum() for axis in np.indices(drawn.shape)]
        np.testing.assert_allclose((display.affine @ (*centre, 1))[:3], place, atol=0.25)


def test_the_drawing_is_what_itk_draws_with_its_own_geometry():
    array = noise((14, 15, 16), np.float32)
    affine = affine_of("LPS", array.shape, (1, 1.2, 1.4), (3, 2, 1), tilt=(10, 20, 30))
    display = Grid((15, 15, 15), affine_of("RAS", (15, 15, 15), centre=(3, 2, 1)))
    image = _itk(array, affine)
    truth = sitk.GetArrayFromImage(
        sitk.Resample(image, _itk(np.zeros(display.shape), display.affine))
    )
    drawn = np.asarray(reslicer(array, affine).on(display))
    np.testing.assert_allclose(drawn, truth, atol=2e-3)


def _itk(array, affine):
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    flip = np.diag((-1, -1, 1))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((flip @ affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin((flip @ affine[:3, 3]).tolist())
    return image
