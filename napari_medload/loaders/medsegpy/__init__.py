"""MedSegPy's datasets: folders of slices and volumes, dataset dicts, and the two catalogs."""

from napari_medload.labels import contiguous_ids
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog, Metadata, MetadataCatalog
from napari_medload.loaders.medsegpy.dicts import singlefile_dicts, slice_dicts, volume_dicts
from napari_medload.loaders.medsegpy.listed import register_list
from napari_medload.loaders.medsegpy.names import ScanName, SliceName
from napari_medload.loaders.medsegpy.registered import open_registered

__all__ = [
    "DatasetCatalog",
    "Metadata",
    "MetadataCatalog",
    "ScanName",
    "SliceName",
    "contiguous_ids",
    "open_registered",
    "register_list",
    "singlefile_dicts",
    "slice_dicts",
    "volume_dicts",
]
