"""Where voxels are, in RAS+ millimetres. Numpy only.

World is RAS+ mm, float64 4×4, voxel centres at integer indices, array axes (i, j, k) as
stored. Other conventions are converted at the border, in one place each.
"""

from napari_medload.geometry.affine import AffineError, FloatArray
from napari_medload.geometry.grid import Grid

__all__ = ["AffineError", "FloatArray", "Grid"]
