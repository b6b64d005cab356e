"""DeepReg 0.1.2: a configuration of the dataset's own directories, or a folder in its layout."""

from napari_medload.export.training.deepreg.config import DeepReg
from napari_medload.export.training.deepreg.folder import DeepRegFolder

__all__ = ["DeepReg", "DeepRegFolder"]
