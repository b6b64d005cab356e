"""What belongs together: samples, datasets, and the backends that find them."""

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError, SeveralDatasetsError
from napari_medload.loaders.open import open_dataset
from napari_medload.loaders.sample import Sample

__all__ = ["Dataset", "DatasetError", "Sample", "SeveralDatasetsError", "open_dataset"]
