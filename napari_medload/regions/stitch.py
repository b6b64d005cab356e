"""Tiles put back together, one at a time and in any order."""

from __future__ import annotations

from math import prod
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.regions.axes import from_canonical, restored_axes
from napari_medload.regions.errors import RegionError
from napari_medload.regions.specs import TileSpecs, box_of, crop_of, ints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats.contract import Array
    from napari_medload.regions.region import ImageRegionData

AS_IMAGE = "original"


class Stitcher:
    """One image, made of the crops of its tiles.

    The number of channels is that of the tiles, so that a model may give out others than it takes
    in. Where crops share voxels, those of the tile that lies further along the axis are kept, in
    whatever order tiles come.

    Parameters
    ----------
    dtype : dtype or str, optional
        Of the result: that of the tiles unless given; ``"original"`` for that of the image.
        Integers are rounded, and cut off at the ends of their range.
    out : array, shape SC(Z)YX, optional
        Where to put the result, such as a memory map for one that is larger than the memory.
    """

    def __init__(self, dtype: npt.DTypeLike | None = None, out: Array | None = None) -> None:
        self._dtype, self._out = dtype, out
        self._kind: dict[str, Any] = {}
        self._placed: set[int] = set()
        self._starts: tuple[set[int], ...] = ()
        self._voxels = 0

    @property
    def placed(self) -> int:
        """Tiles that have come."""
        return len(self._placed)

    @property
    def total(self) -> int | None:
        """Tiles of the whole image; None before the first one."""
        found = self._kind.get("total_tiles")
        return None if found is None else int(found)

    @property
    def complete(self) -> bool:
        """Whether all tiles have come."""
        return self.placed == self.total

    @property
    def axes(self) -> str:
        """Axes of the restored image."""
        self._require_all()
        return restored_axes(self._kind["target_axes"], self._kind["channels"])

    def add(self, tile: ImageRegionData[TileSpecs]) -> bool:
        """Put a tile into its place.

        Parameters
        ----------
        tile : ImageRegionData
            Its region is a `TileSpecs`; its data, C(Z)YX, are those of the whole tile.

        Returns
        -------
        bool
            Whether the image is complete.

        Raises
        ------
        RegionError
            If it is no tile, has come before, lies outside the image, or is one of another image
            than the tiles before it. The tiles before it stay.
        """
        data = np.asarray(tile.data)
        kind, (stitch, kept) = _kind_of(tile, data), crop_of(tile.region_spec)
        if self._kind and (other := [key for key in kind if kind[key] != self._kind[key]]):
            raise RegionError(
                "tiles of different images: "
                + ", ".join(f"{key} {kind[key]!r} after {self._kind[key]!r}" for key in other)
                + ". Stitch each image by itself, or all of them with stitch_each."
            )
        number = _number_of(tile, stitch, kept)
        if number in self._placed:
            raise RegionError(
                f"the tile at {stitch} of sample {tile.region_spec['sample_idx']} of "
                f"{tile.source} came twice; expected each tile once."
            )
        if not self._kind:
            self._begin(tile, kind, data)
        self._put(tile.region_spec, data, stitch, kept)
        self._placed.add(number)
        self._voxels += prod(kept)
        return self.complete

    def _begin(self, tile: ImageRegionData[TileSpecs], kind: dict[str, Any], data: Array) -> None:
        samples, *spatial = kind["image"]
        shape = (samples, kind["channels"], *spatial)
        if self._out is not None and tuple(self._out.shape) != shape:
            raise RegionError(
                f"out has shape {tuple(self._out.shape)}; expected {shape} (SC(Z)YX), with as many "
                "channels as the tiles have."
            )
        if self._out is None:
            wanted = tile.dtype if self._dtype == AS_IMAGE else self._dtype
            self._out = np.zeros(shape, data.dtype if wanted is None else np.dtype(wanted))
        self._kind, self._starts = kind, tuple(set() for _ in spatial)

    def _put(
        self, spec: TileSpecs, data: Array, stitch: tuple[int, ...], kept: tuple[int, ...]
    ) -> None:
        assert self._out is not None  # noqa: S101 # made with the first tile
        into: list[slice] = []
        out_of: list[slice] = []
        parts = zip(stitch, kept, spec["crop_coords"], self._starts, strict=True)
        for first, count, crop, starts in parts:
            if first + count - 1 in starts and count > 1:  # an odd overlap: the next one's voxel
                count -= 1
            starts.add(first)
            into.append(slice(first, first + count))
            out_of.append(slice(crop, crop + count))
        sample, values = self._out[index(spec["sample_idx"])], data[(slice(None), *out_of)]
        sample[(slice(None), *into)] = _as_type(values, self._out.dtype)

    def canonical(self) -> Array:
        """Return the image in SC(Z)YX order.

        Raises
        ------
        RegionError
            If a tile is missing.
        """
        self._require_all()
        assert self._out is not None  # noqa: S101 # made with the first tile
        return self._out

    def restored(self) -> Array:
        """Return the image in its own axes, `axes`: a view of the same numbers.

        They are the target's axes, which are those of the image unless something else was said.

        Raises
        ------
        RegionError
            If a tile is missing.
        """
        kind = self._kind
        return from_canonical(self.canonical(), kind["axes"], kind["shape"], kind["target_axes"])

    def _require_all(self) -> None:
        if not self._kind:
            raise RegionError("no tiles; expected all those of an image, such as a tile_plan's.")
        if not self.complete:
            raise RegionError(
                f"{self._kind['source']}: {self.placed} of {self.total} tiles have come; expected "
                "all of them. Add the missing ones, of every sample."
            )
        if self._voxels < prod(self._kind["image"]):
            raise RegionError(
                f"{self._kind['source']}: the crops of {self.total} tiles do not cover the image; "
                "expected the tiles of one plan."
            )


def stitch(
    tiles: Iterable[ImageRegionData[TileSpecs]],
    *,
    restore: bool = False,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Stitch all tiles of one image.

    Parameters
    ----------
    tiles : iterable of ImageRegionData
        In any order; may be made as they are taken.
    restore : bool
        Whether to return the image in its own axes, not in SC(Z)YX order.
    dtype, out
        As for `Stitcher`.

    Raises
    ------
    RegionError
        If tiles are missing, come twice, or belong to several images.
    """
    stitcher = Stitcher(dtype, out)
    for tile in tiles:
        stitcher.add(tile)
    return stitcher.restored() if restore else stitcher.canonical()


def stitch_each(
    tiles: Iterable[ImageRegionData[TileSpecs]],
    *,
    restore: bool = False,
    dtype: npt.DTypeLike | None = None,
) -> dict[int, Array]:
    """Stitch the tiles of several images.

    Returns
    -------
    dict of int to array
        By `data_idx`, in its order.

    Raises
    ------
    RegionError
        As for `stitch`, by image.
    """
    images: dict[int, Stitcher] = {}
    for tile in tiles:
        images.setdefault(index(tile.region_spec["data_idx"]), Stitcher(dtype)).add(tile)
    ordered = sorted(images.items())
    return {key: each.restored() if restore else each.canonical() for key, each in ordered}


def _kind_of(tile: ImageRegionData[TileSpecs], data: Array) -> dict[str, Any]:
    """Whatever all tiles of an image share."""
    spec = tile.region_spec
    if not isinstance(tile.axes, str):
        raise RegionError("a batch of tiles; expected one tile. Take it apart with decollate.")
    _, size = box_of(spec)
    shape = ints(tile.data_shape, "data_shape")
    if len(shape) != len(size) + 2 or data.shape[1:] != size or not data.shape[0]:
        raise RegionError(
            f"{tile.source}: a tile with data of shape {data.shape} and patch_size {size}, of an "
            f"image of data_shape {shape}; expected data of shape C and {size}. Give the whole "
            "tile, it is cropped here."
        )
    return {
        "source": tile.source,
        "data_idx": index(spec["data_idx"]),
        "image": (shape[0], *shape[2:]),
        "axes": tile.axes,
        "shape": ints(tile.original_data_shape, "original_data_shape"),
        "target_axes": tile.target_axes,
        "channels": data.shape[0],
        "patch_size": size,
        "total_tiles": index(spec["total_tiles"]) if "total_tiles" in spec else 0,
    }


def _number_of(
    tile: ImageRegionData[TileSpecs], stitch: tuple[int, ...], kept: tuple[int, ...]
) -> int:
    """Place of the first voxel of a crop among those of the image, which tells tiles apart."""
    samples, _, *spatial = ints(tile.data_shape, "data_shape")
    sample = index(tile.region_spec["sample_idx"])
    ends = zip(stitch, kept, spatial, strict=True)
    if not 0 <= sample < samples or any(a < 0 or a + n > whole for a, n, whole in ends):
        raise RegionError(
            f"{tile.source}: a crop of {kept} voxels at {stitch} of sample {sample}; expected one "
            f"inside an image of {samples} samples of {tuple(spatial)} voxels."
        )
    number = sample
    for first, whole in zip(stitch, spatial, strict=True):
        number = number * whole + first
    return number


def _as_type(values: Array, dtype: np.dtype[Any]) -> Array:
    """Numbers ready to be put into an array of a type: rounded and cut off for integers."""
    if dtype.kind not in "biu" or values.dtype.kind in "biu":
        return values
    if not np.isfinite(values).all():
        raise RegionError(
            f"a tile holds numbers that are not finite, which {dtype} cannot; expected finite "
            "ones. Stitch to float32."
        )
    if dtype.kind == "b":
        return values >= 0.5
    low, high = _ends(dtype)
    return np.clip(np.rint(values, dtype=np.float64), low, high).astype(dtype)


def _ends(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Smallest and largest float64 that an integer type holds."""
    bounds = np.iinfo(dtype)
    high = float(bounds.max)
    return float(bounds.min), high if int(high) <= bounds.max else float(np.nextafter(high, 0))
