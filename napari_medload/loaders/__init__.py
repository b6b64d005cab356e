"""What belongs together: samples, datasets, and the backends that find them."""

from napari_medload.labels import contiguous_ids
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.deepreg import (
    FileLoader,
    GroupedDataLoader,
    H5FileLoader,
    NiftiFileLoader,
    PairedDataLoader,
    UnpairedDataLoader,
    get_data_loader,
    load_nifti_file,
    normalize_array,
)
from napari_medload.loaders.epoch import Epoch, preview_epoch
from napari_medload.loaders.errors import DatasetError, SeveralDatasetsError
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog, Metadata, MetadataCatalog
from napari_medload.loaders.open import open_dataset
from napari_medload.loaders.options import LoaderOptions
from napari_medload.loaders.sample import Sample

__all__ = [
    "Dataset",
    "DatasetCatalog",
    "DatasetError",
    "Epoch",
    "FileLoader",
    "GroupedDataLoader",
    "H5FileLoader",
    "LoaderOptions",
    "Metadata",
    "MetadataCatalog",
    "NiftiFileLoader",
    "PairedDataLoader",
    "Sample",
    "SeveralDatasetsError",
    "UnpairedDataLoader",
    "contiguous_ids",
    "get_data_loader",
    "load_nifti_file",
    "normalize_array",
    "open_dataset",
    "preview_epoch",
]
