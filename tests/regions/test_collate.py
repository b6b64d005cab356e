from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.geometry import Grid
from napari_medload.regions import (
    ImageRegionData,
    ImageStack,
    RegionError,
    collate,
    decollate,
    extract,
    iter_regions,
    patch_plan,
    stitch,
    tile_plan,
)
from tests.regions.layouts import Tensor, counted


def as_torch_does(batch):
    """Follow the rules of ``torch.utils.data.default_collate``.

    Numbers become a tensor of B, strings stay a list; sequences become a list of their places,
    each collated; dictionaries and named tuples are collated entry by entry.
    """
    first = batch[0]
    if isinstance(first, np.ndarray):
        return Tensor(np.stack(batch))
    if isinstance(first, bool | int | float):
        return Tensor(batch)
    if isinstance(first, str):
        return list(batch)
    if isinstance(first, dict):
        return {key: as_torch_does([one[key] for one in batch]) for key in first}
    places = [as_torch_does(list(place)) for place in zip(*batch, strict=True)]
    return type(first)(*places) if hasattr(first, "_fields") else places


def same(one, two):
    """Assert that two regions are equal, with the same kinds of numbers."""
    np.testing.assert_array_equal(one.data, two.data)
    assert isinstance(two, ImageRegionData)
    for name in ("source", "data_shape", "dtype", "axes", "original_data_shape", "target_axes"):
        assert getattr(one, name) == getattr(two, name), name
    assert one.region_spec == two.region_spec
    for key, value in one.region_spec.items():
        assert type(two.region_spec[key]) is type(value), key
        if isinstance(value, tuple):
            assert {type(number) for number in two.region_spec[key]} == {int}, key
    assert one.grid == two.grid
    assert one.additional_metadata.keys() == two.additional_metadata.keys()


@st.composite
def batches(draw):
    three = draw(st.booleans())
    axes, shape = ("STCZYX", (2, 2, 2, 5, 6, 7)) if three else ("XCYS", (7, 3, 6, 5))
    array = counted(shape)
    stack = ImageStack.of(array, axes, Grid((7, 6, 5), np.diag((1.0, 2, 3, 1))) if three else None)
    size = (3, 4, 5)[-3 if three else -2 :]
    make = draw(st.sampled_from([tile_plan, patch_plan]))
    plan = make(stack, size, 2 if make is tile_plan else 40)
    count = draw(st.integers(1, 6))
    numbers = draw(st.lists(st.integers(0, len(plan) - 1), min_size=count, max_size=count))
    return [extract(stack, plan[number], metadata={"n": number}) for number in numbers]


@given(batches())
def test_C07_a_batch_is_taken_apart_into_what_went_in(regions):
    found = decollate(collate(regions))
    assert len(found) == len(regions)
    for one, two in zip(regions, found, strict=True):
        same(one, two)
        assert one.additional_metadata["n"] == two.additional_metadata["n"]


@given(batches())
def test_C07_a_batch_of_tensors_is_taken_apart_too(regions):
    batch = as_torch_does(regions)
    assert isinstance(batch, ImageRegionData)
    for one, two in zip(regions, decollate(batch), strict=True):
        same(one, two)
        assert one.additional_metadata["n"] == two.additional_metadata["n"]


def test_C07_the_form_is_that_of_the_source_document():
    array = counted((3, 2, 5, 6, 7))
    plan = tile_plan(ImageStack.of(array, "SCZYX"), (4, 4, 4), 2)
    batch = collate([extract(array, plan[at], axes="SCZYX") for at in (0, 5)])
    assert isinstance(batch, ImageRegionData)
    assert isinstance(batch.data, np.ndarray) and batch.data.shape == (2, 2, 4, 4, 4)
    assert batch.source == ["array"] * 2
    assert batch.data_shape == batch.original_data_shape == [(3, 3), (2, 2), (5, 5), (6, 6), (7, 7)]
    assert batch.dtype == ["float32"] * 2
    assert batch.axes == batch.target_axes == ["SCZYX"] * 2
    assert set(batch.region_spec) == set(plan[0])
    assert all(len(values) == 2 for values in batch.region_spec.values())
    assert batch.region_spec["coords"] == [plan[0]["coords"], plan[5]["coords"]]
    assert batch.additional_metadata == [{}, {}]


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_C07_lists_tuples_arrays_and_both_ways_round_are_taken(kind, count):
    array = counted((5, 6, 7))
    plan = patch_plan((5, 6, 7), (2, 3, 4), count)
    regions = list(iter_regions(array, plan, axes="ZYX"))
    batch = collate(regions)
    wanted = [region.region_spec for region in regions]
    variants = [
        batch._replace(
            source=kind(batch.source),
            axes=kind(batch.axes),
            data_shape=kind(np.array(along) for along in batch.data_shape),
            original_data_shape=kind(list(along) for along in batch.original_data_shape),
            region_spec={key: kind(values) for key, values in batch.region_spec.items()},
            additional_metadata={"a": kind(range(count)), "b": {"c": np.arange(count)}},
        ),
        batch._replace(
            data_shape=np.array(batch.data_shape),
            region_spec={key: np.array(values) for key, values in batch.region_spec.items()},
        ),
    ]
    for variant in variants:
        found = decollate(variant)
        assert [region.region_spec for region in found] == wanted
        assert [region.data_shape for region in found] == [(1, 1, 5, 6, 7)] * count
    found = decollate(variants[0])
    assert [region.additional_metadata for region in found] == [
        {"a": at, "b": {"c": at}} for at in range(count)
    ]


def test_C07_sequences_in_metadata_survive_both_forms():
    array = counted((6, 7))
    known = {"chunks": (1, 2, 3), "store": "s3", "nested": {"scale": 1.5}}
    plan = patch_plan((6, 7), (3, 3), 3)
    regions = [extract(array, spec, axes="YX", metadata=known) for spec in plan]
    for batch in (collate(regions), as_torch_does(regions)):
        assert [region.additional_metadata for region in decollate(batch)] == [known] * 3


def test_C07_predictions_of_batches_are_stitched():
    array = counted((2, 9, 11))
    plan = tile_plan(ImageStack.of(array, "SYX"), (4, 5), 2)
    regions = list(iter_regions(array, plan, axes="SYX"))
    found = []
    for first in range(0, len(regions), 7):
        batch = as_torch_does(regions[first : first + 7])
        predicted = batch._replace(data=Tensor(np.asarray(batch.data) * 2))
        found += decollate(predicted)
    np.testing.assert_array_equal(stitch(found, restore=True), array * 2)


def test_C07_what_makes_no_batch_is_told():
    array = counted((6, 7))
    one, two = iter_regions(array, patch_plan((6, 7), (3, 3), 2), axes="YX")
    with pytest.raises(RegionError, match="no regions"):
        collate([])
    with pytest.raises(RegionError, match=r"shapes of data .* \(1, 3, 3\) and \(1, 2, 3\)"):
        collate([one, two.with_data(two.data[:, :2])])
    with pytest.raises(RegionError, match="lengths of original_data_shape"):
        collate([one, two._replace(original_data_shape=(1, 6, 7))])
    (tile,) = iter_regions(array, tile_plan((6, 7), (9, 9))[:1], axes="YX")
    with pytest.raises(RegionError, match="keys of region_spec"):
        collate([one, tile.with_data(one.data)])


def test_C07_a_batch_whose_fields_do_not_fit_is_told():
    array = counted((6, 7))
    regions = list(iter_regions(array, patch_plan((6, 7), (3, 3), 3), axes="YX"))
    batch = collate(regions)
    with pytest.raises(RegionError, match="needs no decollating"):
        decollate(regions[0])
    for change, found in [
        ({"source": ["array"]}, "source is"),
        ({"dtype": "float32"}, "dtype is"),
        ({"data_shape": [(1, 1)] * 4}, "each of 3 sizes"),
        ({"additional_metadata": [{}]}, "expected 3 dictionaries"),
        ({"additional_metadata": {"a": [1, 2]}}, "metadata is"),
        ({"region_spec": {**batch.region_spec, "sample_idx": [0]}}, "sample_idx is"),
        ({"region_spec": {**batch.region_spec, "coords": [(0, 0)]}}, "coords is"),
        ({"region_spec": {"coords": batch.region_spec["coords"]}}, "lacks data_idx"),
    ]:
        with pytest.raises(RegionError, match=found):
            decollate(batch._replace(**change))
