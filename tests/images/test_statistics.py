from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_medload.formats import Header, Scaling, Source
from napari_medload.geometry import Grid
from napari_medload.images import Volume
from napari_medload.images.statistics import (
    contrast_limits,
    count_values,
    statistics,
    whole_numbers,
)
from tests.phantoms import noise


def volume(array, slope=1.0, intercept=0.0):
    array = np.asarray(array)
    array = array.reshape((*array.shape, 1, 1, 1)[: max(4, array.ndim)])
    grid = Grid(array.shape[:3], np.eye(4))
    header = Header(Source(Path("a.nii")), array.shape, array.dtype, grid)
    return Volume(array, grid, Scaling(slope, intercept), header)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", ">i2", "uint64", "float16", "float64"])
@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (0.5, -1024), (-2, 3)])
def test_statistics_are_numpys(dtype, slope, intercept):
    array = noise((5, 6, 7, 2), dtype)
    found = statistics(volume(array, slope, intercept))
    values = array.astype(np.float64) * slope + intercept
    assert found.minimum == pytest.approx(values.min())
    assert found.maximum == pytest.approx(values.max())
    assert found.mean == pytest.approx(values.mean())
    assert found.nonfinite == 0


def test_only_finite_values_are_measured():
    array = noise((5, 6, 7), np.float32)
    array[1, 2, 3], array[:, 0, 0], array[4, 5, 6] = np.nan, np.inf, -np.inf
    found = statistics(volume(array))
    finite = array[np.isfinite(array)].astype(np.float64)
    assert found.nonfinite == 7
    assert found.minimum == finite.min()
    assert found.maximum == finite.max()
    assert found.mean == pytest.approx(finite.mean())


def test_nothing_finite_has_no_range():
    found = statistics(volume(np.full((2, 3, 4), np.nan)))
    assert (found.minimum, found.maximum, found.mean, found.nonfinite) == (None, None, None, 24)
    assert contrast_limits(volume(np.full((2, 3, 4), np.nan))) == (0.0, 1.0)


def test_contrast_limits_are_near_the_percentiles_and_cut_outliers():
    array = np.random.default_rng(0).normal(100, 10, (40, 40, 40)).astype(np.float32)
    array[20, 20, 20] = 1e6
    low, high = contrast_limits(volume(array))
    expected = np.percentile(array, (1, 99.5))
    assert (low, high) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((8, 8, 8), 7, np.int16), (6.5, 7.5)),
        (np.zeros((1, 1, 1), np.uint8), (-0.5, 0.5)),
        (np.eye(64, dtype=np.uint8)[:, :, None] * 200, (0, 200)),
        (np.array([[[False, True]]]), None),
        (np.array([[[-60000, 60000.0]]], np.float16), None),
        (np.array([[[-(2**15), 2**15 - 1]]], np.int16), None),
    ],
    ids=["constant", "one voxel", "sparse", "bool", "float16", "int16"],
)
def test_contrast_limits_always_differ_and_are_finite(array, expected):
    low, high = contrast_limits(volume(array))
    assert low < high
    assert np.isfinite((low, high)).all()
    if expected:
        assert (low, high) == expected


def test_contrast_limits_are_of_values_not_of_stored_numbers():
    array = noise((20, 20, 20))
    low, high = contrast_limits(volume(array, 2.0, -1000.0))
    plain = contrast_limits(volume(array))
    assert (low, high) == pytest.approx((plain[0] * 2 - 1000, plain[1] * 2 - 1000))


def test_padding_far_below_a_scan_does_not_wash_it_out():
    array = np.random.default_rng(0).normal(-300, 200, (40, 40, 40))
    array[:10] = -3024
    low, high = contrast_limits(volume(array.astype(np.int16)))
    assert (low, high) == pytest.approx(np.percentile(array[10:], (1, 99.5)), abs=40)


def test_a_background_of_zeros_stays_black():
    for least in (1, 900):
        array = np.random.default_rng(0).integers(least, 1000, (40, 40, 40))
        array[:30] = 0
        assert contrast_limits(volume(array))[0] == 0


def test_a_sparse_image_shows_its_voxels():
    array = np.zeros((64, 64, 64), np.float32)
    array[30, 31, 32] = 5
    assert contrast_limits(volume(array)) == (0.0, 5.0)


numbers = st.sampled_from(["bool", "i1", "u1", "<i2", ">i2", "u2", ">i4", "u4", "i8", "u8"])


@given(numbers.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=3, max_dims=4))))
def test_counts_are_those_of_numpy(array):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = count_values(array)
    values, counts = np.unique(array, return_counts=True)
    assert found == {int(v): int(n) for v, n in zip(values, counts, strict=True)}
    assert list(found) == sorted(found)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("values", [[0, 1, 1, 7], [-5, 200, 200], [0, 40000], [-(2**30), 2**30]])
def test_whole_numbers_stored_as_floats_are_counted(values, order):
    array = np.array(np.resize(values, (3, 4, 5)), np.float64, order=order)
    found, counts = np.unique(array, return_counts=True)
    assert count_values(array) == dict(zip(found.astype(int), counts, strict=True))
    whole = whole_numbers(array)
    assert whole.dtype.kind in "iu"
    assert whole.flags.f_contiguous == array.flags.f_contiguous
    np.testing.assert_array_equal(whole, array)


@pytest.mark.parametrize(
    "array",
    [
        np.array([0, 0.5]),
        np.array([0, np.nan]),
        np.array([0, np.inf]),
        np.array([1e10, 0]),
        np.array([0, 1, 0.999], np.float32),
    ],
    ids=str,
)
def test_fractions_are_no_labels(array):
    array = array.reshape(1, 1, -1)
    assert whole_numbers(array) is None
    assert count_values(array) is None


@pytest.mark.parametrize("dtype", ["int8", "int16", ">i2", "int32", "int64", "uint64"])
def test_extreme_integers_stay_what_they_are(dtype):
    info = np.iinfo(dtype)
    array = np.array([[[info.min, 0, info.max]]], dtype)
    np.testing.assert_array_equal(whole_numbers(array), array)
    assert count_values(array) == {int(v): 1 for v in sorted({info.min, 0, info.max})} or (
        dtype == "uint64" and count_values(array) == {0: 2, info.max: 1}
    )


def test_the_smallest_type_that_holds_the_labels():
    assert whole_numbers(np.array([[[0.0, 255]]])).dtype == np.uint8
    assert whole_numbers(np.array([[[-1.0, 255]]])).dtype == np.int16
    assert whole_numbers(np.array([[[0, 2035]]], np.int64)).dtype == np.uint16
