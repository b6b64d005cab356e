"""Pixels on a grid: volumes, the images that users know, and volumes on other grids."""

from napari_medload.images.image import Image, LabelMap, ScalarImage
from napari_medload.images.volume import Volume, read_volume

__all__ = ["Image", "LabelMap", "ScalarImage", "Volume", "read_volume"]
