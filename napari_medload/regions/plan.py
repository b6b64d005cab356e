"""Plans: which regions an image is cut into, decided without pixels.

A plan is a value and a sequence: ``plan[number]`` works one region out when it is asked for, so
that a plan of a million takes no time and no memory.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from operator import index
from typing import TYPE_CHECKING, TypeVar, overload

from napari_medload.regions.errors import RegionError
from napari_medload.regions.facts import region_facts
from napari_medload.regions.place import check_grid, checked_grid_axes, crop_grid, region_grid
from napari_medload.regions.specs import PatchSpecs, box_of, ints, is_tile, sizes

if TYPE_CHECKING:
    from napari_medload.geometry import FloatArray, Grid

Spec = TypeVar("Spec", bound=PatchSpecs, covariant=True)


@dataclass(frozen=True)
class RegionPlan(Sequence[Spec]):
    """Regions of one image, numbered from 0.

    Parameters
    ----------
    data_shape : tuple of ints
        Of the image, SC(Z)YX.
    patch_size : tuple of 2 or 3 ints
        Of every region, (Z)YX.
    grid : Grid
        Where the image lies.
    grid_axes : str
        What i, j, k of the grid are; see `regions.place`.
    data_idx : int
        Number of the image among several.

    Raises
    ------
    RegionError
        If these do not fit each other.
    """

    data_shape: tuple[int, ...]
    patch_size: tuple[int, ...]
    grid: Grid
    grid_axes: str = "XYZ"
    data_idx: int = 0

    def __post_init__(self) -> None:
        shape = ints(self.data_shape, "data_shape")
        patch = sizes(self.patch_size, "patch_size")
        check_shape(shape, patch)
        object.__setattr__(self, "data_shape", shape)
        object.__setattr__(self, "patch_size", patch)
        object.__setattr__(self, "grid_axes", checked_grid_axes(self.grid_axes))
        check_grid(self.grid, shape, self.grid_axes)

    @property
    def samples(self) -> int:
        """Samples of the image."""
        return self.data_shape[0]

    @property
    def spatial_shape(self) -> tuple[int, ...]:
        """Shape of a sample, (Z)YX."""
        return self.data_shape[2:]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _at(self, number: int) -> Spec:
        """Work out the region of a number from 0 to the length."""

    @overload
    def __getitem__(self, number: int) -> Spec: ...
    @overload
    def __getitem__(self, number: slice) -> list[Spec]: ...
    def __getitem__(self, number: int | slice) -> Spec | list[Spec]:
        if isinstance(number, slice):
            return [self._at(each) for each in range(len(self))[number]]
        return self._at(self._checked(number))

    def __iter__(self) -> Iterator[Spec]:
        return (self._at(number) for number in range(len(self)))

    def _checked(self, number: int) -> int:
        count, found = len(self), index(number)
        if not -count <= found < count:
            raise IndexError(f"region {found} of a plan of {count}; expected 0 to {count - 1}.")
        return found % count

    # --- where regions lie ---------------------------------------------------------------

    def grid_of(self, number: int) -> Grid:
        """Grid of the voxels of a region, padding included."""
        return region_grid(self[number], self.grid, self.grid_axes)

    def crop_grid_of(self, number: int) -> Grid | None:
        """Grid of what is kept of a tile; None for a patch."""
        spec = self[number]
        if not is_tile(spec):
            return None
        return crop_grid(spec, self.grid, self.grid_axes)  # type: ignore[arg-type]

    def corners(self, number: int) -> FloatArray:
        """Outer corners of a region, shape (8, 3): R, A, S in mm (voxels where unknown)."""
        return self.grid_of(number).corners

    def crop_corners(self, number: int) -> FloatArray | None:
        """Outer corners of what is kept of a tile, shape (8, 3); None for a patch."""
        grid = self.crop_grid_of(number)
        return None if grid is None else grid.corners

    def padding(self, number: int) -> float:
        """Part of a region that lies outside the image, 0 to 1."""
        coords, size = box_of(self[number])
        inside = (
            max(0, min(first + n, whole) - max(first, 0))
            for first, n, whole in zip(coords, size, self.spatial_shape, strict=True)
        )
        return 1 - prod(inside) / prod(size)

    def facts(self, number: int) -> dict[str, str]:
        """Say of a region what a person wants to know, as label and text, in order."""
        number = self._checked(number)
        return region_facts(
            self[number],
            number=number,
            count=len(self),
            samples=self.samples,
            grid=self.grid_of(number),
            grid_axes=self.grid_axes,
            padding=self.padding(number),
        )


def check_shape(data_shape: tuple[int, ...], patch_size: tuple[int, ...]) -> None:
    """Raise `RegionError` where a shape is not SC(Z)YX with patches along (Z)YX."""
    if len(data_shape) != len(patch_size) + 2 or min(data_shape) < 1:
        z = "Z, " if len(patch_size) == 3 else ""
        raise RegionError(
            f"an image of shape {data_shape} and patches of size {patch_size}; expected the shape "
            f"S, C, {z}Y, X for patches of {len(patch_size)} sizes, all above zero. Where the "
            "slices of a volume are samples, say so with axes such as 'XYS'."
        )
