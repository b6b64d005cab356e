"""Browse medical imaging datasets: pairs, groups and labels, true to the world.

The public names are loaded when they are first asked for; no toolkit comes with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_medload import export
    from napari_medload.images import Image, LabelMap, ScalarImage
    from napari_medload.loaders import Dataset, DatasetError, Sample, open_dataset
    from napari_medload.regions import ImageRegionData, PatchSpecs, TileSpecs
    from napari_medload.session import Session

_HOMES = {
    "Dataset": "loaders",
    "DatasetError": "loaders",
    "Image": "images",
    "ImageRegionData": "regions",
    "LabelMap": "images",
    "PatchSpecs": "regions",
    "Sample": "loaders",
    "ScalarImage": "images",
    "Session": "session",
    "TileSpecs": "regions",
    "open_dataset": "loaders",
}

__all__ = [
    "Dataset",
    "DatasetError",
    "Image",
    "ImageRegionData",
    "LabelMap",
    "PatchSpecs",
    "Sample",
    "ScalarImage",
    "Session",
    "TileSpecs",
    "export",
    "open_dataset",
]


_ROOMS = ("export",)
"""Rooms that are public as a whole."""


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
