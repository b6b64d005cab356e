"""Files: headers without pixels, and arrays as stored, through one door."""

from napari_medload.formats.contract import (
    Box,
    Content,
    Forms,
    Header,
    Placement,
    Scaling,
    Source,
    UnreadableFileError,
)
from napari_medload.formats.door import format_of, read_array, read_header, sources, suffix_of
from napari_medload.formats.nifti import save_nifti
from napari_medload.formats.saving import save

__all__ = [
    "Box",
    "Content",
    "Forms",
    "Header",
    "Placement",
    "Scaling",
    "Source",
    "UnreadableFileError",
    "format_of",
    "read_array",
    "read_header",
    "save",
    "save_nifti",
    "sources",
    "suffix_of",
]
