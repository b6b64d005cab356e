"""Pictures: PNG, JPEG, TIFF and BMP."""

from napari_medload.formats.pictures.format import Raster

__all__ = ["Raster"]
