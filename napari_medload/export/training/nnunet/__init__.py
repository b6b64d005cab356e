"""nnU-Net v2: a ``dataset.json`` that lists files where they lie, and folds."""

from napari_medload.export.training.nnunet.exporter import NnUnetDataset, NnUnetOptions

__all__ = ["NnUnetDataset", "NnUnetOptions"]
