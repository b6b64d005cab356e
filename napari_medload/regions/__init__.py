"""Patches and tiles as values, and their pixels when asked for.

Regions count voxels in the order (Z)YX of an image SC(Z)YX. Of a volume as the house stores it,
(i, j, k[, frames]), that is the reversed order: Z is k, Y is j, X is i. Each region also knows
where it lies in RAS+ mm.
"""

from napari_medload.regions.axes import canonical_shape, from_canonical, to_canonical
from napari_medload.regions.collate import collate, decollate
from napari_medload.regions.errors import RegionError
from napari_medload.regions.extract import extract, extract_pair, iter_regions
from napari_medload.regions.listed import ListedRegion, cut_regions, read_regions
from napari_medload.regions.patches import RandomPatches, RegularPatches
from napari_medload.regions.place import crop_grid, region_grid, region_of_box
from napari_medload.regions.plan import RegionPlan
from napari_medload.regions.planning import patch_plan, regular_patch_plan, tile_plan
from napari_medload.regions.region import ImageRegionData
from napari_medload.regions.saving import save_regions
from napari_medload.regions.specs import PatchSpecs, RegionSpecs, TileSpecs
from napari_medload.regions.stack import ImageStack
from napari_medload.regions.stitch import Stitcher, stitch, stitch_each
from napari_medload.regions.tiling import TilePlan

__all__ = [
    "ImageRegionData",
    "ImageStack",
    "ListedRegion",
    "PatchSpecs",
    "RandomPatches",
    "RegionError",
    "RegionPlan",
    "RegionSpecs",
    "RegularPatches",
    "Stitcher",
    "TilePlan",
    "TileSpecs",
    "canonical_shape",
    "collate",
    "crop_grid",
    "cut_regions",
    "decollate",
    "extract",
    "extract_pair",
    "from_canonical",
    "iter_regions",
    "patch_plan",
    "read_regions",
    "region_grid",
    "region_of_box",
    "regular_patch_plan",
    "save_regions",
    "stitch",
    "stitch_each",
    "tile_plan",
    "to_canonical",
]
