"""Sample lists: what was reviewed, in the form that training reads.

from napari_medload import export, open_dataset

accepted = export.reviewed(open_dataset("brain_paired"), verdict="accept")
export.save(accepted, "train.json", format="monai")
"""

from napari_medload.export.choice.choosing import reviewed
from napari_medload.export.choice.leakage import leaks
from napari_medload.export.choice.splitting import folds, split
from napari_medload.export.contract import Exporter
from napari_medload.export.errors import ExportError
from napari_medload.export.registry import exporter_named, format_names
from napari_medload.export.remark import Remark
from napari_medload.export.saving import Saved, preview, save
from napari_medload.export.selection import Entry, Selection
from napari_medload.export.training.torchio import torchio_subjects

__all__ = [
    "Entry",
    "ExportError",
    "Exporter",
    "Remark",
    "Saved",
    "Selection",
    "exporter_named",
    "folds",
    "format_names",
    "leaks",
    "preview",
    "reviewed",
    "save",
    "split",
    "torchio_subjects",
]
