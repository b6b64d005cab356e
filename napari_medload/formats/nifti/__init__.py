"""NIfTI-1, NIfTI-2, and ANALYZE 7.5, from which they stem."""

from napari_medload.formats.nifti.format import Nifti, save_nifti

__all__ = ["Nifti", "save_nifti"]
