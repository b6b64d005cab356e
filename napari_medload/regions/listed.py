"""Lists of regions, read again: a patch or a tile in each line, and its voxels when asked for.

A training script opens a list in one line, and has the pixels:

    from napari_medload.regions import cut_regions

    for region in cut_regions("train.regions.jsonl"):
        step(region.data)

The first line describes the list: ``{"format": "napari-medload regions", "version": 1, …}``. Its
``base`` is the folder that relative paths count from, seen from the folder of the list, so that
list and images can be moved together. Each further line is one region; `MEANINGS` says what stands
in it. `regions.saving` writes such lists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_medload.formats import Placement, Source
from napari_medload.loaders.lists.reading import REGIONS
from napari_medload.regions.errors import RegionError
from napari_medload.regions.extract import extract
from napari_medload.regions.specs import PATCH_KEYS, TILE_KEYS, PatchSpecs, box_of, crop_of
from napari_medload.regions.stack import ImageStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.regions.region import ImageRegionData

FORMAT, VERSION = REGIONS, 1

MEANINGS = {
    "sample_id": "id of the sample in its dataset",
    "group": "group of the sample; empty without",
    "split": "split of the sample; empty without",
    "verdict": "of the reviewers; null where nobody has judged",
    "role": "role of the image in its sample",
    "source": "the file, and #key of the array in it",
    "key": "key of the array in the file, only where it has one",
    "placement": "where the dataset says that the array lies, only where the file does not",
    "kind": "tile, which is stitched from its crop, or patch",
    "axes": "axes of the stored array: X, Y, Z are i, j, k, and C its frames",
    "spatial_shape": "voxels of the image along (Z)YX",
    "data_idx": "number of the image in this list, from 0",
    "sample_idx": "sample of the image along S, from 0",
    "coords": "first voxel along (Z)YX; may be negative or beyond the image, where zeros are read",
    "patch_size": "voxels along (Z)YX",
    "crop_coords": "of a tile: first voxel that is kept, from that of the tile",
    "crop_size": "of a tile: voxels that are kept",
    "stitch_coords": "of a tile: first voxel that is kept, from that of the image",
    "total_tiles": "tiles of the whole image",
    "box_mm": "two opposite outer corners, those of the first and of the last voxel, R, A, S in "
    "mm; null where the image states no place in the patient",
    "affine": "rows of the affine from the voxels (i, j, k) of the region to R, A, S in mm; null "
    "as box_mm. The corners of an oblique region follow from it and patch_size",
}
"""What stands in each line, by its key."""

_WHOSE = ("sample_id", "group", "split", "verdict", "role")


class ListedRegion(NamedTuple):
    """One line of a list.

    Parameters
    ----------
    source : Source
        Where the image lies.
    spec : PatchSpecs or TileSpecs
        The region.
    facts : dict
        Everything else that the line says; see `MEANINGS`.
    """

    source: Source
    spec: PatchSpecs
    facts: dict[str, Any]

    def cut(
        self, channels: Sequence[int] | None = None, *, stack: ImageStack | None = None
    ) -> ImageRegionData[PatchSpecs]:
        """Read the voxels; whose they are is in its `additional_metadata`, in texts that collate.

        Parameters
        ----------
        channels : sequence of ints, optional
            To take; all unless given.
        stack : ImageStack, optional
            The image, where it is open already.

        Raises
        ------
        RegionError
            If the image has other sizes than when the list was written.
        OSError
            If it cannot be read.
        """
        image = self.stack() if stack is None else stack
        whose = {name: self.facts.get(name) or "" for name in _WHOSE}
        return extract(image, self.spec, channels=channels, metadata=whose)

    def stack(self) -> ImageStack:
        """Open the image of the region, without its pixels.

        Raises
        ------
        RegionError, OSError
            As for `cut`.
        """
        stack = ImageStack.of(self.source, self.facts["axes"])
        found, meant = stack.data_shape[2:], tuple(self.facts.get("spatial_shape") or ())
        if meant and found != meant:
            raise RegionError(
                f"{self.source}: an image of {found} voxels along {'ZYX'[-len(found) :]}; expected "
                f"{meant}, as the list of regions says. Make the list again."
            )
        return stack


def read_regions(path: Path | str, base: Path | str | None = None) -> Iterator[ListedRegion]:
    """Read a list line by line, however long it is.

    Parameters
    ----------
    path : path
        As `save_regions` or the export of regions has written it.
    base : path, optional
        Folder that relative paths count from, in place of the one that the list states.

    Yields
    ------
    ListedRegion
        ``source, spec, facts``, in the order of the list.

    Raises
    ------
    RegionError
        If it is no list of regions, or a line is broken; the message says which.
    OSError
        If it cannot be opened.
    """
    path = Path(path)
    with open(path, "rb") as file:
        stated = path.absolute().parent / _described(path, file.readline()).get("base", "")
        folder = stated if base is None else Path(base).expanduser().absolute()
        for number, line in enumerate(file, start=2):
            if not line.strip():
                continue
            try:
                region = _listed(json.loads(line), folder)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise RegionError(
                    f"{path}, line {number}: {str(error).rstrip('.')}. Export the list again."
                ) from error
            yield region


def cut_regions(
    path: Path | str,
    channels: Sequence[int] | None = None,
    *,
    base: Path | str | None = None,
) -> Iterator[ImageRegionData[PatchSpecs]]:
    """Cut all regions of a list, one after another; each image is read once, and then let go.

    Parameters
    ----------
    path, base
        As for `read_regions`.
    channels : sequence of ints, optional
        To take; all unless given.

    Raises
    ------
    RegionError, OSError
        As for `read_regions` and `ListedRegion.cut`.
    """
    opened: tuple[Any, ImageStack] | None = None
    for region in read_regions(path, base):
        asked = (region.source, region.facts["axes"])
        if opened is None or opened[0] != asked:
            opened = None  # lets the image before go, before the next one takes memory
            opened = (asked, region.stack().held())
        yield region.cut(channels, stack=opened[1])


def _described(path: Path, line: bytes) -> dict[str, Any]:
    """Check the first line of a list."""
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        first = None
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise RegionError(
            f"{path}: no list of regions; expected a first line that says "
            f'{{"format": "{FORMAT}", …}}. Export it again.'
        )
    if first.get("version") not in range(1, VERSION + 1):
        raise RegionError(
            f"{path}: version {first.get('version')!r} of the list; expected {VERSION} or less. "
            "Update napari-medload."
        )
    return first


def _listed(facts: Any, folder: Path) -> ListedRegion:
    """Take a line apart."""
    if not isinstance(facts, dict):
        raise RegionError(f"found {str(facts)[:60]!r}; expected an object of JSON")
    if missing := [key for key in ("source", "axes") if not isinstance(facts.get(key), str)]:
        raise RegionError(f"lacks {', '.join(missing)}; expected texts")
    keys = TILE_KEYS if facts.get("kind") == "tile" else PATCH_KEYS
    spec: Any = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in ((key, facts.pop(key)) for key in keys if key in facts)
    }
    if keys is TILE_KEYS:
        crop_of(spec)
    box_of(spec)
    key, name = facts.get("key"), facts["source"]
    file = folder / (name.removesuffix(f"#{key}") if key else name)
    return ListedRegion(Source(file, key, placement=_placement(facts)), spec, facts)


def _placement(facts: dict[str, Any]) -> Placement | None:
    said = facts.get("placement")
    if said is None:
        return None
    spacing, first = said["spacing"], tuple(said["first"])
    return Placement(
        said["orientation"], None if spacing is None else tuple(spacing), first, said["oriented"]
    )
