"""The demo dataset: real anatomy in pairs that fit, and some that are broken on purpose."""

from napari_medload.demo.build import DEFAULT_SEED, build_demo, default_folder
from napari_medload.demo.faults import FAULTS
from napari_medload.demo.stamp import ForeignFolderError

__all__ = ["DEFAULT_SEED", "FAULTS", "ForeignFolderError", "build_demo", "default_folder"]
