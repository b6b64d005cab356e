"""Coarse copies of a pair, small enough to keep those of a few samples and to try many matches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.matching import Match, Side, match
from napari_medload.checks.placing import as_stored
from napari_medload.checks.registered import is_registered
from napari_medload.checks.thinning import thin_image, thin_label
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.checks.thinning import CoarseImage
    from napari_medload.geometry import FloatArray
    from napari_medload.images import Volume
    from napari_medload.loaders import Sample

COARSE = 56
"""Voxels along the longest side of a coarse copy: about 3.6 mm of a head."""

_FINER_LABELS = 2


@dataclass(frozen=True, eq=False)
class CoarsePair:
    """A pair on coarse grids.

    Moving is compared with fixed at the voxels of the coarse fixed image, wherever it is placed.

    Parameters
    ----------
    id : str
        Of the sample.
    fixed, moving : Side
    registered : bool
        Whether a registration was run on it, so that headers promise nothing.
    through : bool
        Whether moving has been placed by the transform of that registration.
    """

    id: str
    fixed: Side
    moving: Side
    registered: bool = False
    through: bool = False

    @cached_property
    def own(self) -> Match:
        """How it matches as it is."""
        return match(self.fixed, self.moving, as_stored(self.fixed, self.moving))

    @property
    def nbytes(self) -> int:
        """Memory of all copies."""
        return self.fixed.nbytes + self.moving.nbytes


def coarse_pair(
    sample: Sample,
    volumes: Mapping[str, Volume],
    at_most: int = COARSE,
    through: FloatArray | None = None,
) -> CoarsePair | None:
    """Thin the images and labels of a pair.

    Parameters
    ----------
    volumes : mapping of role to Volume
        As far as they could be read.
    at_most : int
        Voxels along the longest side of each image, about.
    through : array, shape (4, 4), optional
        Transform of its registration, from world points of fixed to those of moving, RAS mm.

    Returns
    -------
    CoarsePair or None
        None where an image is missing, or where it has no place: its affine is singular.
    """
    sides = [coarse_side(side, volumes, at_most) for side in ("fixed", "moving")]
    fixed, moving = sides
    if fixed is None or moving is None:
        return None
    if through is None or not (fixed.image.grid.oriented and moving.image.grid.oriented):
        return CoarsePair(sample.id, fixed, moving, is_registered(sample))
    label = None if moving.label is None else _carried(moving.label, through)
    carried = Side(_carried(moving.image, through), label)
    return CoarsePair(sample.id, fixed, carried, registered=True, through=True)


def _carried(coarse: CoarseImage, through: FloatArray) -> CoarseImage:
    """Place what lies in the world of moving in that of fixed."""
    grid = coarse.grid
    if not grid.oriented:
        return coarse
    placed = np.asarray(np.linalg.solve(through, grid.affine), dtype=np.float64)
    return replace(coarse, grid=Grid(grid.shape, placed, grid.known, grid.oriented))


def coarse_side(side: str, volumes: Mapping[str, Volume], at_most: int = COARSE) -> Side | None:
    """Thin the image and the label of one side of a pair; None where its image has no place."""
    image, label = volumes.get(f"{side}_image"), volumes.get(f"{side}_label")
    if image is None or image.grid.is_singular:
        return None
    thin = None
    if label is not None and not label.grid.is_singular:
        thin = thin_label(label, _FINER_LABELS * at_most)
    return Side(thin_image(image, at_most), thin)
