"""The loaders of DeepReg, with its names and its order of samples, on NumPy alone."""

from napari_medload.loaders.deepreg.arrays import normalize_array, resize
from napari_medload.loaders.deepreg.backend import DeepRegConfig
from napari_medload.loaders.deepreg.config import get_data_loader
from napari_medload.loaders.deepreg.data_loader import (
    AbstractPairedDataLoader,
    AbstractUnpairedDataLoader,
    DataLoader,
    GeneratorDataLoader,
)
from napari_medload.loaders.deepreg.file_loader import FileLoader
from napari_medload.loaders.deepreg.grouped import GroupedDataLoader
from napari_medload.loaders.deepreg.h5_files import H5FileLoader
from napari_medload.loaders.deepreg.nifti_files import NiftiFileLoader, load_nifti_file
from napari_medload.loaders.deepreg.paired import PairedDataLoader
from napari_medload.loaders.deepreg.stream import NumpyDataset
from napari_medload.loaders.deepreg.unpaired import UnpairedDataLoader

__all__ = [
    "AbstractPairedDataLoader",
    "AbstractUnpairedDataLoader",
    "DataLoader",
    "DeepRegConfig",
    "FileLoader",
    "GeneratorDataLoader",
    "GroupedDataLoader",
    "H5FileLoader",
    "NiftiFileLoader",
    "NumpyDataset",
    "PairedDataLoader",
    "UnpairedDataLoader",
    "get_data_loader",
    "load_nifti_file",
    "normalize_array",
    "resize",
]
