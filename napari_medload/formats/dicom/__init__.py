"""DICOM: series in folders and single files, sorted and placed by their positions."""

from napari_medload.formats.dicom.format import SUFFIXES, Dicom, has_magic

__all__ = ["SUFFIXES", "Dicom", "has_magic"]
