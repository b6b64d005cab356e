"""Pixels on a grid: volumes, the images that users know, and volumes on other grids."""

from napari_medload.images.family.entries import AFFINE, DATA, INTENSITY, LABEL, PATH, STEM, TYPE
from napari_medload.images.family.image import Image
from napari_medload.images.family.kinds import LabelMap, ScalarImage
from napari_medload.images.volume import Volume, read_volume

__all__ = [
    "AFFINE",
    "DATA",
    "INTENSITY",
    "LABEL",
    "PATH",
    "STEM",
    "TYPE",
    "Image",
    "LabelMap",
    "ScalarImage",
    "Volume",
    "read_volume",
]
