"""What a person wants to know of a region, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.formats.contract import shape_text
from napari_medload.regions.specs import PatchSpecs, box_of, crop_of, is_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.geometry import Grid


def region_facts(
    spec: PatchSpecs,
    *,
    number: int,
    count: int,
    samples: int,
    grid: Grid,
    grid_axes: str,
    padding: float,
) -> dict[str, str]:
    """Write the facts of a region.

    Parameters
    ----------
    spec : PatchSpecs or TileSpecs
    number, count : int
        Of the region, from 0, and of all regions; a person counts from 1.
    samples : int
        Of the image.
    grid : Grid
        Of the region.
    grid_axes : str
        What its i, j, k are; see `regions.place`.
    padding : float
        Part of it that lies outside the image, 0 to 1.

    Returns
    -------
    dict of label to text
        ``Tile`` or ``Patch``, ``Sample``, ``Start``, ``Size``, for tiles ``Kept``, then
        ``Extent``, ``Centre`` and ``Padding``. Sizes run along (Z)YX, lengths too. These are in
        mm, and places in RAS+ mm, only where the image states them.
    """
    coords, size = box_of(spec)
    axes = "ZYX"[-len(size) :]
    facts = {"Tile" if is_tile(spec) else "Patch": f"{number + 1} of {count}"}
    if samples > 1:
        facts["Sample"] = f"{spec['sample_idx'] + 1} of {samples}"
    facts["Start"] = _placed(axes, coords)
    facts["Size"] = f"{shape_text(size)} voxels ({'×'.join(axes)})"
    if is_tile(spec):
        first, kept = crop_of(spec)  # type: ignore[arg-type]
        facts["Kept"] = f"{shape_text(kept)} voxels from {_placed(axes, first)}"
    facts["Extent"] = _extent(grid, grid_axes, axes)
    facts["Centre"] = _centre(grid)
    facts["Padding"] = _share(padding)
    return facts


def _placed(axes: str, coords: Sequence[int]) -> str:
    return ", ".join(f"{axis} {coord}" for axis, coord in zip(axes, coords, strict=True))


def _extent(grid: Grid, grid_axes: str, axes: str) -> str:
    if not grid.known:
        return "unknown: no spacing is stated"
    along = dict(zip(grid_axes, grid.extent, strict=True))
    return f"{'×'.join(f'{along[axis]:.4g}' for axis in axes)} mm ({'×'.join(axes)})"


def _centre(grid: Grid) -> str:
    if not grid.oriented:
        return "unknown: no orientation is stated"
    places = zip("RAS", grid.centre.tolist(), strict=True)
    return ", ".join(f"{letter} {place:.1f}" for letter, place in places) + " mm"


def _share(padding: float) -> str:
    if padding == 0:
        return "none"
    return f"{padding:.0%}" if padding >= 0.01 else "less than 1%"
