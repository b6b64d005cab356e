"""All formats, and the door to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.errors import ExportError
from napari_medload.export.regions import Regions
from napari_medload.export.scenes.itksnap import ItkSnap
from napari_medload.export.scenes.mrml import Mrml
from napari_medload.export.tables.delimited import Csv, Tsv
from napari_medload.export.tables.json_samples import Json, JsonLines
from napari_medload.export.tables.parquet import Parquet
from napari_medload.export.training.deepreg import DeepReg, DeepRegFolder
from napari_medload.export.training.learn2reg import Learn2Reg
from napari_medload.export.training.medsegpy import MedSegPy
from napari_medload.export.training.monai import Monai
from napari_medload.export.training.nnunet import NnUnetDataset
from napari_medload.export.training.torchio import TorchIO
from napari_medload.export.training.voxelmorph import VoxelMorph
from napari_medload.loaders.advice import near_word

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.export.contract import Exporter

EXPORTERS: tuple[Exporter, ...] = (
    Csv(),
    Tsv(),
    Json(),
    JsonLines(),
    Parquet(),
    DeepReg(),
    DeepRegFolder(),
    MedSegPy(),
    TorchIO(),
    Monai(),
    NnUnetDataset(),
    Learn2Reg(),
    VoxelMorph(),
    Regions(),
    Mrml(),
    ItkSnap(),
)


def format_names() -> tuple[str, ...]:
    """Names of all formats."""
    return tuple(exporter.name for exporter in EXPORTERS)


def exporter_named(name: str) -> Exporter:
    """Find a format by its name.

    Raises
    ------
    ExportError
        If there is none.
    """
    for exporter in EXPORTERS:
        if exporter.name == name.lower():
            return exporter
    raise ExportError(
        f"there is no format '{name}'; expected one of {', '.join(format_names())}."
        f"{near_word(name, format_names())}"
    )


def exporter_for(path: Path) -> Exporter:
    """Find the one format that has the suffix of a path.

    Raises
    ------
    ExportError
        If none has, or several have.
    """
    name = path.name.lower()
    suffix = max(
        (end for exporter in EXPORTERS for end in exporter.suffixes[:1] if name.endswith(end)),
        key=len,
        default=path.suffix.lower(),
    )
    fitting = [exporter for exporter in EXPORTERS if suffix in exporter.suffixes[:1]]
    if len(fitting) == 1:
        return fitting[0]
    among = [exporter.name for exporter in fitting] or format_names()
    raise ExportError(
        f"{path}: {'several formats have' if fitting else 'no format has'} the suffix "
        f"'{suffix}'; expected the name of one: {', '.join(among)}. Name the format."
    )
