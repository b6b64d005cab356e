from __future__ import annotations

import pickle
from typing import get_type_hints

import numpy as np
import pytest

from napari_medload.geometry import Grid
from napari_medload.regions import (
    ImageRegionData,
    PatchSpecs,
    RegionError,
    TileSpecs,
    collate,
    extract,
)

SPEC = PatchSpecs(data_idx=0, sample_idx=1, coords=(0, 2), patch_size=(3, 4))
EIGHT = {
    "data": np.zeros((2, 3, 4), np.float32),
    "source": "array",
    "data_shape": (5, 2, 8, 9),
    "dtype": "uint16",
    "axes": "CYXS",
    "original_data_shape": (2, 8, 9, 5),
    "region_spec": SPEC,
    "additional_metadata": {"chunks": (1, 2)},
}


def test_C01_the_eight_fields_stand_in_order_and_target_axes_last():
    assert ImageRegionData._fields == (*EIGHT, "target_axes")
    region = ImageRegionData(*EIGHT.values())
    assert isinstance(region, tuple) and len(region) == 9
    assert region._asdict() == {**EIGHT, "target_axes": "CYXS"}
    assert list(get_type_hints(ImageRegionData)) == [*EIGHT, "target_axes"]


def test_C01_target_axes_are_the_axes_unless_they_are_given():
    assert ImageRegionData(**EIGHT).target_axes == "CYXS"
    assert ImageRegionData(**EIGHT, target_axes="YXS").target_axes == "YXS"
    assert ImageRegionData(*EIGHT.values(), "YX")[-1] == "YX"


def test_C01_it_stays_a_named_tuple():
    region = ImageRegionData[PatchSpecs](**EIGHT, target_axes="SYX")
    replaced = region._replace(source="scan.nii", axes="YXCS")
    assert type(replaced) is ImageRegionData
    assert (replaced.source, replaced.axes, replaced.target_axes) == ("scan.nii", "YXCS", "SYX")
    assert ImageRegionData._make(region)[1:] == region[1:]
    again = pickle.loads(pickle.dumps(region))
    assert type(again) is ImageRegionData and again[1:] == region[1:]
    np.testing.assert_array_equal(again.data, region.data)
    match region:
        case ImageRegionData(_, source, shape):
            assert (source, shape) == ("array", (5, 2, 8, 9))


def test_C01_a_missing_field_is_told():
    with pytest.raises(TypeError, match="additional_metadata"):
        ImageRegionData(*list(EIGHT.values())[:7])


def test_C01_specs_have_the_keys_of_the_source_document():
    patch = ["data_idx", "sample_idx", "coords", "patch_size"]
    assert list(get_type_hints(PatchSpecs)) == patch
    tile = [*patch, "crop_coords", "crop_size", "stitch_coords", "total_tiles"]
    assert sorted(get_type_hints(TileSpecs)) == sorted(tile)


def test_C01_extract_fills_every_field():
    array = np.arange(5 * 2 * 8 * 9, dtype=np.uint16).reshape(2, 8, 9, 5)
    region = extract(array, SPEC, axes="CYXS", metadata={"shard": 3})
    np.testing.assert_array_equal(region.data, array[:, 0:3, 2:6, 1])
    assert region[1:] == (
        "array",
        (5, 2, 8, 9),
        "uint16",
        "CYXS",
        (2, 8, 9, 5),
        SPEC,
        {"shard": 3},
        "CYXS",
    )


def test_C09_shapes_have_names_that_say_which_they_are():
    region = ImageRegionData(**EIGHT)
    assert region.canonical_shape == region.canonical_data_shape == (5, 2, 8, 9)
    assert region.original_shape == (2, 8, 9, 5)
    assert region.original_axes == "CYXS"
    assert region.region_shape == (2, 3, 4)
    assert region.with_data(np.ones((1, 3, 4))).region_shape == (1, 3, 4)


def test_a_region_says_nothing_of_the_world_where_nobody_told_it():
    assert ImageRegionData(**EIGHT).grid is None


def test_a_batch_is_asked_in_vain_where_it_lies():
    with pytest.raises(RegionError, match="decollate"):
        _ = collate([ImageRegionData(**EIGHT)] * 2).grid


def test_a_region_keeps_what_its_image_does_not_state():
    array = np.zeros((6, 5, 4), np.float32)
    spec = PatchSpecs(data_idx=0, sample_idx=0, coords=(1, 2, 3), patch_size=(2, 2, 2))
    unknown = extract(array, spec, axes="XYZ", grid=Grid.unknown((6, 5, 4))).grid
    assert unknown is not None and not unknown.known
    spaced = Grid((6, 5, 4), np.diag((1.0, 2, 3, 1)), oriented=False)
    found = extract(array, spec, axes="XYZ", grid=spaced).grid
    assert found is not None
    assert found.known and not found.oriented and found.spacing == (1, 2, 3)
