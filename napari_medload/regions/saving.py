"""Saving lists of regions, line by line; `regions.listed` reads them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from operator import index, mul
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Source
from napari_medload.formats.storage.atomic import written_whole
from napari_medload.formats.storage.paths import placed, seen_from
from napari_medload.regions.errors import RegionError
from napari_medload.regions.listed import FORMAT, MEANINGS, VERSION
from napari_medload.regions.place import region_grid
from napari_medload.regions.plan import RegionPlan
from napari_medload.regions.specs import (
    PATCH_KEYS,
    TILE_KEYS,
    PatchSpecs,
    box_of,
    crop_of,
    is_tile,
)
from napari_medload.regions.stack import ImageStack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SINGLE = ("data_idx", "sample_idx", "total_tiles")
"""Keys of a region that hold one number."""


@dataclass(frozen=True, eq=False)
class ListedImage:
    """An image that is cut, and what its lines say of it.

    Parameters
    ----------
    stack : ImageStack
        Opened from its header.
    name : str
        How its place is written.
    source : Source
    facts : mapping
        ``sample_id``, ``role`` and the like; see `MEANINGS`.
    """

    stack: ImageStack
    name: str
    source: Source
    facts: Mapping[str, Any] = field(default_factory=dict)

    def line(self, spec: PatchSpecs) -> dict[str, Any]:
        """Write one region as an object of JSON.

        Raises
        ------
        RegionError
            If the region does not fit the image.
        """
        box_of(spec)
        keys: Sequence[str] = PATCH_KEYS
        if is_tile(spec):
            crop_of(spec)  # type: ignore[arg-type]
            keys = TILE_KEYS
        return {**self._shared[is_tile(spec)], **_plain(spec, keys), **self._place(spec)}

    @cached_property
    def _shared(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What all patches, and what all tiles of the image say alike."""
        said: dict[str, Any] = {**self.facts, "source": self.name}
        if self.source.key:
            said["key"] = self.source.key
        if self.source.placement is not None:
            said["placement"] = asdict(self.source.placement)
        shape = {"axes": self.stack.axes, "spatial_shape": list(self.stack.data_shape[2:])}
        return {**said, "kind": "patch", **shape}, {**said, "kind": "tile", **shape}

    @cached_property
    def _linear(self) -> list[list[float]]:
        rows: list[list[float]] = self.stack.placed_grid.affine[:3, :3].tolist()
        return rows

    def _place(self, spec: PatchSpecs) -> dict[str, Any]:
        """Where a region lies; for so few numbers Python is faster than numpy."""
        grid = region_grid(spec, self.stack.placed_grid, self.stack.grid_axes)
        if not grid.oriented:  # nothing may be called left, anterior or superior
            return {"box_mm": None, "affine": None}
        first, last, rows = [], [], []
        for row, start in zip(self._linear, grid.origin, strict=True):
            outer = start - sum(row) / 2
            first.append(outer)
            last.append(outer + sum(map(mul, row, grid.shape)))
            rows.append([*row, start])
        return {"box_mm": [first, last], "affine": rows}


def save_regions(
    regions: RegionPlan[Any] | Iterable[PatchSpecs],
    path: Path | str,
    source: Source | Path | str,
    *,
    axes: str | None = None,
    relative_to: Path | str | None = None,
    **facts: Any,
) -> int:
    """Save a plan that is there already, such as the one that the browser shows.

    For example ``save_regions(session.regions.plan, path, sample.sources["fixed_image"],
    sample_id=sample.id, role="fixed_image", split=sample.split)``. Many samples at once are the
    export of regions: ``export.save(samples, path, format="regions")``.

    Parameters
    ----------
    regions : RegionPlan, or iterable of PatchSpecs or TileSpecs
        Of one image.
    path : path
        It is replaced when the new list is whole.
    source : Source or path
        Of the image; its header is read.
    axes : str, optional
        Names of the stored axes, as for `tile_plan`.
    relative_to : path, optional
        Folder that paths are written relative to; absolute where it is left out.
    **facts
        What each line says too; see `MEANINGS`.

    Returns
    -------
    int
        Regions that were written.

    Raises
    ------
    RegionError
        If there are none, or they do not fit the image.
    OSError
        If the image or the list cannot be opened.
    """
    path, source = Path(path).expanduser().absolute(), source_of(source)
    base = None if relative_to is None else Path(relative_to).expanduser().absolute()
    image = ListedImage(ImageStack.of(source, axes), named(source, base), source, facts)
    if isinstance(regions, RegionPlan):
        _expect_same(regions, image)
    count = -1  # the first line is none
    with written_whole(path) as aside:
        with open(aside, "w", encoding="utf-8", newline="\n") as file:
            for line in lines_of(description(path, base), map(image.line, regions)):
                file.write(line)
                count += 1
        if not count:
            raise RegionError(f"{path}: no region to save; expected one or more.")
    return count


def lines_of(described: Mapping[str, Any], regions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lines of a list, each with its end."""
    yield json.dumps(described) + "\n"
    for region in regions:
        yield json.dumps(region) + "\n"


def description(path: Path, base: Path | None, **more: Any) -> dict[str, Any]:
    """First line of a list.

    Parameters
    ----------
    path : Path
        Of the list.
    base : Path, optional
        Folder that its paths are relative to.
    **more
        What it says too.
    """
    seen = {} if base is None else {"base": seen_from(path.parent, base)}
    return {"format": FORMAT, "version": VERSION, **seen, **more, "meanings": MEANINGS}


def source_of(source: Source | Path | str) -> Source:
    """Take a source, or a path for one, and check that a line can name it.

    Raises
    ------
    RegionError
        If it is a stack of files.
    """
    source = source if isinstance(source, Source) else Source(source)
    if source.slices:
        raise RegionError(
            f"{source}: a volume of several files; expected one file, for a line to name. Save it "
            "as one, such as NIfTI, first."
        )
    return source


def named(source: Source, base: Path | None) -> str:
    """Write where an array lies, relative to a folder where it is below it."""
    return placed(source.file, base) + (f"#{source.key}" if source.key else "")


def _expect_same(plan: RegionPlan[Any], image: ListedImage) -> None:
    ours, theirs = image.stack.data_shape, plan.data_shape
    if (ours[0], *ours[2:]) != (theirs[0], *theirs[2:]):
        raise RegionError(
            f"{image.source}: an image of shape {ours} (SC(Z)YX) with a plan for {theirs}; "
            "expected the plan of this image."
        )


def _plain(spec: PatchSpecs, keys: Iterable[str]) -> dict[str, Any]:
    """Numbers of a region as JSON knows them, whatever kind of whole number they are."""
    values: Mapping[str, Any] = spec
    return {
        key: index(values[key]) if key in _SINGLE else [index(number) for number in values[key]]
        for key in keys
    }
