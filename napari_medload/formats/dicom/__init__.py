"""DICOM: series in folders and single files, sorted and placed by their positions."""

from napari_medload.formats.dicom.format import (
    SUFFIXES,
    Dicom,
    has_magic,
    is_directory,
    may_be_dicom,
)

__all__ = ["SUFFIXES", "Dicom", "has_magic", "is_directory", "may_be_dicom"]
