"""`ImageRegionData`: the pixels of a region, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

import numpy as np

from napari_medload.formats.contract import Array  # noqa: TC001 # part of the type hints
from napari_medload.geometry import Grid
from napari_medload.regions.errors import RegionError
from napari_medload.regions.specs import RegionSpecs, box_of

if TYPE_CHECKING:
    from typing import Self

AFFINE, KNOWN, ORIENTED = "affine", "geometry_known", "geometry_oriented"


class _Fields(NamedTuple, Generic[RegionSpecs]):
    data: Array
    source: str
    data_shape: Sequence[int]
    dtype: str
    axes: str
    original_data_shape: Sequence[int]
    region_spec: RegionSpecs
    additional_metadata: dict[str, Any]
    target_axes: str


class ImageRegionData(_Fields[RegionSpecs]):
    """A patch, a tile or a whole image, on its way from the dataset through a model.

    A named tuple: `torch.utils.data.default_collate` makes batches of it, as does `collate`,
    and `decollate` takes apart what either has made.

    Parameters
    ----------
    data : array, shape C(Z)YX
        Pixels, float32 as `extract` cuts them.
    source : str
        Path or URI, or ``"array"``.
    data_shape : sequence of ints
        Shape of the image in SC(Z)YX order; C counts the requested channels.
    dtype : str
        Type of the original image.
    axes : str
        Axes of the original image, STCZYX in any order.
    original_data_shape : sequence of ints
        Shape of the original image, in its own axes.
    region_spec : PatchSpecs or TileSpecs
        Where the region lies in the image.
    additional_metadata : dict
        Whatever else is known. `extract` puts there where the region lies in the world, see
        `grid`.
    target_axes : str, optional
        Axes of the target; those of the image where it is not given. `_replace` sets fields one
        by one: it does not change this one together with `axes`.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Array,
        source: str,
        data_shape: Sequence[int],
        dtype: str,
        axes: str,
        original_data_shape: Sequence[int],
        region_spec: RegionSpecs,
        additional_metadata: dict[str, Any],
        target_axes: str | None = None,
    ) -> Self:
        """Fill in the axes of the target, as the default of a named tuple cannot."""
        fields = (data, source, data_shape, dtype, axes, original_data_shape, region_spec)
        aim = axes if target_axes is None else target_axes
        return tuple.__new__(cls, (*fields, additional_metadata, aim))

    @property
    def canonical_shape(self) -> Sequence[int]:
        """Shape of the image in SC(Z)YX order: another name of `data_shape`."""
        return self.data_shape

    @property
    def canonical_data_shape(self) -> Sequence[int]:
        """The same under the name that later releases of CAREamics give it."""
        return self.data_shape

    @property
    def original_shape(self) -> Sequence[int]:
        """Shape of the image in its own axes: another name of `original_data_shape`."""
        return self.original_data_shape

    @property
    def original_axes(self) -> str:
        """Axes of the original image: another name of `axes`."""
        return self.axes

    @property
    def region_shape(self) -> tuple[int, ...]:
        """Shape of the pixels of this region, C(Z)YX."""
        return tuple(self.data.shape)

    @property
    def grid(self) -> Grid | None:
        """Where the voxels of the region lie, i along X, j along Y and k along Z of `data`.

        Returns
        -------
        Grid or None
            In RAS+ mm where it is known; None where nothing is said about it.

        Raises
        ------
        RegionError
            If this is a batch.
        """
        metadata = self.additional_metadata
        if not isinstance(metadata, Mapping) or not isinstance(self.axes, str):
            raise RegionError("a batch has no grid; decollate it and ask each of its regions.")
        if AFFINE not in metadata:
            return None
        _, size = box_of(self.region_spec)
        z, y, x = (1, *size)[-3:]
        return Grid(
            (x, y, z),
            np.asarray(metadata[AFFINE], dtype=np.float64),
            bool(metadata.get(KNOWN, True)),
            oriented=bool(metadata.get(ORIENTED, True)),
        )

    def with_data(self, data: Array) -> Self:
        """Return what a model has made of the pixels, as the same region.

        The number of channels may be another; `stitch` goes by that of the pixels.
        """
        return self._replace(data=data)


def placing_metadata(grid: Grid) -> dict[str, Any]:
    """Return what `ImageRegionData.grid` reads: affine of a region, and what its source states."""
    return {AFFINE: np.array(grid.affine), KNOWN: grid.known, ORIENTED: grid.oriented}
