"""Where a region lies in its image: plain dictionaries, so that batches of them collate."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 # whoever asks for type hints needs it
from operator import index
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from napari_medload.regions.errors import RegionError

if TYPE_CHECKING:
    from collections.abc import Mapping


class PatchSpecs(TypedDict):
    """A patch of one sample of one image.

    Parameters
    ----------
    data_idx : int
        Number of the image among several.
    sample_idx : int
        Sample of that image, along S of SC(Z)YX.
    coords : sequence of 2 or 3 ints
        First voxel along (Z)YX; negative, or beyond the image, where the patch is padded.
    patch_size : sequence of 2 or 3 ints
        Voxels along (Z)YX.
    """

    data_idx: int
    sample_idx: int
    coords: Sequence[int]
    patch_size: Sequence[int]


class TileSpecs(PatchSpecs):
    """A patch of which a part, the crop, is put back into the image.

    Parameters
    ----------
    crop_coords : sequence of 2 or 3 ints
        First voxel of the crop along (Z)YX, counted from the first one of the tile.
    crop_size : sequence of 2 or 3 ints
        Voxels of the crop along (Z)YX.
    stitch_coords : sequence of 2 or 3 ints
        First voxel of the crop along (Z)YX, counted from the first one of the image.
    total_tiles : int
        Tiles of the whole image, all samples together.
    """

    crop_coords: Sequence[int]
    crop_size: Sequence[int]
    stitch_coords: Sequence[int]
    total_tiles: int


RegionSpecs = TypeVar("RegionSpecs", bound=PatchSpecs)

PATCH_KEYS = ("data_idx", "sample_idx", "coords", "patch_size")
TILE_KEYS = (*PATCH_KEYS, "crop_coords", "crop_size", "stitch_coords", "total_tiles")


def ints(values: object, what: str, each: str = "axis") -> tuple[int, ...]:
    """Check whole numbers, of any kind that Python or numpy knows.

    Parameters
    ----------
    values : sequence of ints
    what, each : str
        Names, for the message, of them and of what each one belongs to.

    Raises
    ------
    RegionError
        If there is anything else.
    """
    try:
        return tuple(index(value) for value in values)  # type: ignore[attr-defined]
    except TypeError as error:
        raise RegionError(
            f"{what}: found {values!r}; expected a sequence of whole numbers, one for each {each}."
        ) from error


def sizes(values: object, what: str, axes: int | None = None) -> tuple[int, ...]:
    """Check positive sizes along (Z)YX.

    Parameters
    ----------
    values : sequence of ints
    what : str
        Name of them, for the message.
    axes : int, optional
        How many there must be; 2 or 3 where it is not given.

    Raises
    ------
    RegionError
        If they are not positive or of another number.
    """
    found = ints(values, what)
    if len(found) not in ((2, 3) if axes is None else (axes,)):
        raise RegionError(
            f"{what}: found {len(found)} numbers {found}; expected "
            f"{'2 (Y, X) or 3 (Z, Y, X)' if axes is None else axes}. Give one an axis."
        )
    if min(found) < 1:
        raise RegionError(f"{what}: found {found}; expected sizes of at least one voxel.")
    return found


def box_of(spec: PatchSpecs) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First voxel and size of a region along (Z)YX.

    Raises
    ------
    RegionError
        If a key is missing or the two do not fit each other.
    """
    require_keys(spec, PATCH_KEYS)
    size = sizes(spec["patch_size"], "patch_size")
    coords = ints(spec["coords"], "coords")
    if len(coords) != len(size):
        raise RegionError(
            f"a region has coords {coords} and patch_size {size}; expected as many coordinates "
            "as sizes: (Y, X) or (Z, Y, X)."
        )
    return coords, size


def crop_of(spec: TileSpecs) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First voxel in the image, and size, of what is kept of a tile, along (Z)YX.

    Raises
    ------
    RegionError
        If a key is missing, or the crop does not lie in the tile.
    """
    require_keys(spec, TILE_KEYS)
    _, size = box_of(spec)
    kept = sizes(spec["crop_size"], "crop_size", len(size))
    first = ints(spec["crop_coords"], "crop_coords")
    stitch = ints(spec["stitch_coords"], "stitch_coords")
    if not len(first) == len(stitch) == len(size):
        raise RegionError(
            f"a tile of size {size} has crop_coords {first} and stitch_coords {stitch}; expected "
            f"{len(size)} numbers each."
        )
    if any(a < 0 or a + n > whole for a, n, whole in zip(first, kept, size, strict=True)):
        raise RegionError(
            f"a tile of size {size} keeps {kept} voxels from {first} on; expected a crop inside "
            "the tile."
        )
    return stitch, kept


def is_tile(spec: Mapping[str, Any]) -> bool:
    """Whether a region is a tile, which can be stitched, and not only a patch."""
    return all(key in spec for key in TILE_KEYS)


def require_keys(spec: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Raise `RegionError` where a key is missing."""
    if missing := [key for key in keys if key not in spec]:
        is_tile = keys is TILE_KEYS
        raise RegionError(
            f"{'a tile' if is_tile else 'a region'} lacks {', '.join(missing)}; expected the keys "
            f"{', '.join(keys)}. Take regions from tile_plan{'' if is_tile else ' or patch_plan'}."
        )
