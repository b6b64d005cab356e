"""NRRD, with its numbers in one file or beside it."""

from napari_medload.formats.nrrd.format import Nrrd

__all__ = ["Nrrd"]
