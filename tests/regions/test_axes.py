from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from napari_medload.regions import (
    ImageStack,
    PatchSpecs,
    RegionError,
    canonical_shape,
    extract,
    from_canonical,
    to_canonical,
)
from napari_medload.regions.axes import checked_axes, restored_axes
from tests.regions.layouts import ALL_AXES, counted, layouts

SIZES = {"S": 2, "T": 3, "C": 4, "Z": 5, "Y": 6, "X": 7}


def truth(array, axes):
    """SC(Z)YX by index, voxel by voxel."""
    size = dict(zip(axes, array.shape, strict=True))
    order = "STCZYX" if "Z" in axes else "STCYX"
    moved = np.empty([size.get(a, 1) for a in order], array.dtype)
    for place in np.ndindex(*moved.shape):
        index = dict(zip(order, place, strict=True))
        moved[place] = array[tuple(index[a] for a in axes)]
    samples, times, *rest = moved.shape
    flat = np.empty((samples * times, *rest), array.dtype)
    for s in range(samples):
        for t in range(times):
            flat[s * times + t] = moved[s, t]
    return flat


def test_there_are_all_layouts():
    assert len(ALL_AXES) == len(set(ALL_AXES)) == 1370


def test_C02_every_layout_is_restored_exactly():
    for axes in ALL_AXES:
        shape = tuple(SIZES[a] for a in axes)
        array = counted(shape, np.int32)
        moved = to_canonical(array, axes)
        assert moved.shape == canonical_shape(shape, axes), axes
        back = from_canonical(moved, axes, shape)
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array, axes)


@given(layouts(largest=3))
def test_C02_layouts_of_any_size_go_where_the_truth_puts_them(layout):
    axes, shape = layout
    array = counted(shape)
    moved = to_canonical(array, axes)
    np.testing.assert_array_equal(moved, truth(array, axes))
    np.testing.assert_array_equal(from_canonical(moved, axes, shape), array)


def test_C02_the_published_shape():
    assert canonical_shape((3, 4, 5, 2, 6, 7), "CYXTZS") == (14, 3, 6, 4, 5)
    assert to_canonical(counted((3, 4, 5, 2, 6, 7)), "CYXTZS").shape == (14, 3, 6, 4, 5)


def test_C02_lower_case_is_taken_as_upper_case():
    assert checked_axes("czyx") == "CZYX"
    region = extract(counted((2, 3, 4)), _whole(3, 4), axes="cyx")
    assert region.axes == "CYX"


@pytest.mark.parametrize("axes", ["SYX", "TYX", "CTYX", "XYTS"])
def test_C03_samples_run_s_major(axes):
    shape = tuple(SIZES[a] for a in axes)
    array = counted(shape)
    size = dict(zip(axes, shape, strict=True))
    times = size.get("T", 1)
    for s in range(size.get("S", 1)):
        for t in range(times):
            at = {"S": s, "T": t, "C": slice(None), "Y": slice(None), "X": slice(None)}
            plane = array[tuple(at[a] for a in axes)]
            left = [a for a in axes if a in "CYX"]
            expected = plane.transpose([left.index(a) for a in "CYX" if a in left])
            found = extract(array, _whole(6, 7, s * times + t), axes=axes).data
            np.testing.assert_array_equal(found.reshape(expected.shape), expected)


def _whole(y, x, sample=0):
    return PatchSpecs(data_idx=0, sample_idx=sample, coords=(0, 0), patch_size=(y, x))


@given(layouts(largest=3))
def test_C03_a_sample_read_alone_is_that_of_the_whole(layout):
    axes, shape = layout
    array = counted(shape)
    whole = truth(array, axes)
    stack = ImageStack.of(array, axes)
    for sample in range(whole.shape[0]):
        zero = [0] * (whole.ndim - 2)
        found = stack.read(sample, slice(0, whole.shape[1]), zero, whole.shape[2:])
        np.testing.assert_array_equal(found, whole[sample])


def test_C03_a_sample_that_is_not_there_is_told():
    with pytest.raises(RegionError, match=r"sample_idx is 6, .* has 6; expected 0 to 5"):
        extract(counted((2, 3, 4, 5)), _whole(4, 5, 6), axes="STYX")
    with pytest.raises(RegionError, match="sample_idx is -1"):
        extract(counted((2, 3, 4, 5)), _whole(4, 5, -1), axes="STYX")


@pytest.mark.parametrize(
    ("axes", "found"),
    [
        ("YXX", "name X more than once"),
        ("ZYQX", "unknown Q"),
        ("ZX", "lack Y"),
        ("SC", "lack Y and X"),
        ("", "''"),
        (None, "None"),
        ("CZYX", "name 4 axes, the array has 3"),
    ],
)
def test_C02_axes_that_are_none_are_told(axes, found):
    with pytest.raises(RegionError, match=found):
        canonical_shape((2, 3, 4), axes)


def test_C02_an_image_without_voxels_is_told():
    with pytest.raises(RegionError, match="no voxels"):
        canonical_shape((2, 0, 4), "CYX")


@pytest.mark.parametrize(
    ("axes", "expected"), [("YX", "CYX"), ("TZYX", "TCZYX"), ("XYZ", "CXYZ"), ("YXC", "YXC")]
)
def test_C02_channels_that_axes_do_not_name_stand_before_the_spatial_ones(axes, expected):
    assert restored_axes(axes, 3) == expected
    assert restored_axes(axes, 1) == axes


def test_C02_an_output_takes_the_order_of_the_target():
    output = counted((6, 1, 4, 5))
    back = from_canonical(output, "STCYX", (2, 3, 4, 4, 5), target_axes="XYTS")
    assert back.shape == (5, 4, 3, 2)
    assert back[4, 3, 2, 1] == output[1 * 3 + 2, 0, 3, 4]


def test_C02_what_cannot_be_restored_is_told():
    with pytest.raises(RegionError, match="no image of axes CYX"):
        from_canonical(np.zeros((1, 2, 3, 5)), "CYX", (2, 3, 4))
    with pytest.raises(RegionError, match="lack S"):
        from_canonical(np.zeros((2, 1, 3, 4)), "SYX", (2, 3, 4), target_axes="YX")


def test_C02_nothing_is_copied():
    array = counted((4, 3, 5, 6))
    moved = to_canonical(array, "CSYX")
    assert np.shares_memory(moved, array)
    assert np.shares_memory(from_canonical(moved, "CSYX", array.shape), array)
