"""What the shape and the grid of an image say, under the names that TorchIO's users know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.affine import apply
from napari_medload.geometry.orientation import UNKNOWN, letters
from napari_medload.images.family import axes

if TYPE_CHECKING:
    from napari_medload.geometry import FloatArray, Grid

NOT_STATED = "not stated"


class Placed(ABC):
    """Something of channels on a grid."""

    @property
    @abstractmethod
    def grid(self) -> Grid:
        """Shape and affine."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int, int]:
        """Channels, width, height, depth."""

    @property
    def spatial_shape(self) -> tuple[int, int, int]:
        """Width, height, depth."""
        return self.shape[1:]

    @property
    def num_channels(self) -> int:
        """Number of channels."""
        return self.shape[0]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel spacing in mm; 1 where it is unknown."""
        return self.grid.spacing

    @property
    def origin(self) -> tuple[float, float, float]:
        """Centre of the first voxel in RAS+ mm."""
        return self.grid.origin

    @property
    def orientation(self) -> tuple[str, ...]:
        """Letters of increasing index along each axis, ``"?"`` for an axis without direction.

        They are those of the affine; `grid.oriented` tells whether a file states them.
        """
        return tuple(self.orientation_str)

    @property
    def orientation_str(self) -> str:
        """Orientation as one word, such as ``"RAS"``."""
        return letters(self.grid.affine)

    @property
    def bounds(self) -> FloatArray:
        """World points of the centres of the first and of the last voxel, shape (2, 3)."""
        last = np.array(self.spatial_shape) - 1
        return apply(self.grid.affine, np.stack((np.zeros(3), last)))

    def get_bounds(self) -> tuple[tuple[float, float], ...]:
        """Smallest and largest world coordinate that the voxels occupy, for each world axis.

        Of all eight outer corners, so that it is true for oblique and flipped images too.
        """
        low, high = self.grid.bounds.tolist()
        return tuple(zip(low, high, strict=True))

    def get_center(self, lps: bool = False) -> tuple[float, float, float]:
        """Middle of the image in RAS+ mm, or in LPS+ mm."""
        x, y, z = self.grid.centre.tolist()
        return (-x, -y, z) if lps else (x, y, z)

    def axis_name_to_index(self, axis: str) -> int:
        """Index from behind (−3, −2 or −1) of the axis that runs along a direction, either way.

        Parameters
        ----------
        axis : str
            Left, Right, Anterior, Posterior, Inferior or Superior, or only the first letter.
            Top and Bottom are the height of a picture, always −2.

        Raises
        ------
        ValueError
            If it is no such name, or no axis of the image runs along it.
        """
        return axes.index_of(axis, self.orientation_str)

    @staticmethod
    def flip_axis(axis: str) -> str:
        """Letter of the opposite direction, such as ``"R"`` for ``"left"``.

        Raises
        ------
        ValueError
            If it is no such name.
        """
        return axes.opposite(axis)

    def is_2d(self) -> bool:
        """Whether the depth is one."""
        return self.shape[-1] == 1

    @property
    def width(self) -> int:
        """Width of a 2D image; a RuntimeError in 3D."""
        self.check_is_2d()
        return self.shape[1]

    @property
    def height(self) -> int:
        """Height of a 2D image; a RuntimeError in 3D."""
        self.check_is_2d()
        return self.shape[2]

    def check_is_2d(self) -> None:
        """Check that the depth is one.

        Raises
        ------
        RuntimeError
            If it is not.
        """
        if not self.is_2d():
            raise RuntimeError(f"expected a 2D image, of depth 1; this one has shape {self.shape}")

    def placement_facts(self) -> dict[str, str]:
        """Shape, spacing and orientation in words; they tell what no file has stated."""
        grid = self.grid
        spacing = f"({', '.join(f'{step:.2f}' for step in grid.spacing)})"
        orientation = self.orientation_str
        orientation += "" if UNKNOWN in orientation else "+"
        return {
            "shape": str(self.shape),
            "spacing": spacing if grid.known else NOT_STATED,
            "orientation": orientation if grid.oriented else f"{orientation} ({NOT_STATED})",
        }
