"""MedSegPy: a JSON file of dataset dicts with their metadata."""

from napari_medload.export.training.medsegpy.exporter import MedSegPy

__all__ = ["MedSegPy"]
