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
    from napari_medload.views.notebook.opening import browse

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
    "browse": "views.notebook.opening",
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
    "browse",
    "export",
    "open_dataset",
]


_OF_NOTEBOOKS = ("anywidget", "ipywidgets", "traitlets", "IPython")
"""What the extra `notebook` brings."""

_ROOMS = ("export",)
"""Rooms that are public as a whole."""


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name in _OF_NOTEBOOKS:
            raise ModuleNotFoundError(
                f"{name} needs {error.name}, which is not installed. "
                'Install it by: pip install "napari-medload[notebook]"',
                name=error.name,
            ) from error
        raise
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted(__all__)
