"""The images that TorchIO's users know, on volumes of ours."""

from napari_medload.images.family.image import Image
from napari_medload.images.family.kinds import LabelMap, ScalarImage

__all__ = ["Image", "LabelMap", "ScalarImage"]
