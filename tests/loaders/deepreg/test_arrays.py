import logging

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from napari_medload.loaders import normalize_array
from napari_medload.loaders.deepreg import GeneratorDataLoader, resize

RNG = np.random.default_rng(0)
CUBE = (10, 10, 10)
ARRAYS = ("moving_image", "fixed_image", "moving_label", "fixed_label")


def values(*shape):
    return RNG.random(shape, dtype=np.float32)


def check(**changed):
    """Validate a labelled pair of which some arrays are changed."""
    arrays = {
        name: values(*CUBE)
        for name in ("moving_image", "fixed_image", "moving_label", "fixed_label")
    }
    loader = GeneratorDataLoader(labeled=True, num_indices=1, sample_label="all")
    loader.validate_images_and_labels(**{**arrays, **changed}, image_indices=[1])


@pytest.mark.parametrize(
    ("array", "bounds", "expected"),
    [
        ([0, 1, 2], {}, [0, 0.5, 1]),
        ([-2, 0, 1, 2], {}, [0, 0.5, 0.75, 1]),
        ([1, 1, 1, 1], {}, [0, 0, 0, 0]),
        ([0, 1, 2], {"v_max": 1}, [0, 1, 1]),
        ([-2, 0, 1, 2], {"v_max": 3}, [0, 0.4, 0.6, 0.8]),
        ([0, 1, 2], {"v_min": 1}, [0, 0, 1]),
        ([-2, 0, 1, 2], {"v_min": -3}, [0.2, 0.6, 0.8, 1]),
        ([-2, 0, 1, 2], {"v_min": 0, "v_max": 1}, [0, 0, 1, 1]),
        ([0, 5], {"v_min": 3, "v_max": 3}, [0, 0]),
    ],
)
def test_d14_normalise(array, bounds, expected):
    given_array = np.array(array)
    np.testing.assert_allclose(normalize_array(given_array, **bounds), expected, atol=1e-12)
    as_float = normalize_array(np.array(array, np.float32), **bounds)
    np.testing.assert_allclose(as_float, expected, atol=1e-6)
    assert as_float.dtype == np.float32
    np.testing.assert_array_equal(given_array, array)


@pytest.mark.parametrize(
    ("dtype", "largest"),
    [(np.float16, 6e4), (np.float32, 3e38), (">f4", 3e38), (np.float64, 1.7e308)],
)
@pytest.mark.parametrize("in_place", [True, False])
def test_d14_a_range_that_the_type_cannot_hold(dtype, largest, in_place):
    array = np.array([-largest, -largest / 2, 0, largest], dtype)
    result = normalize_array(array.copy(), out=array if in_place else None)
    assert result.dtype == array.dtype
    np.testing.assert_allclose(result.astype(float), [0, 0.25, 0.5, 1], rtol=1e-3)
    bounds = {"v_min": -1e6, "v_max": 1e6}
    clipped = normalize_array(np.array([-6e4, 0, 6e4], np.float16), **bounds)
    np.testing.assert_allclose(clipped, [0.47, 0.5, 0.53], rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-3, 1.0, 1e3]))
def test_d14_the_result_is_to_the_bit_that_of_the_formula(dtype, seed, scale):
    array = (np.random.default_rng(seed).normal(size=50) * scale).astype(dtype)
    expected = (array - array.min()) / (array.max() - array.min())
    found = normalize_array(array)
    assert found.dtype == expected.dtype == dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [complex, object, "S3", "datetime64[s]"])
def test_d14_values_that_are_no_real_numbers_are_an_error(dtype):
    with pytest.raises(ValueError, match="expected real numbers"):
        normalize_array(np.zeros(3, dtype))
    np.testing.assert_array_equal(normalize_array([True, False]), [1, 0])


@pytest.mark.parametrize("array", [[-2, 0, 1, 2], [3, 3, 3, 3]])
def test_d14_normalise_in_place(array):
    given_array = np.array(array, np.float32)
    expected = normalize_array(given_array)
    assert normalize_array(given_array, out=given_array) is given_array
    np.testing.assert_array_equal(given_array, expected)


def test_d14_small_integers_do_not_overflow():
    array = np.array([-128, 0, 127], np.int8)
    np.testing.assert_allclose(normalize_array(array), [0, 128 / 255, 1])


@pytest.mark.parametrize("bounds", [{}, {"v_min": 0}, {"v_min": 0, "v_max": 1}])
def test_d14_nan_is_an_error(bounds):
    for kind in (AssertionError, ValueError):
        with pytest.raises(kind, match="finite"):
            normalize_array(np.array([0, np.nan, 1]), **bounds)


def test_d14_infinity_swapped_bounds_and_nothing_are_errors():
    with pytest.raises(AssertionError, match="finite"):
        normalize_array(np.array([0, np.inf]))
    with pytest.raises(AssertionError, match="v_min below v_max"):
        normalize_array(np.array([0, 1]), v_min=2, v_max=1)
    with pytest.raises(ValueError, match="no values"):
        normalize_array(np.zeros((0, 3, 3)))
    np.testing.assert_array_equal(normalize_array(np.array([0, np.inf]), 0, 1), [0, 1])


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("change", [-1e-3, 1.0, 2.0, np.nan])
def test_d15_values_outside_0_to_1(name, change):
    array = values(*CUBE) * np.float32(0.9)
    array[0, 0, 0] = 1 + change if change > 0 else change
    with pytest.raises(ValueError) as raised:
        check(**{name: array})
    assert f"Sample [1]'s {name}'s values are not between [0, 1]" in str(raised.value)


def test_d15_ones_and_zeros_pass():
    check(moving_label=np.ones(CUBE, np.uint8), fixed_label=np.zeros(CUBE, bool))


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("shape", [(10, 10), (0, 10, 10), (10,) * 5])
def test_d15_axes(name, shape):
    kind = "3D or 4D." if "label" in name else "3D"
    with pytest.raises(ValueError) as raised:
        check(**{name: np.zeros(shape, np.float32)})
    assert f"Sample [1]'s {name}'s shape should be {kind}" in str(raised.value)


@pytest.mark.parametrize("name", ["moving_image", "fixed_image"])
def test_d15_a_missing_image(name):
    with pytest.raises(ValueError, match="moving image and fixed image must not be None"):
        check(**{name: None})


@pytest.mark.parametrize("name", ["moving_label", "fixed_label"])
def test_d16_one_label_without_the_other(name):
    expected = "moving label and fixed label must be both None or non-None"
    with pytest.raises(ValueError, match=expected):
        check(**{name: None})


def test_d16_label_counts():
    with pytest.raises(ValueError) as raised:
        check(moving_label=values(*CUBE, 2), fixed_label=values(*CUBE, 3))
    expected = "Sample [1]'s moving image and fixed image have different numbers of labels."
    assert expected in str(raised.value)
    check(moving_label=values(*CUBE, 1), fixed_label=values(*CUBE))
    check(moving_label=values(*CUBE, 3), fixed_label=values(*CUBE, 3))


@pytest.mark.parametrize("side", ["moving", "fixed"])
def test_d16_another_grid_is_only_logged(side, caplog):
    with caplog.at_level(logging.WARNING):
        check(**{f"{side}_label": values(10, 10, 9)})
    assert f"Sample [1]'s {side} image and label have different shapes. " in caplog.text


def test_d28_resize_two_to_four():
    array = np.zeros((2, 1, 1))
    array[1] = 1
    found = resize(array, (4, 1, 1))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:, 0, 0], [0, 0.25, 0.75, 1])


sizes = st.tuples(*[st.integers(1, 9)] * 3)


def expected_by_scipy(array, shape):
    """Linear interpolation at half-pixel centres, with the edge repeated."""
    places = [
        (np.arange(new) + 0.5) * old / new - 0.5
        for old, new in zip(array.shape, shape, strict=True)
    ]
    grid = np.meshgrid(*places, indexing="ij")
    return map_coordinates(array.astype(np.float64), grid, order=1, mode="nearest")


@given(sizes, sizes, st.integers(0, 99))
def test_d28_resize_is_scipys(old, new, seed):
    array = np.random.default_rng(seed).normal(size=old).astype(np.float32)
    found = resize(array, new)
    assert found.shape == new
    np.testing.assert_allclose(found, expected_by_scipy(array, new), atol=2e-6)


@pytest.mark.parametrize("new", [(8, 12, 10), (3, 4, 5), (7, 3, 20), (4, 6, 5)])
def test_d28_resize_is_simpleitks(new):
    array = values(4, 6, 5)
    image = sitk.GetImageFromArray(array)
    grid = sitk.Image(new[::-1], sitk.sitkFloat32)
    steps = np.array(array.shape) / new
    grid.SetSpacing(steps[::-1].tolist())
    grid.SetOrigin(((steps - 1) / 2)[::-1].tolist())
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(grid)
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.UseNearestNeighborExtrapolatorOn()
    found = sitk.GetArrayFromImage(resampler.Execute(image))
    inside = tuple(  # beyond the outermost centres they disagree on the edge
        (p := (np.arange(n) + 0.5) * o / n - 0.5) == np.clip(p, 0, o - 1)
        for o, n in zip(array.shape, new, strict=True)
    )
    np.testing.assert_allclose(
        resize(array, new)[np.ix_(*inside)], found[np.ix_(*inside)], atol=1e-6
    )


def test_d28_resize_leaves_its_argument_alone_and_keeps_further_axes():
    array = values(2, 3, 4, 5)
    kept = array.copy()
    found = resize(array, (4, 3, 2))
    assert found.shape == (4, 3, 2, 5)
    for channel in range(5):
        np.testing.assert_array_equal(found[..., channel], resize(array[..., channel], (4, 3, 2)))
    np.testing.assert_array_equal(array, kept)
