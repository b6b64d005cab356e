"""Batches of regions, made and taken apart.

Batches are named tuples whose fields hold one thing a region. They come in two forms, and
`decollate` takes both: that of `collate`, which is the one CAREamics describes (lists of strings,
a list of metadata), and that of `torch.utils.data.default_collate` (tensors, tuples, one
dictionary of metadata). Tensors are read through ``__array__``; torch is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_medload.regions.errors import RegionError
from napari_medload.regions.region import ImageRegionData
from napari_medload.regions.specs import PATCH_KEYS, RegionSpecs, require_keys

_EACH = ("source", "dtype", "axes", "target_axes")
_SHAPES = ("data_shape", "original_data_shape")


def collate(regions: Sequence[ImageRegionData[RegionSpecs]]) -> ImageRegionData[Any]:
    """Make one batch of B regions.

    Parameters
    ----------
    regions : sequence of ImageRegionData
        Of one shape.

    Returns
    -------
    ImageRegionData
        ``data`` is an array BC(Z)YX; ``source``, ``dtype``, ``axes``, ``target_axes`` and
        ``additional_metadata`` are lists, one entry a region; ``data_shape`` and
        ``original_data_shape`` are lists of tuples, one a dimension, of one size a region;
        ``region_spec`` is a dictionary of lists, one entry a region.

    Raises
    ------
    RegionError
        If there are none, or they differ in shape, number of dimensions or the keys of their specs.
    """
    regions = list(regions)
    if not regions:
        raise RegionError("no regions; expected one or more to make a batch of.")
    arrays = [np.asarray(region.data) for region in regions]
    _alike("shapes of data", [array.shape for array in arrays], "Cut patches of one size.")
    for name in _SHAPES:
        numbers = [len(getattr(region, name)) for region in regions]
        _alike(f"lengths of {name}", numbers, "Batch images of one number of axes.")
    specs: list[Any] = [region.region_spec for region in regions]
    _alike("keys of region_spec", [tuple(sorted(spec)) for spec in specs], "Batch one kind.")
    fields: dict[str, Any] = {
        name: [getattr(region, name) for region in regions]
        for name in (*_EACH, "additional_metadata")
    }
    for name in _SHAPES:
        fields[name] = list(zip(*(getattr(region, name) for region in regions), strict=True))
    spec: Any = {key: [each[key] for each in specs] for key in specs[0]}
    return ImageRegionData(data=np.stack(arrays), region_spec=spec, **fields)


def decollate(batch: ImageRegionData[Any]) -> list[ImageRegionData[Any]]:
    """Take a batch apart.

    Parameters
    ----------
    batch : ImageRegionData
        As `collate` or torch's `default_collate` make it; a model may have replaced its data.

    Returns
    -------
    list of ImageRegionData
        With numpy arrays, tuples, and Python's own numbers; the pixels are views of the batch's.

    Raises
    ------
    RegionError
        If it is no batch, or its fields are of different lengths.
    """
    data = np.asarray(batch.data)
    if isinstance(batch.axes, str) or data.ndim not in (4, 5):
        raise RegionError(
            f"data of shape {data.shape} with axes {batch.axes!r}; expected a batch BC(Z)YX with a "
            "list of axes. A single region needs no decollating."
        )
    count = data.shape[0]
    require_keys(batch.region_spec, PATCH_KEYS)
    fields: dict[str, Sequence[Any]] = {
        "data": data,
        "region_spec": _specs(batch.region_spec, count, data.ndim - 2),
        "additional_metadata": _metadata(batch.additional_metadata, count),
    }
    fields |= {name: _listed(name, getattr(batch, name), count) for name in _EACH}
    fields |= {name: _shapes(name, getattr(batch, name), count) for name in _SHAPES}
    each = ({name: values[at] for name, values in fields.items()} for at in range(count))
    return [ImageRegionData(**one) for one in each]


def _listed(name: str, values: Any, count: int) -> list[Any]:
    if isinstance(values, str) or len(values) != count:
        raise RegionError(f"{name} is {values!r}; expected {count} entries, one a region.")
    return [str(value) for value in values]


def _shapes(name: str, values: Any, count: int) -> list[tuple[int, ...]]:
    """Shape of each region's image, from the sizes along each dimension."""
    sizes = [np.asarray(along).tolist() for along in values]
    if any(not isinstance(along, list) or len(along) != count for along in sizes):
        raise RegionError(
            f"{name} is {values!r}; expected one entry a dimension, each of {count} sizes."
        )
    return [tuple(along[at] for along in sizes) for at in range(count)]


def _specs(batched: Mapping[str, Any], count: int, axes: int) -> list[Any]:
    found: list[dict[str, Any]] = [{} for _ in range(count)]
    for key, values in batched.items():
        for at in range(count):
            found[at][key] = _spec_value(key, values, at, count, axes)
    return found


def _spec_value(key: str, values: Any, at: int, count: int, axes: int) -> Any:
    entries = list(values)
    nested = [np.ndim(entry) == 1 for entry in entries]
    if not any(nested):
        _expect(len(entries) == count, key, values, count)
        return _plain(entries[at])
    lengths = {len(entry) if deep else -1 for entry, deep in zip(entries, nested, strict=True)}
    by_region = len(entries) == count and lengths == {axes}
    by_axis = len(entries) == axes and lengths == {count}
    _expect(by_region or by_axis, key, values, count)
    if by_axis and (not by_region or _is_torch_form(values)):
        return tuple(_plain(along[at]) for along in entries)
    return tuple(_plain(value) for value in entries[at])


def _is_torch_form(values: Any) -> bool:
    """Tell sizes along each axis, which torch makes tensors of, from those of each region.

    Asked only where there are as many regions as axes, so that the lengths do not tell.
    """
    return isinstance(values, list | tuple) and all(hasattr(each, "__array__") for each in values)


def _metadata(values: Any, count: int) -> list[dict[str, Any]]:
    if isinstance(values, Mapping):
        return [
            {key: _of_one(value, at, count) for key, value in values.items()} for at in range(count)
        ]
    if isinstance(values, Sequence) and len(values) == count:
        return [dict(value) for value in values]
    raise RegionError(
        f"additional_metadata is {values!r}; expected {count} dictionaries, or one of lists."
    )


def _of_one(value: Any, at: int, count: int) -> Any:
    """Entry of one region in metadata that torch has collated."""
    if isinstance(value, Mapping):
        return {key: _of_one(inner, at, count) for key, inner in value.items()}
    if isinstance(value, list | tuple) and any(
        hasattr(inner, "__array__") or isinstance(inner, list | tuple) for inner in value
    ):  # a sequence of things that are batched themselves
        return tuple(_of_one(inner, at, count) for inner in value)
    _expect(hasattr(value, "__len__") and len(value) == count, "metadata", value, count)
    return _plain(value[at])


def _plain(value: Any) -> Any:
    """Python's own number in place of an array or tensor without axes; an array for others."""
    if not hasattr(value, "__array__"):
        return value
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array


def _expect(fits: bool, key: str, values: Any, count: int) -> None:
    if not fits:
        raise RegionError(f"{key} is {values!r}; expected one entry for each of {count} regions.")


def _alike(what: str, values: Sequence[Any], remedy: str) -> None:
    if other := [value for value in values if value != values[0]]:
        raise RegionError(
            f"{what} of a batch are {values[0]} and {other[0]}; expected the same. {remedy}"
        )
