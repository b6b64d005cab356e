from __future__ import annotations

import warnings

import h5py
import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.formats import Source, read_header
from napari_medload.images import LabelMap, ScalarImage, read_volume
from napari_medload.regions import (
    ImageStack,
    PatchSpecs,
    RegionError,
    extract,
    extract_pair,
    iter_regions,
    regular_patch_plan,
    tile_plan,
)
from tests.phantoms import affine_of
from tests.regions.layouts import Tensor, counted


def patch(coords, size, sample=0):
    return PatchSpecs(data_idx=0, sample_idx=sample, coords=coords, patch_size=size)


def padded(canonical, sample, coords, size):
    """Truth: numpy's own padding of the whole sample, then a plain slice."""
    around = max(*map(abs, coords), *size, *canonical.shape) + max(size)
    wide = np.pad(canonical[sample], [(0, 0), *[(around, around)] * len(size)])
    return wide[
        (
            slice(None),
            *(slice(c + around, c + around + n) for c, n in zip(coords, size, strict=True)),
        )
    ]


boxes = st.tuples(*[st.integers(-9, 12)] * 3), st.tuples(*[st.integers(1, 8)] * 3)


@given(*boxes)
def test_C04_zeros_lie_outside_the_image(coords, size):
    array = counted((2, 5, 6, 7)) + 1
    found = extract(array, patch(coords, size), axes="CZYX").data
    assert found.dtype == np.float32 and found.flags.c_contiguous
    np.testing.assert_array_equal(found, padded(array[np.newaxis], 0, coords, size))


def test_C04_negative_coordinates_pad_at_the_start():
    array = counted((4, 4)) + 1
    found = extract(array, patch((-1, -2), (3, 3)), axes="YX").data
    np.testing.assert_array_equal(found, [[[0, 0, 0], [0, 0, 1], [0, 0, 5]]])


def test_C04_a_patch_beside_the_image_is_all_zeros():
    found = extract(counted((4, 4)) + 1, patch((10, -7), (3, 3)), axes="YX").data
    assert not found.any() and found.shape == (1, 3, 3)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", ">i2", "float16", "float64", "int64"])
def test_C04_pixels_are_float32_and_the_field_keeps_the_type(dtype):
    array = (counted((6, 7)) % 100).astype(dtype)
    region = extract(array, patch((1, 1), (4, 4)), axes="YX")
    assert region.data.dtype == np.float32
    assert np.dtype(region.dtype) == array.dtype
    np.testing.assert_array_equal(region.data[0], array[1:5, 1:5].astype(np.float32))


def test_C04_numbers_that_are_none_are_told():
    with pytest.raises(RegionError, match="type complex64"):
        extract(np.ones((4, 4), np.complex64), patch((0, 0), (2, 2)), axes="YX")


def test_C04_regions_that_do_not_fit_the_image_are_told():
    array = counted((4, 5, 6))
    with pytest.raises(RegionError, match="expected 3 sizes"):
        extract(array, patch((0, 0), (2, 2)), axes="ZYX")
    with pytest.raises(RegionError, match="as many coordinates as sizes"):
        extract(array, patch((0, 0), (2, 2, 2)), axes="ZYX")
    with pytest.raises(RegionError, match="at least one voxel"):
        extract(array, patch((0, 0, 0), (2, 0, 2)), axes="ZYX")
    with pytest.raises(RegionError, match="lacks sample_idx, patch_size"):
        extract(array, {"data_idx": 0, "coords": (0, 0, 0)}, axes="ZYX")
    with pytest.raises(RegionError, match="without axes"):
        extract(array, patch((0, 0, 0), (2, 2, 2)))


def test_C08_a_subset_of_channels_is_the_shape_of_the_data():
    array = counted((2, 5, 4, 6))
    region = extract(array, patch((1, 2), (2, 3), 1), axes="SCYX", channels=[3, 0, 1])
    np.testing.assert_array_equal(region.data, array[1, [3, 0, 1], 1:3, 2:5])
    assert region.data_shape == (2, 3, 4, 6)
    assert region.original_data_shape == (2, 5, 4, 6)


@pytest.mark.parametrize("channels", [[5], [-1], [0, 7]])
def test_C08_a_channel_that_is_not_there_is_told(channels):
    with pytest.raises(ValueError, match="of an image that has 5; expected 0 to 4"):
        extract(counted((5, 4, 6)), patch((0, 0), (2, 2)), axes="CYX", channels=channels)


def test_C08_no_channels_at_all_are_told():
    with pytest.raises(ValueError, match="found none"):
        extract(counted((5, 4, 6)), patch((0, 0), (2, 2)), axes="CYX", channels=[])


def test_C08_one_channel_is_a_sequence_too():
    with pytest.raises(RegionError, match="one for each channel"):
        extract(counted((5, 4, 6)), patch((0, 0), (2, 2)), axes="CYX", channels=1)


def test_C08_an_image_without_channels_has_channel_zero():
    found = extract(counted((4, 6)), patch((0, 0), (2, 2)), axes="YX", channels=[0])
    assert found.data_shape == (1, 1, 4, 6)


def test_C08_a_subset_is_never_applied_to_the_target():
    image, target = counted((5, 4, 6)), counted((6, 2, 4)) + 1000
    spec = patch((1, 2), (2, 3))
    one, two = extract_pair(image, target, spec, axes="CYX", target_axes="XCY", channels=[4])
    np.testing.assert_array_equal(one.data, image[[4], 1:3, 2:5])
    np.testing.assert_array_equal(two.data, target.transpose(1, 2, 0)[:, 1:3, 2:5])
    assert one.data_shape == (1, 1, 4, 6) and two.data_shape == (1, 2, 4, 6)
    assert one.target_axes == two.target_axes == "XCY"
    assert (one.axes, two.axes) == ("CYX", "XCY")


def test_C08_a_target_of_another_size_is_told():
    with pytest.raises(RegionError, match="same sizes but for the channels"):
        extract_pair(counted((4, 6)), counted((4, 5)), patch((0, 0), (2, 2)), axes="YX")


@pytest.mark.parametrize(("code", "shift"), [("LPS", 0.4), ("LPS", 0.6), ("RPS", 0.0)])
def test_a_target_that_lies_elsewhere_is_warned_of(code, shift):
    shape = (4, 5, 6)
    there = affine_of(code, shape, (2, 2, 3))
    there[0, 3] += 2 * shift
    image = ScalarImage(tensor=counted((1, *shape)), affine=affine_of("LPS", shape, (2, 2, 3)))
    label = LabelMap(tensor=counted((1, *shape)), affine=there)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        extract_pair(image, label, patch((0, 0, 0), (2, 2, 2)))
    assert [w.category for w in told] == ([] if shift == 0.4 else [RuntimeWarning])
    assert all("different places" in str(w.message) and w.filename == __file__ for w in told)


# --- sources ----------------------------------------------------------------------------


@pytest.fixture(params=["scan.nii", "scan.nii.gz"])
def scan(request, tmp_path):
    """Path of an oblique int16 volume with slope and intercept, its values (i, j, k), affine."""
    shape = (7, 6, 5)
    affine = affine_of("PIR", shape, (1, 2, 3), (5, 6, 7), (10, 20, 30))
    stored = counted(shape, np.int16)
    image = nib.Nifti1Image(stored, affine)
    image.header.set_slope_inter(2, -5)
    path = tmp_path / request.param
    nib.save(image, path)
    return path, nib.load(path).get_fdata(), nib.load(path).affine


def test_a_file_is_read_where_the_region_lies(scan):
    path, values, affine = scan
    spec = patch((1, 2, -1), (3, 5, 4))
    expected = padded(values.T[np.newaxis, np.newaxis], 0, (1, 2, -1), (3, 5, 4))
    header = read_header(path)
    for source in (path, str(path), Source(path), header, read_volume(header), ScalarImage(path)):
        region = extract(source, spec)
        np.testing.assert_array_equal(region.data, expected)
        assert region.source == str(path)
        assert region.dtype == "int16"
        assert region.data_shape == (1, 1, 5, 6, 7)
        corner = nib.affines.apply_affine(affine, (-1, 2, 1))
        np.testing.assert_allclose(region.grid.origin, corner, atol=1e-4)


def test_an_image_that_is_not_loaded_stays_so(scan):
    image = ScalarImage(scan[0])
    lazily = extract(image, patch((1, 2, -1), (3, 5, 4)))
    assert not image.is_loaded
    image.load()
    np.testing.assert_array_equal(extract(image, lazily.region_spec).data, lazily.data)
    slices = extract(ScalarImage(scan[0]), patch((1, 2), (3, 2), 4), axes="CXYS")
    np.testing.assert_array_equal(slices.data[0], scan[1][2:4, 1:4, 4].T)


def test_frames_are_channels_or_times_as_asked(tmp_path):
    stored = counted((4, 5, 6, 3))
    path = tmp_path / "f.nii.gz"
    nib.save(nib.Nifti1Image(stored, np.eye(4)), path)
    spec = patch((1, 0, 2), (2, 5, 2))
    for source in (path, read_volume(read_header(path))):
        as_channels = extract(source, spec, channels=[2, 1])
        assert as_channels.axes == "XYZC"
        np.testing.assert_array_equal(as_channels.data, stored[2:4, :, 1:3, [2, 1]].T)
        as_times = extract(source, patch((1, 0, 2), (2, 5, 2), 2), axes="XYZT")
        assert as_times.data_shape == (3, 1, 6, 5, 4)
        np.testing.assert_array_equal(as_times.data[0], stored[2:4, :, 1:3, 2].T)
        slices = extract(source, patch((1, 2), (3, 2), 4), axes="XYSC")
        np.testing.assert_array_equal(slices.data, stored[2:4, 1:4, 4].transpose(2, 1, 0))


def test_one_slice_can_go_without_z(tmp_path):
    stored = counted((4, 5, 1))
    path = tmp_path / "f.nii"
    nib.save(nib.Nifti1Image(stored, np.diag((2.0, 3, 4, 1))), path)
    for source in (path, read_volume(read_header(path))):
        region = extract(source, patch((1, 2), (3, 2)), axes="XY")
        np.testing.assert_array_equal(region.data[0], stored[2:4, 1:4, 0].T)
        assert region.grid.origin == (4, 3, 0) and region.grid.shape == (2, 3, 1)


def test_axes_that_leave_out_slices_are_told(scan):
    with pytest.raises(RegionError, match="but for trailing ones of size one"):
        extract(scan[0], patch((0, 0), (2, 2)), axes="XY")


def test_images_of_tensors_and_labels_are_sources():
    tensor = counted((2, 4, 5, 6), np.int16)
    image = ScalarImage(tensor=tensor, affine=np.diag((1.0, 2, 3, 1)))
    region = extract(image, patch((1, 2, 0), (3, 2, 4)), channels=[1])
    np.testing.assert_array_equal(region.data[0], tensor[1, :, 2:4, 1:4].T)
    assert (region.source, region.axes, region.dtype) == ("array", "CXYZ", "int16")
    assert region.grid.origin == (0, 4, 3)
    volume = extract(image.volume(), region.region_spec, channels=[1])
    np.testing.assert_array_equal(volume.data, region.data)
    assert (volume.source, volume.axes) == ("array", "XYZC")
    label = extract(LabelMap(tensor=tensor[:1]), patch((0, 0, 0), (6, 5, 4)))
    np.testing.assert_array_equal(label.data[0], tensor[0].T)


class Watched:
    """An array that counts the numbers which are asked of it."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.read = array, array.shape, array.dtype, 0

    def __getitem__(self, place):
        found = self.array[place]
        self.read += found.size
        return found


@given(*boxes)
def test_only_what_is_needed_is_read(coords, size):
    source = Watched(counted((3, 5, 6, 7)))
    extract(source, patch(coords, size), axes="CZYX", channels=[2, 0])
    inside = np.ones((5, 6, 7))[
        tuple(slice(max(c, 0), max(c + n, 0)) for c, n in zip(coords, size, strict=True))
    ]
    assert source.read == 2 * inside.size


def test_hdf5_datasets_and_memory_maps_are_sources(tmp_path):
    array = counted((3, 4, 2, 6, 5))
    plan = tile_plan(ImageStack.of(array, "CYTXZ"), (2, 3, 3), 0)
    expected = [region.data for region in iter_regions(array, plan, axes="CYTXZ")]
    with h5py.File(tmp_path / "f.h5", "w") as file:
        dataset = file.create_dataset("a", data=array, chunks=(1, 2, 1, 3, 5))
        for region, truth in zip(
            iter_regions(dataset, plan, axes="CYTXZ", channels=[0, 1, 2]), expected, strict=True
        ):
            np.testing.assert_array_equal(region.data, truth)
        some = extract(dataset, plan[3], axes="CYTXZ", channels=[2, 0])
        np.testing.assert_array_equal(some.data, expected[3][[2, 0]])
    mapped = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", array.dtype, array.shape)
    mapped[:] = array
    found = [region.data for region in iter_regions(mapped, plan, axes="CYTXZ")]
    np.testing.assert_array_equal(found, expected)
    by_key = extract(Source(tmp_path / "f.h5", "a"), patch((0, 0, 0), (2, 4, 3)), axes="XYZTS")
    np.testing.assert_array_equal(by_key.data[0], array[:3, :, :, 0, 0].T)
    assert by_key.source == f"{tmp_path / 'f.h5'}[a]"
    joined = extract(Source(tmp_path / "f.h5", "a"), patch((0, 1, 0), (2, 3, 3)), channels=[7, 1])
    volume = read_volume(read_header(Source(tmp_path / "f.h5", "a")))
    np.testing.assert_array_equal(joined.data, volume.array[:, 1:, :, [7, 1]].T)


def test_tensors_are_sources():
    array = counted((3, 4, 5), np.uint8)
    region = extract(Tensor(array), patch((1, 2), (2, 2)), axes="CYX")
    np.testing.assert_array_equal(region.data, array[:, 1:3, 2:4])
    assert region.dtype == "uint8"


def test_a_whole_image_is_a_region():
    array = counted((3, 4, 5))
    (whole,) = regular_patch_plan((4, 5), (4, 5))
    np.testing.assert_array_equal(extract(array, whole, axes="CYX").data, array)


def test_a_stack_is_not_renamed_on_the_way():
    stack = ImageStack.of(counted((3, 4, 5)), "CYX")
    assert ImageStack.of(stack) is stack
    with pytest.raises(RegionError, match="whose axes are 'CYX'"):
        extract(stack, patch((0, 0), (2, 2)), axes="ZYX")
